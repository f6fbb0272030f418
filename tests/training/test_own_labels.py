"""People's labels are read as they are, and what is wrong with them is told before training."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dynamite_widget.clicks import Click
from dynamite_widget.commands import AddClick
from dynamite_widget.session import Session
from dynamite_widget.training.own_labels import open_labels
from tests.training.conftest import picture


def labelled(number: int, **options: Any) -> Session:  # noqa: ANN401
    """A session in which a disc and a square were drawn by hand."""
    image, masks = picture(number)
    session = Session(options.pop("image", image), **options)
    for mask in masks.values():
        session.paint(session.add_object(), mask)
    return session


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    labels = folder / "labels.coco.json"
    content = json.loads(labels.read_text())
    change(content)
    labels.write_text(json.dumps(content))
    return labels


def test_a_coco_file_gives_each_image_its_objects(coco_folder: Path) -> None:
    images = open_labels(coco_folder / "labels.coco.json", coco_folder / "images")
    assert [image.name for image in images] == ["0.png", "1.png", "2.png", "3.png", "4.png"]
    pixels, labels = images[3].read()
    drawn, masks = picture(3)
    assert (pixels == drawn).all()
    found = {number: labels == number for number in (1, 2)}
    assert any((found[n] == masks["disc"]).all() for n in found)
    assert any((found[n] == masks["square"]).all() for n in found)


def test_a_small_object_lies_on_a_large_one_and_a_crowd_is_ignored(coco_folder: Path) -> None:
    def overlap(content: dict[str, Any]) -> None:
        whole = [0, 0, 96, 0, 96, 72, 0, 72]
        first = content["annotations"][0]
        content["annotations"] += [
            first | {"id": 50, "segmentation": [[0, 0, 48, 0, 48, 72, 0, 72]], "area": 3456},
            first
            | {"id": 51, "segmentation": {"size": [72, 96], "counts": [0, 72 * 96]}}
            | {"iscrowd": 1, "bbox": whole},
        ]

    labels = rewrite(coco_folder, overlap)
    _, found = open_labels(labels, coco_folder / "images")[0].read()
    _, masks = picture(0)
    left_half = found[:, :48][~masks["disc"][:, :48] & ~masks["square"][:, :48]]
    assert set(left_half.tolist()) == {1}
    assert len(set(found[masks["disc"]].tolist())) == 1
    assert (found[:, 60:][~masks["square"][:, 60:]] == -1).all()


def test_sessions_and_their_files_are_read(tmp_path: Path) -> None:
    image, masks = picture(1)
    Image.fromarray(image).save(tmp_path / "1.png")
    first = labelled(0)
    first_file, second_file = tmp_path / "a.session.json", tmp_path / "b.session.json"
    labelled(1, image=tmp_path / "1.png").save(second_file)
    for source in ([first, second_file], [first, str(second_file)]):
        images = open_labels(source)
        assert [each.name for each in images] == ["session 1", "b.session.json"]
        assert (images[0].read()[1] == first.label_map).all()
        assert (images[1].read()[1] == masks["disc"] + 2 * masks["square"]).all()
    assert [each.name for each in open_labels(tmp_path)] == ["b.session.json"]
    assert not first_file.exists()


def test_a_session_that_is_open_elsewhere_stays_so(tmp_path: Path) -> None:
    image, masks = picture(1)
    Image.fromarray(image).save(tmp_path / "1.png")
    session = labelled(1, image=tmp_path / "1.png", path=tmp_path / "1.session.json")
    open_labels(tmp_path / "1.session.json")
    session.erase([(25, 30)], 3)  # and is saved as before
    _, labels = open_labels(tmp_path / "1.session.json")[0].read()
    assert (labels > 0).sum() < (masks["disc"] | masks["square"]).sum()


def test_a_session_that_was_broken_off_before_its_answer_is_refused(tmp_path: Path) -> None:
    Image.fromarray(picture(1)[0]).save(tmp_path / "1.png")
    session = labelled(1, image=tmp_path / "1.png", path=tmp_path / "1.session.json")
    session.apply(AddClick(Click(5, 5, session.add_object())))
    with pytest.raises(ValueError, match=r"1\.session\.json was broken off before its clicks"):
        open_labels(tmp_path / "1.session.json")


def test_a_folder_with_a_manifest_is_read(photograph_folder: Path) -> None:
    images = open_labels(photograph_folder)
    assert len(images) == 6
    assert {image.dataset for image in images} == {"plain", "part"}


def test_a_missing_image_is_named(coco_folder: Path) -> None:
    (coco_folder / "images" / "3.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"3\.png: labelled in .*labels.coco.json"):
        open_labels(coco_folder / "labels.coco.json", coco_folder / "images")


def first_has(**changes: object) -> Callable[[dict[str, Any]], object]:
    return lambda content: content["annotations"][0].update(changes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(annotations=[]), "it has no annotations"),
        (lambda c: [a.update(iscrowd=1) for a in c["annotations"]], "all of its 10 .* are crowds"),
        (lambda c: c.pop("images"), "neither a session nor a COCO file"),
        (lambda c: c["images"][0].pop("height"), "neither a session nor a COCO file"),
        (lambda c: c["images"][0].update(width=500), r"0.png is 96x72 pixels .* says 500x72"),
        (first_has(image_id=77), "77"),
        (lambda c: c["images"][1].update(id=c["images"][0]["id"]), "an id that several images"),
    ],
)
def test_labels_that_cannot_be_used_are_told(
    coco_folder: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    labels = rewrite(coco_folder, change)
    with pytest.raises(ValueError, match=words):
        open_labels(labels, coco_folder / "images")


@pytest.mark.parametrize(
    "segmentation",
    [
        {"size": [9, 9], "counts": "50"},
        {"size": [72, 96], "counts": "50"},
        [[1, 2]],
        "nonsense",
        {"counts": 3},
        [[1, 2, float("nan"), 4, 5, 6]],
    ],
)
def test_a_broken_annotation_is_named(coco_folder: Path, segmentation: object) -> None:
    labels = rewrite(coco_folder, first_has(segmentation=segmentation))
    with pytest.raises(ValueError, match=r"annotation 1 of 0\.png \(72 x 96\) cannot be read"):
        open_labels(labels, coco_folder / "images")


@pytest.mark.parametrize("nothing", [[], None])
def test_boxes_without_masks_are_left_out_with_a_warning(
    coco_folder: Path, nothing: object
) -> None:
    labels = rewrite(coco_folder, first_has(segmentation=nothing))
    with pytest.warns(UserWarning, match=r"1 of \d+ annotations have no mask and are left out"):
        (image, *_) = open_labels(labels, coco_folder / "images")
    assert set(np.unique(image.read()[1])) == {0, 1}


def forget_crowds(content: dict[str, Any]) -> None:
    for annotation in content["annotations"]:
        annotation.pop("iscrowd", None)


def know_of_no_crowds(content: dict[str, Any]) -> None:
    for annotation in content["annotations"]:
        annotation["iscrowd"] = None


def number_anew_in_every_image(content: dict[str, Any]) -> None:
    """As files that were merged do."""
    for image in content["images"]:
        own = [a for a in content["annotations"] if a["image_id"] == image["id"]]
        for number, annotation in enumerate(own, start=1):
            annotation["id"] = number


@pytest.mark.parametrize("change", [forget_crowds, know_of_no_crowds, number_anew_in_every_image])
def test_every_image_keeps_its_objects(
    coco_folder: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    folder = coco_folder / "images"
    before = [image.read()[1] for image in open_labels(coco_folder / "labels.coco.json", folder)]
    after = [image.read()[1] for image in open_labels(rewrite(coco_folder, change), folder)]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_sessions_without_an_object_are_left_out_of_a_folder_with_a_warning(
    tmp_path: Path,
) -> None:
    for number in range(2):
        Image.fromarray(picture(number)[0]).save(tmp_path / f"{number}.png")
    Session(tmp_path / "0.png").save(tmp_path / "0.session.json")
    with pytest.raises(ValueError, match=r"none of the 1 sessions in .* has an object"):
        open_labels(tmp_path)
    labelled(1, image=tmp_path / "1.png").save(tmp_path / "1.session.json")
    with pytest.warns(UserWarning, match=r"1 of 2 sessions .* such as 0\.session\.json"):
        (image,) = open_labels(tmp_path)
    assert image.name == "1.session.json"


def test_what_is_no_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no labels at"):
        open_labels(tmp_path / "nothing.json")
    with pytest.raises(FileNotFoundError, match=r"neither manifest\.csv nor any"):
        open_labels(tmp_path)
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(ValueError, match="no JSON"):
        open_labels(tmp_path / "text.json")
    with pytest.raises(TypeError, match="not int"):
        open_labels([3])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="no labels were given"):
        open_labels([])
    with pytest.raises(ValueError, match="session 1 has no object with pixels"):
        open_labels([Session(np.zeros((9, 9, 3), np.uint8))])
