"""The scenes a run did worst, as pictures with the clicks and outlines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw
from scipy import ndimage

from dynamite_widget.clicks import BACKGROUND
from dynamite_widget.evaluation.labelling import LabelledScene
from dynamite_widget.evaluation.readers import SceneSet
from dynamite_widget.evaluation.scenes import Scene, single_objects
from dynamite_widget.images import to_rgb
from dynamite_widget.masks import Mask
from dynamite_widget.palette import color_of

TRUTH_COLOR = "#FFFFFF"
BACKGROUND_COLOR = "#000000"


def worst(labelled: list[LabelledScene], n: int) -> list[LabelledScene]:
    """The n scenes with the lowest mean IoU at the end, the worst first."""
    return sorted(labelled, key=lambda scene: float(np.mean(scene.ious)))[:n]


def picture(labelled: LabelledScene, scenes: SceneSet) -> NDArray[np.uint8]:
    """Draw a labelled scene: (H, W, 3) with outlines and clicks.

    Args:
        labelled: a scene of the set, or a single object of one.
        scenes: the data set, for image and truth.

    Raises:
        ValueError: if the data set no longer has the scene, or has another one of that name.
    """
    scene = _scene_of(labelled.name, scenes)
    size = scene.truth.labels.shape
    if any(tuple(rle["size"]) != size for rle in labelled.masks):
        raise ValueError(f"{labelled.name!r} of the data set is of another size than it was")
    return draw(scene, labelled)


def draw(scene: Scene, labelled: LabelledScene) -> NDArray[np.uint8]:
    """Draw outlines and clicks over a scene's image.

    Returns:
        (H, W, 3) uint8 with the true outlines in white, those of the answer in the colours of the
        objects, and the clicks with their numbers.
    """
    image = to_rgb(scene.image).copy()
    width = max(1, min(image.shape[:2]) // 250)
    for object_id in range(1, scene.truth.n_objects + 1):
        image[_line(scene.truth.mask(object_id), 2 * width)] = ImageColor.getrgb(TRUTH_COLOR)
    for object_id, rle in enumerate(labelled.masks, start=1):
        image[_line(Mask.from_rle(rle).to_array(), width)] = ImageColor.getrgb(color_of(object_id))
    canvas = Image.fromarray(image)
    pen = ImageDraw.Draw(canvas)
    radius = max(3, round(min(image.shape[:2]) / 100))
    for number, click in enumerate(labelled.clicks, start=1):
        known = click.object_id != BACKGROUND
        color = color_of(click.object_id) if known else BACKGROUND_COLOR
        box = (click.x - radius, click.y - radius, click.x + radius, click.y + radius)
        pen.ellipse(box, fill=color, outline="white")
        pen.text(
            (click.x + radius + 1, click.y - radius),
            str(number),
            fill="white",
            stroke_width=1,
            stroke_fill="black",
        )
    return np.asarray(canvas)


def _line(mask: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """The mask's own pixels that lie within `width` of its border."""
    inside = ndimage.binary_erosion(mask, iterations=width, border_value=0)
    return mask & ~inside


def _scene_of(name: str, scenes: SceneSet) -> Scene:
    if name in scenes.names:
        return scenes[scenes.names.index(name)]
    whole, _, _ = name.rpartition("#")
    if whole in scenes.names:
        for scene in single_objects([scenes[scenes.names.index(whole)]]):
            if scene.name == name:
                return scene
    raise ValueError(f"the data set has no {name!r} any more")
