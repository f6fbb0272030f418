"""Training scenes: a crop with a few objects to segment and the first clicks on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset

from dynamite_widget.models.click_tensors import BACKGROUND_OWNER, PADDING_OWNER, ClickTensors
from dynamite_widget.resizing import Resizing
from dynamite_widget.training.augmentation import jitter_colour, jitter_scale, paste_object
from dynamite_widget.training.config import TrainingConfig
from dynamite_widget.training.photographs import IGNORE, LabelledImage, Photograph

_SMALLEST = 60
"""Objects of fewer visible pixels in the crop are left out."""
_SMALLEST_LABELLED, _FINEST_LABELLED = 40, 16
"""So are objects of fewer labelled pixels; of fewer than the second where photographs are enlarged
and the crop has more."""
_LEAST_EXTENT = 12
"""Objects are not shrunk below the area of a square with this side."""
_LARGEST_FIT = 4.0
"""Small photographs are not enlarged more than this, however the network will see them."""
_SMALL, _CLOSEST = 0.25, 0.5
"""Objects up to the first part of the crop's side are shown closely, up to the second."""
_TRIES = 1000
_MOST_WORKERS = 1000


@dataclass(frozen=True)
class Scene:
    """One training example.

    Attributes:
        image: (S, S, 3) uint8.
        labels: (S, S) int32: 0 background, 1..N objects, -1 ignored.
        clicks: (Q, 3) float32 of y, x, owner (object index from 0, or -1), in order of time.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.int32]
    clicks: NDArray[np.float32]


class Scenes(IterableDataset[Scene]):
    """An endless stream of scenes, drawn set by set.

    Args:
        photographs: to draw from.
        config: of the run.
        start: steps already made, so that a resumed run sees new scenes.
        process: number of this process among several, so that each sees its own.
    """

    def __init__(
        self,
        photographs: Sequence[LabelledImage],
        config: TrainingConfig,
        start: int = 0,
        process: int = 0,
    ) -> None:
        super().__init__()
        self.config, self.start, self.process = config, start, process
        self.sets: dict[str, list[LabelledImage]] = {}
        for photograph in photographs:
            self.sets.setdefault(photograph.dataset, []).append(photograph)
        self.names = sorted(self.sets)
        self.chances = _shares([config.set_weights.get(n, 1.0) for n in self.names])
        self.chances_in_set = {
            name: _shares([_objects_of(each) ** config.crowding for each in photographs])
            for name, photographs in self.sets.items()
        }

    def __iter__(self) -> Iterator[Scene]:
        worker = torch.utils.data.get_worker_info()
        if worker:
            cv2.setNumThreads(1)  # there is a process for each processor already
        number = (worker.id if worker else 0) + _MOST_WORKERS * self.process
        rng = np.random.default_rng((self.config.seed, self.start, number))
        tries = 0
        while tries < _TRIES:
            scene, tries = self.draw(rng), tries + 1
            if scene is not None:
                tries = 0
                yield scene
        raise ValueError(
            f"no scene came of {_TRIES} tries: every object drawn is too small once the image has "
            "the network's size, or there is none"
        )

    def draw(self, rng: np.random.Generator) -> Scene | None:
        """One scene, or None where chance left no object in it."""
        photograph = self.pick(rng)
        image, labels = photograph.read()
        if rng.random() < 0.5:
            image, labels = image[:, ::-1], labels[:, ::-1]
        if photograph.dataset in self.config.turned:
            turns = int(rng.integers(4))
            image, labels = np.rot90(image, turns), np.rot90(labels, turns)
        fit = _fit(labels.shape, self.config)
        objects = _large_enough(
            labels, max(_FINEST_LABELLED, min(_SMALLEST_LABELLED, int(_SMALLEST / fit**2)))
        )
        if not len(objects):
            return None
        focus = labels == rng.choice(objects)
        scale = _draw_scale(focus, self.config, rng)
        image, labels = jitter_scale(
            np.ascontiguousarray(image), labels, self.config.crop, scale, focus, rng
        )
        alone = rng.random() < self.config.set_alone.get(photograph.dataset, self.config.alone)
        most = self.config.max_objects
        count = 1 if alone or most < 2 else int(rng.integers(2, most + 1))
        there = _large_enough(labels, _SMALLEST)
        chosen = [int(k) for k in rng.permutation(there)[:count]]
        if rng.random() < self.config.paste:
            if len(chosen) and rng.random() < 0.5:
                others = self.sets[photograph.dataset]
                near = labels == rng.choice(chosen)
            else:
                others, near = None, None
            image, labels, pasted = self._paste(image, labels, others, near, rng)
            chosen = [*chosen, *pasted][: 1 if alone else None]
        labels = _relabel(labels, chosen)
        if labels.max() <= 0:
            return None
        clicks = first_clicks(labels, photograph.partial, rng)
        return Scene(jitter_colour(image, rng), labels, clicks)

    def pick(self, rng: np.random.Generator) -> LabelledImage:
        """An image of a set, both by chance."""
        name = self.names[rng.choice(len(self.names), p=self.chances)]
        chances = self.chances_in_set[name]
        return self.sets[name][rng.choice(len(chances), p=chances)]

    def _paste(
        self,
        image: NDArray[np.uint8],
        labels: NDArray[np.int32],
        others: Sequence[LabelledImage] | None,
        near: NDArray[np.bool_] | None,
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.uint8], NDArray[np.int32], list[int]]:
        source = others[int(rng.integers(len(others)))] if others else self.pick(rng)
        pixels, source_labels = source.read()
        objects = _large_enough(source_labels, min(source_labels.size // 100, 400))
        pasted = []
        for label in rng.permutation(objects)[: rng.integers(1, 4)]:
            new = int(labels.max()) + 1
            mask = source_labels == label
            image, labels = paste_object(image, labels, pixels, mask, new, rng, near)
            if (labels == new).any():  # what is thin may vanish as it is made smaller
                pasted.append(new)
        return image, labels, pasted


def _shares(weights: Sequence[float]) -> NDArray[np.float64]:
    return np.asarray(weights, np.float64) / np.sum(weights)


def _objects_of(photograph: LabelledImage) -> int:
    """How many it has where that is known without reading it, else one."""
    return max(1, photograph.objects) if isinstance(photograph, Photograph) else 1


def _fit(size: tuple[int, ...], config: TrainingConfig) -> float:
    """How much larger the network will see a photograph of this size in use."""
    if config.short_side is None:
        return 1.0
    height, width = size
    seen = Resizing.fit((height, width), config.short_side, widest=config.widest)
    return min(_LARGEST_FIT, min(seen.resized) / min(size))


def _draw_scale(
    focus: NDArray[np.bool_], config: TrainingConfig, rng: np.random.Generator
) -> float:
    """Log-uniform, but the photograph fills the crop, and objects stay neither tiny nor huge."""
    fit = _fit(focus.shape, config)
    extent = np.sqrt(focus.sum())
    if rng.random() < config.closer and extent * fit < _SMALL * config.crop:
        high = min(_LARGEST_FIT, _CLOSEST * config.crop / extent)
        low = min(fit * config.scale[1], high)
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))
    low, high = (fit * end for end in config.scale)
    low = min(high, max(low, 0.85 * config.crop / max(focus.shape)))
    scale = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    smallest, largest = _LEAST_EXTENT / extent, 1.3 * config.crop / extent
    return float(np.clip(scale, min(fit, smallest), max(low, largest)))


def _large_enough(labels: NDArray[np.int32], area: int) -> NDArray[np.int64]:
    counts = np.bincount(labels[labels > 0].ravel(), minlength=1)
    return np.flatnonzero(counts >= max(area, 1))


def _relabel(labels: NDArray[np.int32], chosen: Sequence[int]) -> NDArray[np.int32]:
    """Number the chosen objects that are still visible from 1; all others are background."""
    out = np.where(labels == IGNORE, IGNORE, 0).astype(np.int32)
    number = 0
    for label in chosen:
        mask = labels == label
        if mask.sum() >= _SMALLEST:
            number += 1
            out[mask] = number
    return out


def first_clicks(
    labels: NDArray[np.int32], partial: bool, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Clicks before any prediction: one or more an object, sometimes some on the background.

    Args:
        labels: (S, S).
        partial: keep background clicks near the objects.
        rng: source of chance.

    Returns:
        (Q, 3) of y, x, owner.
    """
    clicks: list[tuple[float, float, int]] = []
    for number in rng.permutation(int(labels.max())):
        depth = depth_of(labels == number + 1)
        count = int(rng.geometric(0.75))
        clicks += [(*_place(depth, rng, central=i == 0), int(number)) for i in range(count)]
    if rng.random() < 0.25:
        background = labels == 0
        if partial:
            near = cv2.dilate((labels > 0).astype(np.uint8), np.ones((31, 31), np.uint8))
            background &= near > 0
        if background.sum() > _SMALLEST:
            depth = depth_of(background)
            count = int(rng.integers(1, 3))
            clicks += [(*_place(depth, rng, central=False), BACKGROUND_OWNER) for _ in range(count)]
    return np.asarray(clicks, np.float32)


