"""`fine_tune`: adapt a model to a few images of one's own, and say whether it helped."""

from __future__ import annotations

import copy
import itertools
import os
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from dynamite_widget.models.registry import ModelRecord
from dynamite_widget.resizing import Resizing
from dynamite_widget.training.config import TrainingConfig
from dynamite_widget.training.held_out import (
    IOU_CLICKS,
    MAX_CLICKS,
    Scores,
    check_apart,
    hold_out,
    measure,
)
from dynamite_widget.training.loop import Machine, Run, scene_batches
from dynamite_widget.training.networks import load_start, prepare
from dynamite_widget.training.own_labels import Source, open_labels
from dynamite_widget.training.parallel import Processes
from dynamite_widget.training.photographs import LabelledImage
from dynamite_widget.training.progress import OnProgress, Progress, ProgressBar
from dynamite_widget.training.recipes import fine_tuning
from dynamite_widget.training.state import save_weights

if TYPE_CHECKING:
    import pandas as pd

_REMEMBERED = 500
"""Up to so many resized images are kept in memory, two megabytes each."""


@dataclass(frozen=True)
class FineTuning:
    """What came of fine-tuning.

    Attributes:
        weights: file for `Segmenter.load(name, checkpoint=...)`.
        model: name to load it by.
        held_out: names of the images that were measured on, not trained on.
        before, after: scores on them.
        steps: made.
    """

    weights: Path
    model: str
    held_out: tuple[str, ...]
    before: Scores
    after: Scores
    steps: int

    @property
    def improved(self) -> bool:
        """Whether the mean IoU over 1, 3 and 5 clicks rose on the held-out images."""
        return self.after.mean_iou > self.before.mean_iou

    def to_frame(self) -> pd.DataFrame:
        """Tabulate the scores: one row before, one row after."""
        import pandas as pd

        rows = {
            when: [*scores.ious, scores.noc, scores.failures]
            for when, scores in (("before", self.before), ("after", self.after))
        }
        columns = [f"IoU after {k} click{'s' * (k > 1)}" for k in IOU_CLICKS]
        return pd.DataFrame.from_dict(
            rows, orient="index", columns=[*columns, "NoC@85", "not reached"]
        )

    def __str__(self) -> str:
        mean = f"{self.before.mean_iou:.3f} before, {self.after.mean_iou:.3f} after"
        verdict = (
            f"Better on the held-out images: mean IoU {mean}."
            if self.improved
            else f"NOT BETTER on the held-out images: mean IoU {mean}. Keep the model you had, or "
            "try more images, more steps or a smaller learning rate."
        )
        return (
            f"{self.after.objects} objects of {len(self.held_out)} held-out images, at most "
            f"{MAX_CLICKS} clicks each\n"
            f"{self.to_frame().round(3).to_string()}\n{verdict}\n"
            f'{self.weights}: Segmenter.load("{self.model}", checkpoint="{self.weights}")'
        )


