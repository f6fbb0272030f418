"""VOC's two pictures keep ids, classes and pixels; torchvision, Pillow and OpenCV read them."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from PIL import Image

from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.formats.voc import VocPair, from_voc, read_voc, to_voc, voc_palette, write_voc
from dynamite_widget.masks import Mask
from dynamite_widget.models.timm_import import import_timm
from tests.mask_examples import PIXELS, Pixels, annotations


def car(pixels: Pixels, object_id: int = 1, label: str | None = "car") -> Annotations:
    return Annotations(pixels.shape, (Annotation(Mask.from_array(pixels), object_id, label),))


def indices(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


@given(annotations())
def test_objects_come_back_with_id_label_and_pixels(taken: Annotations) -> None:
    classes = ["object", *taken.used_labels]
    back = from_voc(to_voc(taken, classes), classes)
    seen = sorted((each for each in taken.objects if each.area), key=lambda each: each.id)
    assert back.ids == tuple(each.id for each in seen)
    assert back.masks == tuple(each.mask for each in seen)
    assert back.labels == tuple(each.label or "object" for each in seen)


@given(PIXELS)
def test_other_readers_find_the_numbers_and_vocs_colours(pixels: Pixels) -> None:
    pair = to_voc(car(pixels, 12), ["bus", "car"])
    np.testing.assert_array_equal(indices(pair.objects), 12 * pixels)
    np.testing.assert_array_equal(indices(pair.classes), 2 * pixels)
    colours = cv2.imdecode(np.frombuffer(pair.classes, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
    np.testing.assert_array_equal(colours, pixels[:, :, None] * np.array([0, 128, 0]))


def test_the_palette_is_vocs() -> None:
    palette = voc_palette().tolist()
    assert palette[0] == [0, 0, 0]
    assert palette[1] == [128, 0, 0]  # aeroplane
    assert palette[15] == [192, 128, 128]  # person
    assert palette[20] == [0, 64, 128]  # tvmonitor
    assert palette[255] == [224, 224, 192]  # void


def test_a_seam_of_void_lies_inside_the_border_and_is_read_as_nothing() -> None:
    pixels = np.zeros((9, 9), bool)
    pixels[2:7, 2:7] = True
    pair = to_voc(car(pixels), seam=1)
    inner = np.zeros((9, 9), bool)
    inner[3:6, 3:6] = True
    for picture in pair:
        assert ((indices(picture) == 255) == (pixels & ~inner)).all()
    assert from_voc(pair, ["car"]).masks == (Mask.from_array(inner),)


def test_torchvision_and_the_benchmark_room_read_the_folder(tmp_path: Path) -> None:
    import_timm()  # lets a torchvision for another torch be imported
    from torchvision.datasets import VOCSegmentation

    from dynamite_widget.evaluation.readers.files import Folder
    from dynamite_widget.evaluation.readers.voc import voc

    pixels = np.zeros((20, 30), bool)
    pixels[3:9, 4:20] = True
    folder = tmp_path / "VOCdevkit" / "VOC2012"
    write_voc(folder, {"street.jpg": car(pixels, 3, "person")})
    (folder / "JPEGImages").mkdir()
    Image.new("RGB", (30, 20)).save(folder / "JPEGImages/street.jpg")
    ((_, classes),) = VOCSegmentation(tmp_path, "2012", "trainval", download=False)
    np.testing.assert_array_equal(np.asarray(classes), pixels * 1)
    (scene,) = voc(Folder(folder), "VOC", "trainval")
    np.testing.assert_array_equal(scene.truth.mask(1), pixels)


def test_a_folder_is_written_and_read(tmp_path: Path) -> None:
    labels = np.kron([[1, 0], [254, 7]], np.ones((2, 2), int))
    names = {1: "<script>", 7: None, 254: "a/b, c: d"}
    first = Annotations(
        labels.shape,
        tuple(
            Annotation(each.mask, each.id, names[each.id])
            for each in Annotations.of_label_map(labels).objects
        ),
    )
    write_voc(tmp_path, {"a.jpg": first, "more/b.jpg": Annotations((2, 3))})
    back = read_voc(tmp_path)
    assert back["a"].labels == ("<script>", "object", "a/b, c: d")
    np.testing.assert_array_equal(back["a"].label_map, labels)
    assert back["more/b"].objects == ()


def test_a_second_export_adds_to_the_folder_and_relabels_nothing(tmp_path: Path) -> None:
    pixels = np.eye(3) == 1
    write_voc(tmp_path, {"a.jpg": car(pixels), "b.jpg": car(pixels, label="dog")})
    write_voc(tmp_path, {"c.v2.jpg": car(pixels, label="bus"), "b.jpg": Annotations((3, 3))})
    write_voc(tmp_path, {"c.v2.jpg": car(pixels, label="bus")})
    names = (tmp_path / "class_names.txt").read_text().split()
    assert names == ["background", "car", "dog", "bus"]
    found = {name: each.labels for name, each in read_voc(tmp_path).items()}
    assert found == {"a": ("car",), "b": (), "c.v2": ("bus",)}


def test_what_is_added_to_pictures_of_the_challenge_leaves_them_their_classes(
    tmp_path: Path,
) -> None:
    write_voc(tmp_path, {"a.jpg": car(np.eye(3) == 1)})
    (tmp_path / "class_names.txt").unlink()
    write_voc(tmp_path, {"b.jpg": car(np.eye(3) == 1, label="roof")})
    assert read_voc(tmp_path)["a"].labels == ("aeroplane",)
    assert read_voc(tmp_path)["b"].labels == ("roof",)


@pytest.mark.parametrize("names", [b"", b"background\ncar\ncar\n", b"\xff", b"background\n\ncar\n"])
def test_a_folder_whose_classes_are_no_list_is_not_added_to(names: bytes, tmp_path: Path) -> None:
    write_voc(tmp_path, {"a.jpg": car(np.eye(3) == 1)})
    (tmp_path / "class_names.txt").write_bytes(names)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(ValueError, match=r"nothing can be added to|cannot hold \[''\]"):
        write_voc(tmp_path, {"b.jpg": car(np.eye(3) == 1)})
    with pytest.raises(ValueError, match=r"nothing can be added to|cannot hold \[''\]"):
        write_voc(tmp_path, {})
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_the_list_of_images_says_which_are_read(tmp_path: Path) -> None:
    write_voc(tmp_path, {"b.jpg": car(np.eye(3) == 1), "a.jpg": car(np.eye(3) == 1)})
    assert [*read_voc(tmp_path)] == ["b", "a"]
    listed = tmp_path / "ImageSets/Segmentation/trainval.txt"
    listed.write_text("a\n")
    assert [*read_voc(tmp_path)] == ["a"]
    listed.write_text("../a\n")
    with pytest.raises(ValueError, match="outside"):
        read_voc(tmp_path)
    listed.unlink()
    assert [*read_voc(tmp_path)] == ["a", "b"]


def test_a_folder_without_a_list_of_classes_has_those_of_the_challenge(tmp_path: Path) -> None:
    write_voc(tmp_path, {"a.jpg": car(np.eye(3) == 1)})
    (tmp_path / "class_names.txt").unlink()
    assert read_voc(tmp_path)["a"].labels == ("aeroplane",)


def test_an_id_beyond_a_byte_becomes_one_that_is_free_and_is_said(tmp_path: Path) -> None:
    label_map = np.array([[255, 1, 3000, 254, 0]])
    taken = Annotations.of_label_map(label_map)
    labels = dict(zip((1, 254, 255, 3000), "abcd", strict=True))
    objects = tuple(Annotation(each.mask, each.id, labels[each.id]) for each in taken.objects)
    with pytest.warns(
        UserWarning, match=r"of 'day/a\.jpg' is written: object 255 as 2, object 3000 as 3"
    ):
        write_voc(tmp_path, {"day/a.jpg": Annotations(taken.size, objects)})
    back = read_voc(tmp_path)["day/a"]
    np.testing.assert_array_equal(back.label_map, [[2, 1, 3, 254, 0]])
    assert back.labels == ("a", "c", "d", "b")
    with pytest.warns(UserWarning, match="object 255 as 1"):
        pair = to_voc(car(np.eye(2) == 1, 255))
    np.testing.assert_array_equal(from_voc(pair, ["car"]).label_map, np.eye(2))


def test_more_objects_or_classes_than_a_byte_holds_are_refused(tmp_path: Path) -> None:
    many = Annotations.of_label_map(np.arange(256).reshape(16, 16))
    with pytest.raises(ValueError, match=r"'a\.jpg' has 255 objects"):
        write_voc(tmp_path, {"a.jpg": many})
    with pytest.raises(ValueError, match="255 classes"):
        to_voc(Annotations((1, 1)), [str(i) for i in range(255)])
    assert not any(tmp_path.iterdir())


def test_a_label_with_a_line_break_is_refused_where_a_line_is_a_class(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        write_voc(tmp_path, {"a.jpg": car(np.eye(2) == 1, label="big\ncar")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../../x.png", "/tmp/x.png", "a/../../x.png"])
def test_no_file_outside_the_folder_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="outside"):
        write_voc(tmp_path / "a" / "voc", {name: car(np.eye(2) == 1)})
    assert list(tmp_path.iterdir()) == []


def test_an_object_with_two_classes_or_an_unknown_one_is_named() -> None:
    pair = to_voc(car(np.eye(2) == 1, 5))
    mixed = to_voc(Annotations.of_label_map(np.array([[1, 0], [0, 2]])), ["object"])
    with pytest.raises(ValueError, match=r"object 1 has the classes \[1\].*0 \(none\) to 0"):
        from_voc(VocPair(mixed.objects, pair.classes), [])
    kinds = Image.fromarray(np.array([[1, 0], [0, 2]], np.uint8))
    buffer = io.BytesIO()
    kinds.save(buffer, "PNG")
    with pytest.raises(ValueError, match=r"object 5 has the classes \[1, 2\]"):
        from_voc(VocPair(pair.objects, buffer.getvalue()), ["car", "bus"])


def test_pictures_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in size"):
        from_voc(VocPair(to_voc(car(np.eye(2) == 1))[0], to_voc(car(np.eye(3) == 1))[1]))


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no pictures"):
        read_voc(tmp_path)
    write_voc(tmp_path, {"a.jpg": car(np.eye(2) == 1)})
    (tmp_path / "SegmentationClass/a.png").unlink()
    with pytest.raises(ValueError, match=r"SegmentationObject/a\.png"):
        read_voc(tmp_path)
