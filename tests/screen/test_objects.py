"""A person keeps many objects in order: chooses, names, labels, hides, locks and removes them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.screen.conftest import OpenHost
from tests.screen.host import Host


@pytest.fixture
def labelled(open_host: OpenHost) -> Host:
    """Three objects with labels to choose from; the third is active."""
    host = open_host(labels=["cat", "dog"])
    for x in (50, 150, 250):
        host.key("n")
        host.click(x, 100)
    return host


def row(host: Host, object_id: int) -> Locator:
    return host.root.locator(f'[data-object-id="{object_id}"]')


def press(host: Host, object_id: int, name: str) -> None:
    """Press one of a row's buttons, which show when the row is pointed at."""
    row(host, object_id).hover()
    row(host, object_id).get_by_role("button", name=name).click()
    host.settle()


def active(host: Host) -> int | None:
    return host.widget._scene["active"]


def test_the_list_tells_colour_number_label_area_and_clicks(labelled: Host) -> None:
    text = row(labelled, 1).inner_text().split("\n")
    share = 100 * labelled.widget.objects[0].area / (300 * 200)
    assert text[0] == "1"
    assert "cat" in text
    assert text[-1] == f"{share:.1f} % · 1 click"


def test_n_starts_the_next_object_and_clicking_goes_on(labelled: Host) -> None:
    labelled.key("b", "n")
    labelled.click(150, 20)
    assert [(o.id, len(o.clicks)) for o in labelled.widget.objects][-1] == (4, 1)


def test_he_chooses_an_object_in_the_list_or_with_brackets(labelled: Host) -> None:
    row(labelled, 1).locator(".dw-object-choose").click()
    labelled.settle()
    assert active(labelled) == 1
    labelled.key("]")
    assert active(labelled) == 2
    labelled.key("[", "[")
    assert active(labelled) == 3
    expect(row(labelled, 3)).to_have_class("dw-object dw-active")


def test_digits_give_labels_and_new_objects_keep_the_last_one(labelled: Host) -> None:
    labelled.key("2", "n")
    labelled.click(150, 20)
    assert [o.label for o in labelled.widget.objects] == ["cat", "cat", "dog", "dog"]


def test_without_labels_digits_choose_objects(host: Host) -> None:
    host.click(50, 100)
    host.key("n")
    host.click(150, 100)
    host.key("1")
    assert active(host) == 1


def test_she_names_relabels_and_notes_something_about_an_object(labelled: Host) -> None:
    labelled.key("F2")
    labelled.page.keyboard.type("Rex")
    labelled.page.keyboard.press("Tab")
    labelled.root.locator("select[name=label]").select_option("dog")
    labelled.root.get_by_label("New attribute").fill("age")
    labelled.root.get_by_label("Its value").fill("7")
    labelled.page.keyboard.press("Enter")
    labelled.settle()
    rex = labelled.widget.objects[2]
    assert (rex.name, rex.label, dict(rex.attributes)) == ("Rex", "dog", {"age": 7})
    assert labelled.widget.to_frame()["age"].tolist()[2] == 7
    expect(labelled.canvas).to_be_focused()
    labelled.key("z")
    assert dict(labelled.widget.objects[2].attributes) == {}


def test_what_she_is_typing_stays_when_an_answer_comes(labelled: Host) -> None:
    labelled.key("F2")
    labelled.root.get_by_label("New attribute").fill("fur")
    labelled.root.get_by_label("Its value").press_sequentially("bron")
    labelled.page.keyboard.press("ArrowLeft")
    labelled.widget.session.set_label(3, "dog")
    labelled.settle()
    assert labelled.root.locator("select[name=label]").input_value() == "dog"
    labelled.page.keyboard.type("w")
    labelled.page.keyboard.press("Enter")
    labelled.settle()
    assert dict(labelled.widget.objects[2].attributes) == {"fur": "brown"}


