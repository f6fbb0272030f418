"""Figures for papers: the photograph, its masks as vector outlines, clicks and a legend."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np
from PIL import ImageColor

from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.formats.polygons import polygons_of
from dynamite_widget.images import RGBImage
from dynamite_widget.objects import SegmentedObject
from dynamite_widget.pictures import BACKGROUND_INK
from dynamite_widget.state import pixel_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENDINGS = (".png", ".svg", ".pdf")

_ROWS = 18
"""Entries of the legend in one column."""
_LONGEST = 60
"""Letters of an entry."""
_DPI = 300
"""What a PNG of a small photograph comes near to."""


def figure(
    image: RGBImage,
    objects: Sequence[SegmentedObject],
    clicks: Sequence[Click] = (),
    *,
    opacity: float = 0.5,
    legend: bool = True,
    width: float = 6.4,
) -> Figure:
    """Draw a figure.

    Args:
        image: (H, W, 3) uint8; stays in the figure at its full resolution.
        objects: those to draw; each is an entry of the legend, with its number, label and name.
        clicks: those to draw.
        opacity: of masks, from 0 to 1.
        legend: whether there is one.
        width: of the photograph, in inches.

    Returns:
        A matplotlib figure, tied to no window.

    Raises:
        ImportError: if matplotlib is not installed.
        ValueError: if the opacity is out of its bounds.
    """
    if not 0 <= opacity <= 1:
        raise ValueError(f"opacity goes from 0 to 1, not {opacity}")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "figures need matplotlib: pip install 'dynamite-widget[evaluation]'"
        ) from error
    rows, columns, _ = image.shape
    drawn = Figure(figsize=(width, width * rows / columns))
    axes = drawn.add_axes((0, 0, 1, 1))
    axes.imshow(image, extent=(0, columns, rows, 0), interpolation="none")
    axes.set_axis_off()
    for each in objects:
        _draw_mask(axes, each, opacity)
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    _draw_clicks(axes, clicks, {each.id: each.color for each in objects})
    if legend and objects:
        _draw_legend(axes, objects)
    return drawn


def save_figure(drawn: Figure, path: str | PathLike[str], *, image_width: int) -> Path:
    """Save a figure as PNG, SVG or PDF, cropped to what is drawn.

    Args:
        drawn: by `figure`.
        path: whose ending says the format.
        image_width: columns of the photograph: a PNG has as many, or a multiple.

    Returns:
        The path.

    Raises:
        ValueError: if the ending is another.
    """
    path = Path(path)
    if path.suffix.lower() not in ENDINGS:
        raise ValueError(f"a figure's name ends in {', '.join(ENDINGS)}, not {path.name!r}")
    dpi = image_width / drawn.get_figwidth()
    dpi *= max(1, round(_DPI / dpi))  # every pixel of the photograph becomes equally many
    drawn.savefig(path, dpi=dpi, bbox_inches="tight", pad_inches=0.02)
    return path


def _draw_mask(axes: Axes, each: SegmentedObject, opacity: float) -> None:
    """Fill by the even-odd rule, which leaves holes free; nothing is lost to a raster."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    rings = [ring for p in polygons_of(each.mask) for ring in (p.outer, *p.holes)]
    if not rings:
        return
    closed = [Outline(np.concatenate([ring, ring[:1]]), closed=True) for ring in rings]
    outline = Outline.make_compound_path(*closed)
    color = ImageColor.getrgb(each.color)
    face = (*(part / 255 for part in color), opacity)
    axes.add_patch(PathPatch(outline, facecolor=face, edgecolor="none"))
    for ink, line in (("black", 1.6), (each.color, 0.9)):
        axes.add_patch(PathPatch(outline, facecolor="none", edgecolor=ink, linewidth=line))


def _draw_clicks(axes: Axes, clicks: Sequence[Click], colors: dict[int, str]) -> None:
    for click in clicks:
        background = click.object_id == BACKGROUND
        if not background and click.object_id not in colors:
            continue
        row, column = pixel_of(click.x, click.y)
        place = ([column + 0.5], [row + 0.5])
        ink = BACKGROUND_INK if background else colors[click.object_id]
        axes.plot(*place, "o", color="black", markersize=6.4, markeredgewidth=0)
        axes.plot(*place, "o", color=ink, markersize=4.2, markeredgecolor="white")
        if background:
            axes.plot(*place, "_", color="white", markersize=3, markeredgewidth=0.8)


def _draw_legend(axes: Axes, objects: Sequence[SegmentedObject]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=each.color, edgecolor="black", linewidth=0.5) for each in objects]
    legend = axes.legend(
        handles,
        ["object"] * len(objects),
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
        borderaxespad=0,
        frameon=False,
        fontsize="small",
        ncols=-(-len(objects) // _ROWS),
    )
    for text, each in zip(legend.get_texts(), objects, strict=True):
        said = [str(each.id), each.label or "", each.name]
        text.set_parse_math(False)  # a label may hold "$"
        text.set_text(shorten("  ".join(filter(None, said)), _LONGEST, placeholder=" ..."))
