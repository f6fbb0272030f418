"""A person labels one image: objects, clicks, hand edits, locks, and nothing half-done."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from dynamite_widget.clicks import Click
from dynamite_widget.collection import Collection
from dynamite_widget.commands import AddObject
from dynamite_widget.palette import color_of
from dynamite_widget.session import Session, _embedded_segmenter
from tests.nearest_click import NearestClick
from tests.session.scene import HEIGHT, IMAGE, WIDTH, disc

# Clicking


def test_she_labels_two_objects_and_reads_their_masks(session: Session) -> None:
    car = session.add_object(label="car")
    label_map = session.click(x=10, y=10, object_id=car)
    np.testing.assert_array_equal(label_map == car, disc(10, 10))
    person = session.add_object(label="person")
    session.click(30, 20, person)

    assert (car, person) == (1, 2)
    np.testing.assert_array_equal(session.masks, [disc(10, 10), disc(30, 20)])
    np.testing.assert_array_equal(session.label_map, 1 * disc(10, 10) + 2 * disc(30, 20))
    assert session.label_map.dtype == np.uint16
    first, second = session.objects
    assert (first.id, first.label, second.id, second.label) == (1, "car", 2, "person")
    assert first.clicks == (Click(10, 10, 1),)
    assert first.area == disc(10, 10).sum()
    assert first.box == (4, 4, 13, 13)
    assert first.color == color_of(1) != second.color
    np.testing.assert_array_equal(second.mask.to_array(), disc(30, 20))


def test_identities_do_not_depend_on_which_object_is_clicked_first(session: Session) -> None:
    first, second = session.add_object(), session.add_object()
    session.click(40, 20, second)
    session.click(10, 20, first)
    assert session.label_map[20, 40] == second
    assert session.label_map[20, 10] == first


def test_a_background_click_may_come_before_everything_else(
    session: Session, segmenter: NearestClick
) -> None:
    assert not session.click(x=5, y=5).any()
    assert segmenter.encoded == 0
    car = session.add_object()
    session.click(12, 5, car)
    assert segmenter.asked == [(Click(5, 5, 0), Click(12, 5, car))]
    assert session.label_map[5, 8] == 0
    assert session.label_map[5, 9] == car


def test_an_object_without_clicks_has_an_empty_mask(session: Session) -> None:
    session.add_object()
    session.click(5, 5, session.add_object())
    empty, clicked = session.objects
    assert (empty.area, empty.box, empty.mask.area) == (0, (0, 0, 0, 0), 0)
    assert session.masks.shape == (2, HEIGHT, WIDTH)
    assert clicked.area


def test_the_segmenter_hears_all_clicks_in_order_of_time_and_encodes_once(
    session: Session, segmenter: NearestClick
) -> None:
    car = session.add_object()
    session.click(5, 5, car)
    session.click(20, 5)
    session.click(30, 5, car)
    assert segmenter.asked[-1] == (Click(5, 5, car), Click(20, 5, 0), Click(30, 5, car))
    assert segmenter.encoded == 1


def test_what_was_read_does_not_change_later(session: Session) -> None:
    car = session.add_object()
    before = session.click(5, 5, car)
    kept, masks, seen = before.copy(), session.masks, session.objects
    session.click(30, 30, car)
    np.testing.assert_array_equal(before, kept)
    np.testing.assert_array_equal(masks[0], kept == car)
    np.testing.assert_array_equal(seen[0].mask.to_array(), kept == car)
    for array in (before, masks, session.image):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


def test_an_image_changed_later_does_not_change_the_session(segmenter: NearestClick) -> None:
    image = IMAGE.copy()
    session = Session(image, segmenter)
    image[:] = 255
    assert not session.image.any()


def test_a_wrong_click_is_moved_or_deleted(session: Session) -> None:
    car = session.add_object()
    session.click(5, 5, car)
    session.click(50, 30, car)
    session.move_click(0, 20, 20)
    np.testing.assert_array_equal(session.label_map == car, disc(20, 20) | disc(50, 30))
    session.delete_click(1)
    np.testing.assert_array_equal(session.label_map == car, disc(20, 20))
    assert session.clicks == (Click(20, 20, car),)
    session.undo()
    session.undo()
    assert session.clicks == (Click(5, 5, car), Click(50, 30, car))


def test_numbers_of_numpy_are_numbers(session: Session) -> None:
    car = session.add_object()
    session.click(np.float32(5.5), np.int64(6), np.uint16(car))
    session.move_click(np.int8(0), np.int16(7), 8)
    session.set_label(np.int64(car), "car")
    session.lock(np.int32(car))
    (record,) = session.view.state.objects.values()
    (click,) = session.clicks
    assert [type(n) for n in (record.id, click.x, click.y, click.object_id)] == [
        int,
        float,
        float,
        int,
    ]


def test_a_segmenter_that_does_not_keep_its_promises_breaks_none_of_ours() -> None:
    class Careless(NearestClick):
        """Answers all sevens, whatever was clicked, and reuses its memory."""

        memory = np.full((HEIGHT, WIDTH), 7, np.int64)

        def segment(self, features: tuple[int, int], clicks: object) -> NDArray[np.int64]:
            return self.memory

    session = Session(IMAGE, Careless())
    car = session.add_object()
    label_map = session.click(5, 5, car)
    assert label_map[5, 5] == car
    assert np.count_nonzero(label_map) == 1
    Careless.memory[:] = car
    assert np.count_nonzero(session.label_map) == 1


# Undo and redo


def test_undo_and_redo_ask_nothing_that_was_answered_before(
    session: Session, segmenter: NearestClick
) -> None:
    car = session.add_object()
    seen = [session.click(x, 5, car) for x in (5, 20, 35)]
    questions = len(segmenter.asked)
    np.testing.assert_array_equal(session.undo(), seen[1])
    np.testing.assert_array_equal(session.undo(), seen[0])
    np.testing.assert_array_equal(session.redo(), seen[1])
    assert len(segmenter.asked) == questions


def test_with_nothing_to_undo_nothing_happens(session: Session) -> None:
    assert not session.can_undo
    assert not session.undo().any()
    assert not session.redo().any()
    assert session.objects == ()


def test_something_new_ends_what_could_be_redone(session: Session) -> None:
    car = session.add_object()
    session.click(5, 5, car)
    session.undo()
    assert session.can_redo
    session.click(30, 30, car)
    assert not session.can_redo


def test_what_changes_nothing_is_no_step(session: Session) -> None:
    car = session.add_object(label="car")
    session.rename(car, "blue")
    session.set_attribute(car, "doors", 1)
    session.undo()
    session.set_label(car, "car")
    session.rename(car, "blue")
    session.set_visible(car, True)
    assert session.can_redo
    session.redo()
    session.set_attribute(car, "doors", True)
    assert session.objects[0].attributes["doors"] is True
    session.reset()
    session.reset()
    session.undo()
    assert session.objects[0].name == "blue"


def test_ids_are_never_used_again(session: Session) -> None:
    one, two = session.add_object(), session.add_object()
    session.remove_object(two)
    three = session.add_object()
    session.undo()
    four = session.add_object()
    session.reset()
    five = session.add_object()
    assert (one, two, three, four, five) == (1, 2, 3, 4, 5)


def test_what_was_redone_has_the_id_it_had(session: Session) -> None:
    car = session.add_object("car")
    session.click(5, 5, car)
    session.undo()
    session.undo()
    session.redo()
    assert [each.id for each in session.objects] == [car]
    assert session.add_object() == car + 1


def test_starting_over_is_one_step_and_can_be_undone(session: Session) -> None:
    car, person = session.add_object("car"), session.add_object("person")
    session.click(5, 5, car)
    session.click(20, 20)
    session.click(30, 30, person)
    session.brush(car, [(50, 10)], 3)
    session.erase([(30, 30)], 2)
    before = session.view.state
    label_map = session.label_map
    assert not session.reset().any()
    assert (session.objects, session.clicks, session.view.state.edits) == ((), (), ())
    np.testing.assert_array_equal(session.undo(), label_map)
    assert session.view.state == before


def test_removing_an_object_takes_its_clicks_and_edits_along(session: Session) -> None:
    car, person = session.add_object(), session.add_object()
    session.click(5, 5, car)
    session.click(30, 30, person)
    session.brush(car, [(50, 10)], 3)
    label_map = session.remove_object(car)
    assert set(np.unique(label_map)) == {0, person}
    assert session.clicks == (Click(30, 30, person),)


# Mistakes


@pytest.mark.parametrize(
    "at", [(-0.1, 5), (WIDTH, 5), (5, -1), (5, HEIGHT), (np.nan, 5), (5, np.inf)]
)
def test_a_click_outside_the_image_is_refused(session: Session, at: tuple[float, float]) -> None:
    car = session.add_object()
    for act in (lambda: session.click(*at, car), lambda: session.click(*at)):
        with pytest.raises(ValueError, match="x goes from 0 to below 60, y from 0 to below 40"):
            act()
    session.click(5, 5, car)
    with pytest.raises(ValueError, match="outside the image"):
        session.move_click(0, *at)
    assert session.clicks == (Click(5, 5, car),)


def test_the_last_pixel_may_be_clicked(session: Session) -> None:
    car = session.add_object()
    assert session.click(WIDTH - 0.01, HEIGHT - 0.01, car)[-1, -1] == car


@pytest.mark.parametrize(
    ("act", "arguments"),
    [
        ("click", (5, 5, 9)),
        ("remove_object", (9,)),
        ("remove_object", (0,)),
        ("set_label", (9, "car")),
        ("rename", (9, "Herbie")),
        ("set_color", (9, "#000000")),
        ("set_attribute", (9, "wheels", 4)),
        ("set_visible", (9, False)),
        ("lock", (9,)),
        ("unlock", (9,)),
        ("brush", (9, [(5, 5)], 3)),
        ("brush", (0, [(5, 5)], 3)),
        ("erase", ([(5, 5)], 3, 9)),
        ("prompt_box", (9, (1, 1, 5, 5))),
        ("set_bound", (9, None)),
    ],
)
def test_an_object_that_is_not_there_is_named(
    session: Session, act: str, arguments: tuple[object, ...]
) -> None:
    session.add_object()
    session.add_object()
    with pytest.raises(ValueError, match=r"no object [09]; objects here: 1, 2"):
        getattr(session, act)(*arguments)


@pytest.mark.parametrize(
    ("act", "arguments", "error", "words"),
    [
        ("click", ("5", None, 1), TypeError, "x and y are numbers"),
        ("move_click", (1, 5, 5), ValueError, "no click 1; clicks here: 0 to 0"),
        ("delete_click", (-1,), ValueError, "no click -1"),
        ("delete_click", (None,), TypeError, "a whole number"),
        ("set_label", (1, "dog"), ValueError, "not one of the labels here: car, person"),
        ("set_label", (1, 3), TypeError, "a label is text"),
        ("add_object", ("dog",), ValueError, "labels here: car, person"),
        ("rename", (1, None), TypeError, "a name is text"),
        ("set_color", (1, "red"), ValueError, "#RRGGBB"),
        ("set_attribute", (1, "area", 3), ValueError, "taken names"),
        ("set_attribute", (1, "", 3), ValueError, "cannot be named ''"),
        ("set_attribute", (1, "wheels", [4]), TypeError, "not list"),
        ("set_attribute", (1, "wheels", np.nan), ValueError, "finite"),
        ("prompt_box", (1, (1, 2, 3)), ValueError, "x, y, width, height"),
        ("prompt_box", (1, (1, 2, 0, 3)), ValueError, "covers no pixel"),
        ("prompt_box", (1, (100, 2, 5, 3)), ValueError, "covers no pixel"),
        ("prompt_box", (1, (1, 2, np.nan, 3)), ValueError, "finite"),
        ("unlock", (1,), ValueError, "not locked"),
        ("paint", (1, np.ones((3, 3))), ValueError, r"\(40, 60\), not \(3, 3\)"),
    ],
)
def test_a_mistake_is_explained_and_changes_nothing(
    session: Session, act: str, arguments: tuple[object, ...], error: type[Exception], words: str
) -> None:
    session.click(5, 5, session.add_object("car"))
    before, label_map = session.view.state, session.label_map
    with pytest.raises(error, match=words):
        getattr(session, act)(*arguments)
    assert session.view.state is before
    np.testing.assert_array_equal(session.label_map, label_map)
    assert session.add_object() == 2


@pytest.mark.parametrize(
    ("labels", "error"),
    [
        *(("car", TypeError), ([1], TypeError), (5, TypeError), ({"car", "person"}, TypeError)),
        *((["a", "a"], ValueError), (["", "a"], ValueError)),
    ],
)
def test_labels_that_cannot_be_are_refused(labels: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="labels are"):
        Session(IMAGE, labels=labels)  # type: ignore[arg-type]


def test_labels_may_come_one_by_one(segmenter: NearestClick) -> None:
    for labels in ((name for name in ("car", "person")), {"car": 1, "person": 2}.keys()):
        assert Session(IMAGE, segmenter, labels).labels == ("car", "person")
    masks = [disc(10, 10), disc(40, 10)]
    session = Session.from_masks(IMAGE, masks, labels=iter("ab"), choices=iter("abc"))
    assert ([o.label for o in session.objects], session.labels) == (["a", "b"], ("a", "b", "c"))
    with pytest.raises(ValueError, match="2 objects need as many values of label"):
        Session.from_masks(IMAGE, masks, labels={"a", "b"})  # type: ignore[arg-type]


def test_without_a_list_any_label_will_do(segmenter: NearestClick) -> None:
    session = Session(IMAGE, segmenter)
    object_id = session.add_object("anything at all")
    session.set_label(object_id, "<script>")
    assert session.objects[0].label == "<script>"


@pytest.mark.parametrize("segmenter", ["dynamite-lite", NearestClick])
def test_a_name_of_a_model_or_a_class_is_no_segmenter(segmenter: object) -> None:
    with pytest.raises(TypeError, match=r"encode and segment, not .*(dynamite-lite|NearestClick)"):
        Session(IMAGE, segmenter)  # type: ignore[arg-type]


# What is noted about objects


def test_notes_about_an_object_are_kept(session: Session) -> None:
    car = session.add_object(name="Herbie", color="#00ff00", attributes={"wheels": np.int64(4)})
    session.set_label(car, "car")
    session.set_attribute(car, "old", True)
    session.set_visible(car, False)
    (seen,) = session.objects
    assert (seen.name, seen.color, seen.label, seen.visible) == ("Herbie", "#00FF00", "car", False)
    assert dict(seen.attributes) == {"wheels": 4, "old": True}
    assert type(seen.attributes["wheels"]) is int
    session.set_attribute(car, "wheels", None)
    assert dict(session.objects[0].attributes) == {"old": True}
    with pytest.raises(TypeError):
        session.objects[0].attributes["old"] = False  # type: ignore[index]


# Size and start


def test_two_hundred_objects_keep_their_own_pixels() -> None:
    session = Session(np.zeros((200, 200, 3), np.uint8), NearestClick(reach=4))
    places = [(10 * column + 5, 20 * row + 5) for row in range(10) for column in range(20)]
    for x, y in places:
        session.apply(AddObject(at=(x, y)))
    assert len(session.objects) == 200
    assert {each.area for each in session.objects} == {49}
    frame = session.to_frame()
    assert frame.object_id.tolist() == list(range(1, 201))
    assert [(x + 4, y + 4) for x, y, _, _ in frame.bbox] == places


def test_the_embedded_model_is_loaded_when_the_first_click_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    class Segmenter(NearestClick):
        @classmethod
        def load(cls, name: str) -> Segmenter:
            asked.append(name)
            return cls()

    module = SimpleNamespace(Segmenter=Segmenter)
    monkeypatch.setitem(sys.modules, "dynamite_widget.segmenter", module)
    fresh = cache(_embedded_segmenter.__wrapped__)
    monkeypatch.setattr("dynamite_widget.session._embedded_segmenter", fresh)
    session = Session(IMAGE)
    car = session.add_object()
    session.click(20, 20)
    assert asked == []
    session.click(5, 5, car)
    session.click(30, 30, car)
    another = Session(IMAGE)
    another.click(5, 5, another.add_object())
    assert asked == ["dynamite-lite"]


def test_labelling_needs_neither_torch_nor_traitlets_nor_pandas_at_first() -> None:
    look = (
        "import sys, dynamite_widget.session as s;"
        "s.Session(__import__('numpy').zeros((4, 4, 3), 'uint8')).add_object();"
        "print({'torch', 'traitlets', 'pandas'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"


def test_all_but_the_image_can_be_kept_and_gone_on_from() -> None:
    session = Session(IMAGE, NearestClick(), labels=["cat"])
    session.click(10, 10, session.add_object("cat"))
    session.undo()
    kept = session.to_saved()
    again = Session.from_saved(kept, IMAGE, NearestClick())
    assert again.labels == ("cat",)
    assert [o.label for o in again.objects] == ["cat"]
    again.redo()
    assert again.label_map[10, 10] == 1
    with pytest.raises(ValueError, match="another image"):
        Session.from_saved(kept, np.full_like(IMAGE, 7), NearestClick())


def test_values_that_are_read_can_go_to_other_processes() -> None:
    session = Session.from_masks(IMAGE, [disc(40, 20)], segmenter=NearestClick(), choices=["cat"])
    cat = session.add_object("cat", attributes={"tail": True})
    session.click(10, 10, cat)
    session.brush(cat, [(10, 30), (20, 30)], 2)
    session.lock(cat)
    session.rename(1, "gone on")
    session.undo()
    for copied in (lambda value: pickle.loads(pickle.dumps(value)), copy.deepcopy):
        for there, here in zip(copied(session.objects), session.objects, strict=True):
            assert (there.record, there.clicks) == (here.record, here.clicks)
            assert (there.mask, there.edited) == (here.mask, here.edited)
        assert copied(session.annotations).objects == session.annotations.objects
        again = Session.from_saved(copied(session.to_saved()), IMAGE, NearestClick())
        np.testing.assert_array_equal(again.label_map, session.label_map)
        assert again.view.state == session.view.state
        again.redo()
        assert again.objects[0].name == "gone on"
        with pytest.raises(TypeError):
            again.objects[1].attributes["tail"] = False  # type: ignore[index]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_two_sessions_never_write_one_file_because_one_was_copied(
    copied: Callable[[object], object],
) -> None:
    with pytest.raises(TypeError, match=r"neither copied nor pickled.*from_saved.*Session\.load"):
        copied(Session(IMAGE))
    with pytest.raises(TypeError, match="neither copied nor pickled"):
        copied(Collection({"a": IMAGE}))
