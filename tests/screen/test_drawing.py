"""A person draws by hand: brush, eraser, polygon, lasso and box, always stronger than the model."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.nearest_click import NearestClick
from tests.screen.host import Host


def owner(host: Host, x: int, y: int) -> int:
    return int(host.widget.label_map[y, x])


def test_she_paints_what_the_model_left_out_and_later_clicks_keep_it(host: Host) -> None:
    host.click(100, 80)
    host.key("p")
    host.drag((100, 80), (180, 80))
    assert owner(host, 175, 80) == 1
    host.key("c")
    host.click(60, 80)
    assert owner(host, 175, 80) == 1
    assert host.widget.objects[0].edited_pixels > 0
    assert host.painted(170, 80)[3] > 100


def test_he_erases_what_the_model_took_and_later_clicks_do_not_bring_it_back(host: Host) -> None:
    host.click(100, 80)
    host.key("e")
    host.drag((110, 60), (110, 100))
    host.key("c")
    host.click(90, 100)
    assert owner(host, 110, 80) == 0
    assert owner(host, 95, 80) == 1


def test_the_right_button_erases_with_the_brush(host: Host) -> None:
    host.click(100, 80)
    host.key("p")
    host.drag((110, 60), (110, 100), button="right")
    assert owner(host, 110, 80) == 0


def test_the_brush_is_as_large_as_its_circle_at_any_zoom(host: Host) -> None:
    host.key("p")
    radius = 12 / (host.zoom / 100)
    host.click(100, 80)
    _, _, width, height = host.widget.objects[0].box
    assert abs(width - 2 * radius) <= 2
    assert abs(height - 2 * radius) <= 2
    host.key(".", ".", ".")
    host.click(200, 120)
    assert host.widget.objects[0].area > 2.5 * width * height * 0.785


def test_a_new_object_drawn_by_hand_goes_with_one_undo(host: Host) -> None:
    host.key("p")
    host.drag((100, 80), (140, 80))
    host.key("z")
    assert host.widget.objects == ()


def test_two_new_objects_are_two_however_quickly_they_are_drawn(host: Host) -> None:
    host.key("p")
    for x in (60, 160):
        host.page.keyboard.press("n")
        host.page.mouse.move(*host.place(x, 80))
        host.page.mouse.down()
        host.page.mouse.move(*host.place(x + 30, 80), steps=3)
        host.page.mouse.up()
    host.settle()
    assert [o.id for o in host.widget.objects] == [1, 2]
    assert (owner(host, 70, 80), owner(host, 170, 80)) == (1, 2)


def test_a_stroke_may_end_far_outside_of_the_image(host: Host) -> None:
    host.key("p")
    host.drag((100, 80), (100, 900), (1500, 900))
    assert host.widget._error == {}
    assert owner(host, 100, 195) == 1
    assert owner(host, 200, 195) == 0


def test_a_stroke_without_an_object_starts_one(host: Host) -> None:
    host.key("p")
    host.drag((100, 80), (120, 80))
    (drawn,) = host.widget.objects
    assert (drawn.clicks, drawn.area > 0) == ((), True)


def test_she_draws_a_polygon_corner_by_corner_and_takes_one_back(host: Host) -> None:
    host.key("g")
    for corner in [(100, 60), (160, 60), (290, 190)]:
        host.click(*corner)
    host.key("Backspace")
    host.click(160, 120)
    host.key("Enter")
    assert [owner(host, x, y) for x, y in [(150, 70), (110, 100), (200, 130)]] == [1, 0, 0]


def test_enter_after_two_corners_waits_for_the_third(host: Host) -> None:
    host.key("g")
    for corner in [(100, 60), (160, 60)]:
        host.click(*corner)
    host.key("Enter")
    host.click(160, 120)
    host.key("Enter")
    assert [owner(host, x, y) for x, y in [(150, 70), (110, 100)]] == [1, 0]


def test_a_click_on_the_first_corner_closes_the_polygon(host: Host) -> None:
    host.key("g")
    for corner in [(100, 60), (160, 60), (160, 120), (100, 60)]:
        host.click(*corner)
    assert owner(host, 150, 70) == 1


def test_escape_gives_up_a_polygon(host: Host) -> None:
    host.key("g")
    host.click(100, 60)
    host.click(160, 60)
    host.key("Escape")
    host.click(160, 120)
    host.key("Enter")
    assert host.widget.objects == ()


def test_he_draws_round_an_area_with_the_lasso(host: Host) -> None:
    host.key("a")
    host.drag((100, 60), (160, 60), (160, 120), (100, 120), (100, 62))
    assert [owner(host, x, y) for x, y in [(130, 90), (90, 90)]] == [1, 0]


def test_a_box_bounds_its_object_until_somebody_clicks_outside_of_it(host: Host) -> None:
    host.key("r")
    host.drag((90, 70), (120, 100))
    (found,) = host.widget.objects
    assert found.bound is not None
    x, y, width, height = found.box
    assert x >= 90
    assert x + width <= 121
    assert y >= 70
    assert y + height <= 101
    host.key("c")
    host.click(200, 150)
    assert host.widget.objects[0].bound is None


def test_he_lifts_the_box_of_an_object(host: Host) -> None:
    host.key("r")
    host.drag((90, 70), (120, 100))
    host.key("F2")
    host.root.get_by_role("button", name="Lift the box").click()
    host.settle()
    assert host.widget.objects[0].bound is None


def test_a_locked_object_keeps_every_pixel_whatever_is_drawn_or_clicked(host: Host) -> None:
    host.click(100, 80)
    before = host.widget.masks[0].copy()
    host.key("l", "n", "p")
    host.drag((60, 80), (140, 80))
    host.key("c")
    host.click(140, 60)
    assert (host.widget.masks[0] == before).all()
    assert host.widget.objects[1].area > 0


def test_what_a_lock_refuses_is_said_without_alarm(host: Host) -> None:
    host.click(100, 80)
    host.key("l")
    host.click(104, 80)
    said = host.root.get_by_role("alert")
    expect(said.locator("p")).to_have_text("Object 1 is locked; unlock it to change it")
    expect(said.get_by_role("button", name="Details")).to_be_hidden()
    assert len(host.widget.clicks) == 1


def test_a_double_click_is_the_last_corner_of_a_polygon(host: Host) -> None:
    host.key("g")
    host.page.mouse.dblclick(*host.place(90, 70))  # the first corner, once
    host.page.wait_for_timeout(300)
    host.click(140, 70)
    host.page.mouse.dblclick(*host.place(140, 110))
    host.settle()
    (drawn,) = host.widget.objects
    assert (owner(host, 130, 80), owner(host, 100, 100)) == (drawn.id, 0)
    host.key("Enter")  # and no other was begun
    assert len(host.widget.objects) == 1


@pytest.mark.parametrize("key", ["p", "e", "g", "a", "r"])
def test_all_that_is_drawn_is_undone_in_the_same_history(host: Host, key: str) -> None:
    host.click(100, 80)
    before = host.widget.label_map.copy()
    host.key(key)
    if key == "g":
        for corner in [(90, 70), (140, 70), (140, 110)]:
            host.click(*corner)
        host.key("Enter")
    else:
        host.drag((90, 70), (140, 70), (115, 90))
    assert (host.widget.label_map != before).any()
    host.key("z")
    assert (host.widget.label_map == before).all()


def test_an_object_that_another_ones_click_changed_flashes_and_the_list_says_so(
    host: Host, segmenter: NearestClick
) -> None:
    host.click(100, 80)
    host.key("n")
    host.click(120, 80)
    assert len(segmenter.asked) == 2
    assert (
        host.root.locator('[data-object-id="1"] .dw-object-facts').inner_text().endswith("changed")
    )
    assert not host.root.locator('[data-object-id="2"].dw-changed').count()
    assert "Object 1 changed too" in host.root.locator(".dw-announcer").inner_text()


# Notes how opaque masks and dots are at a place of the window, frame by frame.
WATCH = """([canvas, x, y]) => {
  const box = canvas.getBoundingClientRect();
  const layers = [...canvas.querySelectorAll("canvas")].slice(1);
  window.alphas = [];
  const look = () => {
    const alphas = layers.map((layer) => {
      const ratio = layer.width / box.width;
      const at = [Math.round((x - box.left) * ratio), Math.round((y - box.top) * ratio)];
      return layer.getContext("2d").getImageData(...at, 1, 1).data[3];
    });
    window.alphas.push(Math.max(...alphas));
    requestAnimationFrame(look);
  };
  look();
}"""


def test_the_outline_of_a_changed_object_is_broad_for_a_moment(host: Host) -> None:
    host.click(100, 80)
    host.key("n")
    box = host.widget.objects[0].box
    x, y = host.place(box.x, 80)
    host.page.evaluate(WATCH, [host.canvas.element_handle(), x - 4, y])
    host.click(120, 80)
    host.page.mouse.move(5, 5)
    host.page.wait_for_timeout(1500)  # a flash takes 1.1 s
    alphas = host.page.evaluate("() => window.alphas")
    assert (alphas[0], alphas[-1]) == (0, 0)
    assert max(alphas) > 100


def test_undo_takes_back_the_last_corner_of_a_polygon_and_nothing_before_it(host: Host) -> None:
    host.click(50, 50)
    host.key("g")
    for corner in ((150, 50), (250, 50), (250, 150), (20, 190)):
        host.click(*corner)
    host.key("z", "Enter")
    assert [o.id for o in host.widget.objects] == [1]
    assert host.widget.label_map[60, 240] == 1
    assert host.widget.label_map[150, 150] == 0
    host.key("z", "z")
    assert host.widget.objects == ()
