"""Whatever people do, in any order: it can be undone and redone exactly, and promises hold."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from numpy.typing import NDArray

from dynamite_widget.formats.annotations import Annotations
from dynamite_widget.session import Session
from dynamite_widget.state import State, pixel_of
from tests.nearest_click import NearestClick

HEIGHT, WIDTH = 14, 18
IMAGE = np.zeros((HEIGHT, WIDTH, 3), np.uint8)

xs = st.floats(0, WIDTH, exclude_max=True)
ys = st.floats(0, HEIGHT, exclude_max=True)
points = st.tuples(xs, ys)
boxes = st.tuples(xs, ys, st.floats(1, WIDTH), st.floats(1, HEIGHT))
picks = st.integers(0, 10**6)


class AnyAfternoon(RuleBasedStateMachine):
    """One person labels one image, in any order; `past` and `future` remember what was seen."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session(IMAGE, NearestClick(), labels=["car", "person"])
        self.past: list[tuple[State, NDArray[np.uint16]]] = []
        self.future: list[tuple[State, NDArray[np.uint16]]] = []
        self.given_ids: list[int] = []

    def now(self) -> tuple[State, NDArray[np.uint16]]:
        return self.session.view.state, self.session.label_map

    def do(self, act: str, *arguments: object, **options: object) -> object:
        """Call a method of the session; what it refuses must leave everything as it was."""
        before = self.now()
        depth = len(self.past)
        try:
            result = getattr(self.session, act)(*arguments, **options)
        except ValueError:
            assert self.now()[0] is before[0]
            np.testing.assert_array_equal(self.now()[1], before[1])
            assert len(self.past) == depth
            return None
        if self.now()[0] is before[0]:  # what changes nothing is no step
            np.testing.assert_array_equal(self.now()[1], before[1])
            return result
        self.past.append(before)
        self.future.clear()
        return result

    def an_object(self, pick: int) -> int:
        ids = [*self.session.view.state.objects]
        return ids[pick % len(ids)]

    @initialize(clicks=st.lists(points, min_size=4, max_size=8))
    def starts_with_three_objects(self, clicks: list[tuple[float, float]]) -> None:
        for label in ("car", "person", None):
            self.adds_object(label, None)
        for pick, at in enumerate(clicks):
            self.clicks_object(pick, at)

    @rule(label=st.sampled_from(["car", "person", None]), box=st.none() | boxes)
    def adds_object(self, label: str | None, box: tuple[float, float, float, float] | None) -> None:
        object_id = self.do("add_object", label, box=box)
        if object_id is not None:
            assert isinstance(object_id, int)
            self.given_ids.append(object_id)

    @rule(at=points)
    def clicks_background(self, at: tuple[float, float]) -> None:
        self.do("click", *at)

    @precondition(lambda self: self.session.view.state.objects)
    @rule(pick=picks, at=points)
    def clicks_object(self, pick: int, at: tuple[float, float]) -> None:
        object_id = self.an_object(pick)
        if self.do("click", *at, object_id) is not None:
            assert self.session.label_map[pixel_of(*at)] == object_id

    @precondition(lambda self: self.session.clicks)
    @rule(pick=picks, at=points)
    def moves_click(self, pick: int, at: tuple[float, float]) -> None:
        index = pick % len(self.session.clicks)
        if self.do("move_click", index, *at) is not None:
            clicks = self.session.clicks
            on_top = [c for c in clicks if pixel_of(c.x, c.y) == pixel_of(*at)][-1]
            assert self.session.label_map[pixel_of(*at)] in (
                clicks[index].object_id,
                on_top.object_id,
            )

    @precondition(lambda self: self.session.clicks)
    @rule(pick=picks)
    def deletes_click(self, pick: int) -> None:
        self.do("delete_click", pick % len(self.session.clicks))

    @rule(
        label_map=arrays.arrays(np.uint8, (HEIGHT, WIDTH), elements=st.sampled_from([0, 0, 1, 2])),
        anew=st.booleans(),
    )
    def imports_masks(self, label_map: NDArray[np.uint8], anew: bool) -> None:
        first = max(self.given_ids) + 1 if anew or len(self.session.objects) < 2 else 0
        ids = [first, first + 1] if first else [o.id for o in self.session.objects][:2]
        shown = np.array([0, *ids])[label_map]
        annotations = Annotations.of_label_map(shown)
        if self.do("import_annotations", annotations) is not None:
            np.testing.assert_array_equal(self.session.label_map, shown)
            self.given_ids.extend(k for k in annotations.ids if k not in self.given_ids)

    @precondition(lambda self: self.session.view.state.objects)
    @rule(pick=picks, path=st.lists(points, min_size=1, max_size=3), radius=st.floats(0, 4))
    def paints(self, pick: int, path: list[tuple[float, float]], radius: float) -> None:
        self.do("brush", self.an_object(pick), path, radius)

    @precondition(lambda self: self.session.view.state.objects)
    @rule(pick=picks, corners=st.lists(points, min_size=3, max_size=5))
    def draws_lasso(self, pick: int, corners: list[tuple[float, float]]) -> None:
        self.do("polygon", self.an_object(pick), corners)

    @precondition(lambda self: self.session.view.state.objects)
    @rule(pick=picks, at=points, everybody=st.booleans())
    def erases(self, pick: int, at: tuple[float, float], everybody: bool) -> None:
        self.do("erase", [at], 3, 0 if everybody else self.an_object(pick))

    @rule(at=points)
    def gives_pixels_back(self, at: tuple[float, float]) -> None:
        rows, columns = np.ogrid[:HEIGHT, :WIDTH]
        self.do("release", (abs(columns - at[0]) < 4) & (abs(rows - at[1]) < 4))

    @precondition(lambda self: self.session.view.state.objects)
    @rule(pick=picks, bound=st.none() | boxes, prompt=st.booleans())
    def draws_box(
        self, pick: int, bound: tuple[float, float, float, float] | None, prompt: bool
    ) -> None:
        act = "prompt_box" if prompt and bound else "set_bound"
        self.do(act, self.an_object(pick), bound)

    @precondition(lambda self: self.session.view.state.objects)
    @rule(pick=picks, label=st.sampled_from(["car", "person", None, "unheard of"]))
    def relabels(self, pick: int, label: str | None) -> None:
        self.do("set_label", self.an_object(pick), label)

    @precondition(lambda self: self.session.view.state.objects)
    @rule(pick=picks, name=st.text(max_size=3), shown=st.booleans())
    def notes(self, pick: int, name: str, shown: bool) -> None:
        object_id = self.an_object(pick)
        self.do("rename", object_id, name)
        self.do("set_visible", object_id, shown)
        self.do("set_color", object_id, "#00ff7F")
        self.do("set_attribute", object_id, name, len(name) or None)

    @precondition(lambda self: self.session.view.state.objects)
    @rule(pick=picks)
    def locks(self, pick: int) -> None:
        self.do("lock", self.an_object(pick))

    @precondition(lambda self: self.session.view.state.objects)
    @rule(pick=picks)
    def unlocks(self, pick: int) -> None:
        self.do("unlock", self.an_object(pick))

    @precondition(lambda self: self.session.view.state.objects)
    @rule(pick=picks)
    def removes_object(self, pick: int) -> None:
        self.do("remove_object", self.an_object(pick))

    @precondition(lambda self: len(self.past) > 15)
    @rule()
    def starts_over(self) -> None:
        self.do("reset")

    @rule()
    def undoes(self) -> None:
        before = self.now()
        self.session.undo()
        if self.past:
            self.future.append(before)
            self.sees(*self.past.pop())
        else:
            self.sees(*before)

    @rule()
    def redoes(self) -> None:
        before = self.now()
        self.session.redo()
        if self.future:
            self.past.append(before)
            self.sees(*self.future.pop())
        else:
            self.sees(*before)

    @rule()
    def goes_home_and_comes_back(self) -> None:
        before = self.now()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "afternoon.session.json"
            self.session.save(path)
            self.session = Session.load(path, IMAGE, NearestClick())
        self.sees(*before)
        assert self.session.labels == ("car", "person")

    def sees(self, state: State, label_map: NDArray[np.uint16]) -> None:
        assert self.session.view.state == state
        assert [*self.session.view.state.objects] == [*state.objects]
        np.testing.assert_array_equal(self.session.label_map, label_map)

    @invariant()
    def undo_and_redo_are_offered_when_there_is_something(self) -> None:
        assert self.session.can_undo == bool(self.past)
        assert self.session.can_redo == bool(self.future)

    @invariant()
    def ids_are_never_used_again(self) -> None:
        assert self.given_ids == sorted(set(self.given_ids))
        assert {*self.session.view.state.objects} <= {*self.given_ids}

    @invariant()
    def the_label_map_shows_only_objects_that_are_there(self) -> None:
        shown = set(np.unique(self.session.label_map).tolist()) - {0}
        assert shown <= {*self.session.view.state.objects}

    @invariant()
    def every_pixel_is_whose_people_said(self) -> None:
        state, label_map = self.now()
        expected = label_map.copy()
        for click in state.clicks:
            expected[pixel_of(click.x, click.y)] = click.object_id
        overlay = self.session.view.overlay
        drawn = expected[overlay.slices]
        drawn[overlay.held] = overlay.owners[overlay.held]
        for record in state.objects.values():
            if record.frozen is not None:
                expected[expected == record.id] = 0
        for record in state.objects.values():
            if record.frozen is not None:
                expected[record.frozen.slices][record.frozen.pixels] = record.id
        np.testing.assert_array_equal(label_map, expected)

    @invariant()
    def objects_say_what_the_label_map_shows(self) -> None:
        for each, plane in zip(self.session.objects, self.session.masks, strict=True):
            np.testing.assert_array_equal(each.mask.to_array(), plane)
            assert (each.area, each.box) == (each.mask.area, each.mask.box)
            assert each.edited.area == each.edited_pixels <= each.area

    def teardown(self) -> None:
        """Walk back to the beginning and forth to the end, and see everything again."""
        for _ in range(len(self.past)):
            self.undoes()
        self.sees(State(), np.zeros((HEIGHT, WIDTH), np.uint16))
        for _ in range(len(self.future)):
            self.redoes()


AnyAfternoon.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestAnyAfternoon = AnyAfternoon.TestCase
