"""YOLO's lines keep every mask, parts and holes in one ring; supervision reads them."""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pytest
import supervision as sv
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.formats.yolo import from_yolo, read_yolo, to_yolo, write_yolo
from dynamite_widget.masks import Mask
from tests.mask_examples import HARD, PIXELS, Pixels, annotations


def labelled(pixels: Pixels, label: str | None = "car") -> Annotations:
    return Annotations(pixels.shape, (Annotation(Mask.from_array(pixels), 1, label),))


@given(PIXELS)
def test_a_mask_with_parts_and_holes_comes_back_from_one_line(pixels: Pixels) -> None:
    text = to_yolo(labelled(pixels))
    assert len(text.splitlines()) == pixels.any()
    back = from_yolo(text, size=pixels.shape, classes=["car"])
    assert back.masks == ((Mask.from_array(pixels),) if pixels.any() else ())


@given(annotations(overlapping=True))
def test_objects_come_back_in_their_order_with_their_labels(taken: Annotations) -> None:
    classes = ["object", *taken.used_labels]
    back = from_yolo(to_yolo(taken, classes), size=taken.size, classes=classes)
    seen = [each for each in taken.objects if each.area]
    assert back.masks == tuple(each.mask for each in seen)
    assert back.labels == tuple(each.label or "object" for each in seen)
    assert back.ids == tuple(range(1, len(seen) + 1))


def test_coordinates_are_exact_in_a_photograph_of_any_usual_width() -> None:
    pixels = np.zeros((3, 20_001), bool)
    pixels[1, 9_999:20_000:7] = True
    back = from_yolo(to_yolo(labelled(pixels)), size=pixels.shape, classes=["car"])
    assert back.masks == (Mask.from_array(pixels),)


def test_a_line_is_a_class_and_corners_in_parts_of_width_and_height() -> None:
    text = to_yolo(labelled(np.array([[0, 0, 1, 0], [0, 0, 0, 0]]) == 1), ["bus", "car"])
    number, *corners = text.split()
    assert number == "1"
    x, y = np.array(corners, float).reshape(-1, 2).T
    assert {*x.tolist()} == {0.5, 0.75}
    assert {*y.tolist()} == {0.0, 0.5}


def dataset(folder: Path, images: dict[str, Annotations]) -> None:
    write_yolo(folder, images)
    for name, each in images.items():
        path = folder / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", each.size[::-1]).save(path)


def test_a_data_set_is_written_and_read(tmp_path: Path) -> None:
    labels = Annotations.of_label_map(np.kron([[1, 0], [2, 3]], np.ones((2, 3), int)))
    names = ("<script>alert(1)</script>", "a/b: 'c'\n- 😀", None)
    first = Annotations(
        labels.size,
        tuple(
            Annotation(each.mask, each.id, name)
            for each, name in zip(labels.objects, names, strict=True)
        ),
    )
    images = {"street.png": first, "more/empty.jpg": Annotations((3, 5))}
    dataset(tmp_path, images)
    assert (tmp_path / "labels/more/empty.txt").read_text() == ""
    back = read_yolo(tmp_path, {name: each.size for name, each in images.items()})
    assert back["street.png"].labels == (*names[:2], "object")
    assert back["street.png"].masks == first.masks
    assert back["more/empty.jpg"].objects == ()


@given(st.lists(st.text(min_size=1), min_size=1, unique=True))
@example(["a\x85b", "a\u2028b", "yes", "~", "  é 😀  "])
def test_any_label_is_a_class(labels: list[str]) -> None:
    with TemporaryDirectory() as folder:
        write_yolo(folder, {"a.jpg": Annotations((1, 1), categories=tuple(labels))})
        assert read_yolo(folder, {"a.jpg": (1, 1)})["a.jpg"].categories == tuple(labels)


def test_labels_lie_where_training_looks_whatever_the_folders_are_called(tmp_path: Path) -> None:
    names = ["1.png", "train/images/1.png", "test/images/1.v2.png", "images/1.png", "labels/1.png"]
    images = {name: labelled(HARD["a diagonal"], f"car {name}") for name in names}
    dataset(tmp_path, images)
    for line in (tmp_path / "images.txt").read_text().splitlines():
        image = tmp_path / line
        assert image.is_file()
        # Ultralytics' img2label_paths
        place = "/labels/".join(image.as_posix().rsplit("/images/", 1)).rsplit(".", 1)[0] + ".txt"
        assert Path(place).read_text().startswith(f"{names.index(line[len('./images/') :])} ")
    back = read_yolo(tmp_path, {name: each.size for name, each in images.items()})
    assert [each.labels for each in back.values()] == [(f"car {name}",) for name in names]
    assert (tmp_path / "labels/1.txt").is_file()


