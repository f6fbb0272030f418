"""Simulated corrections go where the answer is wrong and say what is true there."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from dynamite_widget.models.click_tensors import ClickTensors
from dynamite_widget.training.corrections import (
    add_corrections,
    cell_labels,
    depth,
    intersection_over_union,
    octagonal_depth,
)


def no_clicks(batch: int) -> ClickTensors:
    owner = torch.zeros(batch, 1, dtype=torch.int64)
    return ClickTensors(torch.zeros(batch, 1, 2), owner, torch.zeros_like(owner))


def one_square(batch: int = 1) -> torch.Tensor:
    labels = torch.zeros(batch, 128, 128, dtype=torch.int16)
    labels[:, 32:96, 32:96] = 1
    return labels


def repeated(clicks: ClickTensors, predicted: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Corrections of many tries, (K, 3) of y, x, owner."""
    made = []
    for _ in range(30):
        after = add_corrections(clicks, predicted, labels, 1)
        new = (after.time > 0) & (after.owner > -2)
        made.append(torch.cat((after.points[new], after.owner[new][:, None]), 1))
    return torch.cat(made)


def test_a_missing_part_is_clicked_as_the_object() -> None:
    labels = one_square()
    predicted = cell_labels(labels).clone()
    predicted[:, :, 16:] = 0  # the right half is missing
    made = repeated(no_clicks(1), predicted, labels)
    assert len(made) > 10
    assert (made[:, 2] == 0).all()
    assert ((made[:, 1] >= 64) & (made[:, 1] < 96)).all()


def test_a_surplus_part_is_clicked_as_background() -> None:
    labels = one_square()
    predicted = cell_labels(labels).clone()
    predicted[:, 8:24, 24:32] = 1
    made = repeated(no_clicks(1), predicted, labels)
    assert len(made) > 10
    assert (made[:, 2] == -1).all()
    assert (made[:, 1] >= 96).all()


def test_every_image_of_a_batch_gets_its_click() -> None:
    labels = one_square(4)
    predicted = torch.zeros(4, 32, 32, dtype=torch.int64)
    clicked = torch.zeros(4, dtype=torch.bool)
    for _ in range(20):
        after = add_corrections(no_clicks(4), predicted, labels, 1)
        clicked |= ((after.time > 0) & (after.owner == 0)).any(1)
    assert clicked.all()


def test_a_finished_object_is_left_alone() -> None:
    labels = one_square()
    made = repeated(no_clicks(1), cell_labels(labels), labels)
    assert len(made) == 0


def test_ignored_pixels_are_no_error() -> None:
    labels = one_square()
    labels[:, :, 96:] = -1
    predicted = cell_labels(labels).clamp(min=0)
    predicted[:, :, 24:] = 1
    assert intersection_over_union(predicted, cell_labels(labels), 1)[0, 0] > 0.5
    made = repeated(no_clicks(1), predicted, labels)
    assert all(labels[0, int(y), int(x)] != -1 for y, x, _ in made)


def test_depth_is_near_the_exact_distance() -> None:
    rng = np.random.default_rng(0)
    blob = cv2.GaussianBlur(rng.random((64, 64)).astype(np.float32), (0, 0), 5) > 0.5
    exact = cv2.distanceTransform(np.pad(blob, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    assert np.array_equal(depth(torch.from_numpy(blob)[None])[0].numpy(), exact)
    on_a_gpu = octagonal_depth(torch.from_numpy(blob)[None])[0].numpy()
    assert ((on_a_gpu > 0) == blob).all()
    assert np.abs(on_a_gpu - exact).max() <= 0.15 * exact.max() + 1
