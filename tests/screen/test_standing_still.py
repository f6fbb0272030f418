"""The photograph stays under the pointer, and messages are gone once they are over."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.screen.conftest import OpenHost
from tests.screen.host import Host

HALF_WIDTH = "document.getElementById('cell').style.width = '560px'"


def top_of_the_photograph(host: Host) -> float:
    box = host.canvas.bounding_box()
    assert box is not None
    return box["y"]


def test_what_is_refused_is_said_over_the_photograph_until_something_is_done(host: Host) -> None:
    host.click(100, 80)
    host.key("l")
    before = top_of_the_photograph(host)
    host.click(104, 80)
    said = host.root.get_by_role("alert")
    expect(said).to_be_visible()
    assert top_of_the_photograph(host) == before
    host.key("l")  # unlocked: what was refused would now be done
    expect(said).to_be_hidden()


def test_the_size_of_the_brush_pushes_nothing_down(host: Host) -> None:
    host.page.evaluate(HALF_WIDTH)
    host.settle()
    before = top_of_the_photograph(host)
    host.key("p")
    expect(host.root.get_by_title("Brush size (, and .)")).to_be_visible()
    assert top_of_the_photograph(host) == before
    host.key("c")
    expect(host.root.get_by_title("Brush size (, and .)")).to_be_hidden()


@pytest.mark.parametrize("height", [120, 250, 400])
def test_two_objects_are_in_sight_however_low_the_cell(open_host: OpenHost, height: int) -> None:
    host = open_host(height=height, labels=["cup", "saucer", "spoon"])
    host.click(100, 80)
    host.key("n")
    host.click(200, 80)
    rows = host.root.locator(".dw-object")
    for row in (rows.nth(0), rows.nth(1)):
        row.hover()
        row.get_by_role("button", name="Hide (H)").click()
        host.settle()
    assert [each.visible for each in host.widget.objects] == [False, False]
    listed = host.root.locator(".dw-objects").bounding_box()
    assert listed is not None
    assert listed["height"] >= 80
