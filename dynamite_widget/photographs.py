"""`Photographs`: the two photographs that screens hold, the one shown and another one."""

from __future__ import annotations

from typing import Any, Literal

import traitlets

BOTH_BYTES = 4_000_000
"""The two have at most so many bytes together: a host may send all traits in one message."""

Held = Literal["_image", "_other_image"]


class Photographs(traitlets.HasTraits):
    """The part of `SegmentationWidget` that brings photographs to screens.

    Screens hold two, so that moving on to an image that was sent ahead, or back to the one shown
    before, sends no photograph and decodes none. A new one takes the place of the one that is not
    shown. `_image_info["held_in"]` names the trait that holds the one shown.
    """

    _image = traitlets.Bytes().tag(sync=True)
    _other_image = traitlets.Bytes().tag(sync=True)
    _image_info = traitlets.Dict().tag(sync=True)

    def _show_photograph(self, data: bytes, info: dict[str, Any]) -> None:
        """Show a photograph, which travels only if screens do not hold it."""
        held = self._held_in
        if getattr(self, held) != data:
            held = self._hold_beside(data)
        self._image_info = info | {"held_in": held}

    def _send_ahead(self, data: bytes) -> None:
        """Send a photograph that may be wanted next, if screens show one and both are small."""
        shown = getattr(self, self._held_in)
        if shown and len(shown) + len(data) <= BOTH_BYTES:
            self._hold_beside(data)

    def _hold_again(self, data: bytes) -> Held:
        """Hold the photograph that is shown, dropped or not; return in which trait."""
        setattr(self, self._held_in, data)
        return self._held_in

    def _drop_photographs(self) -> None:
        """Give the memory of both back."""
        self._image = self._other_image = b""

    @property
    def _held_in(self) -> Held:
        return self._image_info.get("held_in", "_image")

    @property
    def _beside(self) -> Held:
        return "_other_image" if self._held_in == "_image" else "_image"

    @property
    def _held_beside(self) -> tuple[Held, bytes]:
        """The trait that holds the photograph not shown, and what is in it."""
        return self._beside, getattr(self, self._beside)

    def _hold_beside(self, data: bytes) -> Held:
        shown, beside = self._held_in, self._beside
        setattr(self, beside, data)
        if len(getattr(self, shown)) + len(data) > BOTH_BYTES:
            setattr(self, shown, b"")
        return beside
