"""Writes js/test/fixtures/run_lengths.json: label maps and the bytes Python makes of them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dynamite_widget.run_lengths import Runs

FIXTURES = Path(__file__).resolve().parents[1] / "js" / "test" / "fixtures" / "run_lengths.json"


def label_maps() -> dict[str, NDArray[np.uint16]]:
    """Return label maps that a reader could get wrong, by what is special about them."""
    rows, columns = np.indices((48, 64))
    circles = np.zeros((48, 64), np.uint16)
    for object_id, (x, y) in enumerate([(5, 5), (40, 20), (60, 47), (30, 25)], start=1):
        circles[np.hypot(columns - x, rows - y) < 12] = object_id
    return {
        "one background pixel": np.zeros((1, 1), np.uint16),
        "one object pixel": np.ones((1, 1), np.uint16),
        "one row": np.array([[0, 1, 1, 0, 2]], np.uint16),
        "one column": np.array([[3], [3], [0], [1]], np.uint16),
        "a run over the end of a row": np.array([[0, 1], [1, 0]], np.uint16),
        "a checkerboard": ((rows + columns) % 2).astype(np.uint16)[:6, :7],
        "ids of two bytes": np.array([[0, 255, 256], [65535, 65535, 1]], np.uint16),
        "circles that touch borders and each other": circles,
    }


def fixtures() -> list[dict[str, object]]:
    """Return what the file holds: name, height, width, ids and bytes of each label map."""
    return [
        {
            "name": name,
            "height": label_map.shape[0],
            "width": label_map.shape[1],
            "ids": label_map.ravel().tolist(),
            "bytes": base64.b64encode(Runs.of(label_map).pack()).decode("ascii"),
        }
        for name, label_map in label_maps().items()
    ]


if __name__ == "__main__":
    FIXTURES.parent.mkdir(exist_ok=True)
    FIXTURES.write_text(json.dumps(fixtures()) + "\n")
