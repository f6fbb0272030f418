"""What travels to screens stays small."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ipywidgets.widgets.widget import _remove_buffers

from dynamite_widget import run_lengths
from dynamite_widget.session import Session
from dynamite_widget.widget import SegmentationWidget
from tests.at_rest import at_rest
from tests.nearest_click import NearestClick
from tests.widget.view import Screen, Wire, wait_until


def test_what_a_click_costs_on_the_wire_does_not_grow_with_the_number_of_clicks(
    monkeypatch: pytest.MonkeyPatch, screen: Screen
) -> None:
    wire, widget = Wire(monkeypatch), screen.widget
    screen.click(5, 5)
    costs = []
    for number in range(200):
        costs.append(wire.bytes_of(lambda: screen.click(5, 5, 1), widget))
        assert len(widget.clicks) == number + 2
    early, late = np.median(costs[:50]), np.median(costs[-50:])
    assert late - early < 20, "numbers with more digits"
    assert max(costs) < 2 * early, "at most a status more"


def test_a_click_among_two_hundred_objects_takes_less_than_forty_kilobytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire = Wire(monkeypatch)
    rows, columns = np.indices((768, 1024))
    inside = np.hypot(rows % 76 - 38, columns % 51 - 25) < 22
    masks = (inside * (1 + rows // 76 * 20 + columns // 51)).astype(np.uint16)
    masks[760:] = masks[:, 1020:] = 0
    photograph = np.zeros((768, 1024, 3), np.uint8)
    session = Session.from_masks(photograph, masks, segmenter=NearestClick())
    assert len(session.objects) == 200
    widget = SegmentationWidget(session)
    screen = Screen(widget)
    screen.click(2, 2)
    wait_until(lambda: at_rest(widget))
    for _ in range(20):
        assert wire.bytes_of(lambda: screen.click(2, 2, 201), widget) < 40_000
    widget.close()


def test_a_page_that_comes_back_to_many_widgets_gets_less_than_four_megabytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire = Wire(monkeypatch)
    noise = np.random.default_rng(0).integers(0, 256, (1000, 1400, 3), np.uint8)
    widgets = [SegmentationWidget(noise, segmenter=NearestClick(reach=300)) for _ in range(8)]
    assert len(widgets[0]._image) > 1_000_000
    assert max(wire.sizes, default=0) < 4_000_000
    states = {widget.model_id: widget.get_state() for widget in widgets}
    rest, _, buffers = _remove_buffers(states)
    text = sum(len(json.dumps(state, default=str)) for state in rest.values())
    assert text + sum(len(buffer) for buffer in buffers) < 4_000_000
    before = sum(wire.sizes)
    Screen(widgets[0]).send("send_image")
    assert sum(wire.sizes) - before > len(widgets[0]._image)
    assert widgets[0]._get_embed_state()["buffers"]  # nobody is there to be asked
    for widget in widgets:
        widget.close()


def test_a_page_that_comes_back_gets_the_detail_that_another_one_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire = Wire(monkeypatch)
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    widget = SegmentationWidget(noise, segmenter=NearestClick())
    asked = {"box": [0, 0, 200, 200], "pixels": 2048, "image": True}
    for view in ("the first page", "the same page, loaded again"):
        screen = Screen(widget, view)
        sent = wire.bytes_of(lambda screen=screen: screen.send("send_detail", **asked), widget)
        assert sent > len(widget._detail) > 10_000
    widget.close()


def test_a_page_that_comes_back_gets_the_photograph_sent_ahead_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire, random = Wire(monkeypatch), np.random.default_rng(0)
    pictures = {name: random.integers(0, 256, (200, 300, 3), np.uint8) for name in ("a", "b")}
    widget = SegmentationWidget(images=pictures, segmenter=NearestClick(reach=9))
    wait_until(lambda: at_rest(widget) and widget._other_image != b"")
    wire.sizes.clear()
    Screen(widget).send("send_image")
    assert max(wire.sizes) > len(widget._image) + len(widget._other_image) > 200_000
    widget.close()


def test_nothing_larger_than_four_megabytes_is_ever_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(monkeypatch)
    noise = np.random.default_rng(0).integers(0, 256, (2300, 3100, 3), np.uint8)
    widget = SegmentationWidget(noise, segmenter=NearestClick(reach=300))
    assert len(widget._image) < 4_000_000
    screen = Screen(widget)
    screen.click(1500, 1000)
    wait_until(lambda: at_rest(widget))
    assert max(wire.sizes) < 100_000
    label_map = run_lengths.decode(widget._label_map)
    assert max(label_map.shape) <= 2048
    assert label_map[500, 750] == 1
    widget.close()
