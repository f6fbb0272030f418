"""The labels of many images go out in one call, and come back as they were."""

from __future__ import annotations

import json
import os
import sys
from errno import ENOSPC
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import yaml
from PIL import Image

from dynamite_widget.collection import Collection
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.coco import from_coco
from dynamite_widget.formats.data_sets import DataSetFormat
from dynamite_widget.formats.files import read_annotations
from dynamite_widget.formats.hugging_face import from_row
from dynamite_widget.formats.voc import read_voc
from dynamite_widget.formats.yolo import read_yolo
from dynamite_widget.session import Session
from dynamite_widget.widget import SegmentationWidget
from tests.collection.labelled import HEIGHT, WIDTH, label
from tests.nearest_click import NearestClick

SIZE = (HEIGHT, WIDTH)


@pytest.fixture
def labelled(tmp_path: Path) -> Collection:
    """Objects on two images of one name, none on a third that is done, and a fourth untouched."""
    paths = [tmp_path / name for name in ("day/a.png", "night/a.png", "b.jpg", "c.png")]
    for shade, path in enumerate(paths):
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (WIDTH, HEIGHT), (shade, 0, 0)).save(path)
    collection = Collection(paths, NearestClick(), ["car", "<b>\u00e4, 1</b>"], tmp_path / "labels")
    for kinds in (["<b>\u00e4, 1</b>"], ["car", "<b>\u00e4, 1</b>"]):
        for number, kind in enumerate(kinds):
            collection.session.click(8 + 20 * number, 10, collection.session.add_object(kind))
        collection.next()
    _ = collection.session
    collection.mark("done")
    return collection


def seen(images: dict[str, Annotations]) -> dict[str, list[tuple[str | None, int]]]:
    """Label and area of each object by image."""
    return {name: [(o.label, o.area) for o in each.objects] for name, each in images.items()}


def test_every_format_of_data_sets_brings_all_images_back(
    labelled: Collection, tmp_path: Path
) -> None:
    truth = labelled.annotations
    assert [*truth] == ["day/a.png", "night/a.png", "b.jpg"]
    stems = {name.rsplit(".", 1)[0]: each for name, each in truth.items()}

    path = labelled.export(tmp_path / "all.json")
    assert seen(from_coco(json.loads(path.read_bytes()))) == seen(truth)

    data = labelled.export(tmp_path / "yolo", format="yolo")
    assert data == tmp_path / "yolo" / "data.yaml"
    assert seen(read_yolo(data.parent, dict.fromkeys(truth, SIZE))) == seen(truth)

    voc = labelled.export(tmp_path / "voc", format="voc")
    assert seen(read_voc(voc)) == seen(stems)

    for ending in ("png", "npz", "geojson"):
        folder = labelled.export(tmp_path / ending, format=ending)  # type: ignore[arg-type]
        assert sorted(path.suffix for path in folder.rglob("[!.]*.*")) == [f".{ending}"] * 3
        for stem, each in stems.items():
            back = read_annotations(folder / f"{stem}.{ending}")
            assert back.masks == each.masks
            assert ending == "png" or back.labels == each.labels

    rows = labelled.to_rows()
    assert seen({name: from_row(row) for name, row in zip(truth, rows, strict=True)}) == seen(truth)
    assert [row["image"] for row in rows][::2] == [
        str(tmp_path / "day" / "a.png"),
        str(tmp_path / "b.jpg"),
    ]


def test_what_yolo_trains_on_are_the_labelled_images_and_no_others(
    labelled: Collection, tmp_path: Path
) -> None:
    data = labelled.export(tmp_path / "yolo", format="yolo")
    settings = yaml.safe_load(data.read_text())
    assert settings["names"] == {0: "car", 1: "<b>\u00e4, 1</b>"}
    listed = (data.parent / settings["train"]).read_text().splitlines()
    assert listed == ["./images/day/a.png", "./images/night/a.png", "./images/b.jpg"]
    for line in listed:  # where training looks for the labels of a photograph
        labels = data.parent / line.replace("/images/", "/labels/").rsplit(".", 1)[0]
        assert labels.with_suffix(".txt").is_file()


