"""Click for click the same as the published evaluation, on its recorded traces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynamite_widget.evaluation import STRATEGIES, Scene, run_mist, run_noc
from tests.evaluation.stand_in import NearestWithin

GOLDEN = Path(__file__).resolve().parents[2] / ".." / "shared" / "golden" / "dynamite"

if not (GOLDEN / "mist_traces.json").exists():
    pytest.skip(f"the recorded traces are not in {GOLDEN}", allow_module_level=True)


@pytest.fixture(scope="module")
def traces() -> dict[str, Any]:
    return json.loads((GOLDEN / "mist_traces.json").read_text())


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    packed = np.load(GOLDEN / "mist_scenes.npz")
    found = []
    for name in ("s0", "s1", "s2"):
        shape = tuple(packed[f"{name}_shape"])
        masks = np.unpackbits(packed[name])[: np.prod(shape)].reshape(shape).astype(bool)
        found.append(Scene(name, np.zeros((*shape[1:], 3), np.uint8), masks))
    return found


@pytest.mark.parametrize("tau", [4, 10])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_click_falls_where_the_published_evaluation_put_it(
    strategy: str, tau: int, scenes: list[Scene], traces: dict[str, Any]
) -> None:
    recorded = traces["strategies"][f"{strategy}_tau{tau}"]["images"]
    segmenter = NearestWithin(traces["R"])
    result = run_mist(segmenter, scenes, strategy, tau, traces["iou_threshold"], traces["seed_id"])
    for image in result.images:
        clicks = [[t, c.object_id, c.y, c.x] for t, c in enumerate(image.clicks)]
        assert clicks == recorded[image.name]["clicks"]
        assert image.ious == pytest.approx(recorded[image.name]["final_ious"], abs=1e-6)
    assert [image.name for image in result.images] == list(recorded)


def test_single_objects_have_the_recorded_iou_after_every_click(
    scenes: list[Scene], traces: dict[str, Any]
) -> None:
    # Recorded names are like s1o1_2: scene, object, running number.
    recorded = {name.split("_")[0]: ious for name, ious in traces["single"]["ious"].items()}
    result = run_noc(NearestWithin(traces["R"]), scenes)
    ours = {
        (sample.name if "#" in sample.name else f"{sample.name}#0").replace("#", "o"): ious
        for sample, ious in zip(result.samples, result.ious, strict=True)
    }
    assert recorded.keys() <= ours.keys()
    for name, ious in recorded.items():
        assert ours[name] == pytest.approx(ious, abs=1e-6)
