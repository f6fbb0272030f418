"""What the model makes of clicks and imported objects: one label map for all that was said."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

import numpy as np

from dynamite_widget.asking import Asker
from dynamite_widget.clicks import BoolMap, Click
from dynamite_widget.extents import Box
from dynamite_widget.imports import NO_IMPORTS, Imports, clicks_near, statements
from dynamite_widget.refinement import refine, unheard
from dynamite_widget.regions import Region
from dynamite_widget.run_lengths import Runs
from dynamite_widget.seeding import Seeds, find_seeds, uncontradicted, without_nearest
from dynamite_widget.state import State

MOST_SEEDS_GIVEN_UP = 3
"""So many more times the model is asked when seeds keep it from hearing a click."""
MOST_CHANGED = 0.5
"""A seed whose loss changes more than this share of a mask was needed, and is not given up."""
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
        self._refinements: OrderedDict[_Key, Region] = OrderedDict()
        self._guard = Lock()

    @property
    def encoded(self) -> bool:
        """Whether the image's features are at hand."""
        return self._asker.encoded

    def encode(self) -> None:
        """Compute the image's features now; nothing happens if they are at hand."""
        self._asker.encode()

    def look_ahead(self, boxes: Sequence[Box]) -> None:
        """Compute now what the model needs of the image for an object with one of these boxes."""
        self._asker.look_ahead(boxes)

    def guess(self, snapshot: Snapshot) -> None:
        """Answer what may wait for an answer next, and remember that; given up for any other.

        Imported objects are left out: where clicks touch one, several answers would be needed.
        """
        if not _touching(snapshot):
            self._asker.guess(_joint(snapshot))

    def give_up_guess(self, unless: Snapshot | None = None) -> None:
        """Let the guess that is made end early, unless it is at this."""
        self._asker.give_up_guess(None if unless is None else _joint(unless))

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

    def take_over(self, snapshot: Snapshot, answer: Answer) -> None:
        """Remember an earlier answer, so that later clicks go on from it.

        Imported objects in it then need no model again.
        """
        clicks = _joint(snapshot)
        if clicks and not answer.refined:
            self._asker.remember(clicks, answer.runs)
        label_map = answer.runs.to_array()
        for object_id, touching in _touching(snapshot).items():
            if object_id in answer.refined:
                key = _key(object_id, touching, snapshot)
                self._remember(key, Region.from_array(label_map == object_id))

    def forget(self) -> None:
        """Give back the image's features and the model's answers; seeds and objects are small."""
        self._asker.forget()

    def _recall(self, clicks: tuple[Click, ...]) -> Runs:
        known = self._asker.remembered(clicks)
        if known is None:
            raise _ForgottenError
        return known

    def _answer(self, snapshot: Snapshot, ask: Ask) -> Answer:
        touched = _touching(snapshot)
        joint = ask(_joint(snapshot))
        if not touched:
            return Answer(joint)
        label_map = joint.to_array()
        for object_id, touching in touched.items():
            region = self._refined(object_id, touching, snapshot, ask)
            label_map[region.slices][region.pixels] = object_id
        return Answer(Runs.of(label_map), frozenset(touched))

    def _refined(
        self, object_id: int, touching: tuple[Click, ...], snapshot: Snapshot, ask: Ask
    ) -> Region:
        """The pixels of an imported object as clicks leave it."""
        key = _key(object_id, touching, snapshot)
        with self._guard:
            if key in self._refinements:
                self._refinements.move_to_end(key)
                return self._refinements[key]
        size, imports = self._asker.size, snapshot.imports
        mask = dict(imports.regions)[object_id]

        def alone(clicks: tuple[Click, ...]) -> BoolMap:
            return ask(clicks).to_array() == object_id

        seeds = self._seeds.get((object_id, mask))
        if seeds is None:
            seeds = find_seeds(mask.to_array(size), object_id, alone)
            self._seeds[object_id, mask] = seeds
        pixels, meant = mask.to_array(size), statements(object_id, touching)
        barred = imports.barred(object_id, touching, size)
        before = seeds.answer.to_array(size)
        left = uncontradicted(seeds.clicks, meant, pixels)
        shown = refine(pixels, before, alone((*left, *key.said)), meant, barred=barred)
        for _ in range(MOST_SEEDS_GIVEN_UP):
            deaf_to = unheard(pixels, shown, meant)
            fewer = deaf_to and without_nearest(left, deaf_to, meant)
            if not fewer:
                break
            left = fewer
            tried = refine(pixels, before, alone((*left, *key.said)), meant, barred=barred)
            if np.count_nonzero(tried != pixels) > MOST_CHANGED * np.count_nonzero(pixels):
                break
            shown = tried
        refined = Region.from_array(shown)
        self._remember(key, refined)
        return refined

    def _remember(self, key: _Key, refined: Region) -> None:
        with self._guard:
            self._refinements[key] = refined
            if len(self._refinements) > REMEMBERED_REFINEMENTS:
                self._refinements.popitem(last=False)


class _Key(NamedTuple):
    """All that the pixels of an imported object depend on, besides the model."""

    object_id: int
    said: tuple[Click, ...]
    touching: tuple[Click, ...]
    imports: Imports


def _joint(snapshot: Snapshot) -> tuple[Click, ...]:
    """The clicks of all objects that are not imported: these are answered together."""
    imported = dict(snapshot.imports.regions)
    return tuple(c for c in snapshot.clicks if c.object_id not in imported)


def _touching(snapshot: Snapshot) -> dict[int, tuple[Click, ...]]:
    """The clicks that touch each imported object, by its id; the one clicked last comes last."""
    touched = snapshot.imports.touched(snapshot.clicks)
    return {k: tuple(snapshot.clicks[i] for i in steps) for k, steps in touched.items()}


def _key(object_id: int, touching: tuple[Click, ...], snapshot: Snapshot) -> _Key:
    mask = dict(snapshot.imports.regions)[object_id]
    said = statements(object_id, clicks_near(object_id, mask, snapshot.clicks))
    return _Key(object_id, said, touching, snapshot.imports)


class _ForgottenError(LookupError):
    """An answer is not at hand."""
