"""A widget, and a view of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dynamite_widget.widget import SegmentationWidget
from tests.nearest_click import NearestClick
from tests.widget.view import IMAGE, Screen


@pytest.fixture
def segmenter() -> NearestClick:
    return NearestClick()


@pytest.fixture
def widget(segmenter: NearestClick) -> Iterator[SegmentationWidget]:
    widget = SegmentationWidget(IMAGE, segmenter=segmenter)
    yield widget
    widget.close()


@pytest.fixture
def screen(widget: SegmentationWidget) -> Screen:
    return Screen(widget)
