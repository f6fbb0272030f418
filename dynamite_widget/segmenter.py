"""`Segmenter`: encode an image once, then answer clicks with label maps."""

from __future__ import annotations

import os
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakValueDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dynamite_widget.background_jobs import BackgroundJobs
from dynamite_widget.clicks import BACKGROUND, Click
from dynamite_widget.close_ups import Glass, Window, answer_closely
from dynamite_widget.devices import PlacedNetwork
from dynamite_widget.extents import Box
from dynamite_widget.feature_cache import CacheInfo, FeatureCache
from dynamite_widget.features import Features, content_key, is_part, part_key
from dynamite_widget.images import to_rgb
from dynamite_widget.models.checkpoint import load_network
from dynamite_widget.models.colour_guide import ColourGuide
from dynamite_widget.models.dynamite import PAD_TO, STRIDE
from dynamite_widget.models.folding import fold_batch_norm
from dynamite_widget.models.interruption import (
    InterruptedAnswerError,
    interruptible,
    next_step,
)
from dynamite_widget.models.precision import Precision, check_precision
from dynamite_widget.network_input import (
    check_clicks,
    click_tensors,
    objects_in_order,
    pixel_tensor,
    previous_answer,
)
from dynamite_widget.processors import leaving_one_processor
from dynamite_widget.resizing import Resizing
from dynamite_widget.segmenting import Answered, LabelMap

if TYPE_CHECKING:
    from dynamite_widget.models.dynamite import DynaMITe, ImageFeatures
    from dynamite_widget.models.previous_answer import PreviousAnswer
    from dynamite_widget.models.registry import ModelRecord

DEVICE_CACHE_BYTES = 2 * 2**30
HOST_CACHE_BYTES = 2**30
_ROWS_AT_ONCE = 512


