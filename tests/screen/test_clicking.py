"""A person clicks: on objects, on background, on dots; with mouse, keys, fingers and a pen."""

from __future__ import annotations

from playwright.sync_api import CDPSession

from tests.screen.host import Host


def clicks(host: Host) -> list[tuple[float, float, int]]:
    return [(c.x, c.y, c.object_id) for c in host.widget.clicks]


def test_she_clicks_an_object_and_its_mask_appears(host: Host) -> None:
    host.click(100, 80)
    assert clicks(host) == [(100, 80, 1)]
    *color, alpha = host.painted(115, 90)
    assert alpha > 100
    assert all(abs(a - b) < 8 for a, b in zip(color, (0xE6, 0x9F, 0x00), strict=True))
    assert host.painted(200, 150)[3] == 0


def test_he_says_background_with_the_right_button_with_alt_and_in_its_mode(host: Host) -> None:
    host.click(100, 80)
    host.click(120, 80, button="right")
    host.page.keyboard.down("Alt")
    host.click(100, 100)
    host.page.keyboard.up("Alt")
    host.key("b")
    host.click(90, 70)
    host.key("b")
    host.click(200, 150)
    assert clicks(host) == [
        (100, 80, 1),
        (120, 80, 0),
        (100, 100, 0),
        (90, 70, 0),
        (200, 150, 1),
    ]


def test_the_first_click_may_be_background(host: Host) -> None:
    host.click(100, 80, button="right")
    assert clicks(host) == [(100, 80, 0)]
    assert host.widget.objects == ()


def test_while_the_pointer_rests_the_status_line_follows_the_masks(host: Host) -> None:
    place = host.root.locator(".dw-place")
    host.click(100, 80)
    assert place.inner_text() == "100, 80 · Object 1"
    host.key("z")
    assert place.inner_text() == "100, 80"


def test_she_removes_a_wrong_click_by_clicking_its_dot(host: Host) -> None:
    host.click(100, 80)
    host.click(200, 80)
    host.click(100, 80)
    assert clicks(host) == [(200, 80, 1)]


def test_a_double_click_is_one_click(host: Host) -> None:
    host.page.mouse.dblclick(*host.place(100, 80))
    host.settle()
    assert [(c.x, c.y) for c in host.widget.clicks] == [(100, 80)]
    host.page.wait_for_timeout(300)
    host.click(100, 80)
    assert host.widget.clicks == ()


def test_a_double_click_is_one_click_where_no_dot_is_shown(host: Host) -> None:
    host.key("m")  # masks only
    host.page.mouse.dblclick(*host.place(100, 80))
    host.settle()
    assert [(c.x, c.y) for c in host.widget.clicks] == [(100, 80)]


def test_a_double_click_on_an_old_dot_takes_it_back(host: Host) -> None:
    host.click(100, 80)
    host.page.wait_for_timeout(300)
    host.page.mouse.dblclick(*host.place(100, 80))
    host.settle()
    assert clicks(host) == []
    host.page.wait_for_timeout(300)
    host.click(100, 80)
    assert len(clicks(host)) == 1


def test_a_dot_that_is_not_shown_is_not_taken_back(host: Host) -> None:
    host.widget.click_radius = 0
    host.click(100, 80)
    host.page.wait_for_timeout(300)
    host.click(102, 80)
    assert len(host.widget.clicks) == 2


def test_he_drags_a_dot_to_where_it_belongs(host: Host) -> None:
    host.click(100, 80)
    host.drag((100, 80), (150, 120), (200, 150))
    assert clicks(host) == [(200, 150, 1)]


def test_escape_gives_up_the_dragging_of_a_dot(host: Host) -> None:
    host.click(100, 80)
    host.page.mouse.move(*host.place(100, 80))
    host.page.mouse.down()
    host.page.mouse.move(*host.place(200, 150), steps=4)
    host.page.keyboard.press("Escape")
    host.page.mouse.up()
    host.settle()
    assert clicks(host) == [(100, 80, 1)]


def test_a_drag_moves_the_picture_and_clicks_nothing(host: Host) -> None:
    host.drag((100, 80), (150, 110))
    assert clicks(host) == []
    assert host.pixel_at(host.place(150, 110)) == (100, 80)


def test_the_space_bar_and_the_middle_button_move_the_picture_with_any_tool(host: Host) -> None:
    host.key("p")
    host.page.keyboard.down(" ")
    host.drag((100, 80), (150, 80))
    host.page.keyboard.up(" ")
    host.drag((200, 80), (200, 100), button="middle")
    assert host.pixel_at(host.place(150, 100)) == (100, 80)
    assert not host.widget.can_undo


def test_the_wheel_zooms_where_she_points(host: Host) -> None:
    place, before = host.place(60, 50), host.zoom
    assert host.pixel_at(place) == (60, 50)
    host.page.mouse.wheel(0, -300)
    host.settle()
    assert host.zoom > 1.5 * before
    assert host.pixel_at(place) == (60, 50)
    host.key("f")
    assert host.zoom == before


