"""Masks as polygons and back, exactly: the one half-pixel convention of all polygon formats.

The pixel (x, y) is the square from (x, y) to (x + 1, y + 1), its centre lies at (x + 0.5, y + 0.5),
and an image covers (0, 0) to (W, H): the convention of COCO, GeoJSON's readers and affine
transforms. The polygons written here run along the edges of pixels, so their corners are whole
numbers, their area is the number of pixels, and filling them gives back the mask bit for bit.

Polygons read here may have any corners. A pixel is inside when its centre is, by the even-odd rule,
as pycocotools fills a polygon (which rounds corners to a fifth of a pixel first).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from dynamite_widget.masks import Mask
from dynamite_widget.regions import Region

Ring = NDArray[np.float64]
"""(n, 2) corners x, y of a closed line; the way from the last to the first is not repeated."""


class Polygon(NamedTuple):
    """One part of an object.

    Attributes:
        outer: (n, 2) corners around it, clockwise on the screen (with y up: counter-clockwise).
        holes: (n, 2) corners around each of its holes, the other way round.
    """

    outer: Ring
    holes: tuple[Ring, ...] = ()


def polygons_of(mask: Mask) -> tuple[Polygon, ...]:
    """Trace a mask along the edges of its pixels.

    Pixels that touch at a corner only are two parts. No ring meets itself, rings of one polygon
    meet in corners at most: the polygons are valid for OGC's Simple Features (shapely, PostGIS).

    Args:
        mask: of any kind.

    Returns:
        One polygon for each part; none for an empty mask.
    """
    x, y, _, _ = mask.box
    pixels = np.pad(mask.to_crop(), 1)
    parts, _ = ndimage.label(pixels)
    outer: dict[int, Ring] = {}
    holes: defaultdict[int, list[Ring]] = defaultdict(list)
    for part, corners in _rings(pixels, parts):
        ring = np.asarray(corners + np.array([x - 1, y - 1]), np.float64)
        if signed_area(ring) > 0:
            outer[part] = ring
        else:
            holes[part].append(ring)
    return tuple(Polygon(outer[part], tuple(holes[part])) for part in sorted(outer))


def mask_of(polygons: Iterable[Polygon], size: tuple[int, int]) -> Mask:
    """Fill polygons.

    Args:
        polygons: parts of one object; a pixel in any of them is the object's.
        size: (H, W) of the image; what lies outside is left out.

    Raises:
        ValueError: if a ring has fewer than three corners, or one is not finite or absurdly far
            away.
    """
    pixels = np.zeros(size, bool)
    for polygon in polygons:
        outer = Region.polygon(polygon.outer.tolist(), size=size)
        holes = [Region.polygon(hole.tolist(), size=size) for hole in polygon.holes]
        kept = outer.without(holes)
        pixels[kept.slices] |= kept.pixels
    return Mask.from_array(pixels)


def joined(polygons: Sequence[Polygon]) -> Ring:
    """Join parts and holes into one ring by bridges without width, gone there and back.

    By the even-odd rule, and where only area counts, it holds the same pixels.

    Args:
        polygons: at least one.

    Returns:
        (n, 2) corners.
    """
    rings = [ring for polygon in polygons for ring in (polygon.outer, *polygon.holes)]
    lengths = [len(ring) for ring in rings]
    ends = np.cumsum(lengths)
    corners = np.concatenate(rings)
    # A walk stops at corners. Each ring is a walk of its own until a bridge, with a stop more at
    # either end for the way back, leads to it from an earlier one.
    stops = [*range(len(corners))]
    following = [*range(1, len(corners) + 1)]
    for begin, end in zip(ends - lengths, ends, strict=True):
        following[end - 1] = int(begin)
    for (here, there), length, end in zip(
        _bridges(corners, lengths), lengths[1:], ends[1:].tolist(), strict=True
    ):
        before = there - 1 if there > end - length else end - 1
        following[before] = len(stops)
        following += [len(stops) + 1, following[here]]
        following[here] = there
        stops += [there, here]
    path = [0]
    while len(path) < len(stops):
        path.append(following[path[-1]])
    return corners[np.array(stops)[path]]


def _bridges(corners: Ring, lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Find the shortest way to each ring but the first from an earlier one.

    Two rings are compared once, where their numbers begin to differ when written in bits. So one
    search for each bit will do, in which a third coordinate keeps rings apart that are not to be
    compared.

    Args:
        corners: of all rings, one after the other.
        lengths: number of corners of each ring.

    Returns:
        Corner of an earlier ring and corner of the ring, by their places in `corners`.
    """
    from scipy.spatial import KDTree  # slow to import, and few formats need it

    ring = np.repeat(np.arange(len(lengths)), lengths)
    nearest = np.zeros(len(corners), np.int64)
    distance = np.full(len(corners), np.inf)
    apart = 2 * np.ptp(corners, axis=0).sum()
    for bit in range((len(lengths) - 1).bit_length()):
        points = np.column_stack([corners, (ring >> (bit + 1)) * apart])
        is_later = (ring >> bit) % 2 == 1
        earlier, later = np.flatnonzero(~is_later), np.flatnonzero(is_later)
        found, place = KDTree(points[earlier]).query(points[later])
        closer = found < distance[later]
        nearest[later[closer]] = earlier[place[closer]]
        distance[later[closer]] = found[closer]
    firsts = np.cumsum([0, *lengths[:-1]])
    starts = np.lexsort((distance, ring))[firsts[1:]]
    return list(zip(nearest[starts].tolist(), starts.tolist(), strict=True))


