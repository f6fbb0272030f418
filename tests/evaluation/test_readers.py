"""Readers: each data set as it lies on disks, made small, and what is said of broken ones."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from dynamite_widget.evaluation.readers import DataSetError, open_scenes
from tests.evaluation.stand_in import rectangle

SIZE = (40, 60)
LEFT, RIGHT = rectangle(5, 5, 20, 10), rectangle(10, 30, 10, 20)


def write_image(path: Path, size: tuple[int, int] = SIZE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size[::-1], (90, 120, 150)).save(path)


def write_map(path: Path, labels: np.ndarray, *, palette: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(labels)
    if palette:
        image.putpalette([value for k in range(256) for value in (k, 255 - k, 7)])
    image.save(path)


def write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def objects(dtype: type = np.uint8) -> np.ndarray:
    """Objects 1 and 2, and a strip to ignore."""
    labels = np.zeros(SIZE, dtype)
    labels[LEFT], labels[RIGHT] = 1, 2
    labels[38:] = 255
    return labels


def black_and_white(seam: bool) -> np.ndarray:
    mask = np.where(LEFT, 255, 0).astype(np.uint8)
    if seam:
        mask[5] = np.where(LEFT[5], 128, 0)
    return mask


def labels_set(root: Path) -> None:
    for name in ("b", "a"):
        write_image(root / "images" / f"{name}.jpg")
        write_map(root / "masks" / f"{name}.png", objects())


def grabcut_set(root: Path) -> None:
    write_image(root / "data_GT" / "flower.jpg")
    write_map(root / "boundary_GT" / "flower.bmp", black_and_white(seam=True))


def berkeley_set(root: Path) -> None:
    write_image(root / "images" / "12003.jpg")
    write_map(root / "masks" / "12003.png", black_and_white(seam=True))


def davis_set(root: Path) -> None:
    write_image(root / "img" / "bear_00005.jpg")
    dim = Image.fromarray(np.where(LEFT, 9, 0).astype(np.uint8)).convert("RGB")
    (root / "gt").mkdir()
    dim.save(root / "gt" / "bear_00005.png")


def coco_mval_set(root: Path) -> None:
    write_image(root / "img" / "000001_7.jpg")
    write_map(root / "gt" / "000001_7.png", black_and_white(seam=False))


def davis2017_set(root: Path) -> None:
    inner = root / "DAVIS-2017-trainval"
    write_text(inner / "ImageSets" / "2017" / "val.txt", "goat\n")
    for frame in range(2):
        write_image(inner / "JPEGImages" / "480p" / "goat" / f"{frame:05}.jpg")
        labels = objects() if frame else np.zeros(SIZE, np.uint8)
        write_map(inner / "Annotations" / "480p" / "goat" / f"{frame:05}.png", labels, palette=True)


def sbd_set(root: Path) -> None:
    inner = root / "dataset"
    write_text(inner / "val.txt", "2008_000002\n")
    write_image(inner / "img" / "2008_000002.jpg")
    (inner / "inst").mkdir()
    labels = objects()
    labels[38:] = 0
    savemat(inner / "inst" / "2008_000002.mat", {"GTinst": {"Segmentation": labels}})


def voc_set(root: Path) -> None:
    inner = root / "VOCdevkit" / "VOC2012"
    write_text(inner / "ImageSets" / "Segmentation" / "val.txt", "2007_000033\n")
    write_image(inner / "JPEGImages" / "2007_000033.jpg")
    write_map(inner / "SegmentationObject" / "2007_000033.png", objects(), palette=True)


def coco_set(root: Path) -> None:
    box = [[5, 5, 15, 5, 15, 25, 5, 25]]
    crowd = {"size": list(SIZE), "counts": [0, 2400]}
    annotations = [
        {"id": 1, "image_id": 9, "category_id": 5, "segmentation": box, "iscrowd": 0, "area": 200},
        {
            "id": 2,
            "image_id": 9,
            "category_id": 5,
            "segmentation": crowd,
            "iscrowd": 1,
            "area": 2400,
        },
    ]
    images = [
        {"id": k, "file_name": f"{k:012}.jpg", "height": SIZE[0], "width": SIZE[1]} for k in (9, 3)
    ]
    record = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 5, "name": "cat"}],
    }
    write_text(root / "annotations" / "instances_val2017.json", json.dumps(record))
    for image in images:
        write_image(root / "val2017" / image["file_name"])


WRITERS: dict[str, Callable[[Path], None]] = {
    "labels": labels_set,
    "grabcut": grabcut_set,
    "berkeley": berkeley_set,
    "davis": davis_set,
    "coco_mval": coco_mval_set,
    "davis2017": davis2017_set,
    "sbd": sbd_set,
    "voc": voc_set,
    "coco": coco_set,
}


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(layout: str) -> Path:
        root = tmp_path / f"my_{layout}"
        root.mkdir()
        WRITERS[layout](root)
        return root

    return write


@pytest.mark.parametrize("layout", ["labels", "voc", "davis2017"])
def test_label_maps_give_objects_and_pixels_to_ignore(
    layout: str, written: Callable[[str], Path]
) -> None:
    scene = open_scenes(written(layout))[-1]
    assert np.array_equal(scene.masks, np.stack([LEFT, RIGHT]))
    assert np.array_equal(scene.ignore, rectangle(38, 0, 2, 60))
    assert scene.image.shape == (*SIZE, 3)


@pytest.mark.parametrize("layout", ["grabcut", "berkeley"])
def test_the_grey_seam_of_an_object_is_ignored(layout: str, written: Callable[[str], Path]) -> None:
    scene = open_scenes(written(layout))[0]
    seam = rectangle(5, 5, 1, 10)
    assert np.array_equal(scene.masks, (LEFT & ~seam)[None])
    assert np.array_equal(scene.ignore, seam)


def test_any_colour_but_black_is_the_object_in_davis(written: Callable[[str], Path]) -> None:
    scene = open_scenes(written("davis"), "davis")[0]
    assert np.array_equal(scene.masks, LEFT[None])
    assert scene.ignore is None


def test_only_bright_pixels_are_the_object_in_coco_mval(written: Callable[[str], Path]) -> None:
    scene = open_scenes(written("coco_mval"), "coco_mval")[0]
    assert np.array_equal(scene.masks, LEFT[None])


def test_davis_2017_gives_every_frame_also_those_without_objects(
    written: Callable[[str], Path],
) -> None:
    scenes = open_scenes(written("davis2017"))
    assert scenes.names == ("goat/00000", "goat/00001")
    assert [scene.truth.n_objects for scene in scenes] == [0, 2]


def test_sbd_gives_all_instances_and_ignores_nothing(written: Callable[[str], Path]) -> None:
    scene = open_scenes(written("sbd"))[0]
    assert np.array_equal(scene.masks, np.stack([LEFT, RIGHT]))
    assert scene.ignore is None


def test_coco_leaves_crowds_out_and_keeps_images_without_objects(
    written: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    scenes = open_scenes(written("coco"))
    assert scenes.names == ("000000000003", "000000000009")  # in order of the ids
    assert scenes[0].masks.shape == (0, *SIZE)
    assert np.array_equal(scenes[1].masks, LEFT[None])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "layout", ["labels", "grabcut", "berkeley", "davis2017", "sbd", "voc", "coco"]
)
def test_the_layout_is_found_out(layout: str, written: Callable[[str], Path]) -> None:
    assert open_scenes(written(layout)).layout == layout


def test_two_sets_laid_out_alike_must_be_told_apart(written: Callable[[str], Path]) -> None:
    root = written("davis")
    with pytest.raises(DataSetError, match="davis or coco_mval; say which one"):
        open_scenes(root)


def test_a_tar_is_read_like_the_folder_in_it(
    written: Callable[[str], Path], tmp_path: Path
) -> None:
    root = written("labels")
    packed = tmp_path / "packed.tar"
    with tarfile.open(packed, "w") as archive:
        archive.add(root, arcname="my_labels")
    scenes = open_scenes(packed)
    assert (scenes.title, scenes.names) == ("packed", ("a", "b"))
    assert np.array_equal(scenes[0].masks, open_scenes(root)[0].masks)


def test_sixteen_bit_maps_hold_more_objects_than_a_byte(tmp_path: Path) -> None:
    labels = objects(np.uint16)
    labels[30, 50] = 1000
    write_image(tmp_path / "images" / "a.png")
    write_map(tmp_path / "masks" / "a.png", labels)
    scene = open_scenes(tmp_path)[0]
    assert len(scene.masks) == 3
    assert scene.masks[2].sum() == 1


def test_nothing_is_decoded_before_it_is_asked_for(written: Callable[[str], Path]) -> None:
    root = written("labels")
    (root / "images" / "b.jpg").write_bytes(b"no image")
    scenes = open_scenes(root)
    assert scenes[0].name == "a"
    assert len(scenes[1:]) == 1


def test_a_subset_is_spread_evenly(tmp_path: Path) -> None:
    for k in range(10):
        write_image(tmp_path / "images" / f"{k}.png")
        write_map(tmp_path / "masks" / f"{k}.png", objects())
    scenes = open_scenes(tmp_path)
    assert scenes.evenly(4).names == ("0", "2", "5", "7")
    assert scenes.evenly(99).names == scenes.names
    with pytest.raises(ValueError, match="at least 1"):
        scenes.evenly(0)


def remove(path: str) -> Callable[[Path], None]:
    return lambda root: (root / path).unlink()


def spoil(path: str) -> Callable[[Path], None]:
    return lambda root: (root / path).write_bytes(b"\x80spoilt")


def shrink(path: str) -> Callable[[Path], None]:
    return lambda root: write_map(root / path, np.zeros((30, 60), np.uint8))


MAP17 = "DAVIS-2017-trainval/Annotations/480p/goat/00000.png"
VOC = "VOCdevkit/VOC2012"
BROKEN = {
    "a label map is missing": ("labels", remove("masks/a.png"), "masks/a.png is missing"),
    "an image is broken": ("labels", spoil("images/a.jpg"), "images/a.jpg is broken"),
    "a label map is broken": ("labels", spoil("masks/a.png"), "masks/a.png is broken"),
    "sizes differ": (
        "labels",
        shrink("masks/a.png"),
        r"masks/a.png is 60x30 pixels, but its image .*images/a.jpg is 60x40",
    ),
    "a label map is in colour": (
        "labels",
        lambda root: write_image(root / "masks" / "a.png"),
        "masks/a.png is in colour",
    ),
    "a mask is missing": (
        "grabcut",
        lambda root: (
            write_map(root / "boundary_GT" / "other.bmp", black_and_white(seam=True))
            or remove("boundary_GT/flower.bmp")(root)
        ),
        r"boundary_GT/flower.png \(or .bmp\) is missing",
    ),
    "an annotation is missing": ("davis2017", remove(MAP17), "goat/00000.png is missing"),
    "the list of videos is missing": (
        "davis2017",
        remove("DAVIS-2017-trainval/ImageSets/2017/val.txt"),
        "val.txt cannot be read: No such file",
    ),
    "a listed image is missing": (
        "voc",
        remove(f"{VOC}/JPEGImages/2007_000033.jpg"),
        "JPEGImages/2007_000033.jpg cannot be read: No such file",
    ),
    "a list is no text": (
        "voc",
        spoil(f"{VOC}/ImageSets/Segmentation/val.txt"),
        "val.txt is broken: expected one name a line",
    ),
    "a MATLAB file is broken": (
        "sbd",
        spoil("dataset/inst/2008_000002.mat"),
        "2008_000002.mat is broken: expected a MATLAB file with GTinst.Segmentation",
    ),
    "annotations are missing": (
        "coco",
        remove("annotations/instances_val2017.json"),
        "instances_val2017.json cannot be read",
    ),
    "annotations are broken": (
        "coco",
        spoil("annotations/instances_val2017.json"),
        "instances_val2017.json is broken: expected COCO's images and annotations",
    ),
    "annotations are of something else": (
        "coco",
        lambda root: write_text(root / "annotations" / "instances_val2017.json", "{}"),
        "instances_val2017.json is broken: expected COCO's images and annotations",
    ),
    "an image is not as annotated": (
        "coco",
        lambda root: write_image(root / "val2017" / "000000000009.jpg", (10, 10)),
        r"000000000009.jpg is 10x10 pixels, but .* says 60x40",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_set_is_named_with_what_was_expected_where(
    what: str, written: Callable[[str], Path]
) -> None:
    layout, break_it, words = BROKEN[what]
    root = written(layout)
    break_it(root)
    with pytest.raises(DataSetError, match=words):
        list(open_scenes(root, layout))


def test_a_folder_that_is_no_data_set_is_told_what_would_be(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=r"no known layout.*grabcut: data_GT, boundary_GT"):
        open_scenes(tmp_path)


def test_a_folder_of_data_sets_names_them(written: Callable[[str], Path]) -> None:
    parent = written("labels").parent
    with pytest.raises(DataSetError, match="it holds data sets itself: my_labels"):
        open_scenes(parent)


def test_a_folder_laid_out_otherwise_than_said_is_refused(written: Callable[[str], Path]) -> None:
    root = written("labels")
    with pytest.raises(DataSetError, match="not laid out as sbd: expected img and inst in it"):
        open_scenes(root, "sbd")


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=r"nowhere does not exist"):
        open_scenes(tmp_path / "nowhere")


def test_a_compressed_archive_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "set.tar.gz"
    with tarfile.open(path, "w:gz"):
        pass
    with pytest.raises(DataSetError, match="no uncompressed tar file"):
        open_scenes(path)


SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "eval"


@pytest.mark.skipif(not SHARED.exists(), reason=f"the development sets are not in {SHARED}")
def test_the_development_sets_open_from_their_archives() -> None:
    counts = {path.stem: len(open_scenes(path)) for path in SHARED.glob("*.tar")}
    assert counts == {
        "coco_scenes": 82,
        "coco_objects": 149,
        "bsds_regions": 46,
        "leaves": 60,
        "nuclei": 59,
    }
    first = open_scenes(SHARED / "coco_objects.tar")[0]
    assert first.truth.n_objects >= 1
