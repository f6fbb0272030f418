"""Reads from a page what the widget's canvas shows: its layers lie on each other."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import Locator

Color = tuple[int, int, int, int]
"""RGBA, each 0..255."""

_READ = """(stage, [places, first, end]) => {
  const layers = [...stage.querySelectorAll("canvas")].slice(first, end ?? undefined);
  const pixel = document.createElement("canvas");
  pixel.width = pixel.height = 1;
  const context = pixel.getContext("2d", { willReadFrequently: true });
  return places.map(([x, y]) => {
    context.clearRect(0, 0, 1, 1);
    for (const layer of layers) {
      const ratio = layer.width / layer.clientWidth;
      const box = layer.getBoundingClientRect();
      const [column, row] = [(x - box.x) * ratio, (y - box.y) * ratio].map(Math.floor);
      context.drawImage(layer, column, row, 1, 1, 0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data];
  });
}"""


def photograph_at(stage: Locator, places: Sequence[tuple[float, float]]) -> list[Color]:
    """Read the photograph at places in the window."""
    return [_color(read) for read in stage.evaluate(_READ, [places, 0, 1])]


def marks_at(stage: Locator, places: Sequence[tuple[float, float]]) -> list[Color]:
    """Read masks and dots, without the photograph below; where alpha is 0 there is nothing."""
    return [_color(read) for read in stage.evaluate(_READ, [places, 1, None])]


def _color(read: list[int]) -> Color:
    red, green, blue, alpha = read
    return red, green, blue, alpha
