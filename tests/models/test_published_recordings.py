"""Against numbers recorded from the published implementation (its ResNet-50 and Swin-Tiny)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from dynamite_widget.models.checkpoint import fit
from dynamite_widget.models.click_tensors import PADDING_OWNER, ClickTensors
from dynamite_widget.models.dynamite import DynaMITe, ImageFeatures
from dynamite_widget.models.published import published_config
from dynamite_widget.models.registry import find_model
from dynamite_widget.network_input import pixel_tensor
from dynamite_widget.resizing import Resizing
from tests.published_weights import (
    BACKBONES,
    GOLDEN,
    needs_golden,
    published_keys,
    recorded_weights,
)

pytestmark = needs_golden

CLICKS = {  # object, y, x in original pixels
    "A": [
        *((0, 60, 70), (1, 180, 90), (2, 120, 250), (0, 100, 40)),
        *((-1, 230, 300), (2, 150, 280), (-1, 10, 160)),
    ],
    "B": [
        *((0, 30, 40), (1, 100, 60), (2, 75, 170), (1, 120, 30)),
        *((-1, 140, 190), (0, 5, 90), (-1, 70, 100)),
    ],
}
ROUNDS = {1: (3, 0), 2: (7, 0), 3: (7, 600)}  # how many clicks, and what is added to their time
SIZES = {"A": (None, None), "B": (224, 373)}  # short and long side
FEATURES = 1e-4  # relative to the largest value
LOGITS = 3e-2
LOGITS_MEDIAN = 1e-3  # leaves room for a pixel of an attention mask that tips over
LABELS = 0.002


@dataclass
class Case:
    """An image of the recordings, encoded."""

    name: str
    recorded: np.lib.npyio.NpzFile
    network: DynaMITe
    resizing: Resizing
    pixels: Tensor
    maps: tuple[Tensor, ...]
    features: ImageFeatures

    def clicks(self, number: int) -> tuple[ClickTensors, Tensor]:
        """Clicks of a round, and the newest time step."""
        count, later = ROUNDS[number]
        clicks = CLICKS[self.name][:count]
        points = self.resizing.points([(y, x) for _, y, x in clicks])
        tensors = ClickTensors(
            torch.from_numpy(points.astype(np.float32)),
            torch.tensor([owner for owner, _, _ in clicks]),
            torch.arange(count) + later,
        )
        return tensors, torch.tensor([count - 1 + later])


@pytest.fixture(scope="module", params=["resnet50", "swin_tiny"])
def network(request: pytest.FixtureRequest) -> tuple[str, DynaMITe]:
    config = published_config(request.param)
    with torch.device("meta"):
        network = DynaMITe(config)
    network.load_state_dict(fit(recorded_weights(request.param), config), assign=True)
    return request.param, network.eval()


@pytest.fixture(scope="module", params=["A", "B"])
def case(request: pytest.FixtureRequest, network: tuple[str, DynaMITe]) -> Case:
    backbone, net = network
    model = find_model(f"dynamite-{backbone.replace('_', '-')}")
    recorded = np.load(GOLDEN / f"{backbone}.npz")
    image = recorded[f"{request.param}.image"]
    resizing = Resizing.fit(image.shape[:2], *SIZES[request.param])
    resized = torch.from_numpy(np.array(resizing.image(image)))
    pixels = pixel_tensor(resized, model.mean, model.std)
    with torch.inference_mode():
        maps = net.backbone(pixels)
        return Case(request.param, recorded, net, resizing, pixels, maps, net.encode(pixels))


def assert_near(made: Tensor, recorded: np.ndarray, relative: float = FEATURES) -> None:
    made = made.numpy()
    assert made.shape == recorded.shape
    assert np.abs(made - recorded).max() <= relative * np.abs(recorded).max()


@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_published_tensor_has_its_place_and_none_is_left_over(backbone: str) -> None:
    keys = published_keys(backbone)
    tensors = {
        name: torch.empty(shape, dtype=getattr(torch, dtype), device="meta")
        for name, (shape, dtype) in keys.items()
    }
    config = published_config(backbone)
    fitted = fit(tensors, config)
    with torch.device("meta"):
        DynaMITe(config).load_state_dict(fitted, strict=True, assign=True)
    indices = sum(name.endswith("relative_position_index") for name in keys)
    assert len(fitted) == len(keys) - indices


def test_photographs_enter_as_published(case: Case) -> None:
    if case.name == "B":
        image = case.resizing.image(case.recorded["B.image"])
        np.testing.assert_array_equal(image, case.recorded["B.net_image"])
    assert tuple(case.pixels.shape[2:]) == tuple(case.recorded[f"{case.name}.padded_hw"])
    assert_near(case.pixels[0, :, ::16, ::16], case.recorded[f"{case.name}.normalised_s16"], 1e-6)


def test_backbone_maps(case: Case) -> None:
    pattern = re.compile(rf"{case.name}\.backbone\.res(\d)_s(\d+)c_s(\d+)")
    matches = [m for m in map(pattern.fullmatch, case.recorded.files) if m]
    assert len(matches) == 4
    for match in matches:
        level, channels, pixels = map(int, match.groups())
        made = case.maps[level - 2][0, ::channels, ::pixels, ::pixels]
        assert_near(made, case.recorded[match[0]])


def test_pixel_decoder_maps(case: Case) -> None:
    memory = case.features.transformer
    for level, step in enumerate((1, 2, 4)):
        recorded = case.recorded[f"{case.name}.multi_scale.{level}_s8c_s{step}"]
        assert_near(memory.maps[level][0, ::8, ::step, ::step], recorded)
    recorded = case.recorded[f"{case.name}.mask_features_s8c_s4"]
    assert_near(memory.mask_features[0, ::8, ::4, ::4], recorded)


@pytest.mark.parametrize("number", ROUNDS)
def test_queries_and_predictions_of_each_round(case: Case, number: int) -> None:
    recorded = {
        name.removeprefix(f"{case.name}.r{number}."): case.recorded[name]
        for name in case.recorded.files
        if name.startswith(f"{case.name}.r{number}.")
    }
    transformer, memory = case.network.interactive_transformer, case.features.transformer
    clicks, newest = case.clicks(number)
    after_first: list[Tensor] = []
    contents: list[Tensor] = []
    hooks = [
        transformer.encoder[0].cross_norm.register_forward_hook(
            lambda _module, _inputs, output: after_first.append(output)
        ),
        *(
            layer.register_forward_hook(lambda _module, _inputs, output: contents.append(output))
            for layer in transformer.encoder
        ),
    ]
    with torch.inference_mode():
        queries = transformer.make_queries(
            memory, clicks.batched(), tuple(case.pixels.shape[2:]), newest
        )
        prediction = case.network.predict(case.features, clicks, newest)
        weights = [
            transformer.mask_embed(transformer.layer_norm(c)) for c in (queries.content, *contents)
        ]
        early = torch.cat(
            [torch.einsum("bqc,bchw->bqhw", w, memory.mask_features) for w in weights]
        )
        decoded = torch.cat(list(transformer.decode(memory, prediction.queries, queries)), 1)
    for hook in hooks:
        hook.remove()
    made_of_clicks = queries.position[0, : len(clicks.time)] - transformer.query_embed
    assert_near(made_of_clicks.detach(), recorded["pos_out"])
    assert_near(after_first[0][0], recorded["queries_after_ca0"])
    # A pixel whose logit is nearly zero may tip an attention mask over: hence not much tighter.
    assert_near(prediction.queries[0], recorded["queries_last"], 3e-3)
    assert np.median(np.abs(early[:, :, ::8, ::8].numpy() - recorded["aux_s8"])) < LOGITS_MEDIAN
    features = decoded[0].T.unflatten(1, memory.mask_features.shape[-2:])
    assert_near(features[::8, ::4, ::4], recorded["decoder_mask_features_s8c_s4"], 3e-3)
    step = 4 if number == 3 else 2
    difference = prediction.logits[0, :, ::step, ::step].numpy() - recorded[f"logits_s{step}"]
    assert np.abs(difference).max() < LOGITS
    assert np.median(np.abs(difference)) < LOGITS_MEDIAN


@pytest.mark.parametrize("number", ROUNDS)
def test_label_maps_of_each_round(case: Case, number: int) -> None:
    recorded = case.recorded[f"{case.name}.r{number}.label"].astype(int)
    objects = len({owner for owner, _, _ in CLICKS[case.name]} - {-1})
    expected = np.where(recorded < objects, recorded + 1, 0)
    clicks, _newest = case.clicks(number)  # the newest click of the list itself
    with torch.inference_mode():
        made = case.network.segment(
            case.features, clicks, case.resizing.resized, case.resizing.original
        )
    assert (made.numpy() != expected).mean() < LABELS


def test_in_a_batch_padding_acts_as_background_as_published(
    network: tuple[str, DynaMITe],
) -> None:
    backbone, net = network
    recorded = np.load(GOLDEN / f"{backbone}.npz")
    model = find_model(f"dynamite-{backbone.replace('_', '-')}")
    pixels = pixel_tensor(torch.from_numpy(recorded["A.image"]), model.mean, model.std)
    many = CLICKS["A"]
    few = [(0, 60, 100), (1, 200, 33)]
    points, owner = torch.zeros(2, len(many), 2), torch.full((2, len(many)), PADDING_OWNER)
    for row, clicks in enumerate((many, few)):
        for i, (number, y, x) in enumerate(clicks):
            points[row, i], owner[row, i] = torch.tensor([y, x]), number
    time = torch.arange(len(many)).expand(2, -1)
    with torch.inference_mode():
        features = net.encode(torch.cat((pixels, pixels.flip(-1))))
        prediction = net.predict(features, ClickTensors(points, owner, time), torch.tensor([6, 1]))
        groups = prediction.groups.maxima(prediction.logits)
    difference = prediction.logits[:, :, ::4, ::4].numpy() - recorded["C.logits_s4"]
    assert np.abs(difference).max() < LOGITS
    assert groups.shape[1] == 4  # the background, and the first image's three objects


def test_kept_features_give_the_same_bits_as_new_ones(case: Case) -> None:
    clicks, newest = case.clicks(2)
    with torch.inference_mode():
        first = case.network.predict(case.features, clicks, newest).logits
        again = case.network.predict(case.features, clicks, newest).logits
        fresh = case.network.predict(case.network.encode(case.pixels), clicks, newest).logits
    assert torch.equal(first, again)
    assert torch.equal(first, fresh)
