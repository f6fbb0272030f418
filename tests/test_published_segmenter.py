"""A published checkpoint behind `Segmenter`, as people use it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import dynamite_widget as dw
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.folding import fold_batch_norm
from dynamite_widget.models.published import PublishedBackbone, published_config
from tests.models.test_published_recordings import CLICKS, LABELS, SIZES
from tests.published_weights import GOLDEN, needs_golden, recorded_weights


@pytest.fixture(scope="module", params=["resnet50", "swin_tiny"])
def downloaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("downloads") / f"dynamite_{request.param}.pth"
    torch.save({"model": recorded_weights(request.param), "iteration": np.int64(184374)}, path)
    return path


@needs_golden
def test_a_downloaded_checkpoint_labels_photographs_as_published(downloaded: Path) -> None:
    backbone = downloaded.stem.removeprefix("dynamite_")
    recorded = np.load(GOLDEN / f"{backbone}.npz")
    for case, (short_side, long_side) in SIZES.items():
        segmenter = dw.Segmenter.load(
            f"dynamite-{backbone.replace('_', '-')}",
            checkpoint=downloaded,
            device="cpu",
            short_side=short_side,
            long_side=long_side,
        )
        features = segmenter.encode(recorded[f"{case}.image"])
        clicks = [dw.Click(x=x, y=y, object_id=owner + 1) for owner, y, x in CLICKS[case]]
        for number, count in ((1, 3), (2, 7)):
            label = recorded[f"{case}.r{number}.label"].astype(int)
            expected = np.where(label < 3, label + 1, 0)
            made = segmenter.segment(features, clicks[:count])
            assert (made != expected).mean() < LABELS


@pytest.mark.parametrize("backbone", ["hrnet32", "resnet50"])
def test_backbones_answer_the_same_with_their_norms_folded(backbone: PublishedBackbone) -> None:
    torch.manual_seed(0)
    network = DynaMITe(published_config(backbone)).backbone.eval()
    for module in network.modules():
        if hasattr(module, "running_var"):
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            torch.nn.init.normal_(module.running_mean, std=0.1)
    pixels = torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        before = network(pixels)
        after = fold_batch_norm(network)(pixels)
    assert not any(hasattr(module, "running_var") for module in network.modules())
    for a, b in zip(before, after, strict=True):
        assert (a - b).abs().max() <= 2e-5 * a.abs().max()
