"""Files of weights: what opens, what is refused, and in which words."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from dynamite_widget.cli import main
from dynamite_widget.models.checkpoint import fit, load_network, recognise, sha256
from dynamite_widget.models.conversion import convert
from dynamite_widget.models.published import published_config
from dynamite_widget.models.registry import MODELS, find_model
from dynamite_widget.models.safe_reading import read_tensors
from tests.published_weights import made_up_weights

SEGFORMER = "dynamite-segformer-b0"


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    return made_up_weights(published_config("segformer_b0"))


@pytest.fixture(scope="module")
def checkpoint(weights: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As published: nested, with detectron2's names, NumPy entries and much else."""
    path = tmp_path_factory.mktemp("published") / "dynamite_segformer_b0.pth"
    model: dict[str, Any] = {
        name.replace("backbone.", "backbone.bottom_up."): value for name, value in weights.items()
    }
    last = next(reversed(model))
    model[last] = model[last].numpy()
    extra = {"iteration": np.int64(184375), "best": np.float64(0.9), "optimizer": {"lr": [1e-4]}}
    torch.save({"model": model, **extra}, path)
    return path


def assert_same_network(path: Path, weights: dict[str, Tensor], tolerance: float = 0.0) -> None:
    network, model = load_network(SEGFORMER, path)
    assert model.name == SEGFORMER
    assert not network.training
    expected = fit(weights, model.config)
    made = network.state_dict()
    assert made.keys() == expected.keys()
    for name, value in made.items():
        assert value.device.type == "cpu"
        torch.testing.assert_close(value, expected[name], rtol=tolerance, atol=tolerance)


def test_the_published_layout_opens(checkpoint: Path, weights: dict[str, Tensor]) -> None:
    assert_same_network(checkpoint, weights)


