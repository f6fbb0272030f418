"""The table of objects says what is on the screen, ready for pandas, and can be read again."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from pycocotools import mask as coco_mask

from dynamite_widget.collection import Collection
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.frame import from_frame
from dynamite_widget.session import Session
from tests.mask_examples import annotations
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


def test_objects_come_back_from_the_table(session: Session) -> None:
    car = session.add_object("car", name="Herbie")
    session.click(10, 10, car)
    session.add_object()
    session.set_attribute(car, "wheels", 4)
    session.set_attribute(2, "weight", 1.5)
    session.set_attribute(2, "old", True)
    back = from_frame(session.to_frame())
    assert back.size == session.size
    for there, here in zip(back.objects, session.objects, strict=True):
        assert (there.id, there.label, there.name) == (here.id, here.label, here.name)
        assert there.attributes == here.attributes
        assert there.mask == here.mask
    assert type(back.objects[0].attributes["wheels"]) is int


@given(annotations(overlapping=True))
def test_a_table_of_masks_is_enough(taken: Annotations) -> None:
    rows = [{"segmentation": each.mask.rle, "label": each.label} for each in taken.objects]
    frame = pd.DataFrame(rows, columns=["segmentation", "label"])
    back = from_frame(frame, size=taken.size)
    assert back.masks == taken.masks
    assert back.labels == taken.labels
    assert back.ids == tuple(range(1, len(rows) + 1))


def test_a_table_survives_json(session: Session) -> None:
    session.click(10, 10, session.add_object("car"))
    session.click(30, 10, session.add_object())
    frame = pd.DataFrame.from_records(session.to_frame().to_dict("records"))
    there = pd.read_json(io.StringIO(frame.to_json(orient="records")))
    back = from_frame(there)
    assert back.masks == tuple(each.mask for each in session.objects)
    assert back.labels == ("car", None)


def test_what_tables_make_numbers_of_is_text_and_ids_again(session: Session) -> None:
    """Pandas reads "7" as 7, and makes fractions of whole numbers where one is missing."""
    free = Session(session.image, NearestClick())
    for x, label in ((10, "7"), (30, None)):
        free.click(x, 10, free.add_object(label, name="12"))
    free.remove_object(1)
    free.click(10, 10, free.add_object("7", name="12"))
    there = pd.read_json(io.StringIO(free.to_frame().to_json(orient="records")))
    there["object_id"] = there["object_id"].astype(float)
    there["color"] = [[255, 0, 0], "#102030"]
    assert there["label"].dtype.kind == there["object_id"].dtype.kind == "f"
    back = from_frame(there)
    assert (back.ids, back.labels) == ((2, 3), (None, "7"))
    assert [each.name for each in back.objects] == ["12", "12"]
    assert [each.color for each in back.objects] == [None, "#102030"]


def test_a_table_of_several_images_is_read_image_by_image() -> None:
    images = {name: np.full((40, 60, 3), shade, np.uint8) for shade, name in enumerate("ab")}
    collection = Collection(images, NearestClick())
    for x, kind in ((10, "car"), (30, "bus")):
        collection.session.click(x, 10, collection.session.add_object(kind))
        collection.next()
    frame = collection.to_frame()
    with pytest.raises(ValueError, match=r"2 images.* frame\[frame\[\"image\"\] == 'a'\]"):
        from_frame(frame)
    for name, kind in (("a", "car"), ("b", "bus")):
        back = from_frame(frame[frame["image"] == name])
        assert back.labels == (kind,)
        assert back.masks == collection.annotations[name].masks


def test_a_table_that_was_text_says_how_to_keep_masks(session: Session) -> None:
    session.click(10, 10, session.add_object("car"))
    text = session.to_frame().to_csv(index=False)
    with pytest.raises(ValueError, match=r"row of object 1: .*to_json"):
        from_frame(pd.read_csv(io.StringIO(text)))


def test_a_table_without_masks_or_without_a_size_is_refused(session: Session) -> None:
    with pytest.raises(ValueError, match='column "segmentation"'):
        from_frame(pd.DataFrame({"label": ["car"]}))
    with pytest.raises(ValueError, match=r"pass size=\(H, W\)"):
        from_frame(session.to_frame())
    session.add_object()
    with pytest.raises(ValueError, match="mask of 40 x 60 pixels, the image has 60 x 40"):
        from_frame(session.to_frame(), size=(60, 40))
