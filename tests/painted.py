"""Reads from a page what the widget's canvas shows: its layers lie on each other."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import Locator

Color = tuple[int, int, int, int]
"""RGBA, each 0..255."""

_READ = """(stage, [places, first, end]) => {
  const layers = [...stage.querySelectorAll("canvas")].slice(first, end ?? undefined);
  const { width, height, clientWidth } = layers[0];
  const box = layers[0].getBoundingClientRect();
  const all = document.createElement("canvas");
  Object.assign(all, { width, height });
  const context = all.getContext("2d", { willReadFrequently: true });
  for (const layer of layers) context.drawImage(layer, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const ratio = width / clientWidth;
  return places.map(([x, y]) => {
    const [column, row] = [(x - box.x) * ratio, (y - box.y) * ratio].map(Math.floor);
    const at = 4 * (row * width + column);
    return [...data.subarray(at, at + 4)];
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
