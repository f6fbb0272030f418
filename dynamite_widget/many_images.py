"""`ManyImages`: what a widget can do with a list of images, beyond the one that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    import pandas as pd

    from dynamite_widget.collection import Collection
    from dynamite_widget.collection_on_screen import CollectionOnScreen
    from dynamite_widget.formats.data_sets import DataSetFormat
    from dynamite_widget.image_list import ImageStatus
    from dynamite_widget.session import Session
    from dynamite_widget.session_on_screen import OneOnScreen


class ManyImages:
    """The part of `SegmentationWidget` that is about all images and the ways between them."""

    _images: OneOnScreen | CollectionOnScreen

    @property
    def session(self) -> Session:
        """What is labelled; with many images, that of the one shown.

        Raises:
            ValueError, TypeError, OSError: if that image or its session's file cannot be read.
        """
        return self._images.session

    @property
    def collection(self) -> Collection | None:
        """All images with their sessions; None where there is only one."""
        return self._images.collection

    def next(self) -> bool:
        """Show the next of many images; return whether there was one."""
        return self._many.next()

    def previous(self) -> bool:
        """Show the previous of many images; return whether there was one."""
        return self._many.previous()

    def go_to(self, image: str | int) -> None:
        """Show one of many images by its name or its place; see `Collection.go_to`."""
        self._many.go_to(image)

    def mark(self, status: ImageStatus, image: str | int | None = None) -> None:
        """Say that an image is done, skipped, flagged or open again; see `Collection.mark`."""
        self._many.mark(status, image)

    def to_frame(self) -> pd.DataFrame:
        """Tabulate the objects, of many images as `Collection.to_frame` does."""
        return (self.session if self.collection is None else self.collection).to_frame()

    def to_coco(self, *, polygons: bool = False) -> dict[str, Any]:
        """Write COCO annotations, of many images as `Collection.to_coco` does."""
        return (self.session if self.collection is None else self.collection).to_coco(
            polygons=polygons
        )

    def export(
        self,
        path: str | PathLike[str],
        *,
        format: DataSetFormat | None = None,
        **options: Any,  # noqa: ANN401 - see the format's own function
    ) -> Path:
        """Write a file or folder of labels, of many images as `Collection.export` does."""
        return (self.session if self.collection is None else self.collection).export(
            path, format=format, **options
        )

    @property
    def _many(self) -> Collection:
        if self.collection is None:
            raise ValueError("this widget shows one image; SegmentationWidget(images=[...]) many")
        return self.collection
