"""People who cannot see well, or use no pointer, find everything; nothing moves that need not."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.screen.conftest import OpenHost
from tests.screen.host import Host

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_CHECK = """async () => {
  const found = await axe.run(".dynamite-widget");
  return found.violations.map((v) => `${v.impact} ${v.id}: ${v.nodes[0].html} ${v.help}`);
}"""


def violations(page: Page) -> list[str]:
    page.add_script_tag(content=AXE.read_text())
    return page.evaluate(_CHECK)


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


def test_a_screen_reader_hears_what_a_click_did(host: Host) -> None:
    live = host.root.locator("[aria-live=polite]")
    host.click(50, 100)
    expect(live).to_have_text(f"Object 1: {host.widget.objects[0].area} pixels.")


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
    host.page.keyboard.press("n")
    host.page.keyboard.press("Escape")
    expect(host.root.get_by_role("dialog")).to_be_hidden()
    expect(host.canvas).to_be_focused()


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
