"""One training step: simulate a person who clicks and corrects, and take the loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynamite_widget.models.click_tensors import ClickTensors
from dynamite_widget.models.dynamite import DynaMITe, ImageFeatures
from dynamite_widget.models.interactive_transformer import Prediction
from dynamite_widget.models.refiner import EVERYWHERE
from dynamite_widget.training.corrections import (
    add_corrections,
    cell_labels,
    intersection_over_union,
)
from dynamite_widget.training.losses import choose_points, exclusive_loss, independent_loss
from dynamite_widget.training.scenes import SceneBatch

_FINAL, _COARSE, _AUXILIARY = 5.0, 2.0, 1.0
_SUPERVISED = (0, 2, 4)
"""Earlier predictions that enter the loss: supervising all costs as much as the backbone."""


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
    """The network's answer to clicks: `coarse` and `final` are (B, 1 + N, h, w) group logits."""

    prediction: Prediction
    coarse: Tensor
    final: Tensor


def normalise(images: Tensor) -> Tensor:
    """(B, S, S, 3) uint8 to (B, 3, S, S) float with mean and deviation 0.5."""
    return (images.permute(0, 3, 1, 2).float() / 127.5 - 1).contiguous(
        memory_format=torch.channels_last
    )


def answer(network: DynaMITe, features: ImageFeatures, clicks: ClickTensors) -> Answer:
    """Predict, and refine every object of every image densely."""
    prediction = network.predict(features, clicks)
    coarse = prediction.groups.maxima(prediction.logits)
    if features.refiner is None:
        return Answer(prediction, coarse, coarse)
    batch, index = prediction.groups.exists.nonzero(as_tuple=True)
    cues = network.cues(features, clicks, prediction).of_object(batch, index, EVERYWHERE)
    image = tuple(x[batch] for x in features.refiner.image)
    correction = network.refiner(cues, image)[:, 0]
    final = coarse.index_put((batch, index + 1), correction, accumulate=True)
    return Answer(prediction, coarse, final)


def training_step(network: DynaMITe, batch: SceneBatch, rounds: int, points: int) -> Outcome:
    """Encode, click, correct `rounds` times without gradient, and supervise.

    The first answer is supervised as well as the last one: both come from the same features, and
    encoding is the larger part of the cost.

    Args:
        network: in training mode.
        batch: scenes.
        rounds: of corrections.
        points: at which the loss is taken, an image.
    """
    features = network.encode(normalise(batch.images))
    truth, clicks = cell_labels(batch.labels), batch.clicks
    loss, ious = torch.zeros((), device=truth.device), []
    for number in range(rounds + 1):
        supervised = number in (0, rounds)
        with torch.set_grad_enabled(supervised):
            given = answer(network, features, clicks)
        if supervised:
            loss = loss + _loss(given, batch.labels, points) / (1 if rounds == 0 else 2)
        with torch.no_grad():
            predicted, objects = given.final.argmax(1), given.final.shape[1] - 1
            exists = given.prediction.groups.exists
            iou = intersection_over_union(predicted, truth, objects)
            ious.append(float((iou * exists).sum() / exists.sum()))
            if number < rounds:
                clicks = add_corrections(clicks, predicted, batch.labels, objects)
    return Outcome(loss, ious[0], ious[-1])


def _loss(given: Answer, labels: Tensor, points_count: int) -> Tensor:
    points = choose_points(given.final, labels, points_count)
    loss = _FINAL * exclusive_loss(given.final, points)
    loss = loss + _COARSE * independent_loss(given.coarse, points)
    for i in _SUPERVISED:
        early = given.prediction.groups.maxima(given.prediction.auxiliary[i])
        loss = loss + _AUXILIARY * independent_loss(early, points)
    return loss
