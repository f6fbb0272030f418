"""Masks that break formats: at all borders, with holes, in parts, one pixel wide, empty."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.masks import Mask

Pixels = NDArray[np.bool_]


def drawn(*rows: str) -> Pixels:
    """Make a mask of text, # for its pixels."""
    return np.array([[mark == "#" for mark in row] for row in rows])


HARD: dict[str, Pixels] = {
    "all of the image": np.ones((5, 7), bool),
    "a frame along all four borders": drawn("#####", "#...#", "#...#", "#####"),
    "nothing": np.zeros((4, 6), bool),
    "one pixel": drawn("....", "..#.", "...."),
    "an image of one pixel": drawn("#"),
    "one pixel wide": drawn("...#", "...#", "####"),
    "a diagonal": np.eye(6, dtype=bool),
    "two parts": drawn("##..", "##.#", "...#"),
    "two holes that touch": drawn("#####", "#.###", "##.##", "#####"),
    "an island in a hole": drawn("#####", "#...#", "#.#.#", "#...#", "#####"),
    "a ring closed by a corner": drawn(".###", "#.##", "####"),
    "a chessboard": np.indices((5, 6)).sum(axis=0) % 2 == 0,
}

PIXELS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=9)) | st.sampled_from(
    list(HARD.values())
)

LABELS = st.none() | st.sampled_from(["car", "<script>alert(1)</script>", "a/b", "ä, ö", 'say "x"'])


@st.composite
def annotations(draw: st.DrawFn, *, overlapping: bool = False, most: int = 4) -> Annotations:
    """Objects of one image: parts of a label map, or any masks on top of each other."""
    size = draw(st.sampled_from([(1, 1), (1, 6), (7, 1), (5, 7), (8, 8)]))
    ids = draw(st.lists(st.integers(1, 254), max_size=most, unique=True))
    if overlapping:
        planes = [draw(arrays(bool, size)) for _ in ids]
    else:
        owner = draw(arrays(np.uint8, size, elements=st.sampled_from([0, *ids])))
        planes = [owner == object_id for object_id in ids]
    return Annotations(
        size,
        tuple(
            Annotation(Mask.from_array(plane), object_id, draw(LABELS))
            for object_id, plane in zip(ids, planes, strict=True)
        ),
    )
