"""Against a plain transcription of the specification: all five backbones, and the ablations."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from dynamite_widget.models.checkpoint import fit
from dynamite_widget.models.click_tensors import PADDING_OWNER, ClickTensors
from dynamite_widget.models.config import ClickEncoding, DynamiteConfig
from dynamite_widget.models.dynamite import DynaMITe
from dynamite_widget.models.published import ablation, published_config
from tests.published_weights import BACKBONES, made_up_weights
from tests.reference.backbones import BACKBONES as PLAIN_BACKBONES
from tests.reference.interactive import ImageClicks, interactive_transformer
from tests.reference.masks import label_map
from tests.reference.pixel_decoder import pixel_decoder

RESIZED, ORIGINAL = (90, 150), (140, 233)
PADDED = (96, 160)
CLICKS = [(0, 20.5, 31.0), (1, 60.0, 100.25), (0, 8.0, 140.0), (-1, 88.0, 5.0), (1, 30.0, 77.0)]
RELATIVE = 1e-5
LOGITS = 3e-2  # a pixel of an attention mask may tip over


@dataclass(frozen=True)
class Both:
    """The same weights in the package's network and in the transcription."""

    backbone: str
    network: DynaMITe
    weights: dict[str, Tensor]


def both(backbone: str, config: DynamiteConfig) -> Both:
    weights = made_up_weights(config)
    with torch.device("meta"):
        network = DynaMITe(config)
    network.load_state_dict(fit(weights, config), assign=True)
    return Both(backbone, network.eval(), weights)


@pytest.fixture(scope="module", params=BACKBONES)
def pair(request: pytest.FixtureRequest) -> Both:
    return both(request.param, published_config(request.param))


def photograph(batch: int = 1) -> Tensor:
    pixels = torch.randn(batch, 3, *PADDED, generator=torch.Generator().manual_seed(3))
    pixels[:, :, RESIZED[0] :] = 0
    pixels[:, :, :, RESIZED[1] :] = 0
    return pixels


def as_tensors(clicks: list[tuple[int, float, float]]) -> ClickTensors:
    return ClickTensors(
        torch.tensor([(y, x) for _, y, x in clicks]),
        torch.tensor([owner for owner, _, _ in clicks]),
        torch.arange(len(clicks)),
    )


def as_lists(clicks: list[tuple[int, float, float]]) -> ImageClicks:
    timed = [(owner, (y, x, t)) for t, (owner, y, x) in enumerate(clicks)]
    objects = max(owner for owner, _ in timed) + 1
    return ImageClicks(
        [[click for owner, click in timed if owner == i] for i in range(objects)],
        [click for owner, click in timed if owner == -1],
        len(clicks) - 1,
    )


def assert_near(made: Tensor, plain: Tensor, relative: float = RELATIVE) -> None:
    assert made.shape == plain.shape
    assert (made - plain).abs().max() <= relative * plain.abs().max()


def test_features_and_label_maps_are_those_of_the_transcription(pair: Both) -> None:
    pixels = photograph()
    with torch.inference_mode():
        plain_maps = PLAIN_BACKBONES[pair.backbone](pair.weights, pixels)
        maps = pair.network.backbone(pixels)
        for made, plain in zip(maps, plain_maps, strict=True):
            assert_near(made, plain)
        mask_features, multi_scale = pixel_decoder(pair.weights, plain_maps, pair.backbone)
        made_features, made_scales = pair.network.pixel_decoder(plain_maps)
        for made, plain in zip(
            (made_features, *made_scales), (mask_features, *multi_scale), strict=True
        ):
            assert_near(made, plain)
        features = pair.network.encode(pixels)
        answer = interactive_transformer(
            pair.weights, mask_features, multi_scale, [as_lists(CLICKS)]
        )
        logits = pair.network.predict(features, as_tensors(CLICKS)).logits
        assert (logits - answer.logits).abs().max() < LOGITS
        made_labels = pair.network.segment(features, as_tensors(CLICKS), RESIZED, ORIGINAL)
    winners = label_map(answer.logits[0], [2, 2], RESIZED, ORIGINAL)
    assert len(winners.unique()) > 2
    plain_labels = torch.where(winners < 2, winners + 1, 0)
    assert (made_labels != plain_labels).float().mean() < 0.002


