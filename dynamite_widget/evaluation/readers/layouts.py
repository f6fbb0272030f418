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
from dynamite_widget.evaluation.readers.published_sets import PublishedSet
from dynamite_widget.evaluation.readers.sbd import sbd
from dynamite_widget.evaluation.readers.scene_set import SceneSet
from dynamite_widget.evaluation.readers.single_masks import berkeley, coco_mval, davis, grabcut
from dynamite_widget.evaluation.readers.voc import voc

WHITE = "white is the object, grey ignored"

MASKS_LOOKED_AT = 500
"""So many masks, spread evenly over a set, tell black-and-white ones from label maps."""


@dataclass(frozen=True)
class Layout:
    """One way in which a data set lies on disk.

    Attributes:
        published: the set of the paper that is laid out so, if one is.
        open: makes the scene set of a folder.
        marks: directories that tell the layout.
        truth: how its masks are read.
        inside: directories of the release in which those may lie.
    """

    published: PublishedSet | None
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


LAYOUTS: dict[str, Layout] = {
    "labels": Layout(None, label_folder, ("images", "masks"), "0 background, 255 ignored"),
    "grabcut": Layout(PublishedSet("GrabCut", 50), grabcut, ("data_GT", "boundary_GT"), WHITE),
    "berkeley": Layout(
        PublishedSet("Berkeley", 100, r"\d{4,6}(?!\d).*", (321, 481)),
        berkeley,
        ("images", "masks"),
        WHITE,
    ),
    "davis": Layout(
        PublishedSet("DAVIS", 345), davis, ("img", "gt"), "whatever is not black is the object"
    ),
    "coco_mval": Layout(
        PublishedSet("COCO MVal", 800), coco_mval, ("img", "gt"), "white is the object"
    ),
    "davis2017": Layout(
        PublishedSet("DAVIS 2017", 1999),
        davis2017,
        ("ImageSets/2017", "JPEGImages"),
        "palette index",
        ("DAVIS-2017-trainval", "DAVIS"),
    ),
    "sbd": Layout(
        PublishedSet("SBD", 2857, r"\d{4}_\d{6}"),
        sbd,
        ("img", "inst"),
        "instances",
        ("dataset", "benchmark_RELEASE/dataset"),
    ),
    "voc": Layout(
        PublishedSet("Pascal VOC", 1449, r"\d{4}_\d{6}"),
        voc,
        ("SegmentationObject", "JPEGImages"),
        "palette index, 255 ignored",
        ("VOC2012", "VOCdevkit/VOC2012"),
    ),
    "coco": Layout(
        PublishedSet("COCO", 5000, r"\d{12}"),
        coco,
        ("annotations",),
        "annotations, crowds left out",
    ),
}
"""The layouts by the names the command line gives them."""


def open_scenes(path: str | Path, layout: str | None = None, split: str = "val") -> SceneSet:
    """Open a data set; nothing but its lists is read before a scene is asked for.

    To find the layout out, some masks may have to be looked at as well. A set of the paper, whole,
    has the paper's title, any other that of its folder.

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
    own = path.absolute().name.removesuffix(".tar")
    opened = open_folder(root)
    scenes = known.open(opened, own, **options)
    scenes.layout = layout
    whole = options.get("split", "val") == "val"
    if known.published and whole and known.published.is_this(scenes):
        scenes.title = scenes.published = known.published.title
        opened.published = True
    return scenes


def describe(scenes: SceneSet) -> str:
    """Say in a line what `open_scenes` took a data set for."""
    layout = LAYOUTS[scenes.layout]
    told = f"{len(scenes)} images, laid out as {scenes.layout} ({layout.truth})"
    if layout.published is None:
        return told
    same = "" if scenes.published else "not "
    return f"{told}; {same}the published {layout.published.title}"


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