def test_images_exported_one_by_one_and_all_again_are_one_data_set(tmp_path: Path) -> None:
    for shade, (name, kind) in enumerate((("a.png", "car"), ("b.png", "bus"))):
        Image.new("RGB", (WIDTH, HEIGHT), (shade, 0, 0)).save(tmp_path / name)
        session = Session(tmp_path / name, NearestClick())
        session.click(10, 10, session.add_object(kind))
        for format in ("yolo", "voc"):
            session.export(tmp_path / format, format=format)  # type: ignore[arg-type]
    collection = Collection([tmp_path / "b.png", tmp_path / "c.png"], NearestClick(), ["ape"])
    work = collection.session
    ape = work.add_object("ape")
    work.click(10, 10, ape)
    for labels_of_b in (["ape"], []):
        if not labels_of_b:
            work.remove_object(ape)
        for format, kept in (("yolo", "labels/a.txt"), ("voc", "SegmentationObject/a.png")):
            with pytest.warns(UserWarning, match=rf"keeps labels from before, .*\(1: {kept}\)"):
                collection.export(tmp_path / format, format=format)  # type: ignore[arg-type]
        yolo = read_yolo(tmp_path / "yolo", {"a.png": SIZE, "b.png": SIZE})
        voc = read_voc(tmp_path / "voc")
        for a, b in (yolo.values(), voc.values()):
            assert [*a.labels] == ["car"]
            assert [*b.labels] == labels_of_b


@pytest.mark.parametrize("format", ["yolo", "voc", "png", "npz", "geojson"])
@pytest.mark.parametrize("names", [("a.jpg", "a.png"), ("a.jpg", "A.jpg")])
def test_images_that_would_share_a_file_are_refused_and_nothing_is_written(
    format: str, names: tuple[str, str], tmp_path: Path
) -> None:
    images = {name: np.full((*SIZE, 3), number, np.uint8) for number, name in enumerate(names)}
    collection = Collection(images, NearestClick())
    label(collection)
    collection.next()
    label(collection)
    folder = tmp_path / "out"
    with pytest.raises(ValueError, match=f"'{names[0]}' and '{names[1]}' would share a file"):
        collection.export(folder, format=format)  # type: ignore[arg-type]
    assert not folder.exists()
    assert [*from_coco(collection.to_coco())] == [*names]


FORMATS: tuple[DataSetFormat, ...] = get_args(DataSetFormat)


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*.*")}


@pytest.mark.parametrize("format", FORMATS)
def test_labels_of_another_photograph_of_the_same_name_are_never_replaced(
    format: DataSetFormat, tmp_path: Path
) -> None:
    """Whether images are exported one by one or as lists; moved or copied they are the same."""
    sessions = {}
    for shade, place in enumerate(("day", "night", "elsewhere")):
        (tmp_path / place).mkdir()
        Image.new("RGB", (WIDTH, HEIGHT), (shade % 2, 0, 0)).save(tmp_path / place / "a.png")
        sessions[place] = Session(tmp_path / place / "a.png", NearestClick())
        sessions[place].click(10, 10, sessions[place].add_object(place))
    out = tmp_path / "out"
    sessions["day"].export(out, format=format)
    before = contents(out)
    says = r"a\.\w+' has the labels of 'day/a\.png' .* not of 'night/a\.png'.* name="
    with pytest.raises(ValueError, match=says):
        sessions["night"].export(out, format=format)
    other = Collection([tmp_path / "night/a.png"], NearestClick())
    label(other)
    with pytest.raises(ValueError, match=says):
        other.export(out, format=format)
    assert contents(out) == before

    sessions["elsewhere"].export(out, format=format)
    assert contents(out).keys() == before.keys()
    sessions["night"].export(out, format=format, name="night/a.png")
    if format == "yolo":
        back = read_yolo(out, {"a.png": SIZE, "night/a.png": SIZE})
        assert [each.labels for each in back.values()] == [("elsewhere",), ("night",)]


@pytest.mark.parametrize("format", FORMATS)
def test_images_without_a_file_are_told_apart_too(format: DataSetFormat, tmp_path: Path) -> None:
    for shade in (0, 0, 1):
        session = Session(np.full((*SIZE, 3), shade, np.uint8), NearestClick())
        session.click(10, 10, session.add_object())
        if shade:
            with pytest.raises(ValueError, match="has the labels of an image without a file"):
                session.export(tmp_path, format=format)
        else:
            session.export(tmp_path, format=format)


def test_labels_that_were_removed_make_way(tmp_path: Path) -> None:
    for shade in (0, 1):
        session = Session(np.full((*SIZE, 3), shade, np.uint8), NearestClick())
        session.export(tmp_path, format="npz").joinpath("image.npz").unlink()
    session.export(tmp_path, format="npz")
    assert (tmp_path / "image.npz").is_file()


