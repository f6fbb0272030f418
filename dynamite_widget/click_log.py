"""`ClickLog`: which clicks screens know of, and the little that is sent when they change."""

from __future__ import annotations

from dynamite_widget.protocol_traits import ClickChange, ClickList, ClickRow


class ClickLog:
    """The clicks that screens show, whichever image these are of, and the last change of them.

    Attributes:
        list: all clicks; sent only to a view that does not know those before the last change.
        change: what made this list of the one before; sent with every scene.
    """

    def __init__(self) -> None:
        self.list = ClickList(0, ())
        self.change = ClickChange(0, 0, 0, 0, ())

    def follow(self, clicks: tuple[ClickRow, ...]) -> ClickChange:
        """Take over the clicks as they are now.

        Args:
            clicks: all clicks, in order of time.

        Returns:
            The change: as before if nothing is new. It has what differs between the first and the
            last click that changed, so one click if one was added, moved or taken back.
        """
        before = self.list
        if clicks != before.clicks:
            at = _alike(before.clicks, clicks)
            end = _alike(before.clicks[at:][::-1], clicks[at:][::-1])
            removed, added = len(before.clicks) - end - at, clicks[at : len(clicks) - end]
            self.list = ClickList(before.number + 1, clicks)
            self.change = ClickChange(self.list.number, before.number, at, removed, added)
        return self.change


def _alike(one: tuple[ClickRow, ...], other: tuple[ClickRow, ...]) -> int:
    """How many clicks at the beginning are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((k for k, (a, b) in pairs if a != b), min(len(one), len(other)))
