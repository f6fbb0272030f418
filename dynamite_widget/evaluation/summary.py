"""The numbers of a result that go into files and tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from dynamite_widget.evaluation.labelling import LabelledScene
from dynamite_widget.evaluation.mist import MistResult
from dynamite_widget.evaluation.noc import NocResult

NOC_THRESHOLDS = (0.80, 0.85, 0.90, 0.95)
"""IoU at which NoC is told, as far as a run went."""

CLICK_COUNTS = (1, 2, 3, 5, 10, 20)
"""Clicks after which the mean IoU is told, as far as a run went."""


def summarise(result: MistResult | NocResult) -> dict[str, Any]:
    """The metrics of a result by name; IoUs are 0..1, times are seconds.

    NoC in `noc_85` and its failures in `nof_85` are at IoU 0.85, and so on; `miou_after_3` is the
    mean IoU after 3 clicks (an object on average).
    """
    if isinstance(result, MistResult):
        labelled = result.images
        numbers = {
            "images": len(labelled),
            "objects": result.n_objects,
            "nci": result.nci,
            "nfo": result.nfo,
            "nfi": result.nfi,
            "miou": result.miou,
        }
        most = result.tau
    else:
        labelled = result.samples
        n_images = float("nan") if result.n_images is None else result.n_images
        numbers = {"images": n_images, "objects": len(labelled)}
        for iou in NOC_THRESHOLDS:
            if iou <= result.iou_threshold:
                numbers[f"noc_{iou * 100:.0f}"] = result.noc(iou)
                numbers[f"nof_{iou * 100:.0f}"] = result.failures(iou)
        most = result.max_clicks
    numbers["skipped"] = len(result.skipped)
    for clicks in CLICK_COUNTS:
        if clicks <= most:
            numbers[f"miou_after_{clicks}"] = result.mean_iou(clicks)
    # JSON knows no NaN, which is what a mean over nothing is.
    everything = {**numbers, **_times(labelled)}
    return {name: None if np.isnan(number) else number for name, number in everything.items()}


def scene_rows(result: MistResult | NocResult) -> list[dict[str, Any]]:
    """One row for each labelled scene, for a table to look things up in."""
    labelled = result.images if isinstance(result, MistResult) else result.samples
    return [
        {
            "scene": scene.name,
            "objects": len(scene.ious),
            "clicks": len(scene.clicks),
            "budget": scene.budget,
            "mean_iou": float(np.mean(scene.ious)),
            "lowest_iou": min(scene.ious),
            "failed_objects": sum(iou < result.iou_threshold for iou in scene.ious),
            "encode_seconds": scene.encode_seconds,
            "click_seconds": float(np.mean(scene.click_seconds)),
        }
        for scene in labelled
    ]


def _times(labelled: list[LabelledScene]) -> dict[str, float]:
    encode = [scene.encode_seconds for scene in labelled if scene.encode_seconds]
    clicks = [seconds for scene in labelled for seconds in scene.click_seconds]
    return {
        "encode_seconds_p50": _quantile(encode, 0.50),
        "click_seconds_p50": _quantile(clicks, 0.50),
        "click_seconds_p95": _quantile(clicks, 0.95),
    }


def _quantile(values: list[float], q: float) -> float:
    return float(np.quantile(values, q)) if values else float("nan")
