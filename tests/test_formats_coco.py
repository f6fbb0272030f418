"""pycocotools reads what a session writes and finds the same masks; what it writes is read here."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.coco import from_coco, read_coco, to_coco
from dynamite_widget.formats.labelled_images import LabelledImage
from dynamite_widget.formats.labelled_images import to_coco as coco_of_images
from dynamite_widget.masks import Mask
from dynamite_widget.session import Session
from tests.mask_examples import HARD, PIXELS, Pixels, annotations
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


def one_object(pixels: Pixels) -> Annotations:
    return Annotations.of_label_map(pixels.astype(np.uint8))


def written(taken: Annotations, *, polygons: bool = False) -> dict[str, Any]:
    coco = to_coco(taken.objects, size=taken.size, file_name="a.png", polygons=polygons)
    return json.loads(json.dumps(coco))


def read(coco: dict[str, Any]) -> Annotations:
    (taken,) = from_coco(coco).values()
    return taken


@given(annotations(overlapping=True))
def test_objects_come_back_as_they_were_overlaps_and_all(taken: Annotations) -> None:
    seen = tuple(each for each in taken.objects if each.area)
    back = read(written(taken))
    assert back.objects == seen
    assert back.size == taken.size


def test_names_colours_and_attributes_come_back(session: Session) -> None:
    session.set_attribute(2, "wheels", 4)
    session.set_attribute(2, "old", True)
    session.rename(2, "Herbie")
    session.set_color(2, "#102030")
    back = read(session.to_coco())
    expected = Annotations.of(session.objects, size=session.size)
    assert back.objects == expected.objects
    assert back.categories == ("car", "person")
    np.testing.assert_array_equal(back.label_map, session.label_map)


@given(PIXELS)
def test_polygons_keep_parts_and_say_what_they_fill(pixels: Pixels) -> None:
    taken = one_object(pixels)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        coco = written(taken, polygons=True)
    by_name = [str(each.message) for each in caught if "object 1" in str(each.message)]
    if not pixels.any():
        assert coco["annotations"] == []
        return
    (annotation,) = coco["annotations"]
    rle = coco_mask.merge(coco_mask.frPyObjects(annotation["segmentation"], *pixels.shape))
    independent = coco_mask.decode(rle).astype(bool)
    np.testing.assert_array_equal(read(coco).masks[0].to_array(), independent)
    assert annotation["area"] == independent.sum()
    filled = int((independent & ~pixels).sum())
    assert not (pixels & ~independent).any()
    assert [f"{filled} pixels filled" in message for message in by_name] == [True] * bool(filled)


def test_polygons_name_every_object_whose_holes_they_lose() -> None:
    ring = HARD["an island in a hole"]
    taken = Annotations.of_label_map(np.hstack([ring * 1, ring * 0 + 2, ring * 3]))
    with pytest.warns(UserWarning, match=r"object 1 \(1 holes, 8 pixels .*object 3 \(1 holes"):
        written(taken, polygons=True)


def nested() -> np.ndarray:
    """Object 1 in a hole of 2, which lies in a hole of 3; parts of 4 lie in holes of 5 and of 6."""
    label_map = np.zeros((40, 60), np.uint16)
    for object_id, inset in ((3, 2), (0, 4), (2, 6), (0, 8), (1, 12)):
        label_map[inset : 30 - inset, inset : 30 - inset] = object_id
    for object_id, left in ((5, 32), (6, 46)):
        label_map[4:14, left : left + 10] = object_id
        label_map[5:13, left + 1 : left + 9] = 4
    label_map[20:40, 32:60] = 4
    return label_map


def in_each_other() -> np.ndarray:
    label_map = np.zeros((12, 30), np.uint16)
    label_map[1:11, 1:11], label_map[3:9, 3:9] = 2, 1  # 1 in 2
    label_map[2:10, 15:25], label_map[4:8, 17:23] = 1, 2  # and 2 in 1
    return label_map


def test_polygons_keep_objects_that_lie_in_holes_of_others() -> None:
    label_map = nested()
    with pytest.warns(UserWarning, match="object 2 .*object 3 .*object 5 .*object 6 "):
        coco = written(Annotations.of_label_map(label_map), polygons=True)
    back = read(coco).label_map
    np.testing.assert_array_equal(back[label_map > 0], label_map[label_map > 0])
    assert [each["id"] for each in coco["annotations"]] == [3, 5, 6, 2, 4, 1]


@given(annotations())
@example(Annotations.of_label_map(in_each_other()))
@example(Annotations.of_label_map(nested()))
def test_polygons_name_every_object_that_others_take_pixels_from(taken: Annotations) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        coco = written(taken, polygons=True)
    (said,) = [str(each.message) for each in caught if "holes" in str(each.message)] or [""]
    before, after = taken.label_map, read(coco).label_map
    losers, counts = np.unique(before[(before > 0) & (after != before)], return_counts=True)
    named = [f"object {k} ({n} pixels)" for k, n in zip(losers, counts, strict=True)]
    assert sorted(re.findall(r"object \d+ \(\d+ pixels\)", said)) == sorted(named)


def test_polygons_of_objects_in_holes_of_each_other_keep_the_smaller() -> None:
    loses = r"object 2 \(1 holes, .* others take: object 2 \(24 pixels\)\. RLE"
    with pytest.warns(UserWarning, match=r"object 1 \(1 holes, .*" + loses):
        coco = written(Annotations.of_label_map(in_each_other()), polygons=True)
    assert sorted(each["id"] for each in coco["annotations"]) == [1, 2]
    assert coco["annotations"][0]["area"] > coco["annotations"][1]["area"]
    assert set(np.unique(read(coco).label_map)) == {0, 1, 2}


def test_one_file_of_many_images_comes_back_image_by_image(session: Session) -> None:
    other = Session(IMAGE[:20], NearestClick())
    other.click(5, 5, other.add_object("bus"))
    images = [LabelledImage("a.png", session.size, session.objects)]
    images.append(LabelledImage("b.png", other.size, other.objects))
    back = from_coco(json.loads(json.dumps(coco_of_images(images, labels=session.labels))))
    for name, one in (("a.png", session), ("b.png", other)):
        assert back[name].objects == Annotations.of(one.objects, size=one.size).objects


def sessions(*, labels: list[str] | None) -> list[Session]:
    """A session, and what comes back of it alone and as one of many images."""
    session = Session(IMAGE, NearestClick(), labels=labels)
    session.click(5, 5, session.add_object())
    session.click(50, 30, session.add_object("car"))
    many = [LabelledImage("a.png", session.size, session.objects)]
    files = session.to_coco(), coco_of_images(many, labels=session.labels)
    back = [Session.from_annotations(IMAGE, read(each), segmenter=NearestClick()) for each in files]
    return [session, *back]


def test_where_any_label_will_do_it_still_does_when_the_file_is_read() -> None:
    for session in sessions(labels=None):
        assert session.labels is None
        assert [each.label for each in session.objects] == [None, "car"]
        session.set_label(1, "bus")


@pytest.mark.parametrize("labels", [["bus", "car"], ["object", "car"]])
def test_a_list_of_labels_comes_back_without_any_that_nobody_chose(labels: list[str]) -> None:
    for session in sessions(labels=labels):
        assert session.labels == tuple(labels)
        assert [each.label for each in session.objects] == [None, "car"]


def test_a_label_that_looks_like_markup_stays_as_it_is() -> None:
    session = Session(IMAGE, NearestClick())
    session.click(5, 5, session.add_object("<script>alert(1)</script>"))
    assert session.to_coco()["categories"][0]["name"] == "<script>alert(1)</script>"


def foreign(**changes: object) -> dict[str, Any]:
    """A file of somebody else with one polygon, changed somewhere."""
    annotation = {"id": 900_000, "image_id": 7, "category_id": 3, "iscrowd": 0}
    annotation |= {"segmentation": [[1, 1, 3, 1, 3, 2, 1, 2]]} | changes
    return {
        "images": [{"id": 7, "file_name": "b.jpg", "height": 3, "width": 4}],
        "annotations": [annotation],
        "categories": [{"id": 3, "name": "cat"}],
    }


def test_a_file_of_others_is_read_and_its_large_ids_become_small() -> None:
    taken = from_coco(foreign())["b.jpg"]
    assert (taken.ids, taken.labels, taken.categories) == ((1,), ("cat",), ("cat",))
    assert taken.label_map.tolist() == [[0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]]


def test_overlapping_annotations_are_painted_in_the_files_order_or_largest_first() -> None:
    coco = foreign()
    small, large = Mask.from_array(np.eye(3, 4)), Mask.from_array(np.ones((3, 4)))
    coco["annotations"] = [
        coco["annotations"][0] | {"id": 1, "segmentation": small.rle},
        coco["annotations"][0] | {"id": 2, "segmentation": large.rle},
    ]
    taken = read(coco)
    assert (taken.label_map == 2).all()
    assert taken.overlapping == (1,)
    assert (taken.largest_first().label_map == 1).sum() == 3


def test_crowds_are_objects_that_say_so_and_are_written_as_crowds() -> None:
    rle = {"size": [3, 4], "counts": [4, 2, 6]}
    taken = read(foreign(iscrowd=1, segmentation=rle))
    assert taken.objects[0].attributes == {"iscrowd": True}
    assert written(taken)["annotations"][0]["iscrowd"] == 1


def test_attributes_that_no_object_can_have_are_left_out_with_a_warning() -> None:
    given_there = {"occluded": False, "list": [1], "area": 3, "nothing": None}
    with pytest.warns(UserWarning, match="annotation 900000: '(list|area)' is left out"):
        taken = read(foreign(attributes=given_there))
    assert taken.objects[0].attributes == {"occluded": False}


def test_whole_numbers_may_be_written_as_fractions() -> None:
    coco = foreign(category_id=3.0, image_id=7.0, id=5.0)
    coco["images"][0] |= {"id": 7.0, "height": 3.0, "width": np.int64(4)}
    taken = from_coco(coco)["b.jpg"]
    assert (taken.labels, taken.ids, taken.size) == (("cat",), (5,), (3, 4))
    assert {type(number) for number in (*taken.ids, *taken.size)} == {int}


@pytest.mark.parametrize("color", [[1, 2, 3], "red", 5, {"r": 1}])
@pytest.mark.parametrize("name", [5, ["a"], {}])
def test_a_colour_or_name_of_another_form_is_left_out(color: object, name: object) -> None:
    (taken,) = read(foreign(color=color, name=name)).objects
    assert (taken.label, taken.color, taken.name) == ("cat", None, "")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"segmentation": {"size": [4, 3], "counts": [12]}}, "RLE is of 4 x 3 pixels, its image"),
        ({"segmentation": {"size": [3, 4], "counts": [13]}}, "do not fill"),
        ({"segmentation": 5}, "no mask"),
        ({"segmentation": [[1, 1, 2]]}, "polygon is"),
        ({"segmentation": [["a", 1, 2, 2, 3, 3]]}, "annotation 900000"),
        ({"image_id": 8}, "about image 8, which is not there"),
        ({"category_id": 4}, "has category 4, which is not there"),
        ({"category_id": None}, "has no category_id"),
        ({"category_id": 3.5}, "category_id is text or a whole number, not 3.5"),
        ({"attributes": [1]}, r"attributes are values by name, not \[1\]"),
    ],
)
def test_a_broken_annotation_is_named(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says) as error:
        from_coco(foreign(**wrong))
    assert "900000" in str(error.value)


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("images", None),
        ("annotations", {"id": 1}),
        ("categories", ["cat"]),
        ("images", [{"id": 7, "file_name": "b.jpg", "height": 0, "width": 4}]),
        ("images", [{"id": 7, "file_name": "b.jpg", "height": 10**6, "width": 10**6}]),
        ("images", [{"id": 7, "height": 3, "width": 4}]),
        ("categories", [{"id": 3, "name": "cat"}, {"id": 3, "name": "dog"}]),
    ],
)
def test_what_is_no_coco_file_is_refused(part: str, content: object) -> None:
    with pytest.raises(ValueError, match=r"images|annotations|categor|image 7"):
        from_coco(foreign() | {part: content})


def test_an_annotation_without_a_mask_leaves_the_others_readable() -> None:
    coco = foreign(segmentation=[[1, 1, 2, 2], [1, 1, 3, 1, 3, 2, 1, 2], []])
    (whole,) = coco["annotations"]
    for number, nothing in enumerate(([], None, [[1, 1, 2, 2]]), start=1):
        coco["annotations"].append(whole | {"id": number, "segmentation": nothing})
    with (
        pytest.warns(UserWarning, match=r"fewer than three corners .*: 2 in .* \(900000, 3\)"),
        pytest.warns(UserWarning, match=r"without a mask, .* left out: 3 in .* \(1, 2, 3\)"),
    ):
        (taken,) = read(coco).objects
    assert taken.area == 2


@pytest.mark.parametrize("name", ["/data/photos/x.jpg", "C:\\photos\\x.jpg"])
def test_an_absolute_name_of_an_image_is_a_name(name: str, tmp_path: Path) -> None:
    coco = foreign()
    coco["images"][0]["file_name"] = name
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(coco))
    assert read_coco(path)[name].ids == (1,)


@pytest.mark.parametrize("name", ["../../x.jpg", "a/../../x.jpg", "..\\x.jpg", ""])
def test_an_image_outside_the_files_folder_is_refused(name: str, tmp_path: Path) -> None:
    coco = foreign()
    coco["images"][0]["file_name"] = name
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(coco))
    with pytest.raises(ValueError, match="outside"):
        read_coco(path)


def test_a_file_is_read_from_disk_and_a_cut_off_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(foreign()))
    assert read_coco(path)["b.jpg"].ids == (1,)
    path.write_text(json.dumps(foreign())[:-20])
    with pytest.raises(ValueError, match=r"labels\.json"):
        read_coco(path)