class Segmenter:
    """A DynaMITe network that people can talk to in pixels of their own image.

    `encode` does once what depends only on the image, `segment` answers a list of clicks. Both are
    pure: nothing is carried over from one call to the next but a cache of features; who wants an
    answer to go on from the one before gives it. Both may be
    called from several threads at once. Neither changes any setting of PyTorch; the number of
    threads is `torch.set_num_threads`'s, but an answer in the background leaves a processor to
    others (`processors.py`).

    Args:
        network: it is moved to `device` and put into evaluation mode.
        record: its name, normalisation and usual input size.
        device: such as "cpu" or "cuda:1"; None takes CUDA, then MPS if every operation exists
            there, else the CPU.
        short_side: of the network's input in pixels; "model" for what the model was made for,
            None for the image as it is.
        long_side: bound of the network's input; "model" for what goes with the model, None for
            no bound.
        cache_bytes_device: features kept in device memory, beyond those in use.
        cache_bytes_host: features kept in host memory, beyond those in use.
        close_ups: whether small objects are answered once more in a window of the photograph,
            encoded when first needed; the published models answer as published, without.

    Raises:
        ValueError: if the device does not exist here, or a side is not positive.
    """

    def __init__(
        self,
        network: DynaMITe,
        record: ModelRecord,
        *,
        device: str | torch.device | None = None,
        short_side: int | Literal["model"] | None = "model",
        long_side: int | Literal["model"] | None = "model",
        cache_bytes_device: int = DEVICE_CACHE_BYTES,
        cache_bytes_host: int = HOST_CACHE_BYTES,
        close_ups: bool = True,
    ) -> None:
        self.record = record
        self._short_side = _side("short_side", short_side, record.short_side)
        self._long_side = _side("long_side", long_side, record.long_side)
        self._id = uuid.uuid4().hex
        self._takes_previous = network.config.refiner is not None
        self._close_ups = close_ups and network.config.refiner is not None
        self._cache = FeatureCache[Features](cache_bytes_device, cache_bytes_host)
        self._placed = PlacedNetwork(
            network, device, works=_answers_a_click, free=self._cache.move_to_host
        )
        small_steps = network.config.refiner is not None  # those of published ones are large
        self._in_small_steps = small_steps and self._placed.device.type == "cpu"
        self._lock = threading.Lock()
        self._turns: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._prefetching = BackgroundJobs[Features]()

    @classmethod
    def load(
        cls,
        name: str = "dynamite-lite",
        *,
        checkpoint: str | os.PathLike[str] | None = None,
        device: str | torch.device | None = None,
        short_side: int | Literal["model"] | None = "model",
        long_side: int | Literal["model"] | None = "model",
        precision: Precision = "float32",
        cache_bytes_device: int = DEVICE_CACHE_BYTES,
        cache_bytes_host: int = HOST_CACHE_BYTES,
        close_ups: bool = True,
    ) -> Segmenter:
        """Load a model by name; `dynamite-widget models` lists the names.

        Args:
            name: of the model.
            checkpoint: file of its weights; None for those that come with the package, which
                only the embedded model's do.
            device: see `Segmenter`, as for all that follow.
            short_side: of the network's input in pixels.
            long_side: bound of the network's input.
            precision: "float16" or "bfloat16" make many GPUs faster and move borders by some
                pixels; float32 gives the same answer everywhere.
            cache_bytes_device: features kept in device memory.
            cache_bytes_host: features kept in host memory.
            close_ups: whether small objects are answered once more in a window.

        Raises:
            ValueError: if there is no such model, device or precision, its weights are not at
                hand, or the file is not for it.
            FileNotFoundError: if there is no such file.
        """
        network, record = load_network(name, checkpoint)
        network.precision = check_precision(precision)
        network = fold_batch_norm(network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return cls(
            network,
            record,
            device=device,
            short_side=short_side,
            long_side=long_side,
            cache_bytes_device=cache_bytes_device,
            cache_bytes_host=cache_bytes_host,
            close_ups=close_ups,
        )

    @property
    def device(self) -> torch.device:
        """Where the network runs unless device memory is short."""
        return self._placed.device

    @property
    def short_side(self) -> int | None:
        """Of the network's input in pixels; None for the image as it is."""
        return self._short_side

    @property
    def long_side(self) -> int | None:
        """Bound of the network's input in pixels; None for none."""
        return self._long_side

    def __repr__(self) -> str:
        return (
            f"Segmenter({self.record.name!r}, device={str(self.device)!r}, "
            f"short_side={self.short_side}, long_side={self.long_side})"
        )

    def encode(self, image: Any) -> Features:  # noqa: ANN401 - see dynamite_widget.images.to_rgb
        """Compute once what depends only on the image, or find it in the cache.

        Images are told apart by their pixels (BLAKE2b: 3 ms for 1024x768, 0.2 s for 50 megapixels),
        so that an array changed in place is encoded anew. An image that another thread is
        encoding, or `prefetch` is, is waited for and not computed twice.

        Args:
            image: whatever `dynamite_widget.images.to_rgb` takes: path, bytes, PIL image, array
                or tensor.

        Raises:
            ValueError, TypeError, OSError: from `to_rgb`, if it is no image.
        """
        pixels = np.ascontiguousarray(to_rgb(image))
        height, width = pixels.shape[:2]
        looked_at_closely = bool(self._glass((height, width)).levels)
        return self._encode(content_key(pixels), pixels, keep=looked_at_closely)

    def _encode(self, key: str, pixels: NDArray[np.uint8], *, keep: bool) -> Features:
        with self._turn_of(key):
            features = self._cache.get(key)
            if features is None:
                next_step()
                kept = None
                if keep:  # the array is the caller's, who may change it
                    kept = pixels.copy() if pixels.flags.writeable else pixels
                resizing, work = self._encoding(pixels)
                features = Features(self._placed.run(work), resizing, key, self._id, kept)
            elif features.device.type != self.device.type:
                stored = features
                features = self._placed.run(lambda _network, device: stored.to(device))
            self._cache.put(key, features)
        return features

    @property
    def takes_previous(self) -> bool:
        """Whether an earlier answer makes a difference: to the embedded model it does."""
        return self._takes_previous

    def segment(
        self, features: Features, clicks: Sequence[Click], previous: Answered | None = None
    ) -> LabelMap:
        """Label every pixel of the photograph.

        Args:
            features: from this segmenter's `encode`.
            clicks: all clicks so far in order of time. Their ids may be any from 0 (background)
                to 65535.
            previous: the answer to the first ones of these clicks. With it the network leaves
                alone what the newer ones are not about; so sessions and benchmarks ask.

        Returns:
            (H, W) uint16, a new array: 0 is background, k the object of the clicks with id k. A
            clicked pixel carries its click's id, the newest one's if there are several.

        Raises:
            ValueError: if a click is outside the image or its id out of range, if the features
                are another segmenter's, or if the previous answer is no answer to such clicks.
            TypeError: if something in `clicks` is no click.
        """
        label_map = self.unforced(features, clicks, previous)
        for click in clicks:
            label_map[int(click.y), int(click.x)] = click.object_id
        return label_map

    def unforced(
        self, features: Features, clicks: Sequence[Click], previous: Answered | None = None
    ) -> LabelMap:
        """What the network itself says: as `segment`, but clicked pixels carry what it gives them.

        It is there to be measured (`benchmarks/clicked_pixels.py`).
        """
        if features.made_by != self._id:
            raise ValueError(
                "these features were made by another Segmenter; "
                "encode the image with the one that shall segment it"
            )
        checked = check_clicks(clicks, features.size)
        ids = objects_in_order(checked)
        earlier = previous_answer(previous, len(checked), ids, features.resizing)
        if features.pixels is None:
            return self._answer(features, checked, ids, earlier)
        photograph = features.pixels

        def look(
            window: Window | None, clicks: Sequence[Click], previous: Answered | None
        ) -> LabelMap:
            if window is None:
                return self._answer(features, checked, ids, earlier)
            seen = self._encode_part(features, photograph, window)
            inside = objects_in_order(clicks)
            told = previous_answer(previous, len(clicks), inside, seen.resizing)
            return self._answer(seen, clicks, inside, told)

        return answer_closely(look, self._glass(features.size), checked, previous)

    def guess(
        self,
        features: Features,
        clicks: Sequence[Click],
        previous: Answered | None,
        unwanted: Callable[[], bool],
    ) -> LabelMap | None:
        """Answer clicks that may come, as `segment` does, unless that is no longer wanted.

        Args:
            features: from this segmenter's `encode`.
            clicks: as for `segment`.
            previous: as for `segment`.
            unwanted: asked every few milliseconds, but not while a window is encoded.

        Returns:
            The label map, or None where the answer was given up.
        """
        try:
            with interruptible(unwanted):
                return self.segment(features, clicks, previous)
        except InterruptedAnswerError:
            return None

    def look_ahead(self, features: Features, boxes: Sequence[Box]) -> None:
        """Encode now the window in which the next object is looked at closely, if it is small.

        The first click on it then need not wait for that.

        Args:
            features: from this segmenter's `encode`.
            boxes: boxes that the object may have, (x, y, width, height) in pixels of the
                photograph. Of the windows they need, the one most of them need is encoded.
        """
        if features.pixels is None:
            return
        glass = self._glass(features.size)
        around = (Window(y, x, y + height, x + width) for x, y, width, height in boxes)
        windows = Counter(window for box in around if (window := glass.window_for(box)))
        for window, _ in windows.most_common(1):
            self._encode_part(features, features.pixels, window)

    def _encode_part(
        self, features: Features, photograph: NDArray[np.uint8], window: Window
    ) -> Features:
        part = np.ascontiguousarray(photograph[window.slices])
        return self._encode(part_key(features.key, window), part, keep=False)

    def _answer(
        self,
        features: Features,
        clicks: Sequence[Click],
        ids: list[int],
        earlier: PreviousAnswer | None,
    ) -> LabelMap:
        """The network's own answer about one view of a photograph."""
        label_map = np.zeros(features.size, np.uint16)
        if ids:
            tensors = click_tensors(clicks, ids, features.resizing)
            sizes = features.resizing.resized, features.resizing.original

            def work(network: DynaMITe, device: torch.device) -> Tensor:
                given = features.to(device).network, tensors.to(device), *sizes
                return network.segment(*given, earlier and earlier.to(device)).to("cpu")

            with leaving_one_processor() if self._in_small_steps else nullcontext():
                answer = self._placed.run(work)
            _write_ids(answer.numpy(), ids, label_map)
        return label_map

    def prefetch(self, image: Any) -> Future[Features]:  # noqa: ANN401
        """Encode an image in the background, one after another, so that `encode` finds it.

        An array or a tensor is copied first, and may be changed afterwards.

        Returns:
            The features to come, or the error `encode` would raise. Cancelling it takes an image
            that has not been begun off the list.
        """
        if isinstance(image, np.ndarray):
            image = image.copy()
        elif isinstance(image, Tensor):
            image = image.detach().clone()
        return self._prefetching.submit(lambda: self.encode(image))

    def forget(self, features: Features) -> None:
        """Drop an image from the cache; its features stay valid for whoever holds them."""
        self._cache.discard(features.key)
        self._cache.discard_if(lambda key: is_part(key, features.key))

    def cache_info(self) -> CacheInfo:
        """Return hits, misses, entries, bytes and bounds of the cache."""
        return self._cache.cache_info()

    def _glass(self, size: tuple[int, int]) -> Glass:
        """Which windows of a photograph the network looks at: none without close-ups."""

        def scale(part: tuple[int, int]) -> float:
            resizing = self._resizing(part)
            return min(a / b for a, b in zip(resizing.resized, part, strict=True))

        return Glass(size, scale if self._close_ups else lambda _part: 1.0)

    def _resizing(self, size: tuple[int, int]) -> Resizing:
        """How the network sees a photograph of a size, or a part of one."""
        return Resizing.fit(size, self.short_side, self.long_side, self.record.widest)

    def _turn_of(self, key: str) -> threading.Lock:
        """Return the lock of one image, which lives while somebody holds or awaits it."""
        with self._lock:
            return self._turns.setdefault(key, threading.Lock())

    def _encoding(
        self, pixels: NDArray[np.uint8]
    ) -> tuple[Resizing, Callable[[DynaMITe, torch.device], ImageFeatures]]:
        """Return the network's view of an image and the work of encoding it."""
        height, width = pixels.shape[:2]
        resizing = self._resizing((height, width))
        resized = torch.from_numpy(np.array(resizing.image(pixels)))
        mean, std = self.record.mean, self.record.std

        def work(network: DynaMITe, device: torch.device) -> ImageFeatures:
            seen = resized.to(device)
            features = network.encode(pixel_tensor(seen, mean, std))
            if not network.config.colour_guide:
                return features
            return replace(features, guide=ColourGuide.of(pixels, seen, STRIDE))

        return resizing, work


def _side(name: str, side: int | str | None, of_model: int | None) -> int | None:
    if side == "model":
        return of_model
    if side is not None and (not isinstance(side, int) or isinstance(side, bool) or side < 1):
        raise ValueError(
            f"{name} is {side!r}; give pixels as a positive integer, None, or 'model' ({of_model})"
        )
    return side


def _write_ids(labels: NDArray[np.integer], ids: list[int], label_map: LabelMap) -> None:
    """Write the ids of objects numbered from 1 into a label map, some rows at a time.

    Looking them up copies its indices as 64-bit integers: for a whole photograph, gigabytes.
    """
    if ids == list(range(1, len(ids) + 1)):
        label_map[:] = labels
        return
    table = np.array([BACKGROUND, *ids], np.uint16)
    for top in range(0, len(labels), _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        np.take(table, labels[rows], out=label_map[rows], mode="clip")


def _answers_a_click(network: DynaMITe, device: torch.device) -> None:
    """Run every operation once, on a small input."""
    size = (2 * PAD_TO, 2 * PAD_TO)
    nothing = np.zeros((*size, 3), np.uint8)
    guide = ColourGuide.of(nothing, torch.from_numpy(nothing).to(device), STRIDE)
    features = network.encode(torch.zeros(1, 3, *size, device=device))
    click = click_tensors([Click(x=1, y=1, object_id=1)], [1], Resizing(size, size))
    guided = replace(features, guide=guide)
    network.segment(guided, click.to(device), size, size).to("cpu")
