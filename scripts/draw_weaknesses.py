"""Draws docs/pictures/weaknesses.jpg: what the embedded model gets wrong on shipped photographs.

Usage: python scripts/draw_weaknesses.py
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

import dynamite_widget as dw
from dynamite_widget import samples

CASES = (
    ("rocket.jpg", (320, 200)),  # a thin thing: the foot of the rocket
    ("rocket.jpg", (480, 320)),  # no border to end at: the sky
    ("coffee.jpg", (420, 240)),  # whole or part: plate, cup or both
)
HEIGHT, GAP = 280, 8
TARGET = Path(__file__).parents[1] / "docs" / "pictures" / "weaknesses.jpg"


def main() -> None:
    """Click once in each photograph, and put the overlays side by side."""
    segmenter = dw.Segmenter.load("dynamite-lite", device="cpu")
    tiles = []
    for name, (x, y) in CASES:
        session = dw.Session(samples.path(name), segmenter)
        session.click(x, y, session.add_object())
        picture = Image.fromarray(session.overlay(click_radius=8))
        tiles.append(picture.resize((round(picture.width * HEIGHT / picture.height), HEIGHT)))
    width = sum(tile.width + GAP for tile in tiles) - GAP
    sheet, left = Image.new("RGB", (width, HEIGHT), "white"), 0
    for tile in tiles:
        sheet.paste(tile, (left, 0))
        left += tile.width + GAP
    TARGET.parent.mkdir(exist_ok=True)
    sheet.save(TARGET, quality=88)


if __name__ == "__main__":
    main()