def signed_area(ring: Ring) -> float:
    """Area in pixels, positive if the ring runs clockwise on the screen, where y points down."""
    following = np.roll(ring, -1, axis=0)
    return float(np.sum(ring[:, 0] * following[:, 1] - following[:, 0] * ring[:, 1])) / 2


def _rings(
    pixels: NDArray[np.bool_], parts: NDArray[np.integer]
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Walk along all edges between inside and outside, the inside to the right.

    Args:
        pixels: (h, w), False along the border.
        parts: (h, w), number of each pixel's part.

    Yields:
        Number of the part and (n, 2) corners of each ring.
    """
    # Edges by direction: right along tops, down along right sides, left along bottoms, up along
    # left sides. Each starts at a corner of the grid and belongs to the pixel on its right.
    sides = (
        (pixels[1:, 1:] & ~pixels[:-1, 1:], (0, 0)),
        (pixels[1:, :-1] & ~pixels[1:, 1:], (1, 0)),
        (pixels[:-1, :-1] & ~pixels[1:, :-1], (1, 1)),
        (pixels[:-1, 1:] & ~pixels[:-1, :-1], (0, 1)),
    )
    width = pixels.shape[1] + 1
    step = np.array([1, width, -1, -width])
    corner, part = [], []
    for edges, (left, up) in sides:
        rows, columns = np.nonzero(edges)
        corner.append((rows + 1) * width + columns + 1)
        part.append(parts[rows + 1 - up, columns + 1 - left])
    direction = np.repeat(np.arange(4), [len(each) for each in corner])
    starts, owners = np.concatenate(corner), np.concatenate(part)
    order = np.argsort(starts * 4 + direction)
    starts, direction, owners = starts[order], direction[order], owners[order]
    keys = starts * 4 + direction
    ends = starts + step[direction]
    following = np.zeros(len(keys), np.int64)
    for turn in (3, 0, 1):  # the last that fits wins: right, so that diagonal pixels stay apart
        wanted = ends * 4 + (direction + turn) % 4
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        following = np.where(keys[place] == wanted, place, following)
    for walk in _closed_walks(following.tolist(), starts.tolist(), ends.tolist()):
        edges = np.array(walk)
        corners = ends[edges[direction[edges] != np.roll(direction[edges], -1)]]
        yield int(owners[walk[0]]), np.stack([corners % width, corners // width], axis=1)


def _closed_walks(following: list[int], starts: list[int], ends: list[int]) -> Iterator[list[int]]:
    """Follow edges, and cut a walk into several where it comes back to a corner of its own."""
    walked = bytearray(len(following))
    for first in range(len(following)):
        edge = first
        path: list[int] = []
        place: dict[int, int] = {}
        while not walked[edge]:
            walked[edge] = True
            place[starts[edge]] = len(path)
            path.append(edge)
            if ends[edge] in place:
                begin = place[ends[edge]]
                walk = path[begin:]
                yield walk
                del path[begin:]
                for each in walk:
                    del place[starts[each]]
            edge = following[edge]
