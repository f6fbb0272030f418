"""Labels at full size are those of plain bilinear up-sampling and argmax, only sooner."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from dynamite_widget.models import upsampling
from dynamite_widget.models.upsampling import label_pixels


def objects_on_cells(groups: int, height: int, width: int) -> torch.Tensor:
    """Logits of a background and of round objects with ragged borders."""
    torch.manual_seed(0)
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    centre = torch.rand(groups, 2, 1, 1) * torch.tensor([height, width])[:, None, None]
    distance = ((y - centre[:, 0]) ** 2 + (x - centre[:, 1]) ** 2).sqrt()
    logits = 8 - distance * 1.5 + torch.randn(groups, height, width)
    logits[0] = 0
    return logits


def plainly(
    logits: torch.Tensor, resized: tuple[int, int], original: tuple[int, int]
) -> torch.Tensor:
    scale = (4 * original[0] / resized[0], 4 * original[1] / resized[1])
    full = F.interpolate(
        logits[None], scale_factor=scale, mode="bilinear", recompute_scale_factor=False
    )
    return full[0, :, : original[0], : original[1]].argmax(0)


@pytest.mark.parametrize("groups", [1, 2, 12])
@pytest.mark.parametrize(
    ("resized", "original"),
    [((96, 128), (96, 128)), ((90, 121), (301, 405)), ((96, 128), (40, 53)), ((96, 100), (1, 7))],
)
def test_labels_are_those_of_plain_upsampling(
    groups: int, resized: tuple[int, int], original: tuple[int, int]
) -> None:
    logits = objects_on_cells(groups, 24, 32)
    expected = plainly(logits, resized, original)
    assert torch.equal(label_pixels(logits, resized, original), expected)


def test_more_groups_than_a_byte_can_number_are_told_apart() -> None:
    logits = objects_on_cells(300, 24, 32)
    labels = label_pixels(logits, (96, 128), (96, 128))
    assert labels.max() > 255
    differing = labels != plainly(logits, (96, 128), (96, 128))
    assert differing.float().mean() < 1e-3  # logits nearly as large as others', by rounding


def test_borders_computed_part_by_part_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    logits = objects_on_cells(6, 24, 32)
    whole = label_pixels(logits, (96, 128), (200, 300))
    monkeypatch.setattr(upsampling, "_PIXELS_AT_ONCE", 700)
    assert torch.equal(label_pixels(logits, (96, 128), (200, 300)), whole)


def test_a_group_may_win_between_four_cells_that_others_win() -> None:
    logits = torch.full((3, 8, 8), -1.0)
    logits[1, :, :4], logits[2, :, 4:] = 5.0, 5.0
    logits[0, :, 3:5] = 4.0
    labels = label_pixels(logits, (32, 32), (64, 64))
    assert torch.equal(labels, plainly(logits, (32, 32), (64, 64)))
    assert set(labels[20].tolist()) == {0, 1, 2}


def test_an_object_that_wins_nowhere_has_no_pixels() -> None:
    logits = torch.zeros(3, 8, 8)
    logits[1], logits[2, 4, 4] = -100, 5
    labels = label_pixels(logits, (32, 32), (64, 64))
    assert set(labels.unique().tolist()) == {0, 2}


def test_where_an_object_cannot_be_it_hides_no_other() -> None:
    logits = objects_on_cells(12, 24, 32)
    best = logits.amax(0)
    for group in logits[1:]:
        rows, columns = (group > best - 4).any(1).nonzero(), (group > best - 4).any(0).nonzero()
        inside = torch.zeros_like(group, dtype=torch.bool)
        inside[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
        group[~inside] = float("-inf")
    expected = plainly(logits.clamp(min=-1e4), (96, 128), (301, 405))
    differing = label_pixels(logits, (96, 128), (301, 405)) != expected
    assert differing.float().mean() < 0.002
