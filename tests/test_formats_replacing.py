"""What lies where an export would be written is replaced only if it was written here."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynamite_widget.collection import Collection
from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.formats.data_sets import DataSetFormat, write_data_set
from dynamite_widget.formats.files import read_annotations, write_annotations
from dynamite_widget.formats.voc import write_voc
from dynamite_widget.formats.yolo import write_yolo
from dynamite_widget.session import Session
from tests.nearest_click import NearestClick

H, W = 24, 36
LABELS = Annotations.of_label_map(np.eye(H, W, dtype=np.uint8))


def picture(path: Path, mode: str = "RGB", shade: int = 0) -> Path:
    """Save a picture as somebody else would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dtype = np.uint16 if mode == "I;16" else np.uint8
    shape = (H, W, 3) if mode == "RGB" else (H, W)
    Image.fromarray(np.full(shape, shade, dtype)).save(path)
    return path


def labelled(path: Path) -> Session:
    session = Session(path, NearestClick())
    session.click(10, 10, session.add_object("cat"))
    return session


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def stays(tmp_path: Path) -> Callable[[Callable[[], object], str], None]:
    """Checks that something is refused in these words, and leaves all files as they are."""

    def check(act: Callable[[], object], says: str) -> None:
        before = contents(tmp_path)
        with pytest.raises(ValueError, match=says):
            act()
        assert contents(tmp_path) == before

    return check


Stays = Callable[[Callable[[], object], str], None]


@pytest.mark.parametrize("mode", ["RGB", "L", "I;16"])
def test_no_photograph_of_a_list_is_replaced_though_it_is_done_and_was_never_opened(
    mode: str, tmp_path: Path, stays: Stays
) -> None:
    paths = [picture(tmp_path / "a.jpg"), picture(tmp_path / "b.png", mode)]
    collection = Collection(paths, NearestClick(), path=tmp_path / "labels")
    collection.session.click(10, 10, collection.session.add_object("cat"))
    collection.mark("done", "b.png")
    stays(lambda: collection.export(tmp_path, format="png"), r"b\.png' is a photograph")
    collection.export(tmp_path / "maps", format="png")
    assert {path.name for path in (tmp_path / "maps").glob("*.png")} == {"a.png", "b.png"}


def test_nor_is_one_that_nobody_labelled_beside_one_that_somebody_did(
    tmp_path: Path, stays: Stays
) -> None:
    paths = [picture(tmp_path / "x.tif"), picture(tmp_path / "x.png", "L")]
    collection = Collection(paths, NearestClick(), path=tmp_path / "labels")
    collection.session.click(10, 10, collection.session.add_object("cat"))
    stays(lambda: collection.export(tmp_path, format="png"), r"x\.png' is a photograph")


def test_a_label_map_alone_takes_no_photographs_place_either(tmp_path: Path, stays: Stays) -> None:
    session = labelled(picture(tmp_path / "a.jpg"))
    other = picture(tmp_path / "b.png", shade=3)
    stays(lambda: session.export(other), r"b\.png' is a photograph .* or another name")
    Image.new("L", (W, H)).save(tmp_path / "c.png", "JPEG")
    stays(lambda: session.export(tmp_path / "c.png"), r"c\.png' is a photograph")
    for _ in range(2):
        session.export(tmp_path / "labels.png")


THEIRS = {
    "png": ["a.png"],
    "npz": ["a.npz"],
    "geojson": ["a.geojson"],
    "voc": ["SegmentationObject/a.png", "SegmentationClass/a.png"],
    "yolo": ["labels/a.txt", "images.txt"],
}