def test_a_click_hits_the_pixel_that_is_seen_there_however_far_he_has_zoomed(host: Host) -> None:
    x, y = host.place(60, 50)
    host.page.mouse.move(x, y)
    for _ in range(8):
        host.page.mouse.wheel(0, -100)
    host.settle()
    assert host.zoom > 1000
    seen = host.pixel_at((x + 37, y - 21))
    assert seen != (60, 50)
    host.page.mouse.click(x + 37, y - 21)
    host.settle()
    assert clicks(host) == [(*seen, 1)]


def test_she_labels_with_the_keyboard_alone(host: Host) -> None:
    host.canvas.focus()
    host.key("ArrowRight")  # shows the aim, in the middle of what is seen
    host.key(*["Shift+ArrowLeft"] * 3, "Enter", "n", *["Shift+ArrowRight"] * 6, "Enter")
    host.key("ArrowDown", "ArrowDown", "Alt+Enter")
    (x1, y1, k1), (x2, _, k2), (x3, y3, k3) = clicks(host)
    assert (k1, k2, k3) == (1, 2, 0)
    assert x1 < 150 < x2
    assert x3 == x2
    assert y3 > y1


def test_a_finger_taps_pinches_and_holds(host: Host) -> None:
    session = host.page.context.new_cdp_session(host.page)
    touch(session, host.place(100, 80))
    host.settle()
    assert clicks(host) == [(100, 80, 1)]
    touch(session, host.place(150, 120), hold_ms=700)
    host.settle()
    assert clicks(host) == [(100, 80, 1), (150, 120, 0)]
    (x, y), before = host.place(150, 100), host.zoom
    for kind, apart in [("touchStart", 40), ("touchMove", 60), ("touchMove", 80), ("touchEnd", 0)]:
        points = [{"x": x - apart, "y": y}, {"x": x + apart, "y": y}] if apart else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    host.settle()
    assert len(clicks(host)) == 2
    assert host.zoom > 1.5 * before


def test_a_pen_clicks_paints_and_erases_with_its_other_end(host: Host) -> None:
    pen(host, (100, 80), (100, 80))
    host.key("p")
    pen(host, (100, 80), (180, 80))
    assert host.widget.label_map[80, 175] == 1
    pen(host, (150, 60), (150, 100), button=5)
    assert host.widget.label_map[80, 150] == 0
    assert host.widget.label_map[80, 175] == 1


def pen(
    host: Host, start: tuple[float, float], end: tuple[float, float], *, button: int = 0
) -> None:
    """A stroke of a pen, by events made by hand; button 5 is its eraser."""
    host.page.evaluate(
        """([from, to, button]) => {
          const stage = document.querySelector(".dw-canvas");
          stage.setPointerCapture = () => undefined; // there is no such pointer to be captured
          const say = (type, [clientX, clientY], buttons) => stage.dispatchEvent(
            new PointerEvent(type, { pointerId: 7, pointerType: "pen", clientX, clientY, buttons,
              button: type === "pointermove" ? -1 : button, bubbles: true, cancelable: true }));
          say("pointerdown", from, 1 << button);
          for (let step = 1; step <= 8; step++)
            say("pointermove", from.map((v, i) => v + (to[i] - v) * step / 8), 1 << button);
          say("pointerup", to, 0);
        }""",
        [host.place(*start), host.place(*end), button],
    )
    host.settle()


def touch(session: CDPSession, at: tuple[float, float], hold_ms: int = 0) -> None:
    point = {"x": at[0], "y": at[1]}
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    if hold_ms:
        session.send(
            "Runtime.evaluate",
            {"expression": f"new Promise(d => setTimeout(d, {hold_ms}))", "awaitPromise": True},
        )
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_drag_that_he_gives_up_stays_given_up(host: Host) -> None:
    host.click(100, 100)
    mouse = host.page.mouse
    mouse.move(*host.place(100, 100))
    mouse.down()
    mouse.move(*host.place(140, 100), steps=4)
    host.page.keyboard.press("Escape")
    mouse.move(*host.place(142, 100))
    mouse.up()
    host.settle()
    assert clicks(host) == [(100, 100, 1)]


def test_a_press_that_another_tool_ended_leaves_no_dot(host: Host) -> None:
    place = host.place(250, 100)
    host.page.mouse.move(*place)
    host.page.mouse.down()
    host.page.keyboard.press("p")
    host.page.mouse.up()
    host.key("c")
    host.page.mouse.move(*host.place(20, 180))
    host.settle()
    assert clicks(host) == []
    assert host.marks_at(*place)[3] == 0


def test_she_clicks_right_after_undo_removal_or_start_over(host: Host) -> None:
    for take_back in (
        lambda: host.page.keyboard.press("z"),
        lambda: host.page.keyboard.press("Delete"),
        lambda: host.root.get_by_role("button", name="Start over").click(),
    ):
        host.click(100, 100)
        take_back()  # nothing is carried to the kernel
        host.page.mouse.click(*host.place(200, 50))
        host.settle()
        assert [click[:2] for click in clicks(host)] == [(200, 50)]
        assert host.widget._error == {}
        host.widget.reset()
        host.settle()


def test_he_takes_his_first_click_back_at_once(host: Host) -> None:
    host.canvas.focus()
    host.page.mouse.click(*host.place(50, 50))
    host.page.keyboard.press("z")  # nothing is carried to the kernel
    host.settle()
    assert clicks(host) == []
