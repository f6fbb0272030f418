"""How large a session file is, and how long saving takes: 50 objects, 500 clicks, 50 strokes.

    python benchmarks/session_file.py

No network: pixels near a click are its object's, with a border as uneven as a model's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dynamite_widget.clicks import Click
from dynamite_widget.commands import AddClick, Paint
from dynamite_widget.formats import session_file
from dynamite_widget.regions import Region
from dynamite_widget.session import Session

HEIGHT, WIDTH = 768, 1024
OBJECTS, CLICKS_EACH = 50, 10
REACH, UNEVEN = 22, 3


class NearClicks:
    """Gives every pixel to the nearest click if that is near."""

    def encode(self, image: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Make borders uneven."""
        return np.random.default_rng(0).normal(0, UNEVEN, image.shape[:2])

    def segment(self, features: NDArray[np.float64], clicks: Sequence[Click]) -> NDArray[np.uint16]:
        """Find the nearest click."""
        rows, columns = np.indices((HEIGHT, WIDTH))
        tree = cKDTree([(click.y, click.x) for click in clicks])
        away, nearest = tree.query(np.stack([rows.ravel(), columns.ravel()], 1))
        owners = np.array([click.object_id for click in clicks], np.uint16)[nearest]
        smooth = np.repeat(np.repeat(features[::8, ::8], 8, 0), 8, 1)[:HEIGHT, :WIDTH]
        near = away.reshape(HEIGHT, WIDTH) <= REACH + smooth
        return np.where(near, owners.reshape(HEIGHT, WIDTH), 0).astype(np.uint16)


def main() -> None:
    """Label, measure, print."""
    chance = np.random.default_rng(1)
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    clicked = Session(image, NearClicks())
    for number in range(OBJECTS):
        k = clicked.add_object("car", name=f"car {number}")
        x, y = 60 + 100 * (number % 10), 80 + 150 * (number // 10)
        for dx, dy in chance.uniform(-30, 30, (CLICKS_EACH, 2)):
            clicked.apply(AddClick(Click(round(x + dx), round(y + dy), k)))
        stroke = Region.brush([(x - 20, y + 40), (x + 20, y + 45)], 5, size=(HEIGHT, WIDTH))
        clicked.apply(Paint(k, stroke))
    imported = Session.from_masks(image, clicked.label_map, segmenter=NearClicks())
    for name, session in (("clicked", clicked), ("imported", imported)):
        saved = session.to_saved()
        session_file.dumps(saved)  # what does not change is remembered from one save to the next
        start = time.process_time()
        data = session_file.dumps(saved)
        took = time.process_time() - start
        parts = {key: len(json.dumps(part)) for key, part in json.loads(data).items()}
        largest = sorted(parts.items(), key=lambda item: -item[1])[:6]
        print(
            f"{name}: {len(data):,} bytes, written in {1000 * took:.1f} ms of processor time;",
            *largest,
        )


if __name__ == "__main__":
    main()
