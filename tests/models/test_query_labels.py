"""Labels of the published networks: two resizes of every query, then the maximum."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dynamite_widget.models.query_labels import label_by_query
from tests.reference.masks import label_map


def smooth_logits(queries: int, height: int, width: int, seed: int) -> Tensor:
    coarse = torch.randn(
        1, queries, height // 6 + 2, width // 6 + 2, generator=torch.Generator().manual_seed(seed)
    )
    return F.interpolate(10 * coarse, (height, width), mode="bicubic")[0]


def plain_labels(
    logits: Tensor, clicks: list[int], resized: tuple[int, int], original: tuple[int, int]
) -> Tensor:
    labels = label_map(logits, clicks, resized, original)
    return torch.where(labels < len(clicks), labels + 1, 0)


def labels_of(clicks: list[int], queries: int) -> list[int]:
    owned = [i + 1 for i, count in enumerate(clicks) for _ in range(count)]
    return owned + [0] * (queries - len(owned))


@settings(deadline=None, max_examples=40)
@given(
    cells=st.tuples(st.integers(1, 6), st.integers(1, 9)),
    cropped=st.tuples(st.integers(0, 31), st.integers(0, 31)),
    original=st.tuples(st.integers(1, 150), st.integers(1, 150)),
    clicks=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    seed=st.integers(0, 2**31),
)
def test_images_of_any_size_are_labelled_as_by_two_resizes(
    cells: tuple[int, int],
    cropped: tuple[int, int],
    original: tuple[int, int],
    clicks: list[int],
    seed: int,
) -> None:
    height, width = 8 * cells[0], 8 * cells[1]
    resized = 4 * height - cropped[0], 4 * width - cropped[1]
    queries = sum(clicks) + 3
    logits = smooth_logits(queries, height, width, seed)
    made = label_by_query(logits, labels_of(clicks, queries), resized, original)
    plain = plain_labels(logits, clicks, resized, original)
    # Sums in another order may decide a tie the other way.
    assert (made != plain).sum() <= 1 + 0.001 * plain.numel()


def test_a_small_object_between_two_large_ones_keeps_its_pixels() -> None:
    logits = torch.full((3, 40, 40), -5.0)
    logits[0, :, :20], logits[1, :, 20:], logits[2, 18:21, 19:22] = 5.0, 4.0, 9.0
    made = label_by_query(logits, [1, 2, 3], (160, 160), (300, 310))
    assert torch.equal(made, plain_labels(logits, [1, 1, 1], (160, 160), (300, 310)))
    assert (made == 3).sum() > 100


def test_of_equal_logits_the_first_object_wins() -> None:
    logits = torch.zeros(4, 8, 8)
    made = label_by_query(logits, [1, 2, 2, 0], (32, 32), (32, 32))
    assert (made == 1).all()


@pytest.mark.parametrize("size", [(2500, 3000)])
def test_large_photographs_are_labelled_part_by_part(size: tuple[int, int]) -> None:
    logits = smooth_logits(6, 24, 32, 4)
    made = label_by_query(logits, labels_of([2, 1], 6), (90, 128), size)
    plain = plain_labels(logits, [2, 1], (90, 128), size)
    assert (made != plain).float().mean() < 1e-4
