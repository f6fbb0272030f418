"""`ExportingLabelling`: what goes out of a session, as data, as files and as pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dynamite_widget import pictures
from dynamite_widget.acting import ActingLabelling
from dynamite_widget.clicks import Click
from dynamite_widget.formats import coco, files, geojson, hugging_face, yolo
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.data_sets import DataSetFormat, write_data_set
from dynamite_widget.formats.folders import safe_name, stem_of
from dynamite_widget.formats.geojson import Transform
from dynamite_widget.images import RGBImage
from dynamite_widget.keeping import KeptLabelling
from dynamite_widget.objects import SegmentedObject
from dynamite_widget.picture_files import write_pictures
from dynamite_widget.saving import at_home

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


class ExportingLabelling(ActingLabelling, KeptLabelling):
    """A labelled image that can be written in many ways. Everything waits for the newest answer."""

    @property
    def annotations(self) -> Annotations:
        """The objects as every format is written from; see `dynamite_widget.formats`."""
        return Annotations.of(
            self.objects, size=self.size, categories=self.labels, image=self._identity
        )

    def to_frame(self) -> pd.DataFrame:
        """Tabulate the objects; see `dynamite_widget.formats.frame.to_frame`."""
        from dynamite_widget.formats import frame  # pandas takes half a second to import

        return frame.to_frame(self.objects)

    def to_coco(self, *, polygons: bool = False) -> dict[str, Any]:
        """Write the objects as COCO annotations; see `dynamite_widget.formats.coco.to_coco`."""
        return coco.to_coco(
            self.objects,
            size=self.size,
            file_name=self._file_name,
            labels=self.labels,
            polygons=polygons,
        )

    def to_geojson(
        self, *, transform: Transform | None = None, crs: str | None = None
    ) -> dict[str, Any]:
        """Write the objects as polygons; see `dynamite_widget.formats.geojson.to_geojson`."""
        return geojson.to_geojson(self.annotations, transform=transform, crs=crs)

    def to_yolo(self, classes: Sequence[str] | None = None) -> str:
        """Write the objects as YOLO's lines; see `dynamite_widget.formats.yolo.to_yolo`."""
        return yolo.to_yolo(self.annotations, classes)

    def to_row(self) -> dict[str, Any]:
        """Write a row for `datasets`; see `dynamite_widget.formats.hugging_face.to_row`."""
        source = None if self._source is None else self._source.path
        return hugging_face.to_row(self.annotations, source)

    def export(
        self,
        path: str | PathLike[str],
        *,
        format: DataSetFormat | None = None,
        name: str | None = None,
        **options: Any,  # noqa: ANN401 - see the format's own function
    ) -> Path:
        """Write a file of masks in the format its ending says, or a folder of a format.

        Args:
            path: ends in .json (COCO), .geojson, .png (label map) or .npz; with a format, a folder,
                made if it is not there.
            format: "yolo", "voc", "png", "npz" or "geojson"; see `formats.data_sets`.
            name: of the image, where it is to have another than its file: "night/a.jpg".
            **options: of the format: `polygons`, `transform` and `crs`, `bits`, or `seam`.

        Returns:
            The path; of "yolo" that of data.yaml.

        Raises:
            ValueError: if ending or format is unknown, or cannot hold the objects, or a photograph,
                or labels of another image or of somebody else, would be replaced. Nothing is
                written then.
        """
        name = self._file_name if name is None else name
        if format is not None:
            return write_data_set(path, {name: self.annotations}, format, **options)
        return files.write_annotations(path, self.annotations, image=name, **options)

    def overlay(
        self,
        *,
        clicks: bool = True,
        opacity: float = 0.5,
        outline: bool = True,
        numbers: bool = False,
        click_radius: float = 4,
    ) -> RGBImage:
        """Draw masks and clicks over the image, at its full resolution; hidden objects are not.

        Args:
            clicks: whether clicks are drawn; without them it is the picture of masks alone.
            opacity: of masks, from 0 to 1.
            outline: whether masks have a border.
            numbers: whether objects carry their number.
            click_radius: of dots, in pixels where the image's long side has 1000.

        Returns:
            (H, W, 3) uint8.
        """
        view = self.settle()
        return pictures.overlay(
            self._image,
            view.label_map,
            _shown(view.objects),
            view.state.clicks if clicks else (),
            opacity=opacity,
            outline=outline,
            numbers=numbers,
            click_radius=click_radius,
        )

    def click_map(self, *, click_radius: float = 4) -> RGBImage:
        """Draw the clicks alone, on black: (H, W, 3) uint8."""
        view = self.settle()
        shown = _shown(view.objects)
        return pictures.click_map(self.size, shown, view.state.clicks, click_radius=click_radius)

    def save_pictures(
        self, folder: str | PathLike[str], *, name: str | None = None
    ) -> tuple[Path, ...]:
        """Save overlay, masks without clicks, click map, and one binary mask for each object.

        They are PNGs of the image's own size, named after it: NAME_overlay.png, NAME_masks.png,
        NAME_clicks.png and, with 255 for an object's pixels, NAME_mask_ID_LABEL.png. Older ones of
        this image are replaced, also those of objects that are gone.

        Args:
            folder: made if it is not there.
            name: another NAME than that of the image's file.

        Returns:
            The paths, in this order.

        Raises:
            ValueError: if there are pictures of another image, or of somebody else, of that name;
                they stay.
        """
        view = self.settle()  # somebody may click meanwhile: all show the same
        shown, clicks = _shown(view.objects), view.state.clicks
        drawn = {
            "overlay": pictures.overlay(self._image, view.label_map, shown, clicks),
            "masks": pictures.overlay(self._image, view.label_map, shown),
            "clicks": pictures.click_map(self.size, shown, clicks),
        }
        for each in view.objects:
            parts = [f"mask_{each.id:03d}", safe_name(each.label or "")]
            drawn["_".join(filter(None, parts))] = each.mask.to_array().astype(np.uint8) * 255
        stem = safe_name(stem_of(self._file_name) if name is None else name) or "image"
        return write_pictures(at_home(folder), stem, drawn, self._identity.sha256)

    def figure(
        self,
        path: str | PathLike[str] | None = None,
        *,
        clicks: bool = True,
        opacity: float = 0.5,
        legend: bool = True,
        numbers: bool = True,
        width: float = 6.4,
    ) -> Figure:
        """Draw a figure for a paper; hidden objects are not in it.

        Args:
            path: file to save it to as well, ending in .png, .svg or .pdf.
            clicks: whether clicks are drawn.
            opacity: of masks, from 0 to 1.
            legend: whether there is one, with number, label and name of each object.
            numbers: whether objects carry their number.
            width: of the photograph, in inches; where it would be more than four times as tall, it
                is narrower.

        Returns:
            A matplotlib figure; a notebook shows it.

        Raises:
            ImportError: if matplotlib is not installed.
            ValueError: if the path ends otherwise, the photograph or another picture that is no
                figure lies there, or the opacity is out of its bounds.
        """
        from dynamite_widget import figures

        if path is not None:
            if self._identity.lies_at(at_home(path)):
                raise ValueError(f"{str(path)!r} is the photograph itself; take another name")
            figures.check_replaced(at_home(path))
        view = self.settle()
        shown: tuple[Click, ...] = view.state.clicks if clicks else ()
        drawn = figures.figure(
            self._image,
            _shown(view.objects),
            shown,
            opacity=opacity,
            legend=legend,
            numbers=numbers,
            width=width,
        )
        if path is not None:
            figures.save_figure(drawn, path, image_width=self.size[1])
        return drawn

    @property
    def _file_name(self) -> str:
        return "image" if self._source is None else os.path.basename(self._source.path)


def _shown(objects: Sequence[SegmentedObject]) -> tuple[SegmentedObject, ...]:
    return tuple(each for each in objects if each.visible)
