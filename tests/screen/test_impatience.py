"""A person whose hands are quicker than the kernel: nothing is lost, and nothing else is hit."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.screen.host import Host


def ids(host: Host) -> list[int]:
    return [found.id for found in host.widget.objects]


def press(host: Host, *keys: str) -> None:
    """Press keys; nothing is carried to the kernel."""
    host.canvas.focus()
    for key in keys:
        host.page.keyboard.press(key)


def test_she_removes_what_her_undo_brought_back_before_she_sees_it(host: Host) -> None:
    host.click(100, 100)
    host.key("Delete")
    press(host, "z", "Delete")
    host.settle()
    assert ids(host) == []
    host.key("z")
    assert ids(host) == [1]
    assert host.widget._error == {}


def test_he_removes_what_his_undo_takes_away_anyway(host: Host) -> None:
    host.click(100, 100)
    press(host, "z", "Delete", "l", "h")
    host.settle()
    assert ids(host) == []
    assert host.widget._error == {}
    host.key("y")
    assert ids(host) == [1]


def test_what_she_just_clicked_can_be_removed_hidden_and_locked_at_once(host: Host) -> None:
    host.click(40, 40)
    press(host, "n")
    host.page.mouse.click(*host.place(200, 100))
    press(host, "h", "l")
    host.settle()
    assert [(o.id, o.visible, o.locked) for o in host.widget.objects] == [
        (1, True, False),
        (2, False, True),
    ]
    host.key("n")
    host.page.mouse.click(*host.place(100, 180))
    press(host, "Delete")
    host.settle()
    assert ids(host) == [1, 2]
    assert host.widget._error == {}


def test_a_lock_pressed_twice_is_open_again(host: Host) -> None:
    host.click(100, 100)
    press(host, "l", "l")
    host.settle()
    assert host.widget._error == {}
    assert not host.widget.objects[0].locked
    press(host, "l", "l", "l")
    host.settle()
    assert host.widget.objects[0].locked


def test_keys_pressed_twice_on_an_object_not_yet_given_take_each_other_back(host: Host) -> None:
    host.click(40, 40)
    press(host, "n")
    host.page.mouse.click(*host.place(200, 100))
    press(host, "h", "h", "l", "l")
    host.settle()
    assert [(o.visible, o.locked) for o in host.widget.objects] == [(True, False)] * 2
    press(host, "n")
    host.page.mouse.click(*host.place(100, 180))
    press(host, "h", "l", "h", "h")
    host.settle()
    assert [(o.visible, o.locked) for o in host.widget.objects[1:]] == [
        (True, False),
        (False, True),
    ]


def test_she_names_the_object_that_she_just_began(host: Host) -> None:
    host.click(40, 40)
    press(host, "n")
    host.page.mouse.click(*host.place(200, 100))
    press(host, "t")
    host.settle()
    expect(host.root.locator(".dw-editor h3")).to_have_text("Object 2")
    host.page.keyboard.type("spoon")
    host.page.keyboard.press("Enter")
    host.settle()
    assert [o.name for o in host.widget.objects] == ["", "spoon"]


def test_he_types_its_name_before_it_is_there(host: Host) -> None:
    host.click(40, 40)
    press(host, "n")
    host.page.mouse.click(*host.place(200, 100))
    press(host, "t")
    expect(host.root.locator(".dw-editor h3")).to_have_text("Object …")
    host.page.keyboard.type("zeb", delay=5)
    host.settle()
    expect(host.root.locator(".dw-editor h3")).to_have_text("Object 2")
    host.page.keyboard.type("ra", delay=5)
    host.page.keyboard.press("Enter")
    host.settle()
    assert [(o.name, o.visible) for o in host.widget.objects] == [("", True), ("zebra", True)]
    press(host, "n")
    host.page.mouse.click(*host.place(100, 180))
    press(host, "t")
    host.page.keyboard.type("hand")
    host.page.keyboard.press("Enter")
    expect(host.root.locator(".dw-editor")).to_be_hidden()
    host.settle()
    expect(host.root.locator(".dw-editor")).to_be_hidden()
    assert [o.name for o in host.widget.objects] == ["", "zebra", "hand"]
    assert host.widget._error == {}


def test_a_name_for_an_object_that_was_refused_is_no_name_of_another(host: Host) -> None:
    host.click(40, 40)
    host.key("l", "n")
    host.click(200, 100)
    host.key("Delete")
    host.page.mouse.click(*host.place(56, 40))  # where a locked object lies
    press(host, "t")
    host.page.keyboard.type("hand")
    host.settle()
    assert "locked" in host.widget._error["message"]
    expect(host.root.locator(".dw-editor")).to_be_hidden()
    assert [o.name for o in host.widget.objects] == [""]
    host.key("n")
    host.click(100, 180)
    assert [o.id for o in host.widget.objects] == [1, 3]


def test_each_name_lands_on_the_object_that_was_begun_before_it(host: Host) -> None:
    for at, name in (((40, 40), "one"), ((200, 100), "two"), ((100, 180), "")):
        press(host, "n")
        host.page.mouse.click(*host.place(*at))
        if name:
            press(host, "F2")
            host.page.keyboard.type(name)
            host.page.keyboard.press("Enter")
            expect(host.canvas).to_be_focused()
    host.settle()
    expect(host.root.locator(".dw-editor")).to_be_hidden()
    assert [o.name for o in host.widget.objects] == ["one", "two", ""]
    assert host.widget._error == {}


def test_a_name_that_was_left_for_the_next_click_is_the_last_objects(host: Host) -> None:
    host.page.mouse.click(*host.place(40, 40))
    press(host, "F2")
    host.page.keyboard.type("wood")
    host.page.mouse.click(*host.place(60, 40))
    press(host, "n")
    host.page.mouse.click(*host.place(200, 100))
    host.settle()
    assert [o.name for o in host.widget.objects] == ["wood", ""]
    expect(host.root.locator(".dw-editor")).to_be_hidden()


def test_a_name_after_a_step_is_the_neighbours(host: Host) -> None:
    host.click(40, 40)
    press(host, "n")
    host.page.mouse.click(*host.place(200, 100))
    press(host, "[", "F2")
    host.page.keyboard.type("first")
    host.page.keyboard.press("Enter")
    host.settle()
    assert [o.name for o in host.widget.objects] == ["first", ""]


def test_a_name_typed_to_its_end_is_gone_with_the_object_that_was_refused(host: Host) -> None:
    host.click(40, 40)
    host.key("l", "n")
    host.click(200, 100)
    host.key("Delete")
    host.page.mouse.click(*host.place(56, 40))  # where a locked object lies
    press(host, "F2")
    host.page.keyboard.type("hand")
    host.page.keyboard.press("Enter")
    expect(host.canvas).to_be_focused()
    host.settle()
    assert "locked" in host.widget._error["message"]
    assert [o.name for o in host.widget.objects] == [""]


def test_a_step_to_an_object_that_undo_takes_away_goes_on_to_the_next(host: Host) -> None:
    for at in ((40, 40), (200, 100), (100, 180)):
        host.key("n")
        host.click(*at)
    host.key("[")
    press(host, "z", "z", "]")  # the third object is still in the list
    host.settle()
    assert host.widget._error == {}
    assert (ids(host), host.widget._scene["active"]) == ([1, 2], 1)
    press(host, "y", "]", "]", "1", "2")
    host.settle()
    assert host.widget._error == {}
    assert host.widget._scene["active"] == 2


def test_where_no_object_is_chosen_the_editor_opens_for_the_first(host: Host) -> None:
    host.click(40, 40)
    host.key("n")
    host.click(200, 100)
    host.key("Delete", "t")
    expect(host.root.locator(".dw-editor")).to_be_visible()
    host.page.keyboard.type("cup")
    host.page.keyboard.press("Enter")
    host.settle()
    assert [o.name for o in host.widget.objects] == ["cup"]


def test_a_new_object_taken_back_is_begun_again(host: Host) -> None:
    host.click(40, 40)
    host.key("n")
    press(host, "z", "n")
    host.page.mouse.click(*host.place(200, 100))
    host.settle()
    assert host.widget._error == {}
    assert [(c.x, c.object_id) for c in host.widget.clicks] == [(40, 1), (200, 3)]


def test_what_he_drew_stays_in_sight_until_the_kernel_has_it(host: Host) -> None:
    for tool, seen, points in (
        ("p", (100, 30), [(40, 30), (160, 30)]),
        ("a", (60, 100), [(20, 70), (100, 70), (100, 130), (20, 130), (20, 70)]),
        ("r", (200, 100), [(150, 70), (250, 130)]),
    ):
        press(host, tool)
        host.page.mouse.move(*host.place(*points[0]))
        host.page.mouse.down()
        for point in points[1:]:
            host.page.mouse.move(*host.place(*point), steps=4)
        host.page.mouse.up()
        press(host, "c")
        host.page.mouse.move(*host.place(290, 190))
        assert host.painted(*seen)[3] > 0  # nothing was carried to the kernel
    host.settle()
    assert [host.widget.label_map[y, x] > 0 for x, y in ((100, 30), (60, 100))] == [True, True]
    assert host.widget.objects[0].bound is not None


def test_a_new_objects_dots_and_strokes_have_its_colour_before_the_kernel_answers(
    host: Host,
) -> None:
    host.click(40, 40)
    host.key("n")
    host.click(200, 100)
    host.key("Delete")
    press(host, "n")
    host.page.mouse.click(*host.place(100, 180))
    press(host, "p")
    host.page.mouse.move(*host.place(140, 150))
    host.page.mouse.down()
    host.page.mouse.move(*host.place(180, 150), steps=4)
    host.page.mouse.up()
    press(host, "c")
    host.page.mouse.move(*host.place(290, 190))
    third = [0x00, 0x9E, 0x73]
    for at in ((100, 180), (160, 150)):
        assert host.painted(*at)[:3] == pytest.approx(third, abs=8)
    host.settle()
    assert host.widget.objects[-1].color == "#009E73"
    assert host.painted(100, 180)[:3] == pytest.approx(third, abs=8)


def test_a_dot_is_taken_back_although_undo_brings_one_before_it(host: Host) -> None:
    host.click(50, 50)
    host.click(200, 100)
    host.page.wait_for_timeout(300)
    host.click(50, 50)
    press(host, "z")
    host.page.mouse.click(*host.place(200, 100))
    host.settle()
    assert host.widget._error == {}
    assert [(c.x, c.y) for c in host.widget.clicks] == [(50, 50)]


def test_a_row_whose_object_just_went_is_removed_without_a_word(host: Host) -> None:
    host.click(50, 50)
    host.key("Delete", "z")
    row = host.root.locator('[data-object-id="1"]')
    row.hover()
    press(host, "y")
    row.get_by_role("button", name="Remove (Del)").click()
    host.settle()
    assert ids(host) == []
    assert host.widget._error == {}


def test_a_key_that_is_held_acts_once_unless_it_steps(host: Host) -> None:
    host.click(50, 50)
    host.canvas.focus()
    for key in ("h", "l"):
        for _ in range(4):
            host.page.keyboard.down(key)
        host.page.keyboard.up(key)
    host.settle()
    (held,) = host.widget.objects
    assert (held.visible, held.locked) == (False, True)
    for _ in range(5):
        host.page.keyboard.down("z")
    host.page.keyboard.up("z")
    host.settle()
    assert ids(host) == []


def test_undo_takes_back_what_is_seen_although_nothing_was_done_in_between(host: Host) -> None:
    host.click(50, 50)
    host.root.get_by_role("button", name="Start over").dblclick()
    host.settle()
    assert ids(host) == []
    host.key("z")
    assert ids(host) == [1]
