"""A bench: one benchmark of one segmenter on one data set, scene by scene, in any process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dynamite_widget.evaluation.labelling import Encoder, LabelledScene, check_limits
from dynamite_widget.evaluation.mist import MistResult, label_together
from dynamite_widget.evaluation.noc import NocResult, label_objects
from dynamite_widget.evaluation.readers import SceneSet, open_scenes
from dynamite_widget.evaluation.segmenter_source import SegmenterSource
from dynamite_widget.evaluation.strategies import SHUFFLING, Shuffler, check_strategy, seed_of

TASKS = ("mist", "noc")

ALONE = "single"
"""What stands for the strategy where there is one object and so nothing to choose."""


@dataclass(frozen=True)
class BenchSettings:
    """Everything that decides the numbers of a run.

    Attributes:
        source: of the segmenter.
        data: path of the data set.
        layout: of the data set, a name of `LAYOUTS`, or None to find out.
        split: of the sets that come in several.
        limit: so many scenes, spread evenly over the set; None for all.
        task: "mist" or "noc".
        strategies: names of `STRATEGIES` for MIST; `ALONE` for NoC.
        clicks: allowed for each object on average (tau), or for the single object.
        iou_threshold: at which an object is done.
        seed_id: number of the repetition.
        seed_each: a generator for each scene instead of one that runs on from scene to scene,
            as the published evaluation has it.
    """

    source: SegmenterSource
    data: str
    layout: str | None = None
    split: str = "val"
    limit: int | None = None
    task: str = "mist"
    strategies: tuple[str, ...] = ("random",)
    clicks: int = 10
    iou_threshold: float = 0.85
    seed_id: int = 0
    seed_each: bool = False

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ValueError(f"no task is called {self.task!r}; there are {', '.join(TASKS)}")
        check_limits(self.iou_threshold, self.clicks)
        if self.task == "noc":
            object.__setattr__(self, "strategies", (ALONE,))
        for strategy in self.strategies if self.task == "mist" else ():
            check_strategy(strategy)
        if len(set(self.strategies)) != len(self.strategies) or not self.strategies:
            raise ValueError(f"strategies are {self.strategies}; name each one once")

    def in_order(self, strategy: str) -> bool:
        """Whether the scenes must be labelled one after the other."""
        return strategy in SHUFFLING and not self.seed_each

    def shuffler(self, scene: str = "") -> Shuffler:
        """Source of chance for a scene, or for the whole run."""
        seed = seed_of(self.seed_id)
        return Shuffler(f"{seed}/{scene}" if self.seed_each else seed)

    def result(self, strategy: str, outcomes: Sequence[Outcome]) -> MistResult | NocResult:
        """What all outcomes of a strategy amount to."""
        labelled = [one for outcome in outcomes for one in outcome.labelled]
        skipped = [name for outcome in outcomes for name in outcome.skipped]
        if self.task == "noc":
            n_images = sum(bool(outcome.labelled) for outcome in outcomes)
            return NocResult(labelled, self.iou_threshold, self.clicks, skipped, n_images)
        return MistResult(labelled, self.iou_threshold, strategy, self.clicks, skipped)


@dataclass(frozen=True)
class Outcome:
    """What came of one scene.

    Attributes:
        scene: its name.
        labelled: itself, or in the single-object benchmark each of its objects.
        skipped: names of what had nothing visible to label.
    """

    scene: str
    labelled: list[LabelledScene]
    skipped: list[str]


class Bench:
    """A data set and a segmenter, ready to work."""

    def __init__(self, settings: BenchSettings) -> None:
        self.settings = settings

    @cached_property
    def scenes(self) -> SceneSet:
        """The scenes, in order."""
        settings = self.settings
        scenes = open_scenes(settings.data, settings.layout, settings.split)
        return scenes if settings.limit is None else scenes.evenly(settings.limit)

    @cached_property
    def encoder(self) -> Encoder:
        """The segmenter, loaded when the first scene needs it."""
        return Encoder(self.settings.source.load())

    def label(self, strategy: str, index: int, shuffler: Shuffler) -> tuple[Outcome, Shuffler]:
        """Label one scene; the source of chance comes back as it is afterwards."""
        settings, scene = self.settings, self.scenes[index]
        if settings.task == "noc":
            labelled, skipped = label_objects(
                self.encoder, scene, settings.iou_threshold, settings.clicks
            )
        else:
            labelled, skipped = label_together(
                self.encoder, scene, strategy, settings.clicks, settings.iou_threshold, shuffler
            )
        return Outcome(scene.name, labelled, skipped), shuffler
