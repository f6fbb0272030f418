"""What stories of imported masks share: a session that began with two."""

from __future__ import annotations

import pytest

from dynamite_widget.session import Session
from tests.imports.scene import CAR, IMAGE, TREE
from tests.nearest_click import NearestClick


@pytest.fixture
def segmenter() -> NearestClick:
    return NearestClick()


@pytest.fixture
def session(segmenter: NearestClick) -> Session:
    return Session.from_masks(IMAGE, [CAR, TREE], labels=["car", "tree"], segmenter=segmenter)
