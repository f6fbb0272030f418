"""What the stories of sessions begin with."""

from __future__ import annotations

import pytest

from dynamite_widget.session import Session
from tests.nearest_click import NearestClick
from tests.session.scene import IMAGE


@pytest.fixture
def segmenter() -> NearestClick:
    return NearestClick()


@pytest.fixture
def session(segmenter: NearestClick) -> Session:
    return Session(IMAGE, segmenter, labels=["car", "person"])
