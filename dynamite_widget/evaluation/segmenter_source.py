"""Where a segmenter comes from, in words that fit on a command line and travel to a worker."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from dynamite_widget.segmenting import SupportsSegmentation

REFERENCES = {
    "grabcut": "dynamite_widget.evaluation.references.grabcut:GrabCutSegmenter",
    "random-walker": "dynamite_widget.evaluation.references.random_walker:RandomWalkerSegmenter",
}
"""Segmenters without weights, by the names the command line gives them."""


@dataclass(frozen=True)
class SegmenterSource:
    """How to get a segmenter, here or in another process.

    Attributes:
        model: a name that `Segmenter.load` knows, one of `REFERENCES`, or `module:name` of
            anybody's segmenter, or of a function or class that makes one without arguments.
        checkpoint: file of weights for a named model.
        device: for a named model, such as "cpu" or "cuda:1".
        short_side, long_side: of a named model's input in pixels; None for what it was made for.

    Raises:
        ValueError: if a side is less than 1.
    """

    model: str
    checkpoint: str | None = None
    device: str | None = None
    short_side: int | None = None
    long_side: int | None = None

    def __post_init__(self) -> None:
        for name in ("short_side", "long_side"):
            side = getattr(self, name)
            if side is not None and side < 1:
                raise ValueError(f"{name} is {side}; it must be at least 1 pixel")

    def load(self) -> SupportsSegmentation:
        """Load or make the segmenter.

        Raises:
            ValueError: if there is no such segmenter, or what was found is none.
        """
        place = REFERENCES.get(self.model, self.model)
        if ":" not in place:
            from dynamite_widget.segmenter import Segmenter  # PyTorch, which references spare

            return Segmenter.load(
                self.model,
                checkpoint=self.checkpoint,
                device=self.device,
                short_side="model" if self.short_side is None else self.short_side,
                long_side="model" if self.long_side is None else self.long_side,
            )
        if self.checkpoint or self.device or self.short_side or self.long_side:
            raise ValueError(f"{self.model} takes no checkpoint, no device and no sides")
        module, _, name = place.partition(":")
        own = self.model not in REFERENCES
        return _segmenter(
            place, getattr(_own(module) if own else import_module(module), name, None)
        )


def _own(name: str) -> ModuleType:
    """Import somebody's module; the folder the command was given in is searched first.

    A console script, unlike `python -m`, does not look there by itself. The folder stays on the
    path, since the module may import its neighbours later on.
    """
    here = os.getcwd()
    if not {here, ""} & set(sys.path):
        sys.path.insert(0, here)
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise ValueError(
                f"no module is called {error.name!r}, neither in {here} nor where Python looks; "
                "--model MODULE:NAME needs one"
            ) from error
        raise ValueError(f"{name} cannot be imported: {error}") from error


def _segmenter(place: str, found: Any) -> SupportsSegmentation:  # noqa: ANN401 - it is looked at
    module, _, name = place.partition(":")
    if found is None:
        raise ValueError(f"module {module} has no {name!r}; --model MODULE:NAME needs both")
    # A class has the two verbs as well, but only what it makes can be asked.
    made = found() if isinstance(found, type) or not _segments(found) else found
    if not _segments(made):
        raise ValueError(
            f"{place} gives {type(made).__name__}, which is no segmenter: "
            "encode(image) and segment(features, clicks) are needed"
        )
    return made


def _segments(candidate: object) -> bool:
    return isinstance(candidate, SupportsSegmentation)