def test_letters_typed_into_a_name_do_nothing_else(labelled: Host) -> None:
    labelled.key("F2")
    labelled.page.keyboard.type("n z b delete h")
    labelled.page.keyboard.press("Enter")
    labelled.settle()
    assert labelled.widget.objects[2].name == "n z b delete h"
    assert len(labelled.widget.objects) == 3


def test_he_hides_the_finished_objects(labelled: Host) -> None:
    assert labelled.painted(60, 110)[3] > 0
    press(labelled, 1, "Hide (H)")
    assert labelled.painted(60, 110)[3] == 0
    assert labelled.widget.masks[0].any()
    press(labelled, 1, "Show (H)")
    assert labelled.painted(60, 110)[3] > 0
    labelled.key("h")
    assert labelled.painted(260, 110)[3] == 0


def test_the_dots_of_a_hidden_object_are_hidden_and_cannot_be_hit(labelled: Host) -> None:
    labelled.key("h", "n")
    labelled.click(250, 100)
    assert len(labelled.widget.clicks) == 4


def test_she_looks_at_one_object_alone_and_at_all_again(labelled: Host) -> None:
    press(labelled, 2, "Show alone (S)")
    for dx, y in ((10, 110), (0, 100)):  # a mask, and the dot in it
        seen = [labelled.painted(x + dx, y)[3] > 0 for x in (50, 150, 250)]
        assert seen == [False, True, False]
    press(labelled, 2, "Show all (S)")
    assert [labelled.painted(x + 10, 110)[3] > 0 for x in (50, 150, 250)] == [True, True, True]
    assert not any(not o.visible for o in labelled.widget.objects)


def test_who_looks_at_one_alone_and_begins_another_sees_that_one(labelled: Host) -> None:
    press(labelled, 2, "Show alone (S)")
    labelled.key("n")
    labelled.click(150, 160)
    seen = [labelled.painted(x, y)[3] > 0 for x, y in ((160, 170), (160, 110), (50, 110))]
    assert seen == [True, False, False]
    labelled.key("[")
    assert labelled.painted(260, 110)[3] > 0
    assert labelled.painted(160, 170)[3] == 0


def test_the_status_line_says_that_the_object_clicked_for_is_hidden(labelled: Host) -> None:
    labelled.key("h")
    hint = labelled.root.locator(".dw-activity")
    expect(hint).to_have_text("Clicks belong to 3 cat, which is hidden")
    labelled.key("h")
    expect(hint).to_have_text("Clicks belong to 3 cat")


def test_a_double_click_removes_one_object(labelled: Host) -> None:
    row(labelled, 1).hover()
    row(labelled, 1).get_by_role("button", name="Remove (Del)").dblclick()
    labelled.settle()
    assert [o.id for o in labelled.widget.objects] == [2, 3]
    assert labelled.widget._error == {}


def test_what_she_removes_is_gone_at_once(labelled: Host) -> None:
    row(labelled, 1).hover()
    row(labelled, 1).get_by_role("button", name="Remove (Del)").click()
    expect(labelled.root.locator(".dw-object")).to_have_count(2)  # nothing was carried
    assert labelled.marks_at(*labelled.place(50, 100))[3] == 0
    labelled.settle()
    assert [o.id for o in labelled.widget.objects] == [2, 3]


def test_he_locks_an_object_and_the_list_shows_it(labelled: Host) -> None:
    press(labelled, 1, "Lock (L)")
    assert labelled.widget.objects[0].locked
    labelled.page.mouse.move(5, 5)
    expect(row(labelled, 1).get_by_role("button", name="Unlock (L)")).to_be_visible()
    labelled.click(50, 110)
    assert "is locked" in labelled.root.get_by_role("alert").inner_text()
    assert len(labelled.widget.clicks) == 3


