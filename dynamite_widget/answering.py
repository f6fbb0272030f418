"""What the model makes of clicks and imported objects: one label map for all that was said."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock

from dynamite_widget.asking import Asker
from dynamite_widget.clicks import BoolMap, Click
from dynamite_widget.imports import NO_IMPORTS, Imports, clicks_near, statements
from dynamite_widget.refinement import refine
from dynamite_widget.regions import Region
from dynamite_widget.run_lengths import Runs
from dynamite_widget.seeding import Seeds, find_seeds, uncontradicted
from dynamite_widget.state import State

REMEMBERED_REFINEMENTS = 1024
"""How many refined objects are kept at hand."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What waits for the model's answer.

    Attributes:
        clicks: in order of time.
        imports: the imported objects; none while no click touches any.
    """

    clicks: tuple[Click, ...]
    imports: Imports = NO_IMPORTS

    @classmethod
    def of(cls, state: State) -> Snapshot:
        """Take from a state what the answer depends on."""
        imports = Imports.of(state)
        return cls(state.clicks, imports if imports.touched(state.clicks) else NO_IMPORTS)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the model makes of a snapshot.

    Attributes:
        runs: the label map: clicked objects, and imported ones as far as clicks touch them.
        refined: ids of those imported objects.
    """

    runs: Runs
    refined: frozenset[int] = frozenset()


Ask = Callable[[tuple[Click, ...]], Runs]
"""Gives the model's label map for some clicks."""


class Answers:
    """Answers about one image, from one segmenter; safe to use from several threads.

    Objects that began with clicks are answered together. An imported object that a click touches
    is answered alone, so that it disturbs no other: seeds stand for its mask, and where the clicks
    change what the model says to the seeds, the mask changes (docs/decisions/0007).

    Args:
        asker: asks the segmenter.
    """

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._seeds: dict[tuple[int, Region], Seeds] = {}
        self._refinements: OrderedDict[Hashable, Region] = OrderedDict()
        self._guard = Lock()

    @property
    def encoded(self) -> bool:
        """Whether the image's features are at hand."""
        return self._asker.encoded

    def encode(self) -> None:
        """Compute the image's features now; nothing happens if they are at hand."""
        self._asker.encode()

    def answer(self, snapshot: Snapshot) -> Answer:
        """Return what the model makes of clicks and imported objects.

        Raises:
            ValueError: if the segmenter gives something else than a label map of the image.
            Exception: whatever the segmenter raises.
        """
        return self._answer(snapshot, self._asker.ask)

    def remembered(self, snapshot: Snapshot) -> Answer | None:
        """Return the answer to a snapshot if that takes no model, or None."""
        try:
            return self._answer(snapshot, self._recall)
        except _ForgottenError:
            return None

    def forget(self) -> None:
        """Give back features and answers; they are computed anew when needed. Seeds stay."""
        self._asker.forget()
        with self._guard:
            self._refinements.clear()

    def _recall(self, clicks: tuple[Click, ...]) -> Runs:
        known = self._asker.remembered(clicks)
        if known is None:
            raise _ForgottenError
        return known

    def _answer(self, snapshot: Snapshot, ask: Ask) -> Answer:
        clicks = snapshot.clicks
        imported = dict(snapshot.imports.regions)
        touched = snapshot.imports.touched(clicks)
        joint = ask(tuple(click for click in clicks if click.object_id not in imported))
        if not touched:
            return Answer(joint)
        label_map = joint.to_array()
        for object_id, time_steps in touched.items():
            touching = tuple(clicks[time_step] for time_step in time_steps)
            region = self._refined(object_id, touching, snapshot, ask)
            label_map[region.slices][region.pixels] = object_id
        return Answer(Runs.of(label_map), frozenset(touched))

    def _refined(
        self, object_id: int, touching: tuple[Click, ...], snapshot: Snapshot, ask: Ask
    ) -> Region:
        """The pixels of an imported object as clicks leave it."""
        imports = snapshot.imports
        mask = dict(imports.regions)[object_id]
        said = statements(object_id, clicks_near(object_id, mask, snapshot.clicks))
        key = (object_id, said, touching, imports)
        with self._guard:
            if key in self._refinements:
                self._refinements.move_to_end(key)
                return self._refinements[key]
        size = self._asker.size

        def alone(clicks: tuple[Click, ...]) -> BoolMap:
            return ask(clicks).to_array() == object_id

        seeds = self._seeds.get((object_id, mask))
        if seeds is None:
            seeds = find_seeds(mask.to_array(size), object_id, alone)
            self._seeds[object_id, mask] = seeds
        pixels, meant = mask.to_array(size), statements(object_id, touching)
        refined = Region.from_array(
            refine(
                pixels,
                seeds.answer.to_array(size),
                alone((*uncontradicted(seeds.clicks, meant, pixels), *said)),
                meant,
                barred=imports.barred(object_id, touching, size),
            )
        )
        with self._guard:
            self._refinements[key] = refined
            if len(self._refinements) > REMEMBERED_REFINEMENTS:
                self._refinements.popitem(last=False)
        return refined


class _ForgottenError(LookupError):
    """An answer is not at hand."""
