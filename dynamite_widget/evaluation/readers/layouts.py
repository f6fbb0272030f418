"""Which layouts are known, how they are told apart, and the one way to open any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from pathlib import Path

from dynamite_widget.evaluation.readers.coco import coco
from dynamite_widget.evaluation.readers.davis2017 import davis2017
from dynamite_widget.evaluation.readers.files import (
    DataSetError,
    Folder,
    images_in,
    open_folder,
    values_in,
)
from dynamite_widget.evaluation.readers.label_folder import label_folder
from dynamite_widget.evaluation.readers.sbd import sbd
from dynamite_widget.evaluation.readers.scene_set import SceneSet
from dynamite_widget.evaluation.readers.single_masks import berkeley, coco_mval, davis, grabcut
from dynamite_widget.evaluation.readers.voc import voc

MASKS_LOOKED_AT = 500
"""So many masks, spread evenly over a set, tell black-and-white ones from label maps."""


@dataclass(frozen=True)
class Layout:
    """One way in which a data set lies on disk.

    Attributes:
        title: of the data set, as in the paper's tables; empty for anybody's own.
        open: makes the scene set of a folder.
        marks: directories that tell the layout.
        truth: how its masks are read.
        inside: directories of the release in which those may lie.
    """

    title: str
    open: Callable[..., SceneSet]
    marks: tuple[str, ...]
    truth: str
    inside: tuple[str, ...] = ()

    def root(self, path: Path) -> Path | None:
        """The folder at or below `path` that has all the marks, or None."""
        for place in (path, *(path / inner for inner in self.inside)):
            if place.exists():
                folder = open_folder(place)
                if all(folder.exists(mark) for mark in self.marks):
                    return place
        return None


WHITE = "white is the object, grey ignored"

LAYOUTS: dict[str, Layout] = {
    "labels": Layout("", label_folder, ("images", "masks"), "0 background, 255 ignored"),
    "grabcut": Layout("GrabCut", grabcut, ("data_GT", "boundary_GT"), WHITE),
    "berkeley": Layout("Berkeley", berkeley, ("images", "masks"), WHITE),
    "davis": Layout("DAVIS", davis, ("img", "gt"), "whatever is not black is the object"),
    "coco_mval": Layout("COCO MVal", coco_mval, ("img", "gt"), "white is the object"),
    "davis2017": Layout(
        "DAVIS 2017",
        davis2017,
        ("ImageSets/2017", "JPEGImages"),
        "palette index",
        ("DAVIS-2017-trainval", "DAVIS"),
    ),
    "sbd": Layout(
        "SBD", sbd, ("img", "inst"), "instances", ("dataset", "benchmark_RELEASE/dataset")
    ),
    "voc": Layout(
        "Pascal VOC",
        voc,
        ("SegmentationObject", "JPEGImages"),
        "palette index, 255 ignored",
        ("VOC2012", "VOCdevkit/VOC2012"),
    ),
    "coco": Layout("COCO", coco, ("annotations",), "annotations, crowds left out"),
}
"""The layouts by the names the command line gives them."""


def open_scenes(path: str | Path, layout: str | None = None, split: str = "val") -> SceneSet:
    """Open a data set; nothing but its lists is read before a scene is asked for.

    To find the layout out, some masks may have to be looked at as well.

    Args:
        path: its folder, or an uncompressed tar of it.
        layout: a name of `LAYOUTS`; None finds out which one it is.
        split: of the sets that come in several.

    Raises:
        DataSetError: if there is nothing at `path`, the layout cannot be told, or a file that the
            layout needs is missing or broken; says what was expected where.
        ValueError: if no layout has that name.
    """
    path = Path(path)
    folder = open_folder(path)
    if layout is None:
        layout = _recognise(path, folder)
    if layout not in LAYOUTS:
        raise ValueError(f"no layout is called {layout!r}; there are {', '.join(LAYOUTS)}")
    known = LAYOUTS[layout]
    root = known.root(path)
    if root is None:
        raise DataSetError(
            f"{path} is not laid out as {layout}: expected {' and '.join(known.marks)} in it"
        )
    options = {"split": split} if "split" in signature(known.open).parameters else {}
    scenes = known.open(open_folder(root), known.title or path.stem, **options)
    scenes.layout = layout
    return scenes


def describe(scenes: SceneSet) -> str:
    """Say in a line what `open_scenes` took a data set for."""
    truth = LAYOUTS[scenes.layout].truth
    return f"{len(scenes)} images, laid out as {scenes.layout} ({truth})"


def _recognise(path: Path, folder: Folder) -> str:
    fitting = [name for name, layout in LAYOUTS.items() if layout.root(path) is not None]
    if "labels" in fitting:
        return "berkeley" if _black_and_white(folder) else "labels"
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise DataSetError(
            f"{path} may be laid out as {' or '.join(fitting)}; say which one (--layout)"
        )
    inner = [name for name in folder.listing("") if (path / name / "images").is_dir()]
    hint = f"; it holds data sets itself: {', '.join(inner)}" if inner else ""
    expected = "; ".join(f"{name}: {', '.join(it.marks)}" for name, it in LAYOUTS.items())
    raise DataSetError(f"{path} has no known layout{hint}. Expected directories: {expected}")


def _black_and_white(folder: Folder) -> bool:
    """Whether the masks are of Berkeley's kind: 255 is the object, not to be ignored.

    One mask does not tell: a label map may hold nothing but pixels to ignore.
    """
    names = list(images_in(folder, "images"))
    n = min(len(names), MASKS_LOOKED_AT)
    values: set[int] = set()
    for name in (names[k * len(names) // n] for k in range(n)):
        if folder.exists(f"masks/{name}.png"):
            values |= values_in(folder, f"masks/{name}.png")
            if not values <= {0, 128, 255}:
                return False
    return 255 in values