@pytest.mark.parametrize("index", [b"", b"{}", b'{"format": "x"}', b"broken record"])
def test_a_folder_whose_index_is_broken_says_so(index: bytes, tmp_path: Path) -> None:
    session = Session(np.zeros((*SIZE, 3), np.uint8), NearestClick())
    session.export(tmp_path, format="png")
    path = tmp_path / ".exported.json"
    path.write_bytes(index if index != b"broken record" else path.read_bytes().replace(b"32", b"0"))
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=r"\.exported\.json', .* cannot be read; remove it"):
        session.export(tmp_path, format="png")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("format", FORMATS)
def test_what_a_list_no_longer_has_stays_in_the_folder_with_a_warning(
    format: DataSetFormat, labelled: Collection, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    labelled.export(tmp_path / "out", format=format)
    labelled.export(tmp_path / "out", format=format)
    assert not [each for each in recwarn if "keeps labels" in str(each.message)]
    fewer = Collection({"b.jpg": tmp_path / "b.jpg"}, NearestClick())
    label(fewer)
    before = contents(tmp_path / "out").keys()
    with pytest.warns(UserWarning, match=r"\(2: \S*day/a\.\w+, \S*night/a\.\w+\); .* new folder"):
        fewer.export(tmp_path / "out", format=format)
    assert contents(tmp_path / "out").keys() == before


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("many", [True, False])
def test_a_label_map_never_takes_the_place_of_a_photograph(
    mode: str, many: bool, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    Image.new(mode, (WIDTH, HEIGHT)).save(path)
    work = Collection([path], NearestClick()) if many else Session(path, NearestClick())
    label(work) if isinstance(work, Collection) else work.add_object()
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=r"a\.png' is a photograph and no label map"):
        work.export(tmp_path, format="png")
    if isinstance(work, Session):
        for act in (work.export, work.figure):
            with pytest.raises(ValueError, match=r"a\.png' is the photograph itself"):
                act(path)
    assert contents(tmp_path) == before


def test_nor_that_of_a_photograph_nobody_has_labelled(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png"):
        Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / name)
    before = contents(tmp_path)
    with pytest.raises(ValueError, match=r"a\.png' is a photograph and no label map"):
        Session(tmp_path / "a.jpg", NearestClick()).export(tmp_path, format="png")
    assert contents(tmp_path) == before


def test_a_name_that_is_no_text_is_refused_where_lists_are_texts_and_kept_elsewhere(
    tmp_path: Path,
) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    collection = Collection({name: np.zeros((*SIZE, 3), np.uint8)}, NearestClick())
    label(collection)
    out = tmp_path / "out"
    for format in ("yolo", "voc"):
        with pytest.raises(ValueError, match=r"in UTF-8, and cannot hold \['.*caf.udce9"):
            collection.export(out, format=format)  # type: ignore[arg-type]
    assert not out.exists()
    for _ in range(2):
        assert [*from_coco(json.loads(collection.export(tmp_path / "x.json").read_bytes()))] == [
            name
        ]
        if sys.platform == "linux":
            collection.export(out, format="png")
            assert (out / name).is_file()


@pytest.mark.parametrize("name", ["../x.png", "a\nb.png"])
def test_names_that_lead_elsewhere_or_break_a_list_are_refused(name: str, tmp_path: Path) -> None:
    collection = Collection({name: np.zeros((*SIZE, 3), np.uint8)}, NearestClick())
    label(collection)
    for format in ("yolo", "voc"):
        with pytest.raises(ValueError, match=r"outside|one name a line"):
            collection.export(tmp_path / "out", format=format)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("format", ["yolo", "voc", "png", "npz", "geojson", "pictures"])
def test_when_the_disk_is_full_the_files_of_before_stay_whole(
    format: str, labelled: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write() -> None:
        if format == "pictures":
            labelled.session.save_pictures(tmp_path / "out")
        else:
            labelled.export(tmp_path / "out", format=format)  # type: ignore[arg-type]

    write()
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.*")}
    labelled.go_to("day/a.png")
    label(labelled, 40)
    left, write_bytes = [2], Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        left[0] -= 1
        if left[0] < 0:
            write_bytes(path, data[: len(data) // 2])
            raise OSError(ENOSPC, "No space left on device")
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write()
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.*")} == before
    with pytest.raises(OSError, match="No space left"):
        labelled.export(tmp_path / "other" / "folder", format="yolo")
    assert not (tmp_path / "other").exists()


def test_a_home_folder_is_meant_by_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "a.png")
    collection = Collection(["~/a.png"], NearestClick(), path="~/labels")
    label(collection)
    collection.mark("done")
    for format in ("yolo", "voc", "png"):
        collection.export(f"~/{format}", format=format)  # type: ignore[arg-type]
    collection.export("~/all.json")
    session = Session("~/a.png", NearestClick(), path="~/a.session.json")
    session.click(10, 10, session.add_object())
    session.save_pictures("~/pictures")
    session.export("~/a.npz")
    assert read_annotations("~/a.npz").masks == (session.objects[0].mask,)
    assert (Session.load("~/a.session.json").label_map == session.label_map).all()
    written = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*.*")}
    names = {"labels", "yolo", "voc", "png", "all.json", "pictures", "a.npz", "a.session.json"}
    assert written == names | {"a.png"}


@pytest.mark.parametrize(
    ("path", "format", "says"),
    [
        ("all.png", None, "ends in .json"),
        ("labels", None, 'format="yolo"'),
        ("x.session.json", None, "session file"),
        ("labels/collection.json", None, "a folder's index"),
        ("out", "coco", "one of yolo, voc, png, npz, geojson"),
    ],
)
def test_what_is_no_file_of_many_images_is_refused(
    path: str, format: str | None, says: str, labelled: Collection, tmp_path: Path
) -> None:
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    with pytest.raises(ValueError, match=says):
        labelled.export(tmp_path / path, format=format)  # type: ignore[arg-type]
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("format", get_args(DataSetFormat))
def test_names_keep_what_follows_a_dot_unless_that_is_the_ending_of_an_image(
    format: DataSetFormat, tmp_path: Path
) -> None:
    names = ["scan 0.5", "scan 0.25", "1.2.840.10008.JPG", "v1.0/b"]
    collection = Collection(
        {name: np.zeros((HEIGHT, WIDTH, 3), np.uint8) for name in names}, NearestClick()
    )
    for name in names:
        collection.go_to(name)
        label(collection)
    collection.export(tmp_path, format=format)
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    ending, folder = {"yolo": ("txt", "labels/"), "voc": ("png", "SegmentationClass/")}.get(
        format, (format, "")
    )
    stems = ["scan 0.5", "scan 0.25", "1.2.840.10008", "v1.0/b"]
    assert {f"{folder}{stem}.{ending}" for stem in stems} <= files
    if format == "yolo":
        listed = (tmp_path / "images.txt").read_text().splitlines()
        assert listed == [f"./images/{name}" for name in names]
        sizes = dict.fromkeys(names, (HEIGHT, WIDTH))
        assert all(each.ids == (1,) for each in read_yolo(tmp_path, sizes).values())
    if format == "voc":
        assert sorted(read_voc(tmp_path)) == sorted(stems)


def test_a_widget_exports_what_it_shows_one_image_or_all(
    labelled: Collection, tmp_path: Path
) -> None:
    many = SegmentationWidget(images=labelled)
    data = many.export(tmp_path / "many", format="yolo")
    assert len(list(data.parent.rglob("labels/**/*.txt"))) == 3
    many.go_to("night/a.png")
    one = SegmentationWidget(many.session)
    data = one.export(tmp_path / "one", format="yolo")
    assert [path.name for path in data.parent.rglob("labels/**/*.txt")] == ["a.txt"]
    one.export(tmp_path / "one.png")
    assert (read_annotations(tmp_path / "one.png").label_map == one.label_map).all()
    one.close()
    many.close()


def test_of_a_widget_over_many_images_the_tables_are_of_all_and_the_rest_of_the_one_shown(
    labelled: Collection,
) -> None:
    many = SegmentationWidget(images=labelled)
    many.go_to("night/a.png")
    assert many.collection is labelled
    assert len(many.to_frame()) == 3
    assert len(many.to_coco()["images"]) == 3
    assert many.annotations.labels == ("car", "<b>\u00e4, 1</b>")
    assert len(many.to_geojson()["features"]) == len(many.to_yolo().splitlines()) == 2
    assert len(many.to_row()["objects"]["id"]) == 2
    many.close()


def test_an_image_marked_as_done_without_a_look_is_exported_without_objects(
    photographs: list[Path],
) -> None:
    collection = Collection(photographs, NearestClick())
    collection.mark("done", "c.png")
    collection.mark("done", "d.png")
    photographs[3].write_text("broken")
    with pytest.warns(UserWarning, match="'d.png' is marked as done, but left out"):
        coco = collection.to_coco()
    assert [(i["file_name"], i["height"], i["width"]) for i in coco["images"]] == [
        ("c.png", HEIGHT, WIDTH)
    ]
    assert collection.in_memory == set()
