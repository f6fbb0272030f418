"""The widget is worth looking at all day: every state, light and dark, narrow and wide.

Each test keeps a picture under test-results/; docs/screen.md shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, expect

import dynamite_widget as dw
from dynamite_widget import samples
from dynamite_widget.segmenting import Answered
from tests.screen.host import Host

SCREENSHOTS = Path(__file__).resolve().parents[2] / "test-results"

# Controls that stick out of the widget, or whose words do not fit into them.
CUT_OFF = """() => {
  const root = document.querySelector(".dynamite-widget");
  const outer = root.getBoundingClientRect();
  const list = root.querySelector(".dw-objects");
  return [...root.querySelectorAll("button, input, select, output, summary, h2, .dw-notice")]
    .filter((node) => node.checkVisibility() && !list.contains(node) && !node.closest(".dw-help"))
    .filter((node) => {
      const box = node.getBoundingClientRect();
      const words = node.scrollWidth > node.clientWidth + 1 && node.tagName !== "INPUT";
      return words || box.left < outer.left || box.right > outer.right || box.top < outer.top
        || box.bottom > outer.bottom;
    })
    .map((node) => node.outerHTML.slice(0, 120));
}"""
# (x, y) on things in samples/coffee.jpg, with the label of each.
CUP, SAUCER, SPOON = ((250, 225), (290, 130)), ((110, 250),), ((365, 285),)


class Gated:
    """The embedded model, which reads and answers no sooner than it is let."""

    takes_previous = True

    def __init__(self, segmenter: dw.Segmenter) -> None:
        self.segmenter = segmenter
        self.may_read, self.may_answer = Event(), Event()
        self.may_read.set()
        self.may_answer.set()

    def encode(self, image: NDArray[np.uint8]) -> Any:  # noqa: ANN401 - features are opaque
        self.may_read.wait(timeout=60)
        return self.segmenter.encode(image)

    def segment(
        self,
        features: Any,  # noqa: ANN401
        clicks: Any,  # noqa: ANN401
        previous: Answered | None = None,
    ) -> NDArray[np.uint16]:
        self.may_answer.wait(timeout=60)
        return self.segmenter.segment(features, clicks, previous)


Show = Callable[..., Host]


@pytest.fixture(scope="module")
def embedded() -> dw.Segmenter:
    return dw.Segmenter.load(device="cpu")


@pytest.fixture
def gated(embedded: dw.Segmenter) -> Gated:
    return Gated(embedded)


@pytest.fixture
def show(browser: Browser, gated: Gated) -> Iterator[Show]:
    """Show the coffee photograph in a window of some size and colour scheme."""
    opened: list[tuple[Any, dw.SegmentationWidget]] = []

    def show(
        width: int = 1000,
        height: int = 640,
        scheme: str = "light",
        *,
        numbers: bool = False,
        images: Sequence[Path] | None = None,
    ) -> Host:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            device_scale_factor=1.5,
        )
        widget = dw.SegmentationWidget(
            None if images else samples.path("coffee.jpg"),
            images=images,
            labels=["cup", "saucer", "spoon"],
            segmenter=gated,
            numbers=numbers,
        )
        opened.append((context, widget))
        host = Host(context.new_page(), widget, wait=gated.may_read.is_set())
        host.page.add_style_tag(content="body { background: canvas; color-scheme: light dark }")
        return host

    yield show
    gated.may_read.set()
    gated.may_answer.set()
    for context, widget in opened:
        context.close()
        widget.close()


def label_three_objects(host: Host) -> None:
    for key, places in zip("123", (CUP, SAUCER, SPOON), strict=True):
        host.key("n", key)
        for place in places:
            host.click(*place)
    host.page.wait_for_timeout(1200)  # what the last click changed no longer flashes


def keep(host: Host, name: str) -> None:
    """Save the widget's picture, after a look whether something is cut off."""
    assert host.page.evaluate(CUT_OFF) == []
    host.root.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_three_objects(show: Show, scheme: str) -> None:
    host = show(scheme=scheme, numbers=True)
    label_three_objects(host)
    host.page.mouse.move(*host.place(200, 260))
    host.settle()
    keep(host, f"screen_{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_before_the_first_click_it_says_what_to_do(show: Show, scheme: str) -> None:
    host = show(scheme=scheme)
    expect(host.root.locator(".dw-notice")).to_contain_text("Click on an object")
    expect(host.root.locator(".dw-empty")).to_be_visible()
    keep(host, f"screen_empty_{scheme}")


def test_while_the_image_is_read(show: Show, gated: Gated) -> None:
    gated.may_read.clear()
    host = show()
    host.carry()
    host.page.mouse.click(*host.place(*CUP[0]))
    host.carry(host.says(".dw-notice", "Reading the image: your clicks are kept"))
    keep(host, "screen_loading")


def test_while_an_answer_is_computed(show: Show, gated: Gated) -> None:
    host = show()
    host.click(*CUP[0])
    gated.may_answer.clear()
    host.page.mouse.click(*host.place(*CUP[1]))
    host.carry(host.says(".dw-activity", "Answering…"))
    keep(host, "screen_busy")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_error_whose_traceback_is_one_press_away(
    show: Show, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    host = show(scheme=scheme)
    label_three_objects(host)
    (tmp_path / f"{host.widget._image_info['name']}_pictures").write_text("no folder")
    host.root.locator("[data-action=save_pictures]").click()
    host.wait_until(lambda: bool(host.widget._error))
    keep(host, f"screen_error_{scheme}")
    host.root.get_by_role("button", name="Details").click()
    expect(host.root.get_by_label("Traceback")).to_be_visible()
    assert host.page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_not_allowed_is_said_quietly(show: Show, scheme: str) -> None:
    host = show(scheme=scheme)
    label_three_objects(host)
    host.key("l")
    host.page.mouse.click(*host.place(355, 285))
    host.settle()
    keep(host, f"screen_refused_{scheme}")
    expect(host.root.get_by_role("alert")).to_contain_text("locked; unlock it")
    assert host.page.evaluate(CUT_OFF) == []


def test_one_object_is_described(show: Show) -> None:
    host = show(height=820)
    label_three_objects(host)
    host.widget.rename(3, "Grandmother's")
    host.widget.set_attribute(3, "silver", True)
    host.settle()
    host.key("F2")
    keep(host, "screen_editor")


def test_drawing_by_hand(show: Show) -> None:
    host = show()
    label_three_objects(host)
    host.key("n", "g")
    for corner in [(420, 60), (560, 40), (575, 150), (460, 170)]:
        host.page.mouse.click(*host.place(*corner))
    host.page.mouse.move(*host.place(430, 120))
    host.settle()
    keep(host, "screen_polygon")
    host.key("Enter", "p")
    host.page.mouse.move(*host.place(560, 190))
    host.settle()
    keep(host, "screen_brush")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_cell_of_320_pixels(show: Show, scheme: str) -> None:
    host = show(width=320 + 24, height=900, scheme=scheme)
    label_three_objects(host)
    width = host.root.evaluate("(root) => root.getBoundingClientRect().width")
    assert width <= 320
    keep(host, f"screen_narrow_{scheme}")


def test_in_a_cell_of_600_pixels(show: Show) -> None:
    host = show(width=600, height=900)
    label_three_objects(host)
    keep(host, "screen_half")


def test_on_the_full_screen(show: Show) -> None:
    host = show(width=1920, height=1080, scheme="dark")
    label_three_objects(host)
    host.root.get_by_role("button", name="Full screen").click()
    host.wait_until(lambda: host.root.evaluate("(root) => root.clientHeight") >= 1070)
    canvas = host.canvas.bounding_box()
    assert canvas is not None
    assert canvas["width"] > 1600
    keep(host, "screen_full")


def test_fifty_objects(show: Show) -> None:
    host = show(numbers=True)
    session = host.widget.session
    for k in range(50):
        x, y = 40 + 58 * (k % 10), 45 + 78 * (k // 10)
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        size = 22 + 5 * np.sin(3 * turn + k)
        added = session.add_object(label=("cup", "saucer", "spoon")[k % 3])
        points = np.stack([x + size * np.cos(turn), y + size * np.sin(turn)], 1)
        session.polygon(added, [(float(a), float(b)) for a, b in points])
    host.settle()
    keep(host, "screen_fifty")


def test_a_list_of_images(show: Show) -> None:
    names = ("chelsea.jpg", "coffee.jpg", "rocket.jpg")
    host = show(height=700, images=[samples.path(name) for name in names])
    host.widget.mark("flagged")
    host.widget.next()
    host.wait_until(lambda: host.widget._image_info["place"] == 1)
    label_three_objects(host)
    host.key("d")
    keep(host, "screen_images")


def test_all_keys(show: Show) -> None:
    host = show()
    host.key("?")
    expect(host.root.get_by_role("dialog")).to_be_visible()
    hidden = host.root.locator(".dw-help").evaluate("x => x.scrollHeight - x.clientHeight")
    keep(host, "screen_help")
    assert hidden == 0, "all keys are seen at once"
