"""People who cannot see well, or use no pointer, find everything; nothing moves that need not."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.screen.conftest import OpenHost
from tests.screen.host import Host

# Of the themes that come with VS Code, as its notebooks hand them on.
VS_CODE = {
    "vscode-light": {
        "editor-background": "#ffffff",
        "sideBar-background": "#f8f8f8",
        "foreground": "#3b3b3b",
        "descriptionForeground": "#3b3b3b",
        "focusBorder": "#005fb8",
        "errorForeground": "#f85149",
    },
    "vscode-dark": {
        "editor-background": "#1f1f1f",
        "sideBar-background": "#181818",
        "foreground": "#cccccc",
        "descriptionForeground": "#9d9d9d",
        "focusBorder": "#0078d4",
        "errorForeground": "#f85149",
    },
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_host: OpenHost, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    host = open_host(labels=["cat", "dog"])
    host.page.evaluate("(s) => document.body.style.background = s", "canvas")
    host.click(50, 100)
    host.key("n")
    host.click(200, 100)
    host.key("h", "F2")
    assert violations(page) == []
    page.keyboard.press("Enter")
    host.key("?")
    assert violations(page) == []
    page.keyboard.press("Escape")
    host.widget._fail(ValueError("something to be read"))
    host.settle()
    host.root.get_by_role("button", name="Details").click()
    assert violations(page) == []


@pytest.mark.parametrize("theme", VS_CODE)
def test_vs_codes_themes_are_followed_and_read_well(host: Host, theme: str) -> None:
    host.click(50, 100)
    variables = "".join(f"--vscode-{name}: {color};" for name, color in VS_CODE[theme].items())
    host.page.evaluate("(theme) => document.body.className = theme", theme)
    host.page.evaluate("(css) => document.body.setAttribute('style', css)", variables)
    surface = host.root.evaluate("(e) => getComputedStyle(e).backgroundColor")
    expected = VS_CODE[theme]["editor-background"]
    assert surface == f"rgb({', '.join(str(int(expected[i : i + 2], 16)) for i in (1, 3, 5))})"
    host.key("F2")
    host.widget._fail(ValueError("something to be read"))
    host.settle()
    assert violations(host.page) == []


def test_who_has_chosen_the_colours_sees_what_is_on_and_where_the_focus_is(
    open_host: OpenHost, page: Page
) -> None:
    page.emulate_media(forced_colors="active")
    host = open_host(labels=["cat", "dog"])
    host.click(50, 100)
    pressed = host.root.locator('.dw-toolbar [aria-pressed="true"]')
    assert pressed.evaluate("(e) => getComputedStyle(e).borderStyle") == "solid"
    outline = "(e) => getComputedStyle(e).outlineStyle"
    assert host.root.locator(".dw-active").evaluate(outline) == "solid"
    page.keyboard.press("Shift+Tab")
    assert host.root.locator(":focus").evaluate(outline) == "double"
    assert host.painted(60, 110)[0] == pytest.approx(0xE6, abs=8)  # masks keep their colours


def test_every_control_shows_that_it_has_the_focus(host: Host) -> None:
    host.click(50, 100)
    host.key("F2")
    host.root.locator("[name=name]").blur()
    host.page.evaluate("() => document.activeElement.blur()")
    unseen = []
    for _ in range(40):
        host.page.keyboard.press("Tab")
        focused = host.page.locator(".dynamite-widget :focus")
        if not focused.count():
            break
        ring = focused.evaluate(
            "(e) => getComputedStyle(e.matches('.dw-canvas') ? e.closest('.dynamite-widget') : e)"
            ".outlineStyle"
        )
        if ring == "none":
            unseen.append(focused.evaluate("(e) => e.outerHTML"))
    assert unseen == []


def test_keys_do_nothing_while_somebody_else_has_the_focus(host: Host) -> None:
    host.click(50, 100)
    host.page.evaluate("() => document.activeElement.blur()")
    for key in ("n", "z", "Delete", "b", "h", "?"):
        host.page.keyboard.press(key)
    host.settle()
    assert len(host.widget.clicks) == 1
    assert host.widget.objects[0].visible
    expect(host.root.get_by_role("dialog")).to_be_hidden()


def test_every_button_has_a_name_and_a_title(host: Host) -> None:
    for button in host.root.get_by_role("button").all():
        assert button.evaluate("(b) => (b.getAttribute('aria-label') ?? b.textContent).trim()")


def test_the_whole_widget_is_walked_with_tab_and_arrows(host: Host) -> None:
    host.click(50, 100)
    host.page.keyboard.press("Shift+Tab")
    toolbar = host.root.get_by_role("toolbar")
    expect(toolbar.locator(":focus")).to_have_count(1)
    host.page.keyboard.press("ArrowRight")
    expect(toolbar.locator(":focus")).to_have_attribute("data-action", "background")
    host.page.keyboard.press("Enter")
    expect(toolbar.locator("[data-action=background]")).to_have_attribute("aria-pressed", "true")
    stops = []
    while len(stops) < 40 and stops[-1:] != ["BODY"]:
        host.page.keyboard.press("Tab")
        element = "() => document.activeElement.className || document.activeElement.tagName"
        stops.append(host.page.evaluate(element))
    assert stops[-1] == "BODY"  # no trap
    assert {"dw-canvas", "dw-object-choose", "dw-new", "dw-zoom"} <= set(stops)


def test_rows_are_walked_with_arrows_and_their_buttons_pressed(host: Host) -> None:
    for x in (50, 150):
        host.key("n")
        host.click(x, 100)
    host.root.locator('[data-object-id="1"] .dw-object-choose').focus()
    host.page.keyboard.press("ArrowDown")
    expect(host.root.locator('[data-object-id="2"] :focus')).to_have_count(1)
    host.page.keyboard.press("ArrowRight")
    host.page.keyboard.press("ArrowRight")
    host.page.keyboard.press("Enter")
    host.settle()
    assert not host.widget.objects[1].visible


def test_the_focus_of_a_row_that_is_removed_goes_to_its_neighbour(host: Host) -> None:
    for x in (50, 150, 250):
        host.key("n")
        host.click(x, 100)
    chosen = "() => document.activeElement.closest('li')?.dataset.objectId"
    for row, neighbour in (("2", "3"), ("3", "1")):
        host.root.locator(f'[data-object-id="{row}"] .dw-object-choose').focus()
        for _ in range(4):
            host.page.keyboard.press("ArrowRight")
        host.page.keyboard.press("Enter")
        host.settle()
        assert host.page.evaluate(chosen) == neighbour
        host.page.wait_for_timeout(300)  # not the second press of a double-click
    for _ in range(4):
        host.page.keyboard.press("ArrowRight")
    host.page.keyboard.press("Enter")
    host.settle()
    assert host.widget.objects == ()
    expect(host.canvas).to_be_focused()
    host.page.keyboard.press("z")
    host.settle()
    host.page.wait_for_timeout(300)
    host.root.locator('[data-object-id="1"]').hover()
    host.root.get_by_role("button", name="Remove (Del)").click()
    expect(host.canvas).to_be_focused()


def test_a_screen_reader_hears_what_a_click_did(host: Host) -> None:
    live = host.root.locator("[aria-live=polite]")
    host.click(50, 100)
    expect(live).to_have_text(f"Object 1: {host.widget.objects[0].area} pixels.")


def test_a_screen_reader_hears_what_was_done_and_where_the_keys_aim(host: Host) -> None:
    live = host.root.locator("[aria-live=polite]")
    host.click(50, 100)
    host.key("p")
    expect(live).to_have_text("brush tool.")
    host.key("c", "n", "[")
    area = host.widget.objects[0].area
    expect(live).to_have_text(f"Object 1 chosen. Object 1: {area} pixels.")
    host.key("Delete")
    expect(live).to_contain_text("Object 1 removed.")
    host.key("z")
    expect(live).to_contain_text("Undone.")
    host.key("y")
    expect(live).to_contain_text("Done again.")
    host.key("ArrowRight")
    expect(live).to_have_text(re.compile(r"^\d+, \d+: background\.$"))


def test_a_screen_reader_hears_what_keys_did_to_an_object(host: Host) -> None:
    live = host.root.locator("[aria-live=polite]")
    host.click(50, 100)
    host.widget.session.rename(1, "cup")
    host.settle()
    for key, words in (
        ("h", "cup hidden."),
        ("h", "cup shown."),
        ("l", "cup locked."),
        ("l", "cup unlocked."),
        ("s", "cup shown alone."),
        ("s", "All objects shown."),
        ("m", "Dots hidden, masks only."),
        ("m", "Dots shown."),
        ("o", "Outlines hidden."),
        ("#", "Numbers shown."),
        ("n", "The next click starts a new object. Object 2: empty."),
        ("n", "The next click starts Object 2."),
    ):
        host.key(key)
        expect(live).to_contain_text(words)
    host.click(200, 100)
    host.key("h", "n", "[")
    expect(live).to_contain_text("Object 2 chosen.")
    host.key("l")
    start_over = host.root.get_by_role("button", name="Start over")
    start_over.click()
    host.settle()
    expect(live).to_contain_text("All removed but what is locked.")
    host.key("[", "l")
    start_over.click()
    host.settle()
    expect(live).to_have_text("All removed.")


def test_what_a_lock_keeps_is_not_said_to_be_removed(host: Host) -> None:
    live = host.root.locator("[aria-live=polite]")
    host.click(50, 100)
    host.widget.session.rename(1, "spoon")
    host.key("l")
    live.evaluate(
        "(e) => new MutationObserver(() => (e.dataset.said += e.textContent))"
        ".observe(e, { childList: true })"
    )
    host.key("Delete")
    assert "locked" in host.widget._error["message"]
    assert "removed" not in (live.get_attribute("data-said") or "")
    host.key("l", "Delete")
    expect(live).to_have_text("spoon removed.")


def test_a_row_is_called_by_one_name_only_once(host: Host) -> None:
    host.click(50, 100)
    row = host.root.locator(".dw-object-choose")
    assert row.inner_text().count("Object 1") == 1
    host.widget.session.rename(1, "cup")
    host.settle()
    expect(row).to_contain_text("Object 1cup")


def test_escape_gives_the_focus_back_to_whoever_had_it(host: Host) -> None:
    host.page.evaluate(
        "() => { const b = document.createElement('button'); b.id = 'before';"
        " document.body.prepend(b); b.focus(); }"
    )
    host.click(50, 100)
    expect(host.canvas).to_be_focused()
    host.page.keyboard.press("Escape")
    expect(host.page.locator("#before")).to_be_focused()


def test_whoever_has_the_keys_shows_it(host: Host) -> None:
    outline = "(e) => getComputedStyle(e).outlineStyle"
    assert host.root.evaluate(outline) == "none"
    host.canvas.focus()
    assert host.root.evaluate(outline) == "solid"


def test_help_opens_and_closes_by_key(host: Host) -> None:
    host.key("?")
    expect(host.root.get_by_role("dialog")).to_be_visible()
    host.page.keyboard.press("Escape")
    expect(host.root.get_by_role("dialog")).to_be_hidden()
    expect(host.canvas).to_be_focused()


def test_escape_closes_the_help_wherever_it_is_pressed(host: Host) -> None:
    host.page.evaluate(
        "() => { const b = document.createElement('button'); b.id = 'before';"
        " document.body.prepend(b); b.focus(); }"
    )
    dialog = host.root.get_by_role("dialog")
    host.key("?")
    host.root.locator("[data-action=brush]").click()
    expect(dialog).to_be_focused()  # what it covers cannot take the keys
    for button in ("lasso", "help"):
        host.root.locator(f"[data-action={button}]").focus()
        host.page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(host.canvas).to_be_focused()
        host.key("?")


def test_keys_change_nothing_that_the_help_covers(host: Host) -> None:
    host.click(50, 100)
    host.key("?", "Delete", "n", "z", "b")
    assert [found.id for found in host.widget.objects] == [1]
    click = host.root.locator("[data-action=click]")
    expect(click).to_have_attribute("aria-pressed", "true")


def test_tab_stays_out_of_what_the_help_covers(host: Host) -> None:
    host.key("?")
    place = "() => document.activeElement.closest('.dw-help, .dw-main, .dw-side')?.className"
    places = []
    for _ in range(4):
        host.page.keyboard.press("Tab")
        places.append(host.page.evaluate(place))
    assert places[0] == "dw-help"
    assert not {"dw-main", "dw-side"} & set(places)
    host.key("?")
    host.click(50, 100)
    assert [found.id for found in host.widget.objects] == [1]


def test_the_help_names_every_key_of_redo(host: Host) -> None:
    host.key("?")
    line = host.root.get_by_role("dialog").locator("dl > div", has_text="Redo")
    expect(line.locator("kbd")).to_have_text(["Y", "Ctrl + Y", "Ctrl + Shift + Z"])


def test_the_list_is_one_stop_however_long_it_is(host: Host) -> None:
    for _ in range(12):
        host.widget.session.add_object()
    host.settle()
    host.root.locator(".dw-new").focus()
    stops = []
    while len(stops) < 4:
        host.page.keyboard.press("Tab")
        stops.append(host.page.evaluate("() => document.activeElement.className"))
    assert stops.count("dw-object-choose") == 1
    host.root.locator('.dw-object-choose[tabindex="0"]').focus()
    host.page.keyboard.press("ArrowUp")
    assert host.page.evaluate("() => document.activeElement.closest('li').dataset.objectId") == "11"


def test_who_wants_no_motion_gets_none(open_host: OpenHost, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    host = open_host()
    host.click(50, 100)
    host.key("n")
    host.click(70, 100)
    frames = page.evaluate(
        """async () => {
          const canvas = [...document.querySelectorAll(".dw-canvas canvas")].at(-1);
          const draw = canvas.getContext("2d");
          let cleared = 0;
          const clear = draw.clearRect.bind(draw);
          draw.clearRect = (...given) => { cleared++; clear(...given); };
          await new Promise((done) => setTimeout(done, 400));
          return cleared;
        }"""
    )
    assert frames <= 3