ABLATIONS: list[tuple[ClickEncoding, bool, bool]] = [
    ("spatial", True, True),
    ("temporal", True, True),
    ("none", True, True),
    ("spatio_temporal", False, True),
    ("spatio_temporal", True, False),
    ("none", False, False),
]


@pytest.mark.parametrize(("encoding", "decoder", "static"), ABLATIONS)
def test_ablations_leave_out_what_they_say(
    encoding: ClickEncoding, decoder: bool, static: bool
) -> None:
    whole = published_config("segformer_b0")
    config = ablation(whole, click_encoding=encoding, decoder=decoder, static_queries=static)
    pair = both("segformer_b0", config)
    assert any("decoder.layers" in n or ".decoder." in n for n in pair.weights) == decoder
    assert any("static_bg" in name for name in pair.weights) == static
    g = torch.Generator().manual_seed(5)
    mask_features = torch.randn(1, 256, 16, 24, generator=g)
    multi_scale = [torch.randn(1, 256, 2 * s, 3 * s, generator=g) for s in (1, 2, 4)]
    with torch.inference_mode():
        answer = interactive_transformer(
            pair.weights, mask_features, multi_scale, [as_lists(CLICKS[:4])], encoding
        )
        transformer = pair.network.interactive_transformer
        memory = transformer.remember(mask_features, multi_scale)
        made = transformer([memory], [as_tensors(CLICKS[:4])])[0].logits
    assert (made - answer.logits).abs().max() < LOGITS


def test_many_clicks_give_the_same_answer_as_few_do_by_another_way() -> None:
    """Forty queries are more than channels in a head: then nothing is folded."""
    config = published_config("segformer_b0")
    pair = both("segformer_b0", config)
    g = torch.Generator().manual_seed(6)
    mask_features = torch.randn(1, 256, 16, 24, generator=g)
    multi_scale = [torch.randn(1, 256, 2 * s, 3 * s, generator=g) for s in (1, 2, 4)]
    places = torch.rand(40, 2, generator=g) * torch.tensor([63.0, 95.0])
    clicks = [(i % 7, float(y), float(x)) for i, (y, x) in enumerate(places)]
    with torch.inference_mode():
        answer = interactive_transformer(
            pair.weights, mask_features, multi_scale, [as_lists(clicks)]
        )
        transformer = pair.network.interactive_transformer
        memory = transformer.remember(mask_features, multi_scale)
        made = transformer([memory], [as_tensors(clicks)])[0].logits
    assert made.shape[1] == 49
    assert (made - answer.logits).abs().max() < LOGITS


@pytest.mark.parametrize("static", [True, False])
def test_shorter_lists_of_a_batch_are_filled_as_published(static: bool) -> None:
    config = ablation(published_config("segformer_b0"), static_queries=static)
    pair = both("segformer_b0", config)
    g = torch.Generator().manual_seed(7)
    mask_features = torch.randn(2, 256, 16, 24, generator=g)
    multi_scale = [torch.randn(2, 256, 2 * s, 3 * s, generator=g) for s in (1, 2, 4)]
    lists = [CLICKS[:4], CLICKS[:2]]
    longest = 4 if static else 5
    points, owner = torch.zeros(2, longest, 2), torch.full((2, longest), PADDING_OWNER)
    for row, clicks in enumerate(lists):
        for i, (number, y, x) in enumerate(clicks):
            points[row, i], owner[row, i] = torch.tensor([y, x]), number
    time = torch.arange(longest).expand(2, -1)
    with torch.inference_mode():
        answer = interactive_transformer(
            pair.weights, mask_features, multi_scale, [as_lists(clicks) for clicks in lists]
        )
        transformer = pair.network.interactive_transformer
        memory = transformer.remember(mask_features, multi_scale)
        clicks = ClickTensors(points, owner, time)
        made = transformer([memory], [clicks], torch.tensor([3, 1]))[0].logits
    assert (made - answer.logits).abs().max() < LOGITS
