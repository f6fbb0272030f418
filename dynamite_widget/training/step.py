"""One training step: simulate a person who clicks and corrects, and take the loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from dynamite_widget.models.click_tensors import PADDING_OWNER, ClickTensors
from dynamite_widget.models.dynamite import STRIDE, DynaMITe, ImageFeatures, to_refine
from dynamite_widget.models.held_clicks import hold_clicks
from dynamite_widget.models.interactive_transformer import Prediction
from dynamite_widget.models.previous_answer import PreviousAnswer
from dynamite_widget.models.registry import ModelRecord
from dynamite_widget.training.config import TrainingConfig
from dynamite_widget.training.corrections import (
    add_corrections,
    cell_labels,
    intersection_over_union,
)
from dynamite_widget.training.losses import choose_points, exclusive_loss, independent_loss
from dynamite_widget.training.paper_corrections import add_paper_corrections
from dynamite_widget.training.paper_loss import paper_loss
from dynamite_widget.training.scenes import SceneBatch

_FINAL, _COARSE, _AUXILIARY = 5.0, 3.0, 1.0
_TOLD_IMAGE, _TOLD_OBJECT = 0.85, 0.9
"""Chances that an image's answer to earlier clicks is told to the network, and each object's part
of it: in use, too, it is not always known, and a new object has none."""


@dataclass(frozen=True)
class Outcome:
    """What a step reports.

    Attributes:
        loss: to be minimised.
        first_iou, last_iou: mean IoU of the objects after the first and the last round.
    """

    loss: Tensor
    first_iou: float
    last_iou: float


@dataclass(frozen=True)
class Answer:
    """The network's answer to clicks: `coarse` and `final` are (B, 1 + N, h, w) group logits.

    Where the network has a refiner, new queries are damped before it and clicks held before and
    after it, as in use, so that it learns what is left to do. `coarse` is what it was before.
    """

    prediction: Prediction
    coarse: Tensor
    final: Tensor


def answer(
    network: DynaMITe,
    features: ImageFeatures,
    clicks: ClickTensors,
    previous: PreviousAnswer | None = None,
) -> Answer:
    """Predict, and refine every object of every image densely."""
    prediction = network.predict(features, clicks)
    coarse = prediction.groups.maxima(prediction.logits).float()
    if features.refiner is None:
        return Answer(prediction, coarse, coarse)
    batch, index = prediction.groups.exists.nonzero(as_tuple=True)
    held = to_refine(prediction, coarse, clicks, previous)
    cues = network.cues(features, clicks, prediction.groups, held, previous)
    given = cues.of_objects(batch, index)
    image = tuple(x[batch] for x in features.refiner.image)
    correction = network.refiner(given, image)[:, 0].float()
    final = held.index_put((batch, index + 1), correction, accumulate=True)
    return Answer(prediction, coarse, hold_clicks(final, clicks, STRIDE, refined=True))


class TrainingStep(nn.Module):
    """Encode, click, correct some rounds without gradient, and supervise.

    It is a module so that it can be spread over several devices.

    Args:
        network: to train.
        config: of the run.
        record: of the network, for the pixels it expects.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: DynaMITe, config: TrainingConfig, record: ModelRecord) -> None:
        super().__init__()
        self.network, self.config = network, config
        self.register_buffer("mean", torch.tensor(record.mean), persistent=False)
        self.register_buffer("std", torch.tensor(record.std), persistent=False)
        self.rng = np.random.default_rng(torch.initial_seed())

    def forward(self, batch: SceneBatch, rounds: int) -> Outcome:
        """Take the loss of one batch.

        The answer to the first clicks is supervised beside the last one where the config says so:
        both come from the same features, and encoding is the larger part of the cost.

        Args:
            batch: scenes.
            rounds: of corrections.
        """
        features = self.network.encode(self.normalise(batch.images))
        truth, clicks = cell_labels(batch.labels), batch.clicks
        losses, ious = [], []
        previous: PreviousAnswer | None = None
        for number in range(rounds + 1):
            supervised = number == rounds or (number == 0 and self.config.first_answer)
            with torch.set_grad_enabled(supervised):
                given = answer(self.network, features, clicks, previous)
            if supervised:
                with torch.autocast(batch.labels.device.type, enabled=False):
                    losses.append(self._loss(given, batch.labels))
            with torch.no_grad():
                ious.append(_mean_iou(given, truth))
                if number < rounds:
                    previous = _told(given, clicks)
                    clicks = self._correct(clicks, given, batch.labels)
        return Outcome(torch.stack(losses).mean(), ious[0], ious[-1])

    def normalise(self, images: Tensor) -> Tensor:
        """(B, S, S, 3) uint8 to (B, 3, S, S) float, as the network expects them."""
        return (
            ((images.float() - self.mean) / self.std)
            .permute(0, 3, 1, 2)
            .contiguous(memory_format=torch.channels_last)
        )

    def _correct(self, clicks: ClickTensors, given: Answer, labels: Tensor) -> ClickTensors:
        if self.config.protocol == "paper":
            return add_paper_corrections(clicks, given.final, labels, self.rng)
        objects = given.final.shape[1] - 1
        return add_corrections(clicks, given.final.argmax(1), labels, objects)

    def _loss(self, given: Answer, labels: Tensor) -> Tensor:
        groups, auxiliary = given.prediction.groups, given.prediction.auxiliary
        early = [groups.maxima(auxiliary[i]).float() for i in self.config.supervised]
        if self.network.config.refiner is None:
            return paper_loss([*early, given.final], labels, self.config.points)
        points = choose_points(given.final, labels, self.config.points)
        loss = _FINAL * exclusive_loss(given.final, points)
        # Where the refined masks are unsure is a narrow band that tells the transformer little.
        points = choose_points(given.coarse, labels, self.config.points)
        loss = loss + _COARSE * exclusive_loss(given.coarse, points)
        return loss + _AUXILIARY * sum(independent_loss(each, points) for each in early)


def _told(given: Answer, clicks: ClickTensors) -> PreviousAnswer:
    """What the next answer knows of this one: for most images and objects, all of it."""
    exists = given.prediction.groups.exists
    image = torch.rand(len(exists), 1, device=exists.device) < _TOLD_IMAGE
    told = image & (torch.rand(exists.shape, device=exists.device) < _TOLD_OBJECT)
    newest = torch.where(clicks.owner != PADDING_OWNER, clicks.time, -1).amax(1, keepdim=True)
    return PreviousAnswer(given.final.argmax(1), newest + 1, told)


def _mean_iou(given: Answer, truth: Tensor) -> float:
    objects, exists = given.final.shape[1] - 1, given.prediction.groups.exists
    iou = intersection_over_union(given.final.argmax(1), truth, objects)
    return float((iou * exists).sum() / exists.sum().clamp(min=1))
