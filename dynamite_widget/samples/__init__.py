"""Sample photographs to try the widget on; their licence stands beside them in LICENCE.md."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent

NAMES = tuple(sorted(photograph.name for photograph in _FOLDER.glob("*.jpg")))
"""File names of the photographs."""


def path(name: str) -> Path:
    """Find a sample photograph.

    Args:
        name: file name, one of `NAMES`, for instance "coffee.jpg".

    Returns:
        The photograph's path, to hand to `SegmentationWidget`, `Session` or `Segmenter.encode`.

    Raises:
        ValueError: if there is no such photograph.
    """
    if name not in NAMES:
        raise ValueError(f"no sample photograph {name!r}; choose one of {', '.join(NAMES)}")
    return _FOLDER / name
