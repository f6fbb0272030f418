"""`ExportingCollection`: what goes out of many labelled images, as one table, file or folder."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynamite_widget.formats import files, hugging_face, labelled_images
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.data_sets import DataSetFormat, others_in, twice_in, write_data_set
from dynamite_widget.formats.labelled_images import LabelledImage
from dynamite_widget.image_list import ListedImage

if TYPE_CHECKING:
    import pandas as pd


class ExportingCollection(ABC):
    """Many labelled images that can be written in many ways.

    No image is loaded for it, no session is written, and what was clicked on images that are open
    is waited for. (Only an image whose file has clicks without an answer is read for it.) Images
    of which nothing was said are left out, but those marked as done are not: they have no objects.
    A warning names images whose files have another size than when they were labelled.
    """

    _labels: tuple[str, ...] | None
    _images: list[ListedImage]

    @property
    def annotations(self) -> dict[str, Annotations]:
        """The objects of each image by its name, as every format is written from."""
        return {each.name: self._annotations_of(each) for each in self._labelled()}

    def to_frame(self) -> pd.DataFrame:
        """Tabulate the objects of all images; see `formats.labelled_images.to_frame`."""
        return labelled_images.to_frame(self._labelled())

    def to_coco(self, *, polygons: bool = False) -> dict[str, Any]:
        """Write all labels as COCO annotations; see `formats.labelled_images.to_coco`."""
        return labelled_images.to_coco(self._labelled(), labels=self._labels, polygons=polygons)

    def to_rows(self) -> list[dict[str, Any]]:
        """Write a row for `datasets` for each image; see `formats.hugging_face.to_row`."""
        return [
            hugging_face.to_row(self._annotations_of(each), each.path) for each in self._labelled()
        ]

    def export(
        self,
        path: str | PathLike[str],
        *,
        format: DataSetFormat | None = None,
        **options: Any,  # noqa: ANN401 - see the format's own function
    ) -> Path:
        """Write all labels to one COCO file, or to a folder of another format.

        Labels that the folder has under other names stay. A warning names them, and says of which
        the image is in this export, too: what it is called may have changed with the list.

        Args:
            path: ends in .json for COCO; with a format, a folder, made if it is not there.
            format: "yolo", "voc", "png", "npz" or "geojson"; see `formats.data_sets`.
            **options: of the format: `polygons`, `transform` and `crs`, `bits`, or `seam`.

        Returns:
            The path; of "yolo" that of data.yaml.

        Raises:
            ValueError: if ending or format is unknown, the format cannot hold the objects, two
                images would share a file, or a photograph, or labels of another image or of
                somebody else, would be replaced. Nothing is written then.
        """
        if format is not None:
            images = self.annotations
            listed = [each.path for each in self._images if each.path is not None]
            written = write_data_set(path, images, format, photographs=listed, **options)
            twice = twice_in(path, images, format)
            if others := [each for each in others_in(path, images, format) if each not in twice]:
                warnings.warn(
                    f"{str(path)!r} keeps labels from before, under names that are not in this "
                    f"export ({_some(others)}); to be without them take a new folder",
                    stacklevel=2,
                )
            if twice:
                pairs = [f"{before} and {now}" for before, now in twice.items()]
                warnings.warn(
                    f"{str(path)!r} keeps labels from before of images that have another name in "
                    f"this export, and so has them twice ({_some(pairs)}); to have them once take "
                    "a new folder",
                    stacklevel=2,
                )
            return written
        return files.write_json(path, self.to_coco(**options))

    def _annotations_of(self, image: LabelledImage) -> Annotations:
        return Annotations.of(
            image.objects, size=image.size, categories=self._labels, image=image.image
        )

    @abstractmethod
    def _labelled(self) -> Iterator[LabelledImage]:
        """Give the labels of each image that has some; one image is held at a time."""


def _some(texts: Sequence[str]) -> str:
    """Say how many there are, and the first three."""
    return f"{len(texts)}: {', '.join(texts[:3])}{' ...' if texts[3:] else ''}"
