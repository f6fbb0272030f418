"""A person never wonders whether a click was heard: busy marks, progress, and how long it took."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from threading import Event

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from dynamite_widget.extents import Box
from dynamite_widget.widget import SegmentationWidget
from tests.nearest_click import NearestClick
from tests.screen.host import Host


class SlowReader(NearestClick):
    """Encodes no image before it is told to."""

    def __init__(self) -> None:
        super().__init__(reach=30)
        self.may_read = Event()

    def encode(self, image):  # noqa: ANN001, ANN201 - as NearestClick has it
        assert self.may_read.wait(timeout=30)
        return super().encode(image)


@pytest.fixture
def slow() -> SlowReader:
    return SlowReader()


@pytest.fixture
def reading(page: Page, slow: SlowReader) -> Iterator[Host]:
    """A widget whose image is still being read."""
    picture = Image.linear_gradient("L").resize((300, 200)).convert("RGB")
    widget = SegmentationWidget(picture, segmenter=slow)
    yield Host(page, widget, wait=False)
    slow.may_read.set()
    widget.close()


def test_while_the_image_is_read_it_says_so_and_clicks_are_kept(
    reading: Host, slow: SlowReader
) -> None:
    reading.carry(reading.says(".dw-notice", "Reading the image. You can click already."))
    reading.carry(reading.says(".dw-activity", "Reading the image…"))
    reading.page.mouse.click(*reading.place(100, 80))
    reading.page.mouse.click(*reading.place(130, 80))
    reading.carry(reading.says(".dw-notice", "Reading the image: your clicks are kept"))
    assert reading.painted(100, 80)[3] == 255
    assert reading.root.get_attribute("aria-busy") == "true"

    slow.may_read.set()
    reading.settle()
    assert reading.painted(100, 95)[3] > 0
    assert len(reading.widget.clicks) == 2
    expect(reading.root.locator(".dw-notice")).to_be_hidden()


def test_a_click_shows_its_dot_at_once_and_is_busy_until_the_mask_is_there(
    host: Host, segmenter: NearestClick
) -> None:
    host.click(100, 80)
    segmenter.gate.clear()
    host.page.mouse.click(*host.place(200, 80))
    expect(host.root).to_have_attribute("aria-busy", "true")
    host.carry(host.says(".dw-activity", "Answering…"))
    assert host.painted(200, 80)[3] == 255
    assert host.painted(200, 95)[3] == 0
    expect(host.root).to_have_class(re.compile("dw-working"))
    segmenter.gate.set()
    host.settle()
    assert host.painted(200, 95)[3] > 0
    expect(host.root).not_to_have_class(re.compile("dw-working"))


def test_a_dot_whose_answer_takes_long_pulses_until_it_is_there(
    host: Host, segmenter: NearestClick
) -> None:
    segmenter.gate.clear()
    host.page.mouse.click(*host.place(200, 80))
    x, y = host.place(200, 80)

    def rings() -> bool:
        """Whether something is painted beside the dot, where no mask is yet."""
        return any(host.marks_at(x + away, y)[3] > 0 for away in range(11, 17))

    host.carry(lambda: host.marks_at(x, y)[3] == 255)
    host.carry(rings)
    host.carry(lambda: not rings())  # it moves on
    host.carry(rings)
    segmenter.gate.set()
    host.settle()
    before = [host.marks_at(x + away, y) for away in range(11, 17)]
    host.page.wait_for_timeout(700)
    assert [host.marks_at(x + away, y) for away in range(11, 17)] == before


def test_a_kernel_that_hears_nothing_is_said_to_be_busy(host: Host) -> None:
    host.page.mouse.click(*host.place(100, 80))
    expect(host.root.locator(".dw-activity")).to_have_text(
        "The kernel is busy; your clicks are kept"
    )
    host.settle()
    assert len(host.widget.clicks) == 1


def test_she_reads_how_long_the_last_answer_and_the_median_answer_took(host: Host) -> None:
    latency = host.root.locator(".dw-latency")
    expect(latency).to_be_hidden()
    host.click(100, 80)
    expect(latency).to_have_text(re.compile(r"^\d+ ms · median \d+ ms$"))
    expect(latency).to_have_attribute("title", re.compile(r"image read in \d"))


def test_in_a_narrow_cell_she_reads_the_last_answer(host: Host) -> None:
    host.page.set_viewport_size({"width": 400, "height": 700})
    host.click(100, 80)
    assert re.fullmatch(r"\d+ ms", host.root.locator(".dw-latency").inner_text())


class LooksAhead(NearestClick):
    """Notes where the next object may be."""

    def __init__(self) -> None:
        super().__init__(reach=30)
        self.expected: list[Box] = []

    def look_ahead(self, _features: tuple[int, int], boxes: Sequence[Box]) -> None:
        self.expected.append(boxes[-1])


def test_a_view_that_is_gone_says_no_more_where_the_pointer_rested(host: Host) -> None:
    move = """(view) => {
      const stage = view.querySelector(".dw-canvas");
      const box = stage.getBoundingClientRect();
      const at = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
      stage.dispatchEvent(new PointerEvent("pointermove", { ...at, bubbles: true }));
    }"""
    told = "() => window.model.sent.filter(({ command }) => command === 'aim').length"
    host.root.evaluate(move)
    host.page.wait_for_function(f"({told})() === 1")
    host.page.evaluate("() => { window.clean(); window.clean = window.show(); }")
    expect(host.root.locator("canvas").first).to_be_visible()
    host.root.evaluate(f"(view) => {{ ({move})(view); window.clean(); }}")
    host.page.wait_for_timeout(200)
    assert host.page.evaluate(told) == 1


def test_where_her_pointer_rests_the_model_looks_before_she_clicks(page: Page) -> None:
    segmenter = LooksAhead()
    picture = Image.linear_gradient("L").resize((300, 200)).convert("RGB")
    widget = SegmentationWidget(picture, segmenter=segmenter)
    host = Host(page, widget)
    page.mouse.move(*host.place(40, 80))
    page.mouse.move(*host.place(150, 80), steps=8)
    host.carry(lambda: Box(150, 80, 1, 1) in segmenter.expected)
    assert widget.clicks == ()

    looked = len(segmenter.expected)
    page.mouse.down()
    page.mouse.up()
    host.settle()
    assert host.painted(150, 95)[3] > 0
    host.key("b")
    page.mouse.move(*host.place(250, 150))
    page.wait_for_timeout(300)
    host.settle()
    assert len(segmenter.expected) == looked, "a background click belongs to no object"
    widget.close()


def test_where_her_pointer_still_rests_the_model_looks_anew_for_a_new_object(page: Page) -> None:
    picture = Image.linear_gradient("L").resize((300, 200)).convert("RGB")
    widget = SegmentationWidget(picture, segmenter=LooksAhead())
    host = Host(page, widget)
    told = "() => window.model.sent.filter(({ command }) => command === 'aim').length"
    host.click(60, 60)
    page.mouse.move(*host.place(200, 120), steps=4)
    page.wait_for_function(f"({told})() === 1")
    host.key("n")
    page.wait_for_function(f"({told})() === 2")

    host.click(200, 120)  # the pointer lies on its dot now: another click would take it back
    host.key("n")
    page.wait_for_timeout(200)
    assert page.evaluate(told) == 2
    widget.close()


def test_while_she_holds_the_button_the_answer_is_being_made(page: Page) -> None:
    segmenter = NearestClick(reach=30)
    picture = Image.linear_gradient("L").resize((300, 200)).convert("RGB")
    widget = SegmentationWidget(picture, segmenter=segmenter)
    host = Host(page, widget)
    for count, (x, button) in enumerate([(80, "left"), (120, "left"), (140, "right")], start=1):
        page.mouse.move(*host.place(x, 100))
        page.mouse.down(button=button)
        host.carry(lambda count=count: len(segmenter.asked) == count)
        assert len(widget.clicks) == count - 1
        page.mouse.up(button=button)
        host.settle()
        assert len(widget.clicks) == count
        assert len(segmenter.asked) == count, "what was made is what she sees"
    assert host.painted(60, 100)[3] > 0
    assert host.painted(160, 100)[3] == 0

    host.drag((250, 50), (280, 80))
    host.settle()
    assert len(widget.clicks) == 3, "a drag moves the picture, whatever was made ready"
    assert not widget._error
    widget.close()
