"""`Photographs`: the two photographs that screens hold, the one shown and another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import ipywidgets
import traitlets

BOTH_BYTES = 4_000_000
"""The two have at most so many bytes together, as one message may carry both."""

Held = Literal["_image", "_other_image"]
PICTURES = ("_image", "_other_image", "_detail")
"""Traits with pictures, which pages ask for by themselves."""


class Photographs(ipywidgets.Widget):
    """The part of `SegmentationWidget` that brings photographs to screens.

    Screens hold two, so that moving on to an image that was sent ahead, or back to the one shown
    before, sends no photograph and decodes none. A new one takes the place of the one that is not
    shown. `_image_info["held_in"]` names the trait that holds the one shown.
    """

    _image = traitlets.Bytes().tag(sync=True)
    _other_image = traitlets.Bytes().tag(sync=True)
    _image_info = traitlets.Dict().tag(sync=True)
    _detail = traitlets.Bytes().tag(sync=True)
    _whole = False

    def open(self) -> None:
        """Open the way to screens; the photograph travels with the first message."""
        with self._pictures_included():
            super().open()

    def get_state(
        self, key: str | Iterable[str] | None = None, drop_defaults: bool = False
    ) -> dict[str, Any]:
        """The state of the traits that `key` names, or of all of them but for the pictures.

        A page that comes back asks for the states of all widgets at once. With the pictures of many
        in it, the answer would be more than a server passes on; screens ask for theirs.
        """
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        if key is None and not self._whole:
            for name in PICTURES:
                state.pop(name, None)
        return state

    def _get_embed_state(self, drop_defaults: bool = False) -> dict[str, Any]:
        """What a page without a kernel shows: nobody there could be asked for a photograph."""
        with self._pictures_included():
            state: dict[str, Any] = super()._get_embed_state(drop_defaults)
        return state

    @contextmanager
    def _pictures_included(self) -> Iterator[None]:
        self._whole = True
        try:
            yield
        finally:
            self._whole = False

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
