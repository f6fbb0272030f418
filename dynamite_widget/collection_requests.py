"""What a view can ask about a list of images; see `dynamite_widget.protocol`."""

from __future__ import annotations

from dataclasses import dataclass

from dynamite_widget.image_list import ImageStatus


@dataclass(frozen=True, slots=True)
class NextImage:
    """The next image of those shown is to be labelled."""


@dataclass(frozen=True, slots=True)
class PreviousImage:
    """The previous image of those shown is to be labelled."""


@dataclass(frozen=True, slots=True)
class GoToImage:
    """The image at a place of the list is to be labelled."""

    to: int


@dataclass(frozen=True, slots=True)
class MarkImage:
    """The image is done, skipped, flagged, or open again."""

    status: ImageStatus


@dataclass(frozen=True, slots=True)
class ShowImages:
    """Moves go to images of one status only; None: to all."""

    status: ImageStatus | None


CollectionRequest = NextImage | PreviousImage | GoToImage | MarkImage | ShowImages
"""Any of these."""