def test_she_removes_a_wrong_object_and_takes_that_back(labelled: Host) -> None:
    labelled.key("Delete")
    assert [o.id for o in labelled.widget.objects] == [1, 2]
    assert labelled.painted(260, 110)[3] == 0
    press(labelled, 1, "Remove (Del)")
    assert [o.id for o in labelled.widget.objects] == [2]
    labelled.key("z", "z")
    assert [o.id for o in labelled.widget.objects] == [1, 2, 3]
    assert labelled.painted(260, 110)[3] > 0


def test_he_gives_an_object_another_colour(labelled: Host) -> None:
    chip = row(labelled, 2).locator("input[type=color]")
    chip.evaluate("(e) => { e.value = '#123456'; e.dispatchEvent(new Event('change')); }")
    labelled.settle()
    assert labelled.widget.objects[1].color == "#123456"
    *color, _ = labelled.painted(160, 110)
    assert all(abs(a - b) < 8 for a, b in zip(color, (0x12, 0x34, 0x56), strict=True))


def test_she_changes_a_colour_without_a_mouse(labelled: Host) -> None:
    labelled.key("F2")
    field = labelled.root.get_by_label("Colour", exact=True)
    field.focus()
    field.fill("#123456")
    labelled.settle()
    assert labelled.widget.objects[2].color == "#123456"


def test_start_over_asks_nothing_because_it_can_be_undone(labelled: Host) -> None:
    labelled.root.get_by_role("button", name="Start over").click()
    labelled.settle()
    assert labelled.widget.objects == ()
    expect(labelled.root.locator(".dw-empty")).to_be_visible()
    labelled.key("z")
    assert len(labelled.widget.objects) == 3


def test_two_hundred_objects_are_listed_and_the_active_one_is_in_sight(open_host: OpenHost) -> None:
    host = open_host()
    session = host.widget.session
    for k in range(200):
        session.add_object(name=f"number {k}")
    host.settle()
    assert host.root.locator(".dw-object").count() == 200
    host.click(100, 100)
    expect(row(host, 200)).to_be_in_viewport()
    assert host.page.evaluate("() => window.scrollY") == 0


def test_two_views_agree_on_objects_and_each_has_its_own_zoom(labelled: Host) -> None:
    labelled.page.evaluate("() => { window.cleanSecond = window.show(); }")
    labelled.settle()
    second = labelled.page.locator(".dynamite-widget").nth(1)
    assert second.locator(".dw-object").count() == 3
    labelled.key("+", "1")
    assert second.locator(".dw-zoom").inner_text() != labelled.root.locator(".dw-zoom").inner_text()
    press(labelled, 3, "Remove (Del)")
    expect(second.locator(".dw-object")).to_have_count(2)
    labelled.page.evaluate("() => window.cleanSecond()")
    expect(labelled.page.locator(".dynamite-widget")).to_have_count(1)


def test_quick_hands_start_label_and_click_before_the_kernel_has_heard_of_it(
    labelled: Host,
) -> None:
    labelled.canvas.focus()
    for key in ("n", "n", "2"):
        labelled.page.keyboard.press(key)
    labelled.page.mouse.click(*labelled.place(150, 20))
    labelled.settle()
    assert [(o.id, o.label, len(o.clicks)) for o in labelled.widget.objects][2:] == [
        *((3, "cat", 1), (4, "dog", 1))
    ]


def test_a_label_too_long_for_its_pill_ends_in_dots(open_host: OpenHost) -> None:
    long = "a reinforced concrete railway bridge seen from the river below, in fog"
    host = open_host(labels=[long, "cat"])
    words = host.root.locator(".dw-label > span").first
    assert words.evaluate("(e) => e.scrollWidth > e.clientWidth")
    assert words.evaluate("(e) => getComputedStyle(e).textOverflow") == "ellipsis"
    pill = "(e) => e.scrollWidth <= e.clientWidth && e.clientWidth <= e.parentNode.clientWidth"
    assert host.root.locator(".dw-label").first.evaluate(pill)