@pytest.mark.parametrize(
    ("format", "name"), [(format, name) for format, names in THEIRS.items() for name in names]
)
def test_labels_of_somebody_else_stay(
    format: DataSetFormat, name: str, tmp_path: Path, stays: Stays
) -> None:
    session = labelled(picture(tmp_path / "a.jpg"))
    theirs = tmp_path / "out" / name
    theirs.parent.mkdir(parents=True)
    buffer = io.BytesIO()
    np.savez(buffer, pixels=np.zeros(3))
    theirs.write_bytes(
        {
            ".png": picture(tmp_path / "mask.png", "L", 7).read_bytes(),
            ".npz": buffer.getvalue(),
            ".geojson": b'{"type": "FeatureCollection", "features": []}',
            ".txt": b"17 0.1 0.1 0.2 0.1 0.2 0.2\n",
        }[theirs.suffix]
    )
    stays(
        lambda: session.export(tmp_path / "out", format=format),
        rf"{theirs.name}' was not (exported|written) here.* is left as it is.* Take another folder",
    )
    if format == "yolo":
        stays(lambda: write_yolo(tmp_path / "out", {"a.jpg": LABELS}), "was not written here")
    theirs.unlink()
    for _ in range(2):
        session.export(tmp_path / "out", format=format)


@pytest.mark.parametrize("format", ["png", "npz", "geojson", "voc", "yolo"])
def test_our_own_labels_are_replaced_week_after_week(format: DataSetFormat, tmp_path: Path) -> None:
    """Also where the index was lost, or another program has saved the file that it lists."""
    session = labelled(picture(tmp_path / "a.jpg"))
    for week in range(4):
        session.click(30, 20, session.add_object("dog"))
        session.export(tmp_path / "out", format=format)
        for path in (tmp_path / "out").rglob("*.png"):
            if week == 1:
                with Image.open(path) as saved:
                    Image.fromarray(np.asarray(saved)).save(path)  # as earlier versions wrote it
        if week == 2:
            (tmp_path / "out" / ".exported.json").unlink()
    if format == "png":
        back = read_annotations(tmp_path / "out" / "a.png")
        assert (back.label_map == session.label_map).all()


def test_what_was_written_without_an_index_is_ours_too(tmp_path: Path) -> None:
    session = labelled(picture(tmp_path / "a.jpg"))
    write_voc(tmp_path / "voc", {"a.jpg": LABELS})
    for path in (tmp_path / "voc").rglob("*.png"):
        with Image.open(path) as saved:
            saved.save(path, pnginfo=None)
    write_yolo(tmp_path / "yolo", {"a.jpg": LABELS})
    (tmp_path / "png").mkdir()
    for ending in ("png", "npz", "geojson"):
        write_annotations(tmp_path / "png" / f"a.{ending}", LABELS)
    for folder, format in (("voc",) * 2, ("yolo",) * 2, ("png",) * 2, ("png", "npz")):
        session.export(tmp_path / folder, format=format)  # type: ignore[arg-type]


def test_a_photograph_that_has_taken_the_place_of_a_label_map_stays(
    tmp_path: Path, stays: Stays
) -> None:
    write_data_set(tmp_path, {"a.jpg": LABELS}, "png")
    picture(tmp_path / "a.png")
    stays(lambda: write_data_set(tmp_path, {"a.jpg": LABELS}, "png"), r"a\.png' is a photograph")


def test_pictures_take_the_place_of_our_own_alone(tmp_path: Path, stays: Stays) -> None:
    session = labelled(picture(tmp_path / "a.jpg"))
    for name in ("a_masks.png", "a_mask_001_cat.png"):
        theirs = picture(tmp_path / name, "I;16", 7)
        stays(lambda: session.save_pictures(tmp_path), f"{name} was not written here.* name=")
        theirs.write_text("no picture at all")
        stays(lambda: session.save_pictures(tmp_path), f"{name} was not written here.* name=")
        theirs.unlink()
    write_annotations(tmp_path / "a_masks.png", LABELS)
    stays(lambda: session.save_pictures(tmp_path), "a_masks.png was not written here")
    for _ in range(2):
        session.save_pictures(tmp_path, name="mine")


def test_a_figure_takes_the_place_of_a_figure_alone(tmp_path: Path, stays: Stays) -> None:
    session = labelled(picture(tmp_path / "a.jpg"))
    other = picture(tmp_path / "b.png")
    stays(lambda: session.figure(other), r"b\.png' is a picture that matplotlib has not drawn")
    for ending in ("png", "png", "pdf", "pdf"):
        session.figure(tmp_path / f"figure.{ending}")