@pytest.mark.parametrize(
    ("image", "labels"),
    [
        ("train/images/a.jpg", "train/labels/a.txt"),
        ("images/train/a.jpg", "labels/train/a.txt"),
        ("images/a.jpg", "labels/a.txt"),
        ("train/a.jpg", "labels/train/a.txt"),
        ("x/images/y/images/a.jpg", "x/images/y/labels/a.txt"),
    ],
)
def test_labels_of_others_are_found_where_they_usually_lie(
    image: str, labels: str, tmp_path: Path
) -> None:
    path = tmp_path / labels
    path.parent.mkdir(parents=True)
    path.write_text("0 0 0 1 0 1 1 0 1\n")
    (tmp_path / "data.yaml").write_text("{train: ../train/images, names: [car]}")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        back = read_yolo(tmp_path, {image: (4, 6)})
    assert [each.area for each in back[image].objects] == [24]


def test_files_that_begin_with_a_byte_order_mark_are_read_like_others(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"a.jpg": labelled(np.ones((4, 6), bool)), "b.jpg": Annotations((4, 6))})
    for file in ("data.yaml", "labels/a.txt", "labels/b.txt"):
        path = tmp_path / file
        path.write_text(path.read_text(), encoding="utf-8-sig")
    back = read_yolo(tmp_path, dict.fromkeys(["a.jpg", "b.jpg"], (4, 6)))
    assert [each.labels for each in back.values()] == [("car",), ()]


def test_images_without_a_file_of_labels_are_named(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"a.jpg": labelled(np.ones((4, 6), bool)), "b.jpg": Annotations((4, 6))})
    sizes = dict.fromkeys(["a.jpg", "b.jpg", "c.jpg", *map(str, range(12))], (4, 6))
    with pytest.warns(UserWarning, match=r"13 of 15 .* \('c\.jpg', '0', .*'8' \.\.\.\)") as caught:
        back = read_yolo(tmp_path, sizes)
    assert caught[0].filename == __file__
    assert [len(each.objects) for each in back.values()] == [1, *[0] * 14]
    with pytest.warns(UserWarning, match="1 of 1"):
        assert read_yolo(tmp_path, {"c.jpg": (4, 6)})["c.jpg"].objects == ()


def test_labels_of_which_none_is_found_are_no_empty_images(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"train/a.jpg": labelled(np.ones((4, 6), bool))})
    places = r"images.labels.a\.txt' and .*labels.a\.txt'"
    with pytest.raises(ValueError, match=rf"none of 2 .*'images/a\.jpg', 'b\.jpg'.*{places}"):
        read_yolo(tmp_path, dict.fromkeys(["images/a.jpg", "b.jpg"], (4, 6)))
    assert read_yolo(tmp_path, {}) == {}


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_export_adds_to_the_data_set_and_relabels_nothing(tmp_path: Path) -> None:
    square = np.ones((4, 6), bool)
    write_yolo(tmp_path, {"a.jpg": labelled(square, "car"), "b.jpg": labelled(square, None)})
    path = write_yolo(tmp_path, {"c.jpg": labelled(square, "bus"), "b.jpg": Annotations((4, 6))})
    write_yolo(tmp_path, {"d.jpg": labelled(square, "car")})
    settings = yaml.safe_load(path.read_text())
    assert settings["names"] == {0: "car", 1: "object", 2: "bus"}
    listed = (tmp_path / "images.txt").read_text().split()
    assert listed == [f"./images/{name}.jpg" for name in "abcd"]
    back = read_yolo(tmp_path, dict.fromkeys(["a.jpg", "b.jpg", "c.jpg", "d.jpg"], (4, 6)))
    assert [each.labels for each in back.values()] == [("car",), (), ("bus",), ("car",)]


@pytest.mark.parametrize(
    "settings",
    [
        "names: [",
        "\xff",
        "{train: images.txt, val: images.txt}",
        "{train: images/train, val: images/val, names: [car]}",
        "{train: images.txt, val: images.txt, names: [car], kpt_shape: [17, 3]}",
        "{train: images.txt, val: images.txt, names: [car, car]}",
        "{train: images.txt, val: images.txt, names: {1: car}}",
    ],
)
def test_a_data_set_of_others_is_not_added_to(settings: str, tmp_path: Path) -> None:
    write_yolo(tmp_path, {"a.jpg": labelled(HARD["one pixel"])})
    (tmp_path / "data.yaml").write_bytes(settings.encode("latin-1"))
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=r"data\.yaml.*nothing can be added to; take another"):
        write_yolo(tmp_path, {"a.jpg": labelled(HARD["all of the image"], "bus")})
    assert contents(tmp_path) == before