def test_a_plain_state_dict_opens(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    torch.save(weights, tmp_path / "plain.pth")
    assert_same_network(tmp_path / "plain.pth", weights)


def test_converting_halves_the_size_and_records_where_it_came_from(
    checkpoint: Path, weights: dict[str, Tensor], tmp_path: Path
) -> None:
    target = tmp_path / "half.safetensors"
    assert main(["convert", str(checkpoint), str(target), "--half"]) == 0
    assert target.stat().st_size < 0.52 * checkpoint.stat().st_size
    assert_same_network(target, weights, tolerance=2e-3)
    with safe_open(target, framework="np") as file:
        record = json.loads(file.metadata()["dynamite_widget"])
    assert record["name"] == SEGFORMER
    assert record["source"] == checkpoint.name
    assert record["source_sha256"] == sha256(checkpoint)
    assert (record["short_side"], record["long_side"]) == (800, 1333)
    assert record["mean"] == [123.675, 116.28, 103.53]
    assert record["std"] == [58.395, 57.12, 57.375]
    with pytest.raises(ValueError, match=rf"{SEGFORMER}.* not of 'dynamite-swin-tiny'"):
        load_network("dynamite-swin-tiny", target)


def test_converting_never_replaces_a_file_unasked(checkpoint: Path, tmp_path: Path) -> None:
    target = tmp_path / "precious.safetensors"
    target.write_bytes(b"work of a week")
    assert main(["convert", str(checkpoint), str(target)]) == 2
    assert target.read_bytes() == b"work of a week"
    with pytest.raises(ValueError, match=r"\.safetensors"):
        convert(checkpoint, tmp_path / "weights.pth")


def test_what_was_trained_here_keeps_its_record_and_its_size(tmp_path: Path) -> None:
    packaged = find_model("dynamite-lite").weights_path
    assert packaged is not None
    target = tmp_path / "again.safetensors"
    record = convert(packaged, target)
    assert record.training is not None
    assert record.training["step"] > 0
    assert record.source == packaged.name
    assert target.stat().st_size < 1.01 * packaged.stat().st_size
    with pytest.raises(ValueError, match="there is no folder"):
        convert(packaged, tmp_path / "nowhere" / "again.safetensors")


def test_weights_are_readable_by_whoever_may_read_new_files(tmp_path: Path) -> None:
    packaged = find_model("dynamite-lite").weights_path
    assert packaged is not None
    target, plain = tmp_path / "again.safetensors", tmp_path / "plain"
    convert(packaged, target)
    plain.touch()
    assert target.stat().st_mode == plain.stat().st_mode


def test_a_broken_record_is_told(tmp_path: Path) -> None:
    path = tmp_path / "made_up.safetensors"
    save_file({"x": torch.zeros(1)}, path, metadata={"dynamite_widget": "{}"})
    with pytest.raises(ValueError, match="the record of these weights is broken"):
        load_network("dynamite-lite", path)


def test_a_checkpoint_of_another_model_is_recognised(checkpoint: Path) -> None:
    with pytest.raises(ValueError, match=rf"Missing: backbone.*looks like '{SEGFORMER}'"):
        load_network("dynamite-resnet50", checkpoint)


def test_what_is_missing_surplus_or_misshapen_is_listed_in_the_file_s_own_names(
    weights: dict[str, Tensor],
) -> None:
    broken = dict(weights)
    del broken["sem_seg_head.pixel_decoder.adapter_1.norm.bias"]
    broken["sem_seg_head.predictor.weight"] = torch.zeros(3)
    broken["backbone.norm1.weight"] = torch.zeros(7)
    with pytest.raises(ValueError, match="Missing") as told:
        fit(broken, published_config("segformer_b0"))
    words = str(told.value)
    assert "Missing: sem_seg_head.pixel_decoder.adapter_1.norm.bias." in words
    assert "Surplus: sem_seg_head.predictor.weight." in words
    assert "backbone.norm1.weight (7,) instead of (32,)" in words


@pytest.mark.parametrize("name", [name for name in MODELS if name != "dynamite-lite"])
def test_every_published_model_is_recognised_by_its_tensors(name: str) -> None:
    config = find_model(name).config
    with torch.device("meta"):
        assert recognise(made_up_weights(config)) == name


class Harmful:
    """Writes a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.trace, "it ran")


@pytest.mark.parametrize("by_torch", [True, False])
@pytest.mark.parametrize("where", ["beside", "inside"])
def test_nothing_in_a_file_can_run(tmp_path: Path, by_torch: bool, where: str) -> None:
    trace, path = tmp_path / "trace", tmp_path / "harmful.pth"
    harmful = Harmful(trace)
    model = {"w": torch.ones(2) if by_torch else np.ones(2)}
    content = {"model": model} | ({"more": harmful} if where == "beside" else {})
    if where == "inside":
        model["x"] = np.array([harmful], dtype=object)  # type: ignore[assignment]
    if by_torch:
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content))
    with pytest.raises(ValueError, match=r"harmful\.pth"):
        read_tensors(path)
    assert not trace.exists()


def test_a_plain_pickle_of_numpy_arrays_opens(tmp_path: Path) -> None:
    path = tmp_path / "arrays.pkl"
    path.write_bytes(pickle.dumps({"model": {"w": np.arange(3.0)}, "__author__": "somebody"}))
    tensors, _metadata = read_tensors(path)
    assert torch.equal(tensors["w"], torch.arange(3.0, dtype=torch.float64))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html><title>Google Drive - Virus scan warning</title>", "web page"),
        (b"", "cut off"),
        (b"PK\x03\x04 cut off", "cut off"),
        (b"just text", "no file of weights"),
        (pickle.dumps([1, 2, 3]), "holds a list"),
        (pickle.dumps({"model": {"epoch": 3}}), "no tensors, only epoch"),
    ],
)
def test_what_is_no_file_of_weights_is_refused_in_words(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "download.pth"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_tensors(path)


def test_a_published_model_says_what_to_download() -> None:
    with pytest.raises(ValueError, match=r"dynamite_swin_tiny\.pth.*docs/models\.md"):
        load_network("dynamite-swin-tiny")
    with pytest.raises(ValueError, match="did you mean 'dynamite-swin-tiny'"):
        load_network("dynamite-swin-tny")
    with pytest.raises(FileNotFoundError):
        load_network("dynamite-swin-tiny", "nowhere.pth")
