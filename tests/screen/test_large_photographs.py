"""A photograph of 24 megapixels opens as a preview, and zooming in brings its own pixels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from dynamite_widget.widget import SegmentationWidget
from tests.nearest_click import NearestClick
from tests.screen.host import Host

WIDTH, HEIGHT = 6000, 4000


@pytest.fixture
def host(page: Page) -> Iterator[Host]:
    rows, columns = np.indices((HEIGHT, WIDTH), np.uint16)
    checkerboard = (((rows + columns) % 2) * 255).astype(np.uint8)
    picture = Image.fromarray(checkerboard).convert("RGB")
    widget = SegmentationWidget(picture, segmenter=NearestClick(reach=100))
    yield Host(page, widget)
    widget.close()


def test_single_pixels_are_seen_and_hit_after_zooming_in(host: Host) -> None:
    x, y = host.place(3000, 2000)
    host.page.mouse.move(x, y)
    assert host.photograph_at(x, y)[0] in range(100, 156)  # a preview of black and white is grey
    for _ in range(20):
        host.page.mouse.wheel(0, -150)
    host.wait_until(lambda: bool(host.widget._detail_info))
    host.settle()
    assert host.zoom > 1000
    for dx in (0, 60, 121):
        column, row = host.pixel_at((x + dx, y))
        expected = 255 * ((column + row) % 2)
        assert abs(host.photograph_at(x + dx, y)[0] - expected) < 40
    host.page.mouse.click(x + 60, y)
    host.settle()
    (click,) = host.widget.clicks
    assert (click.x, click.y) == host.pixel_at((x + 60, y))


def test_at_rest_a_fine_screen_asks_for_detail_once(host: Host) -> None:
    host.use_screen(1600, 900, 2)
    host.page.mouse.move(*host.place(3000, 2000))
    while host.zoom < 40:
        host.page.mouse.wheel(0, -100)
        host.settle()
    host.wait_until(lambda: bool(host.widget._detail_info))
    host.page.wait_for_timeout(300)
    host.settle()
    count = "() => window.model.sent.filter(({ command }) => command === 'send_detail').length"
    asked = host.page.evaluate(count)
    for _ in range(6):
        host.page.wait_for_timeout(100)
        host.carry()
    assert host.page.evaluate(count) == asked


def test_masks_are_sharp_where_she_has_zoomed_in(host: Host) -> None:
    host.click(3000, 2000)
    edge = host.place(3100, 2000)
    host.page.mouse.move(*edge)
    for _ in range(20):
        host.page.mouse.wheel(0, -150)
    host.wait_until(lambda: bool(host.widget._detail_info))
    host.settle()
    scale = host.zoom / 100
    row = [host.marks_at(edge[0] + step * scale, edge[1])[3] > 0 for step in range(-12, 13)]
    seen = [host.pixel_at((edge[0] + step * scale, edge[1])) for step in (-12, 12)]
    ids = host.widget.label_map[seen[0][1], seen[0][0] : seen[1][0] + 1] > 0
    assert ids.any()
    assert not ids.all()
    assert np.count_nonzero(np.array(row) != ids) <= 1  # the outline is drawn on the border itself


def test_an_object_too_small_for_the_preview_is_hidden_where_it_is_seen(host: Host) -> None:
    host.widget.add_object()
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[2001, 3001] = True  # between the pixels of the preview's label map
    host.widget.paint(1, mask)
    host.settle()
    place = host.place(3001, 2001)
    host.page.mouse.move(*place)
    for _ in range(20):
        host.page.mouse.wheel(0, -150)
    host.wait_until(lambda: bool(host.widget._detail_info))
    host.page.mouse.move(*host.place(2900, 1900))
    host.settle()
    assert host.marks_at(*place)[3] > 100
    host.widget.set_visible(1, visible=False)
    host.settle()
    assert host.marks_at(*place)[3] == 0


def test_nothing_large_travels(host: Host) -> None:
    assert len(host.widget._image) < 4_000_000
    host.click(3000, 2000)
    assert len(host.widget._label_map) < 20_000
    host.page.mouse.move(*host.place(3100, 2000))
    for _ in range(8):
        host.page.mouse.wheel(0, -150)
    host.wait_until(lambda: bool(host.widget._detail_info))
    assert len(host.widget._detail) < 4_000_000
    before = len(host.widget._detail_labels)
    host.key("f")
    assert before < 100_000
