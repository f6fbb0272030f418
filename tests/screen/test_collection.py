"""A person works through a list of images: moves, marks, filters, and passes a broken one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from dynamite_widget.widget import SegmentationWidget
from tests.nearest_click import NearestClick
from tests.screen.host import Host

# Photographs are decoded only once `decode` is called.
SLOW_DECODING = """() => {
  const decode = window.createImageBitmap;
  const allowed = new Promise((allow) => (window.decode = allow));
  window.createImageBitmap = async (...given) => {
    const bitmap = await decode(...given);
    await allowed;
    return bitmap;
  };
}"""
COLORS = ("#804020", "#208040", "#204080", "#808020")


@pytest.fixture
def host(page: Page, tmp_path: Path) -> Iterator[Host]:
    """Four pictures, the third of which is missing."""
    paths = [tmp_path / f"street {number}.png" for number in range(1, 5)]
    for path, color in zip(paths, COLORS, strict=True):
        Image.new("RGB", (300, 200), color).save(path)
    paths[2].unlink()
    widget = SegmentationWidget(
        images=paths, segmenter=NearestClick(reach=30), labels=["car"], path=tmp_path / "labels"
    )
    yield Host(page, widget)
    widget.close()


def mark(host: Host, name: str) -> Locator:
    return host.root.locator(".dw-images").get_by_role("button", name=name)


def photograph(host: Host) -> str:
    red, green, blue, _ = host.photograph_at(*host.place(150, 100))
    return f"#{red:02x}{green:02x}{blue:02x}"


def test_she_labels_one_image_after_the_other_by_keys_alone(host: Host) -> None:
    strip = host.root.locator(".dw-images")
    expect(strip.locator(".dw-image-name")).to_have_text("street 1.png")
    expect(strip.locator(".dw-image-number")).to_have_value("1")
    expect(strip.locator(".dw-image-count")).to_have_text("of 4")
    host.click(50, 100)
    assert host.painted(50, 110)[3] > 0
    host.key("d", "PageDown")
    host.wait_until(lambda: photograph(host) == COLORS[1])
    expect(strip.locator(".dw-image-number")).to_have_value("2")
    expect(host.root.locator(".dw-object")).to_have_count(0)
    assert host.painted(50, 110)[3] == 0
    host.click(250, 100)
    host.key("PageUp")
    host.wait_until(lambda: photograph(host) == COLORS[0])
    assert [host.painted(x, 110)[3] > 0 for x in (50, 250)] == [True, False]
    expect(mark(host, "Image is done")).to_have_attribute("aria-pressed", "true")
    table = host.widget.to_frame()
    assert table["image"].tolist() == ["street 1.png", "street 2.png"]


def test_he_passes_an_image_that_is_missing(host: Host) -> None:
    host.key("PageDown", "PageDown")
    problem = host.root.get_by_role("alert")
    host.wait_until(problem.is_visible)
    expect(problem).to_have_count(1)  # the reason is said once
    expect(problem).to_contain_text("street 3.png cannot be shown")
    expect(problem).to_contain_text("there is no file")
    expect(host.root.locator(".dw-empty")).to_have_text("No objects.")
    expect(host.root.locator(".dw-activity")).to_have_text("")
    expect(host.root.locator(".dw-zoom")).to_be_hidden()
    host.key("x", "PageDown")
    host.wait_until(lambda: photograph(host) == COLORS[3])
    expect(problem).to_have_count(0)
    expect(host.root.locator(".dw-empty")).to_contain_text("Click on one in the image.")
    expect(host.root.locator(".dw-zoom")).to_be_visible()
    assert host.widget.collection is not None
    assert host.widget.collection.counts["skipped"] == 1


def test_she_flags_images_and_looks_at_those_alone(host: Host) -> None:
    mark(host, "Image is flagged").click()
    host.settle()
    host.key("PageDown")
    host.root.locator(".dw-image-filter").select_option("flagged")
    host.settle()
    host.wait_until(lambda: photograph(host) == COLORS[0])
    expect(mark(host, "Next image")).to_have_attribute("aria-disabled", "true")
    expect(host.root.locator(".dw-image-filter option[value=flagged]")).to_have_text("Flagged 1")
    host.key("!")
    host.root.locator(".dw-image-filter").select_option("all")
    host.settle()
    expect(mark(host, "Next image")).to_have_attribute("aria-disabled", "false")


def test_he_types_the_number_of_an_image(host: Host) -> None:
    number = host.root.locator(".dw-image-number")
    number.fill("4")
    number.press("Enter")
    host.settle()
    host.wait_until(lambda: photograph(host) == COLORS[3])
    expect(host.canvas).to_be_focused()
    number.fill("nonsense")
    number.press("Enter")
    host.settle()
    expect(number).to_have_value("4")


def test_he_leaves_the_field_of_the_number_as_it_was(host: Host) -> None:
    number = host.root.locator(".dw-image-number")
    number.click()
    host.page.keyboard.type("4")
    host.page.keyboard.press("Escape")
    host.settle()
    expect(number).to_have_value("1")
    expect(host.canvas).to_be_focused()
    number.fill("")
    host.canvas.focus()
    host.settle()
    expect(number).to_have_value("1")
    assert host.widget._error == {}
    assert photograph(host) == COLORS[0]


def test_while_another_image_is_decoded_a_click_is_not_that_ones(host: Host) -> None:
    host.page.evaluate(SLOW_DECODING)
    host.widget.go_to(3)
    host.carry(lambda: host.root.locator(".dw-image-number").input_value() == "4")
    assert photograph(host) == COLORS[0]
    host.page.mouse.click(*host.place(100, 100))
    host.page.evaluate("() => window.decode()")
    host.wait_until(lambda: photograph(host) == COLORS[3])
    assert host.widget.to_frame().empty
    host.click(100, 100)
    assert host.widget.to_frame()["image"].tolist() == ["street 4.png"]


def test_a_press_on_one_image_is_no_click_on_the_next(host: Host) -> None:
    host.page.mouse.move(*host.place(200, 50))
    host.page.mouse.down()
    host.widget.go_to(3)
    host.wait_until(lambda: photograph(host) == COLORS[3])
    host.page.mouse.up()
    host.settle()
    assert host.widget.to_frame().empty


def test_her_mark_is_for_the_image_she_sees_before_the_kernel_has_heard_of_the_move(
    host: Host,
) -> None:
    assert host.widget.collection is not None
    host.widget.collection.wait()
    host.settle()
    host.key("d")
    host.canvas.focus()
    host.page.keyboard.press("PageDown")  # nothing is carried to the kernel
    host.page.keyboard.press("d")
    host.settle()
    assert [host.widget.collection.statuses[f"street {n}.png"] for n in (1, 2)] == ["done"] * 2
    expect(mark(host, "Image is done")).to_have_attribute("aria-pressed", "true")


def test_the_next_photograph_is_there_and_can_be_clicked_before_the_kernel_has_heard_of_it(
    host: Host,
) -> None:
    assert host.widget.collection is not None
    host.widget.collection.wait()
    host.settle()  # it was sent ahead
    host.click(50, 100)
    host.page.keyboard.press("PageDown")  # nothing is carried to the kernel
    expect(host.root.locator(".dw-image-name")).to_have_text("street 2.png")
    assert host.widget._image_info["name"] == "street 1.png"
    host.page.mouse.click(*host.place(250, 100))
    host.settle()
    assert photograph(host) == COLORS[1]
    assert [host.painted(x, 110)[3] > 0 for x in (50, 250)] == [False, True]
    assert host.widget.to_frame()["image"].tolist() == ["street 1.png", "street 2.png"]


def test_two_views_follow_the_same_list_and_clicks_stay_with_the_image_they_were_made_on(
    host: Host,
) -> None:
    host.page.evaluate("() => { window.cleanSecond = window.show(); }")
    host.settle()
    host.page.mouse.click(*host.place(50, 100))
    host.widget.next()  # the click is on its way
    host.settle()
    second = host.page.locator(".dynamite-widget").nth(1)
    expect(second.locator(".dw-image-number")).to_have_value("2")
    assert host.widget.clicks == ()
    expect(host.root.locator(".dw-object")).to_have_count(0)
    assert host.widget.to_frame()["image"].tolist() == ["street 1.png"]
    host.page.evaluate("() => window.cleanSecond()")


def test_the_strip_fits_narrow_cells_and_its_keys_stand_in_the_help(host: Host) -> None:
    for width in (320, 480, 1000):
        host.page.set_viewport_size({"width": width, "height": 700})
        host.settle()
        wide = host.root.locator(".dw-images").evaluate("(e) => [e.scrollWidth, e.clientWidth]")
        assert wide[0] <= wide[1]
    host.key("?")
    expect(host.root.locator(".dw-help")).to_contain_text("Image is flagged")
    expect(host.root.locator(".dw-help")).to_contain_text("Page ↓")


def test_while_another_image_is_decoded_keys_do_nothing_to_it(host: Host) -> None:
    host.click(100, 100)
    host.widget.go_to(3)
    host.wait_until(lambda: photograph(host) == COLORS[3])
    host.click(200, 50)
    host.widget.go_to(1)  # so that its photograph is no longer at hand
    host.wait_until(lambda: photograph(host) == COLORS[1])
    host.widget.go_to(0)
    host.wait_until(lambda: photograph(host) == COLORS[0])
    host.page.evaluate(SLOW_DECODING)
    host.widget.go_to(3)
    host.carry(lambda: host.root.locator(".dw-image-number").input_value() == "4")
    assert photograph(host) == COLORS[0]
    host.canvas.focus()
    for key in ("z", "y", "Delete", "l", "h", "n", "1", "d", "t", "ArrowLeft", "Enter", "+"):
        host.page.keyboard.press(key)
    host.root.get_by_role("button", name="Start over").click()
    host.page.evaluate("() => window.decode()")
    host.wait_until(lambda: photograph(host) == COLORS[3])
    assert [(o.visible, o.locked, o.label) for o in host.widget.objects] == [(True, False, "car")]
    table = host.widget.to_frame()
    assert table["image"].tolist() == ["street 1.png", "street 4.png"]
    assert host.widget.collection is not None
    assert host.widget.collection.counts["done"] == 0
    host.key("]", "Delete")
    assert host.widget.to_frame()["image"].tolist() == ["street 1.png"]


def test_a_name_being_typed_stays_with_its_image(host: Host) -> None:
    host.click(100, 100)
    host.widget.go_to(1)
    host.wait_until(lambda: photograph(host) == COLORS[1])
    host.click(200, 50)
    host.key("t")
    host.page.keyboard.type("left wheel")
    host.widget.go_to(0)
    host.wait_until(lambda: photograph(host) == COLORS[0])
    expect(host.root.locator(".dw-editor")).to_be_hidden()
    expect(host.canvas).to_be_focused()
    host.key("]", "t", "Enter")
    table = host.widget.to_frame()
    assert table[["image", "name"]].values.tolist() == [
        ["street 1.png", ""],
        ["street 2.png", "left wheel"],
    ]