def fine_tune(
    data: Source | Sequence[Source],
    *,
    out: str | os.PathLike[str],
    images: str | os.PathLike[str] | None = None,
    init: str | os.PathLike[str] = "dynamite-lite",
    validate: Source | Sequence[Source] | None = None,
    steps: int | None = None,
    minutes: float | None = None,
    settings: Callable[[TrainingConfig], TrainingConfig] | None = None,
    machine: Machine | None = None,
    progress: bool | OnProgress = True,
    overwrite: bool = False,
) -> FineTuning:
    """Adapt a model to labelled images, and measure it before and after on held-out ones.

    Args:
        data: a COCO file; a list of `Session`s or session files; a folder of session files, or
            one with `manifest.csv`.
        out: file of weights to write, ending in .safetensors. It appears when all is done.
        images: folder of a COCO file's images; None takes the file's own folder.
        init: name of a model whose weights come with the package, or a file of weights.
        validate: images to measure on, given as `data` is; None holds a fifth of `data` out.
        steps: of training; None makes 200, or as many as fit into `minutes`.
        minutes: longest time to train; measuring comes on top.
        settings: changes further settings, `lambda config: replace(config, learning_rate=5e-5)`.
        machine: where to compute; None takes a GPU if there is one.
        progress: True shows bars, False nothing; a function is called after every step.
        overwrite: whether an existing `out` may be replaced.

    Raises:
        ValueError: if the labels or `init` cannot be used, a photograph is to be trained and
            measured on, a setting is impossible, or the machine is to compile or to stop early.
        FileNotFoundError: if a file, or an image that has labels, is not there.
        FileExistsError: if there is a file at `out` already.
    """
    target = check_target(out, overwrite)
    network, record = load_start(init)
    config = fine_tuning(record.name)
    if minutes is not None or steps is not None:
        config = replace(config, steps=steps, minutes=minutes)
    if settings is not None:
        config = settings(config)
    machine = machine or Machine("cuda" if torch.cuda.is_available() else "cpu")
    if machine.compiled or machine.stop_minutes is not None:
        raise ValueError("compiled and stop_minutes are for `train`; give minutes=... to end early")
    labelled = open_labels(data, images)
    if validate is None:
        trained, held_out = hold_out(labelled, config.seed)
    else:
        trained, held_out = labelled, open_labels(validate, images)
        check_apart(trained, held_out)
    shown = progress is True
    # What is impossible is told before the measuring.
    prepare(network, config)
    own = Processes(0, 1, torch.device(machine.device))
    batches = scene_batches(_at_network_size(trained, record), config, machine, own)
    first = next(batches)
    before = measure(
        copy.deepcopy(network), record, held_out, machine.device, "before" if shown else None
    )
    torch.manual_seed(config.seed)
    run = Run(network, record, config, own, bfloat16=machine.bfloat16)
    with ProgressBar(shown) as bar:
        told: Callable[[Progress], None] = progress if callable(progress) else bar
        for state, _seconds in run.steps(itertools.chain([first], batches)):
            told(state)
    after = measure(run.mean.network, record, held_out, machine.device, "after" if shown else None)
    save_weights(target, run.mean.network, record, config, run.step)
    names = tuple(image.name for image in held_out)
    return FineTuning(target, record.name, names, before, after, run.step)


def check_target(out: str | os.PathLike[str], overwrite: bool) -> Path:
    """Check that weights can be written there, before hours are spent on them.

    Raises:
        ValueError: if the name does not end in .safetensors, or there is no such folder.
        FileExistsError: if there is a file already that may not be replaced.
    """
    target = Path(out).expanduser()
    if target.suffix != ".safetensors":
        raise ValueError(f"{target} would be a safetensors file: let its name end in .safetensors")
    if not target.parent.is_dir():
        raise ValueError(f"there is no folder {target.parent} to write {target.name} into")
    if target.exists() and not overwrite:
        raise FileExistsError(17, "file is there already (--overwrite replaces it)", str(target))
    return target


@dataclass(eq=False)
class _Resized:
    """A labelled image at the size in which the network sees photographs."""

    image: LabelledImage
    record: ModelRecord
    remember: bool
    _read: tuple[NDArray[np.uint8], NDArray[np.int32]] | None = None

    @property
    def name(self) -> str:
        return self.image.name

    @property
    def dataset(self) -> str:
        return self.image.dataset

    @property
    def partial(self) -> bool:
        return self.image.partial

    @property
    def photograph(self) -> Hashable:
        return self.image.photograph

    def read(self) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        pixels, labels = self._read or self._resize()
        if self.remember:
            self._read = pixels, labels
        return pixels, labels

    def _resize(self) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        pixels, labels = self.image.read()
        record = self.record
        size = pixels.shape[0], pixels.shape[1]
        resizing = Resizing.fit(size, record.short_side, record.long_side, record.widest)
        height, width = resizing.resized
        small = Image.fromarray(labels).resize((width, height), Image.Resampling.NEAREST)
        return resizing.image(pixels), np.asarray(small)


def _at_network_size(images: Sequence[LabelledImage], record: ModelRecord) -> list[_Resized]:
    remember = len(images) <= _REMEMBERED
    return [_Resized(image, record, remember) for image in images]