def depth_of(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance to the mask's border; the image's border counts as one."""
    padded = np.pad(mask.astype(np.uint8), 1)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 5), np.float32)[1:-1, 1:-1]


def _place(
    depth: NDArray[np.float32], rng: np.random.Generator, *, central: bool
) -> tuple[float, float]:
    """A pixel in the middle, anywhere inside, or near the border."""
    kind = rng.random()
    if central and kind < 0.5:
        inside = depth >= depth.max()
    elif kind < 0.8:
        inside = depth > depth.max() / 2
    elif kind < 0.95:
        inside = depth > 1
    else:
        inside = (depth > 0) & (depth <= 3)
    places = np.flatnonzero(inside if inside.any() else depth > 0)
    y, x = divmod(int(places[rng.integers(len(places))]), depth.shape[1])
    return float(y), float(x)


@dataclass(frozen=True)
class SceneBatch:
    """Scenes of one step.

    Attributes:
        images: (B, S, S, 3) uint8.
        labels: (B, S, S) int16.
        clicks: padded to equal numbers.
    """

    images: Tensor
    labels: Tensor
    clicks: ClickTensors

    def pin_memory(self) -> SceneBatch:
        """The same in memory that a GPU reads while it computes; a `DataLoader` asks for it."""
        return replace(self, images=self.images.pin_memory(), labels=self.labels.pin_memory())

    def to(self, device: torch.device) -> SceneBatch:
        """The same on another device."""
        return SceneBatch(
            self.images.to(device, non_blocking=True),
            self.labels.to(device, non_blocking=True),
            self.clicks.to(device),
        )


def collate(scenes: Sequence[Scene]) -> SceneBatch:
    """Stack scenes; shorter lists of clicks are padded."""
    longest = max(len(s.clicks) for s in scenes)
    points = torch.zeros(len(scenes), longest, 2)
    owner = torch.full((len(scenes), longest), PADDING_OWNER)
    for b, scene in enumerate(scenes):
        clicks = torch.from_numpy(scene.clicks)
        points[b, : len(clicks)] = clicks[:, :2]
        owner[b, : len(clicks)] = clicks[:, 2].long()
    time = torch.arange(longest).expand_as(owner)
    return SceneBatch(
        torch.from_numpy(np.stack([s.image for s in scenes])),
        torch.from_numpy(np.stack([s.labels for s in scenes]).astype(np.int16)),
        ClickTensors(points, owner, time),
    )
