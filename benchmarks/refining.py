"""Measures what refining objects in windows saves, and what it costs in IoU with the truth.

Usage:
    python -m benchmarks.refining DATA [--model NAME] [--checkpoint FILE] [--limit 20]

DATA is a folder as `dynamite-widget evaluate` takes it. Each photograph with four objects or more
gets one click in the middle of each, and one answer. Time is the processor's, of one thread.
"""

from __future__ import annotations

import argparse
import time
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor

import dynamite_widget as dw
from dynamite_widget.clicks import next_click
from dynamite_widget.evaluation import Scene
from dynamite_widget.evaluation.readers import open_scenes
from dynamite_widget.models import refining
from dynamite_widget.models.refiner import Cues, Refiner, RefinerMemory
from dynamite_widget.models.windows import Window


def everywhere(
    refiner: Refiner, memory: RefinerMemory, cues: Cues, background: Tensor
) -> list[Window]:
    """Say that each object may be anywhere."""
    height, width = background.shape[-2:]
    return [Window(i, 0, 0, (height, width)) for i in range(cues.own.shape[1])]


def main() -> None:
    """Answer every photograph in both ways, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--model", default="dynamite-lite")
    parser.add_argument("--checkpoint")
    parser.add_argument("--limit", type=int, default=20, help="images")
    given = parser.parse_args()

    torch.set_num_threads(1)
    segmenter = dw.Segmenter.load(given.model, checkpoint=given.checkpoint, device="cpu")
    scenes = [
        scene for scene in open_scenes(given.data).evenly(given.limit) if len(scene.masks) > 3
    ]
    objects = np.mean([len(scene.masks) for scene in scenes])
    print(f"{len(scenes)} photographs, {objects:.1f} objects on average\n")
    print("| refined | mean IoU | processor time of an answer |")
    print("|---|---|---|")
    for name, rule in (("in windows", refining.find_windows), ("everywhere", everywhere)):
        with patch.object(refining, "find_windows", rule):
            answers = [measure(segmenter, scene) for scene in scenes]
        iou, seconds = np.mean(answers, axis=0)
        print(f"| {name} | {iou:.4f} | {1000 * seconds:.0f} ms |")


def measure(segmenter: dw.Segmenter, scene: Scene) -> tuple[float, float]:
    """Click once on every object; return the mean IoU, and the seconds of the answer."""
    features = segmenter.encode(scene.image)
    clicks = [middle(mask, number) for number, mask in enumerate(scene.masks, start=1)]
    began = time.process_time()
    label_map = segmenter.segment(features, clicks)
    seconds = time.process_time() - began
    ious = [
        np.count_nonzero(mask & (label_map == number))
        / np.count_nonzero(mask | (label_map == number))
        for number, mask in enumerate(scene.masks, start=1)
    ]
    return float(np.mean(ious)), seconds


def middle(mask: np.ndarray, number: int) -> dw.Click:
    """Click on the pixel that is farthest from the mask's border."""
    nothing = np.zeros_like(mask)
    click = next_click(mask, nothing, taken=nothing, object_id=number)
    assert click is not None  # an object has pixels
    return click


if __name__ == "__main__":
    main()
