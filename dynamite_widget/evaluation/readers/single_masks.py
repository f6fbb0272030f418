"""Sets with one object an image, in a folder of images and one of black-and-white masks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from dynamite_widget.evaluation.readers.files import (
    DataSetError,
    Folder,
    images_in,
    read_grey,
    read_photograph,
)
from dynamite_widget.evaluation.readers.scene_set import SceneSet
from dynamite_widget.evaluation.scenes import Scene


@dataclass(frozen=True)
class SingleMasks:
    """One family of such sets; called with a folder and a title, it makes the scene set.

    Attributes:
        images: directory of the images.
        masks: directory of the masks; a mask has its image's name, whatever its ending.
        above: pixels brighter than this are the object.
        unknown: grey value of pixels to ignore, or None if there are none.
    """

    images: str
    masks: str
    above: int
    unknown: int | None = None

    def __call__(self, folder: Folder, title: str) -> SceneSet:
        """Pair images with masks.

        Raises:
            DataSetError: if a directory is missing or empty, or an image has no mask.
        """
        images = images_in(folder, self.images)
        masks = images_in(folder, self.masks)
        # Some releases add to a mask's name (`12003.jpg` with `12003.gt.png`).
        longer = {PurePosixPath(mask).name.split(".")[0]: mask for mask in masks.values()}
        pairs = {}
        for name, image in images.items():
            mask = masks.get(name) or longer.get(name.split(".")[0])
            if mask is None:
                raise DataSetError(
                    f"{folder.where(f'{self.masks}/{name}.png')} (or .bmp) is missing; "
                    f"expected the mask of {image} there"
                )
            pairs[name] = image, mask
        return SceneSet(title, list(pairs), partial(self._load, folder, pairs))

    def _load(self, folder: Folder, pairs: dict[str, tuple[str, str]], name: str) -> Scene:
        image_name, mask_name = pairs[name]
        image = read_photograph(folder, image_name)
        grey = read_grey(folder, mask_name, (image_name, image))
        ignore = None if self.unknown is None else grey == self.unknown
        return Scene(name, image, (grey > self.above)[None], ignore)


grabcut = SingleMasks("data_GT", "boundary_GT", above=128, unknown=128)
"""GrabCut (Rother et al., 2004), 50 images; the grey seam of a mask is ignored."""

berkeley = SingleMasks("images", "masks", above=128, unknown=128)
"""Berkeley (McGuinness and O'Connor, 2010), 100 objects."""

davis = SingleMasks("img", "gt", above=0)
"""DAVIS (Perazzi et al., 2016) as single images, 345 frames (Jang and Kim, 2019)."""

coco_mval = SingleMasks("img", "gt", above=128)
"""COCO MVal (Sofiiuk et al., 2020), 800 objects of COCO val2017."""