def test_an_image_that_would_take_the_labels_of_an_earlier_one_is_refused(tmp_path: Path) -> None:
    write_yolo(tmp_path, {"a.png": labelled(HARD["one pixel"])})
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=r"'a\.png' and 'A\.jpg' would share a file"):
        write_yolo(tmp_path, {"A.jpg": labelled(HARD["one pixel"])})
    assert contents(tmp_path) == before


def test_names_go_by_their_numbers_whatever_their_order(tmp_path: Path) -> None:
    write_yolo(tmp_path, {})
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/a.txt").write_text("0 0 0 1 0 1 1\n3 0 0 1 0 1 1\n")
    (tmp_path / "labels/b.txt").write_text("0 0 0 1 0 1 1\n2 0 0 1 0 1 1\n")
    (tmp_path / "data.yaml").write_text("names: {3: dog, '1': bus, 0: cat}")
    back = read_yolo(tmp_path, {"a.png": (4, 4)})["a.png"]
    assert (back.labels, back.categories) == (("cat", "dog"), ("cat", "bus", "dog"))
    with pytest.raises(ValueError, match=r"b\.txt: line 2: the class 2 has no name"):
        read_yolo(tmp_path, {"b.png": (4, 4)})


def test_supervision_reads_it_with_a_pixel_more_and_a_line_for_a_bridge(tmp_path: Path) -> None:
    """It fills with OpenCV, which takes corners for centres of pixels and draws borders too."""
    pixels = np.zeros((40, 60), bool)
    pixels[5:30, 10:40] = True
    pixels[10:20, 20:30] = False
    pixels[8:20, 46:55] = True
    dataset(tmp_path, {"street.png": labelled(pixels)})
    read = sv.DetectionDataset.from_yolo(
        str(tmp_path / "images"), str(tmp_path / "labels"), str(tmp_path / "data.yaml"), True
    )
    assert read.classes == ["car"]
    ((_, _, detections),) = read
    (mask,) = detections.mask
    assert not (pixels & ~mask).any()
    grown = cv2.dilate(pixels.astype(np.uint8), np.ones((2, 2), np.uint8), anchor=(1, 1)) > 0
    assert not mask[11:20, 22:30].any()  # the hole is still one
    assert (mask & ~grown).sum() <= 46 - 40


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("0 0.5 0.5 0.2 0.2", "line 2: four numbers are a box"),
        ("0 0.1 0.1 0.2 0.2 0.3", "line 2: a mask is a class and x, y"),
        ("0", "line 2: a mask is a class"),
        ("1 0.1 0.1 0.2 0.2 0.3 0.3", "line 2: the class is one of 0 to 0, not 1"),
        ("-1 0.1 0.1 0.2 0.2 0.3 0.3", "the class is one of"),
        ("car 0.1 0.1 0.2 0.2 0.3 0.3", "the class is one of"),
        ("0 10 10 20 20 30 30", "from 0 to 1"),
        ("0 nan 0.1 0.2 0.2 0.3 0.3", "from 0 to 1"),
        ("0 x 0.1 0.2 0.2 0.3 0.3", "line 2"),
    ],
)
def test_a_broken_line_is_named(line: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        from_yolo(f"0 0 0 1 0 1 1\n{line}\n", size=(4, 4), classes=["car"])


def test_a_label_that_is_no_class_is_refused() -> None:
    with pytest.raises(ValueError, match=r"lack \['car'\]"):
        to_yolo(labelled(HARD["one pixel"]), ["bus"])
    with pytest.raises(ValueError, match="a class stands twice"):
        to_yolo(labelled(HARD["one pixel"]), ["car", "car"])


@pytest.mark.parametrize("name", ["../../x.png", "/tmp/x.png", "a/../../x.png"])
def test_no_file_outside_the_folder_is_written_or_read(name: str, tmp_path: Path) -> None:
    inside = tmp_path / "a" / "data"
    with pytest.raises(ValueError, match="outside"):
        write_yolo(inside, {name: labelled(HARD["one pixel"])})
    assert list(tmp_path.iterdir()) == []
    write_yolo(inside, {})
    with pytest.raises(ValueError, match="outside"):
        read_yolo(inside, {name: (3, 4)})


def test_two_images_that_would_share_a_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a\.jpg. would share a file"):
        write_yolo(tmp_path, {"a.png": Annotations((1, 1)), "a.jpg": Annotations((1, 1))})


@pytest.mark.parametrize(
    "text", ["", "names:", "names: 3", "[", "other: 1", "names: {a: b}", "names: {1.5: b}"]
)
def test_a_data_set_without_class_names_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(ValueError, match="class names"):
        read_yolo(tmp_path, {})
