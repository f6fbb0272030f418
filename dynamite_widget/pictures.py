"""Pictures of a labelled image at full resolution: masks and clicks, coloured as on the screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont
from scipy import ndimage

from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.images import RGBImage
from dynamite_widget.objects import SegmentedObject
from dynamite_widget.state import pixel_of

BACKGROUND_INK = "#1A1A1A"
"""Of background clicks, as on the screen."""

_SCREEN = 1000
"""Lines and dots are as wide as on a screen that shows the image's long side in so many pixels."""


def overlay(
    image: RGBImage,
    label_map: NDArray[np.uint16],
    objects: Sequence[SegmentedObject],
    clicks: Sequence[Click] = (),
    *,
    opacity: float = 0.5,
    outline: bool = True,
    numbers: bool = False,
    click_radius: float = 4,
) -> RGBImage:
    """Draw masks and clicks over the image.

    Args:
        image: (H, W, 3) uint8.
        label_map: (H, W), 0 background, k object k.
        objects: those to draw.
        clicks: those to draw, in order of time.
        opacity: of masks, from 0 (only the photograph) to 1.
        outline: whether masks have a border.
        numbers: whether objects carry their number.
        click_radius: of dots, in pixels where the image's long side has 1000.

    Returns:
        (H, W, 3) uint8.

    Raises:
        ValueError: if the opacity or the radius is out of its bounds.
    """
    if not 0 <= opacity <= 1:
        raise ValueError(f"opacity goes from 0 to 1, not {opacity}")
    picture = image.copy()
    seen = np.isin(label_map, [each.id for each in objects])
    for each in objects:
        if each.area:
            _draw_mask(picture, label_map, seen, each, opacity, outline=outline)
    _draw_clicks(picture, clicks, {each.id: each.color for each in objects}, click_radius)
    return _numbered(picture, objects) if numbers else picture


def click_map(
    size: tuple[int, int],
    objects: Sequence[SegmentedObject],
    clicks: Sequence[Click],
    *,
    click_radius: float = 4,
) -> RGBImage:
    """Draw clicks alone, on black.

    Args:
        size: (H, W).
        objects: whose colours dots have; clicks on others are left out.
        clicks: in order of time.
        click_radius: as in `overlay`.

    Returns:
        (H, W, 3) uint8.

    Raises:
        ValueError: if the radius is out of its bounds.
    """
    picture = np.zeros((*size, 3), np.uint8)
    _draw_clicks(picture, clicks, {each.id: each.color for each in objects}, click_radius)
    return picture


def unit_of(size: tuple[int, int]) -> float:
    """Pixels of an image that make one pixel of a screen which shows it whole."""
    return max(max(size) / _SCREEN, 0.5)


def _draw_mask(
    picture: RGBImage,
    label_map: NDArray[np.uint16],
    seen: NDArray[np.bool_],
    each: SegmentedObject,
    opacity: float,
    *,
    outline: bool,
) -> None:
    """Fill an object; its border runs inside it, between two dark lines: it shows on anything."""
    line = max(1, round(unit_of(label_map.shape)))
    x, y, width, height = each.box
    around = np.s_[
        max(y - line, 0) : y + height + line,
        max(x - line, 0) : x + width + line,
    ]
    window, mask = picture[around], label_map[around] == each.id
    color = np.array(ImageColor.getrgb(each.color), np.uint8)
    values = np.arange(256)
    for channel, ink in enumerate(color):
        mixed = np.rint(values * (1 - opacity) + int(ink) * opacity).astype(np.uint8)
        np.copyto(window[:, :, channel], mixed[window[:, :, channel]], where=mask)
    if outline:
        core, rest = _shrunk(mask, line), _shrunk(mask, 2 * line)
        outside = ndimage.maximum_filter(mask, 2 * line + 1, mode="constant") & ~seen[around]
        dark = outside | (core & ~rest)
        window[dark] = (window[dark] * 0.4).astype(np.uint8)
        window[mask & ~core] = color


def _shrunk(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """Take away what lies near the border, which the image's edge is too."""
    return ndimage.minimum_filter(mask, 2 * by + 1, mode="constant")


def _draw_clicks(
    picture: RGBImage, clicks: Iterable[Click], colors: dict[int, str], radius: float
) -> None:
    """Draw dots as the screen does: dark halo, white ring, colour; a bar in background ones."""
    if not 0 <= radius <= 100:
        raise ValueError(f"a click radius goes from 0 to 100, not {radius}")
    unit = unit_of(picture.shape[:2])
    for click in clicks:
        background = click.object_id == BACKGROUND
        if radius == 0 or not (background or click.object_id in colors):
            continue
        row, column = pixel_of(click.x, click.y)
        ink = BACKGROUND_INK if background else colors[click.object_id]
        reach = int(np.ceil((radius + 3) * unit))
        top, left = max(row - reach, 0), max(column - reach, 0)
        window = picture[top : row + reach + 1, left : column + reach + 1]
        y, x = np.indices(window.shape[:2])
        dy, dx = y + top - row, x + left - column
        distance = np.hypot(dx, dy)
        discs = [((radius + 2.5), "#000000", 0.6), (radius + 1.5, "#FFFFFF", 1), (radius, ink, 1)]
        for size, color, strength in discs:
            _blend(window, np.clip(size * unit + 0.5 - distance, 0, 1) * strength, color)
        if background:
            bar = np.minimum(0.6 * radius * unit - abs(dx), max(0.2 * radius, 0.6) * unit - abs(dy))
            _blend(window, np.clip(bar + 0.5, 0, 1), "#FFFFFF")


def _blend(window: RGBImage, cover: NDArray[np.float64], color: str) -> None:
    ink = np.array(ImageColor.getrgb(color))
    window[:] = np.rint(window + (ink - window.astype(float)) * cover[:, :, None]).astype(np.uint8)


def _numbered(picture: RGBImage, objects: Sequence[SegmentedObject]) -> RGBImage:
    unit = unit_of(picture.shape[:2])
    canvas = Image.fromarray(picture)
    pen = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(max(11, 14 * unit))
    for each in objects:
        if each.area:
            pen.text(
                middle_of(each),
                str(each.id),
                fill="white",
                font=font,
                anchor="mm",
                stroke_width=max(1, round(1.5 * unit)),
                stroke_fill="black",
            )
    return np.asarray(canvas).copy()


def middle_of(each: SegmentedObject) -> tuple[float, float]:
    """(x, y) well inside an object that has pixels."""
    x, y, _, _ = each.box
    crop = np.pad(each.mask.to_crop(), 1)
    depth = ndimage.distance_transform_cdt(crop)
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return x + float(column) - 0.5, y + float(row) - 0.5
