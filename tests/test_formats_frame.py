"""The table of objects says what is on the screen, ready for pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pycocotools import mask as coco_mask

from dynamite_widget.session import Session
from tests.nearest_click import NearestClick

IMAGE = np.zeros((40, 60, 3), np.uint8)


@pytest.fixture
def session() -> Session:
    return Session(IMAGE, NearestClick(), labels=["car", "person"])


def test_every_object_is_a_row(session: Session) -> None:
    car = session.add_object("car", name="Herbie")
    session.click(10, 10, car)
    session.click(14, 10, car)
    nobody = session.add_object()
    frame = session.to_frame()
    assert list(frame.columns) == [
        "object_id",
        "label",
        "area",
        "bbox",
        "n_clicks",
        "segmentation",
        "name",
        "edited_pixels",
        "edited_segmentation",
    ]
    first, second = frame.itertuples(index=False)
    assert (first.object_id, first.label, first.n_clicks, first.name) == (car, "car", 2, "Herbie")
    assert first.area == (session.label_map == car).sum()
    assert first.bbox == (4, 4, 17, 13)
    np.testing.assert_array_equal(coco_mask.decode(first.segmentation), session.masks[0])
    assert (second.object_id, second.label, second.area) == (nobody, None, 0)
    assert not coco_mask.decode(second.segmentation).any()


def test_attributes_become_columns(session: Session) -> None:
    one, two = session.add_object(), session.add_object()
    session.set_attribute(one, "wheels", 4)
    session.set_attribute(two, "wheels", 2)
    session.set_attribute(two, "old", True)
    frame = session.to_frame()
    assert frame["wheels"].tolist() == [4, 2]
    assert frame["wheels"].dtype == "int64"
    assert frame["old"].tolist() == [None, True]


def test_the_table_says_which_pixels_were_drawn_by_hand(session: Session) -> None:
    car, person = session.add_object("car"), session.add_object("person")
    session.click(10, 10, car)
    session.click(40, 30, person)
    session.polygon(car, [(20, 5), (25, 5), (25, 9), (20, 9)])
    frame = session.to_frame().set_index("object_id")
    drawn = np.zeros((40, 60), bool)
    drawn[5:9, 20:25] = True
    assert frame.edited_pixels.to_dict() == {car: 20, person: 0}
    np.testing.assert_array_equal(coco_mask.decode(frame.edited_segmentation[car]), drawn)
    assert not coco_mask.decode(frame.edited_segmentation[person]).any()


def test_without_objects_the_table_is_empty_and_keeps_its_columns(session: Session) -> None:
    frame = session.to_frame()
    assert len(frame) == 0
    assert frame["area"].dtype == "int64"
    assert isinstance(pd.concat([frame, frame]), pd.DataFrame)
