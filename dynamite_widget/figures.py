"""Figures for papers: the photograph, its masks as vector outlines, clicks and a legend."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from os import PathLike
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np
from PIL import ImageColor

from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.formats.label_png import written_by
from dynamite_widget.formats.polygons import Ring, polygons_of
from dynamite_widget.images import MAX_PIXELS, RGBImage
from dynamite_widget.objects import SegmentedObject
from dynamite_widget.palette import ink_on
from dynamite_widget.pictures import BACKGROUND_INK, middle_of
from dynamite_widget.saving import AtomicFile, at_home
from dynamite_widget.state import pixel_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENDINGS = (".png", ".svg", ".pdf")

_ROW = 0.18
"""Height of an entry of the legend, in inches."""
_LONGEST = 40
"""Letters of an entry."""
_NUMBER = 6.5
"""Size of the numbers on objects, in points."""
_DPI = 300
"""What a PNG of a small photograph comes near to."""
_TALLEST = 4
"""A photograph is at most so many times as tall as the width that was asked for."""


def figure(
    image: RGBImage,
    objects: Sequence[SegmentedObject],
    clicks: Sequence[Click] = (),
    *,
    opacity: float = 0.5,
    legend: bool = True,
    numbers: bool = True,
    width: float = 6.4,
) -> Figure:
    """Draw a figure.

    Args:
        image: (H, W, 3) uint8; stays in the figure at its full resolution.
        objects: those to draw; each is an entry of the legend, with its number, label and name.
        clicks: those to draw.
        opacity: of masks, from 0 to 1.
        legend: whether there is one.
        numbers: whether objects carry their number.
        width: of the photograph, in inches; where it would be more than four times as tall, it is
            narrower.

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
    width *= min(1, _TALLEST * columns / rows)
    drawn = Figure(figsize=(width, width * rows / columns))
    axes = drawn.add_axes((0, 0, 1, 1))
    axes.imshow(image, extent=(0, columns, rows, 0), interpolation="none")
    axes.set_axis_off()
    for each in objects:
        _draw_mask(axes, each, opacity)
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    if numbers:
        _draw_numbers(axes, objects, 72 * width / columns)
    _draw_clicks(axes, clicks, {each.id: each.color for each in objects})
    if legend and objects:
        _draw_legend(axes, objects, max(1, int(width * rows / columns / _ROW)))
    return drawn


def check_replaced(path: Path) -> None:
    """Check that a figure takes the place of no picture but a figure.

    Args:
        path: that it is to be saved to.

    Raises:
        ValueError: if it does.
    """
    program = written_by(path)
    if program is not None and not program.startswith("Matplotlib"):
        raise ValueError(
            f"{str(path)!r} is a picture that matplotlib has not drawn, and is left as it is; take "
            "another name, or move it away if it may be replaced"
        )


def save_figure(drawn: Figure, path: str | PathLike[str], *, image_width: int) -> Path:
    """Save a figure as PNG, SVG or PDF, cropped to what is drawn.

    Args:
        drawn: by `figure`.
        path: whose ending says the format.
        image_width: columns of the photograph: a PNG has as many for it, or a multiple; fewer
            where the figure, with its legend, would have more pixels than an image may have.

    Returns:
        The path.

    Raises:
        ValueError: if the ending is another, or there is no such folder.
        OSError: if it cannot be written; a file that is there stays as it is.
    """
    path = at_home(path)
    if path.suffix.lower() not in ENDINGS:
        raise ValueError(f"a figure's name ends in {', '.join(ENDINGS)}, not {path.name!r}")
    dpi = image_width / drawn.get_figwidth()
    dpi *= max(1, round(_DPI / dpi))  # every pixel of the photograph becomes equally many
    room = drawn.get_tightbbox()
    pixels = room.width * room.height * dpi**2
    dpi *= min(1, (MAX_PIXELS / pixels) ** 0.5)
    from matplotlib import rc_context

    data, format = BytesIO(), path.suffix[1:].lower()
    with rc_context({"pdf.fonttype": 42}):  # many journals refuse a PDF with Type 3 fonts
        drawn.savefig(data, format=format, dpi=dpi, bbox_inches="tight", pad_inches=0.02)
    AtomicFile(path).write(data.getvalue())
    return path


def _draw_mask(axes: Axes, each: SegmentedObject, opacity: float) -> None:
    """Fill by the even-odd rule, which leaves holes free; nothing is lost to a raster."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    rings = [_smooth(ring) for p in polygons_of(each.mask) for ring in (p.outer, *p.holes)]
    if not rings:
        return
    closed = [Outline(np.concatenate([ring, ring[:1]]), closed=True) for ring in rings]
    outline = Outline.make_compound_path(*closed)
    color = ImageColor.getrgb(each.color)
    face = (*(part / 255 for part in color), opacity)
    axes.add_patch(PathPatch(outline, facecolor=face, edgecolor="none"))
    for ink, line in (("black", 1.6), (each.color, 0.9)):
        axes.add_patch(PathPatch(outline, facecolor="none", edgecolor=ink, linewidth=line))


def _smooth(ring: Ring) -> Ring:
    """Run through the middles of pixel edges, as on the screen: that cuts a staircase's corners."""
    along = np.roll(ring, -1, axis=0) - ring
    half = np.sign(along) / 2
    return np.stack([ring + half, ring + along - half], axis=1).reshape(-1, 2)


def _draw_numbers(axes: Axes, objects: Sequence[SegmentedObject], points: float) -> None:
    """Number objects in their middle; small ones, which a number would cover, beside them.

    Args:
        axes: with one unit for each pixel of the photograph.
        objects: those to number.
        points: in a pixel of the photograph.
    """
    room = 2 * _NUMBER / points
    for each in objects:
        if not each.area:
            continue
        x, y, width, height = each.box
        (middle, level), edge = middle_of(each), "center"
        if min(width, height) < room:
            above = y > room
            middle, level = x + width / 2, y - room / 4 if above else y + height + room / 4
            edge = "bottom" if above else "top"
        axes.text(
            middle,
            level,
            str(each.id),
            color=ink_on(each.color),
            fontsize=_NUMBER,
            ha="center",
            va=edge,
            zorder=1.5,  # over masks, under clicks
            bbox={
                "boxstyle": "round,pad=0.2,rounding_size=0.5",
                "facecolor": each.color,
                "linewidth": 0.5,
            },
        )


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


def _draw_legend(axes: Axes, objects: Sequence[SegmentedObject], rows: int) -> None:
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
        ncols=-(-len(objects) // rows),
    )
    for text, each in zip(legend.get_texts(), objects, strict=True):
        said = [str(each.id), each.label or "", each.name]
        text.set_parse_math(False)  # a label may hold "$"
        text.set_text(shorten("  ".join(filter(None, said)), _LONGEST, placeholder=" ..."))
