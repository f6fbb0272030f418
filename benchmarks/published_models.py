"""Measures the published networks against a plain transcription of them, in one process.

Usage:
    python -m benchmarks.published_models [--backbones swin_tiny ...] [--short-sides 512 800]
                                          [--threads 2] [--rounds 4] [--busy]

Prints the table of docs/performance.md. Weights are made up: values do not matter for time. The two
take turns, and the fastest round of each counts, so that other work on the machine does not decide.
Where there is much of it, `--busy` counts the processor time of one thread instead of time.
Peak memory is that of a process of its own which encodes one photograph and answers one click.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.latency import machine
from dynamite_widget import samples
from dynamite_widget.clicks import Click
from dynamite_widget.images import to_rgb
from dynamite_widget.models.checkpoint import fit
from dynamite_widget.models.click_tensors import ClickTensors
from dynamite_widget.models.dynamite import DynaMITe, ImageFeatures
from dynamite_widget.models.published import published_config
from dynamite_widget.models.registry import find_model
from dynamite_widget.network_input import click_tensors, pixel_tensor
from dynamite_widget.resizing import Resizing
from tests.published_weights import BACKBONES, made_up_weights
from tests.reference.backbones import BACKBONES as PLAIN_BACKBONES
from tests.reference.interactive import ImageClicks, interactive_transformer
from tests.reference.masks import label_map
from tests.reference.pixel_decoder import pixel_decoder

OBJECTS = (1, 5, 10)
HEIGHT, WIDTH = 480, 640


class Plain:
    """The transcription, which computes everything anew for every click."""

    def __init__(self, backbone: str, weights: dict[str, Tensor]) -> None:
        self.backbone, self.weights = backbone, weights

    def maps(self, pixels: Tensor) -> Any:  # noqa: ANN401
        """Run the backbone."""
        return PLAIN_BACKBONES[self.backbone](self.weights, pixels)

    def decode(self, maps: Any) -> Any:  # noqa: ANN401
        """Run the pixel decoder."""
        return pixel_decoder(self.weights, maps, self.backbone)

    def remember(self, decoded: Any) -> Any:  # noqa: ANN401
        """Make ready for clicks."""
        return decoded

    def click(self, features: Any, clicks: ClickTensors, resizing: Resizing) -> Tensor:  # noqa: ANN401
        """Answer clicks with a label map."""
        rows = zip(clicks.owner.tolist(), clicks.points.tolist(), clicks.time.tolist(), strict=True)
        timed = [(owner, (y, x, t)) for owner, (y, x), t in rows]
        objects = [
            [click for owner, click in timed if owner == i]
            for i in range(int(clicks.owner.max()) + 1)
        ]
        image = ImageClicks(objects, [], len(timed) - 1)
        answer = interactive_transformer(self.weights, *features, [image])
        counts = [len(own) for own in objects]
        return label_map(answer.logits[0], counts, resizing.resized, resizing.original)


class Ours:
    """The package's network."""

    def __init__(self, backbone: str, weights: dict[str, Tensor]) -> None:
        config = published_config(backbone)  # type: ignore[arg-type]
        with torch.device("meta"):
            self.network = DynaMITe(config).eval()
        self.network.load_state_dict(fit(weights, config), assign=True)

    def maps(self, pixels: Tensor) -> Any:  # noqa: ANN401
        """Run the backbone."""
        return self.network.backbone(pixels)

    def decode(self, maps: Any) -> Any:  # noqa: ANN401
        """Run the pixel decoder."""
        return self.network.pixel_decoder(maps)

    def remember(self, decoded: Any) -> Any:  # noqa: ANN401
        """Make ready for clicks."""
        return ImageFeatures(self.network.interactive_transformer.remember(*decoded), None)

    def click(self, features: Any, clicks: ClickTensors, resizing: Resizing) -> Tensor:  # noqa: ANN401
        """Answer clicks with a label map."""
        return self.network.segment(features, clicks, resizing.resized, resizing.original)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backbones", nargs="+", default=BACKBONES, choices=BACKBONES)
    parser.add_argument("--short-sides", nargs="+", type=int, default=[512, 800])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--busy", action="store_true", help="processor time of one thread")
    parser.add_argument("--peak", choices=("plain", "ours"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    threads = 1 if given.busy else given.threads
    torch.set_num_threads(threads)
    if given.peak:
        print_peak(given.peak, given.backbones[0], given.short_sides[0])
        return
    counted = "processor time of 1 thread" if given.busy else f"{threads} threads"
    print(
        f"{machine()}, {counted}, torch {torch.__version__}; a photograph of {HEIGHT} x {WIDTH}, "
        f"minimum of {given.rounds} rounds, plain / ours (ratio)\n"
    )
    clock = time.process_time if given.busy else time.perf_counter
    columns = " | ".join(f"click, {n} object{'s' * (n > 1)}" for n in OBJECTS)
    print(
        f"| model, short side | backbone | pixel decoder | made ready | {columns} | peak memory |"
    )
    print("|---" * (5 + len(OBJECTS)) + "|")
    for backbone in given.backbones:
        weights = made_up_weights(published_config(backbone))
        pair = Plain(backbone, weights), Ours(backbone, weights)
        for short_side in given.short_sides:
            times = measure(pair, backbone, short_side, given.rounds, clock)
            peaks = [peak(which, backbone, short_side, threads) for which in PEAKS]
            cells = [f"{plain:.2f} / {ours:.2f} s ({ours / plain:.2f})" for plain, ours in times]
            cells[2] = f"{times[2][1]:.2f} s"
            print(
                f"| {backbone}, {short_side} | {' | '.join(cells)} "
                f"| {peaks[0]:.2f} / {peaks[1]:.2f} GB |",
                flush=True,
            )


PEAKS = ("plain", "ours")


def photograph(backbone: str, short_side: int) -> tuple[Tensor, Resizing]:
    """The network's input."""
    model = find_model(f"dynamite-{backbone.replace('_', '-')}")
    image = to_rgb(samples.path("coffee.jpg"))
    original = Resizing((image.shape[0], image.shape[1]), (HEIGHT, WIDTH)).image(image)
    resizing = Resizing.fit((HEIGHT, WIDTH), short_side, model.long_side)
    pixels = torch.from_numpy(np.array(resizing.image(original)))
    return pixel_tensor(pixels, model.mean, model.std), resizing


def clicks(objects: int, resizing: Resizing) -> ClickTensors:
    """Two clicks on each object."""
    places = np.random.default_rng(0).random((2 * objects, 2)) * (HEIGHT - 1, WIDTH - 1)
    made = [Click(x=x, y=y, object_id=1 + i % objects) for i, (y, x) in enumerate(places)]
    return click_tensors(made, range(1, objects + 1), resizing)


def measure(
    pair: tuple[Plain, Ours],
    backbone: str,
    short_side: int,
    rounds: int,
    clock: Callable[[], float],
) -> list[tuple[float, float]]:
    """Seconds of plain and ours: backbone, pixel decoder, the rest of encoding, and clicks."""
    pixels, resizing = photograph(backbone, short_side)
    with torch.inference_mode():
        maps = pair[0].maps(pixels)
        decoded = [network.decode(maps) for network in pair]
        features = [network.remember(d) for network, d in zip(pair, decoded, strict=True)]
        jobs: list[list[Callable[[], object]]] = [
            [lambda n=n: n.maps(pixels) for n in pair],
            [lambda n=n: n.decode(maps) for n in pair],
            [lambda n=n, d=d: n.remember(d) for n, d in zip(pair, decoded, strict=True)],
        ]
        for count in OBJECTS:
            given = clicks(count, resizing)
            jobs.append(
                [
                    lambda n=n, f=f, given=given: n.click(f, given, resizing)
                    for n, f in zip(pair, features, strict=True)
                ]
            )
        return [(*fastest(job, rounds, clock),) for job in jobs]  # type: ignore[misc]


def fastest(
    job: list[Callable[[], object]], rounds: int, clock: Callable[[], float]
) -> list[float]:
    """Seconds of each, taking turns."""
    best = [float("inf")] * len(job)
    for _ in range(rounds):
        for i, work in enumerate(job):
            start = clock()
            work()
            best[i] = min(best[i], clock() - start)
    return best


def peak(which: str, backbone: str, short_side: int, threads: int) -> float:
    """GB that a process of its own needs at most, with weights, one photograph and one click."""
    command = [
        *(sys.executable, "-m", "benchmarks.published_models", "--peak", which),
        *("--backbones", backbone, "--short-sides", str(short_side), "--threads", str(threads)),
    ]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def print_peak(which: str, backbone: str, short_side: int) -> None:
    """Encode, click once, and print the process's largest size in GB."""
    weights = made_up_weights(published_config(backbone))
    network = Plain(backbone, weights) if which == "plain" else Ours(backbone, weights)
    del weights
    pixels, resizing = photograph(backbone, short_side)
    with torch.inference_mode():
        features = network.remember(network.decode(network.maps(pixels)))
        network.click(features, clicks(1, resizing), resizing)
    print(most_memory() / 1e9)


def most_memory() -> float:
    """Bytes that this process has held at most."""
    status = Path("/proc/self/status")
    if status.is_file():  # getrusage also counts the parent, from which this process was forked
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return 1024 * float(lines["VmHWM"].split()[0])
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
