"""A widget as it stands in the page: where to press for a pixel, and what is drawn there."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import FloatRect, Locator, Page, expect

from tests import painted


@dataclass(frozen=True)
class WidgetOnScreen:
    """One view of a widget, its photograph fitted into the view.

    Attributes:
        root: the widget's outermost element.
        size: (width, height) of the photograph in its own pixels.
    """

    root: Locator
    size: tuple[int, int] = (600, 400)

    @property
    def page(self) -> Page:
        """The page it stands in."""
        return self.root.page

    @property
    def canvas(self) -> Locator:
        """Where a person clicks."""
        return self.root.locator(".dw-canvas")

    def wait_until_it_shows_the_photograph(self) -> None:
        """Wait for the canvas and for the end of what the kernel is doing."""
        expect(self.canvas).to_be_visible(timeout=60_000)
        self._wait_for_two_frames()
        expect(self.root).not_to_have_class(re.compile("dw-(loading|working)"), timeout=60_000)
        self.wait_for_the_answer()

    def wait_for_the_answer(self) -> None:
        """Wait until the kernel has answered every act and the answer is painted."""
        expect(self.root).to_have_attribute("aria-busy", "false", timeout=60_000)
        self._wait_for_two_frames()

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where in the browser's window the middle of a pixel of the photograph is shown."""
        return self._places([(x, y)])[0]

    def _places(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        box = self._box()
        scale = min(box["width"] / self.size[0], box["height"] / self.size[1])
        left = box["x"] + (box["width"] - self.size[0] * scale) / 2
        top = box["y"] + (box["height"] - self.size[1] * scale) / 2
        return [(left + (x + 0.5) * scale, top + (y + 0.5) * scale) for x, y in points]

    def wait_until_it_stands_still(self) -> None:
        """Bring the canvas into view, and wait until nothing above it moves it any more."""
        self.canvas.hover()
        self._wait_for_two_frames()

    def press(self, x: float, y: float, button: Literal["left", "right"] = "left") -> None:
        """Click on a pixel of the photograph with a real mouse; does not wait for the answer."""
        self.canvas.scroll_into_view_if_needed()
        self.page.mouse.click(*self.place(x, y), button=button)

    def click(self, x: float, y: float, button: Literal["left", "right"] = "left") -> None:
        """Click on a pixel of the photograph and wait until the answer is painted."""
        self.press(x, y, button)
        self.wait_for_the_answer()

    def key(self, key: str) -> None:
        """Press a key while the widget has the focus, and wait for what comes of it."""
        self.canvas.press(key)
        self.wait_for_the_answer()

    def painted(self, points: list[tuple[int, int]]) -> list[painted.Color]:
        """RGBA of masks and dots at pixels of the photograph, each 0..255; alpha 0: nothing."""
        return painted.marks_at(self.canvas, self._places(points))

    def wait_until_painted(
        self, points: list[tuple[int, int]], colors: list[painted.Color]
    ) -> None:
        """Wait until masks and dots have these RGBA at these pixels of the photograph.

        Raises:
            AssertionError: if they have not after a minute.
        """
        deadline = time.monotonic() + 60
        while (seen := self.painted(points)) != colors:
            assert time.monotonic() < deadline, f"{seen} is painted, not {colors}"
            self._wait_for_two_frames()

    def _wait_for_two_frames(self) -> None:
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def _box(self) -> FloatRect:
        box = self.canvas.bounding_box()
        assert box is not None, "the canvas is not on the page"
        return box
