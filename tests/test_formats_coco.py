"""pycocotools reads what a session writes, and finds the same masks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from dynamite_widget.session import Session
from tests.nearest_click import NearestClick

IMAGE = np.zeros((40, 60, 3), np.uint8)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    path = tmp_path / "street.png"
    Image.fromarray(IMAGE).save(path)
    session = Session(path, NearestClick(), labels=["car", "person"])
    for label, x in (("person", 10), ("car", 30), ("person", 50), (None, 20)):
        session.click(x, 20, session.add_object(label))
    return session


def test_pycocotools_reads_it(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(session.to_coco()))
    coco = COCO(path)
    assert coco.loadImgs(1) == [{"id": 1, "width": 60, "height": 40, "file_name": "street.png"}]
    annotations = coco.loadAnns(coco.getAnnIds())
    assert [each["id"] for each in annotations] == [1, 2, 3, 4]
    for each, plane in zip(annotations, session.masks, strict=True):
        np.testing.assert_array_equal(coco.annToMask(each), plane)
        assert each["area"] == plane.sum()
    assert [each["bbox"] for each in annotations] == [list(o.box) for o in session.objects]
    people = coco.getCatIds(catNms=["person"])
    assert coco.getAnnIds(catIds=people) == [1, 3]


def test_labels_are_categories_in_their_order_and_the_unlabelled_have_one_too(
    session: Session,
) -> None:
    coco = session.to_coco()
    names = {each["id"]: each["name"] for each in coco["categories"]}
    assert names == {1: "car", 2: "person", 3: "object"}
    assert [names[each["category_id"]] for each in coco["annotations"]] == [
        "person",
        "car",
        "person",
        "object",
    ]


def test_objects_without_pixels_are_left_out_and_notes_come_along(session: Session) -> None:
    session.add_object("car")
    session.set_attribute(2, "wheels", 4)
    session.rename(2, "Herbie")
    coco = session.to_coco()
    assert len(coco["annotations"]) == 4
    assert coco["annotations"][1]["attributes"] == {"wheels": 4}
    assert coco["annotations"][1]["name"] == "Herbie"


def test_a_session_without_objects_is_valid_too() -> None:
    coco = Session(IMAGE, NearestClick()).to_coco()
    assert (coco["annotations"], coco["categories"]) == ([], [])
    assert coco["images"][0]["file_name"] == "image"
