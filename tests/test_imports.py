"""Masks from elsewhere show exactly, and a click refines one about itself, nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from dynamite_widget import run_lengths, samples
from dynamite_widget.clicks import Click
from dynamite_widget.commands import AddClick
from dynamite_widget.formats.annotations import Annotation, Annotations
from dynamite_widget.masks import Mask
from dynamite_widget.palette import color_of
from dynamite_widget.seeding import GOOD_IOU, MOST_SEEDS, find_seeds
from dynamite_widget.session import Session
from dynamite_widget.widget import SegmentationWidget
from tests.nearest_click import NearestClick

HEIGHT, WIDTH = 60, 90
IMAGE = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def box(x: int, y: int, width: int, height: int) -> NDArray[np.bool_]:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y : y + height, x : x + width] = True
    return mask


CAR, TREE = box(10, 10, 20, 20), box(50, 30, 25, 15)


@pytest.fixture
def segmenter() -> NearestClick:
    return NearestClick()


@pytest.fixture
def session(segmenter: NearestClick) -> Session:
    return Session.from_masks(IMAGE, [CAR, TREE], labels=["car", "tree"], segmenter=segmenter)


def away_from(x: int, y: int, reach: float = 20) -> NDArray[np.bool_]:
    """Pixels that a click at (x, y) cannot move, with a segmenter that does not look far."""
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    far: NDArray[np.bool_] = np.hypot(columns - x, rows - y) > reach
    return far


# Imported masks show exactly


def test_imported_masks_show_exactly_and_nobody_is_asked(
    session: Session, segmenter: NearestClick
) -> None:
    np.testing.assert_array_equal(session.masks, [CAR, TREE])
    np.testing.assert_array_equal(session.label_map, 1 * CAR + 2 * TREE)
    assert [(o.id, o.label, o.area, o.clicks) for o in session.objects] == [
        (1, "car", 400, ()),
        (2, "tree", 375, ()),
    ]
    assert (segmenter.encoded, segmenter.asked) == (0, [])


label_maps = arrays.arrays(np.uint16, (5, 7), elements=st.sampled_from([0, 0, 1, 2, 5, 65535]))
planes = st.lists(arrays.arrays(np.bool_, (5, 7)), max_size=4)


@given(label_maps)
def test_any_label_map_comes_back_bit_for_bit(label_map: NDArray[np.uint16]) -> None:
    session = Session.from_masks(np.zeros((5, 7, 3), np.uint8), label_map)
    np.testing.assert_array_equal(session.label_map, label_map)
    assert [o.id for o in session.objects] == [k for k in np.unique(label_map).tolist() if k]
    session.label_map = label_map[::-1]
    np.testing.assert_array_equal(session.label_map, label_map[::-1])
    session.undo()
    np.testing.assert_array_equal(session.label_map, label_map)


@given(planes)
def test_where_masks_overlap_the_later_one_lies_on_top(masks: list[NDArray[np.bool_]]) -> None:
    session = Session.from_masks(np.zeros((5, 7, 3), np.uint8), masks)
    assert len(session.objects) == len(masks)
    above = np.zeros((5, 7), bool)
    for mask, shown in zip(reversed(masks), reversed(session.masks), strict=True):
        np.testing.assert_array_equal(shown, mask & ~above)
        above |= mask


def test_all_that_is_known_of_objects_comes_along() -> None:
    session = Session.from_masks(
        IMAGE,
        [CAR, Mask.from_array(TREE)],
        ids=[7, 3],
        labels=["car", None],
        names=["Herbie", ""],
        attributes=[{"wheels": 4}, {}],
        colors=["#112233", None],
        choices=["car", "tree"],
    )
    tree, car = session.objects
    assert (car.id, car.label, car.name, dict(car.attributes), car.color) == (
        *(7, "car", "Herbie", {"wheels": 4}, "#112233"),
    )
    assert (tree.id, tree.label, tree.name, tree.color) == (3, None, "", color_of(3))
    assert session.labels == ("car", "tree")
    assert session.add_object() == 8


def test_annotations_of_any_file_become_objects() -> None:
    annotations = Annotations(
        (HEIGHT, WIDTH),
        (
            Annotation(Mask.from_array(TREE), 4, "tree"),
            Annotation(Mask.from_array(box(60, 20, 10, 20)), 2, "bird"),
        ),
        categories=("tree",),
    )
    session = Session.from_annotations(IMAGE, annotations)
    np.testing.assert_array_equal(session.label_map, annotations.label_map)
    assert [(o.id, o.label) for o in session.objects] == [(2, "bird"), (4, "tree")]
    assert session.labels == ("tree", "bird")


# One step, in a session that has begun


def test_an_import_is_one_step_of_the_history(session: Session) -> None:
    session.click(80, 10, session.add_object("house"))
    session.brush(1, [(5, 50)], 3)
    before, state = session.label_map, session.view.state
    annotations = Annotations.of_label_map(7 * TREE.astype(np.uint8))
    np.testing.assert_array_equal(session.import_annotations(annotations), 7 * TREE)
    assert (session.clicks, session.view.state.edits) == ((), ())
    np.testing.assert_array_equal(session.undo(), before)
    assert session.view.state == state
    np.testing.assert_array_equal(session.redo(), 7 * TREE)


def test_masks_that_are_set_are_those_of_the_objects_there(session: Session) -> None:
    session.click(80, 10, session.add_object("house"))
    grown = [box(8, 8, 24, 24), TREE, box(80, 0, 5, 5)]
    session.masks = grown
    np.testing.assert_array_equal(session.masks, grown)
    assert [(o.id, o.label) for o in session.objects] == [(1, "car"), (2, "tree"), (3, "house")]
    session.label_map = np.where(session.label_map == 1, 0, session.label_map)
    assert [(o.id, o.label) for o in session.objects] == [(2, "tree"), (3, "house")]
    session.masks = [CAR]
    assert [(o.id, o.label) for o in session.objects] == [(4, None)]


def test_an_id_of_an_object_that_is_gone_is_not_used_again(session: Session) -> None:
    session.remove_object(1)
    with pytest.raises(ValueError, match=r"ids 1 were those of objects that are gone.*from 3 on"):
        session.label_map = 1 * CAR
    np.testing.assert_array_equal(session.label_map, 2 * TREE)


def test_a_locked_object_is_not_replaced(session: Session) -> None:
    session.lock(2)
    before = session.view.state
    with pytest.raises(ValueError, match="object 2 is locked"):
        session.masks = [CAR]
    assert session.view.state is before


@pytest.mark.parametrize(
    ("masks", "options", "words"),
    [
        (np.zeros((2, 5, 5)), {}, r"\(N, 60, 90\).*one of \(5, 5\)"),
        (np.zeros((5, 5), int), {}, r"numbers \(60, 90\); one of \(5, 5\)"),
        (np.zeros((HEIGHT, WIDTH)), {}, "whole numbers, not float"),
        (np.full((HEIGHT, WIDTH), 70000), {}, "0 to 65535"),
        (np.zeros(7), {}, "came"),
        ([CAR], {"labels": ["car", "tree"]}, "1 objects need as many values of label"),
        ([CAR, TREE, CAR], {"labels": "car"}, "3 objects need as many"),
        ([CAR, TREE], {"ids": [1, 1]}, "twice"),
        ([CAR], {"ids": [0]}, "1 to 65535"),
        ([CAR], {"colors": ["red"]}, "#RRGGBB"),
        ([CAR], {"labels": ["dog"], "choices": ["car"]}, "not one of the labels here"),
        ([CAR], {"attributes": [{"area": 3}]}, "taken names"),
    ],
)
def test_what_cannot_be_imported_is_explained(
    masks: NDArray[np.bool_], options: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Session.from_masks(IMAGE, masks, **options)


# The first click refines


def test_a_click_beside_an_imported_object_adds_what_the_model_sees_there(
    session: Session,
) -> None:
    label_map = session.click(32, 20, 1)
    assert label_map[20, 32] == 1
    grown = (label_map == 1) & ~CAR
    assert grown.sum() > 20
    far = away_from(32, 20)
    np.testing.assert_array_equal(label_map[far], (1 * CAR + 2 * TREE)[far])
    np.testing.assert_array_equal(session.masks[1], TREE)


def test_a_background_click_inside_takes_away_what_the_model_takes_there(
    session: Session,
) -> None:
    label_map = session.click(28, 12)
    assert label_map[12, 28] == 0
    assert (CAR & (label_map == 0)).sum() > 5
    far = away_from(28, 12)
    np.testing.assert_array_equal(label_map[far], (1 * CAR + 2 * TREE)[far])


def test_seeds_are_no_clicks_and_go_when_the_click_is_undone(
    session: Session, segmenter: NearestClick
) -> None:
    seen = session.click(32, 20, 1)
    assert session.clicks == (Click(32, 20, 1),)
    assert session.to_frame().n_clicks.tolist() == [1, 0]
    assert 1 < len(segmenter.asked[-1]) <= MOST_SEEDS + 1
    questions = len(segmenter.asked)
    np.testing.assert_array_equal(session.undo(), 1 * CAR + 2 * TREE)
    np.testing.assert_array_equal(session.redo(), seen)
    session.delete_click(0)
    np.testing.assert_array_equal(session.label_map, 1 * CAR + 2 * TREE)
    assert len(segmenter.asked) == questions


def test_seeds_are_looked_for_once(session: Session, segmenter: NearestClick) -> None:
    session.click(32, 20, 1)
    questions = len(segmenter.asked)
    session.click(20, 33, 1)
    assert len(segmenter.asked) == questions + 1


def test_of_twenty_objects_a_click_changes_one() -> None:
    masks = [box(18 * column, 14 * row, 14, 11) for row in range(4) for column in range(5)]
    session = Session.from_masks(IMAGE, masks, segmenter=NearestClick())
    for k in (7, 8, 20):
        before = session.masks
        x, y, width, height = session.objects[k - 1].box
        session.click(x + width, y + height / 2, k)
        others = [i for i in range(20) if i != k - 1]
        np.testing.assert_array_equal(session.masks[others], before[others])
        assert session.objects[k - 1].area > before[k - 1].sum()


def test_a_new_object_takes_nothing_from_imported_ones_it_is_not_clicked_in(
    session: Session,
) -> None:
    bush = session.add_object("bush")
    label_map = session.click(32, 20, bush)
    assert label_map[20, 34] == bush
    np.testing.assert_array_equal(session.masks[:2], [CAR, TREE])
    label_map = session.click(27, 20, bush)
    assert label_map[20, 27] == bush
    assert (CAR & (label_map == bush)).sum() > 5
    np.testing.assert_array_equal(label_map[:, :10] == 1, CAR[:, :10])
    np.testing.assert_array_equal(session.masks[1], TREE)


def test_objects_that_began_with_clicks_do_not_hear_of_imported_ones(
    session: Session, segmenter: NearestClick
) -> None:
    bush = session.add_object("bush")
    session.click(80, 10, bush)
    before = session.masks[2]
    session.click(32, 20, 1)
    np.testing.assert_array_equal(session.masks[2], before)


def test_a_click_on_the_very_place_of_a_seed_that_it_contradicts_is_heard() -> None:
    hole = box(31, 23, 14, 14)  # the model would fill it: a seed says that nothing is there
    segmenter = NearestClick(reach=20)
    session = Session.from_masks(IMAGE, [box(15, 5, 46, 50) & ~hole], segmenter=segmenter)
    session.click(12, 20, 1)
    (seed,) = [c for c in segmenter.asked[-1] if c.object_id == 0 and hole[int(c.y), int(c.x)]]
    session.click(seed.x, seed.y, 1)
    assert seed not in segmenter.asked[-1]
    assert (session.masks[0] & hole).sum() > 0.5 * hole.sum()


def test_a_click_among_seeds_that_outvote_it_is_heard_in_the_end() -> None:
    class Stubborn(NearestClick):
        """Sees the object about its clicks, and background only where none of them is near."""

        def segment(self, features: tuple[int, int], clicks: Sequence[Click]) -> NDArray[np.uint16]:
            on_object = [click for click in clicks if click.object_id]
            return super().segment(features, on_object)

    mask = box(10, 20, 70, 14)
    session = Session.from_masks(IMAGE, [mask], segmenter=Stubborn(reach=15))
    label_map = session.click(45, 25)
    assert (mask & (label_map == 0)).sum() > 50
    assert label_map[27, 12] == label_map[27, 77] == 1


def test_a_model_that_sees_nothing_takes_nothing_away(segmenter: NearestClick) -> None:
    class Blind(NearestClick):
        def segment(self, features: tuple[int, int], clicks: object) -> NDArray[np.uint16]:
            return np.zeros(features, np.uint16)

    session = Session.from_masks(IMAGE, [CAR, TREE], segmenter=Blind())
    expected = (1 * CAR + 2 * TREE).astype(np.uint16)
    np.testing.assert_array_equal(session.click(20, 20, 1), expected)
    expected[2, 3] = 1
    np.testing.assert_array_equal(session.click(3, 2, 1), expected)


def test_a_model_that_would_have_agreed_gives_way_about_the_click() -> None:
    class Certain(NearestClick):
        """Sees the left half as the object, however often it is told otherwise."""

        def segment(self, features: tuple[int, int], clicks: object) -> NDArray[np.uint16]:
            answer = np.zeros(features, np.uint16)
            answer[:, :45] = 1
            return answer

    session = Session.from_masks(IMAGE, [box(0, 0, 45, 50)], segmenter=Certain())
    label_map = session.click(20, 55, 1)
    assert label_map[50:, 15:25].all()
    far = away_from(20, 55, 30)
    np.testing.assert_array_equal(label_map[far], box(0, 0, 45, 50)[far])


def test_without_an_answer_nothing_is_lost(session: Session, segmenter: NearestClick) -> None:
    segmenter.fails = RuntimeError("no model yet")
    before = session.view.state
    with pytest.raises(RuntimeError, match="no model yet"):
        session.click(32, 20, 1)
    assert session.view.state == before
    np.testing.assert_array_equal(session.masks, [CAR, TREE])
    segmenter.fails = None
    assert session.click(32, 20, 1)[20, 32] == 1


def test_a_screen_goes_the_same_way_without_waiting(session: Session) -> None:
    twin = Session.from_masks(IMAGE, [CAR, TREE], segmenter=NearestClick())
    snapshot = session.apply(AddClick(Click(32, 20, 1)))
    assert snapshot is not None
    waiting = (1 * CAR + 2 * TREE).astype(np.uint16)
    waiting[20, 32] = 1
    np.testing.assert_array_equal(session.view.label_map, waiting)
    change = session.install(snapshot, session.compute(snapshot))
    assert change is not None
    assert change.others == frozenset()
    np.testing.assert_array_equal(session.view.label_map, twin.click(32, 20, 1))
    session.apply(AddClick(Click(0, 0, 2)))
    session.step_back()
    assert session.pending is None
    np.testing.assert_array_equal(session.view.label_map, twin.label_map)


# With everything else a person can do


def test_hand_edits_and_locks_are_stronger(session: Session) -> None:
    session.erase([(12, 12)], 1)
    session.brush(2, [(29, 29)], 2)
    session.lock(2)
    tree = session.masks[1]
    label_map = session.click(32, 25, 1)
    assert label_map[12, 12] == 0
    np.testing.assert_array_equal(label_map == 2, tree)
    session.unlock(2)
    np.testing.assert_array_equal(session.masks[1], tree)


def test_a_bound_keeps_the_model_inside_and_not_the_imported_mask(session: Session) -> None:
    session.set_bound(1, (10, 10, 24, 10))
    label_map = session.click(31, 18, 1)
    assert label_map[18, 33] == 1
    added = (label_map == 1) & ~CAR
    assert not (added & ~box(10, 10, 24, 10)).any()
    np.testing.assert_array_equal((label_map == 1) & box(0, 20, 25, 40), CAR & box(0, 20, 25, 40))


def test_a_removed_object_comes_back_refined(session: Session) -> None:
    seen = session.click(32, 20, 1)
    session.remove_object(1)
    np.testing.assert_array_equal(session.label_map, 2 * TREE)
    np.testing.assert_array_equal(session.undo(), seen)


# Kept in a file


@pytest.mark.parametrize("clicks", [0, 1, 2])
def test_imported_objects_are_kept_in_the_file(
    tmp_path: Path, segmenter: NearestClick, clicks: int
) -> None:
    path = tmp_path / "street.session.json"
    session = Session.from_masks(IMAGE, [CAR, TREE], segmenter=NearestClick(), path=path)
    for at in [(32, 20), (20, 33)][:clicks]:
        session.click(*at, 1)
    again = Session.load(path, IMAGE, segmenter)
    np.testing.assert_array_equal(again.label_map, session.label_map)
    assert segmenter.asked == []
    while session.can_undo:
        np.testing.assert_array_equal(again.undo(), session.undo())
    while session.can_redo:
        np.testing.assert_array_equal(again.redo(), session.redo())


def test_objects_refined_before_the_file_was_opened_stay_as_they_are(
    tmp_path: Path, segmenter: NearestClick
) -> None:
    path = tmp_path / "street.session.json"
    session = Session.from_masks(IMAGE, [CAR, TREE], segmenter=NearestClick(), path=path)
    session.click(32, 20, 1)
    before = session.masks[0]
    again = Session.load(path, IMAGE, segmenter)
    again.click(48, 35, 2)
    assert {click.object_id for clicks in segmenter.asked for click in clicks} == {0, 2}
    np.testing.assert_array_equal(again.masks[0], before)
    again.close()
    asked = len(segmenter.asked)
    again.click(60, 47, 2)
    assert len(segmenter.asked) == asked + 1
    np.testing.assert_array_equal(again.masks[0], before)


def test_the_same_cell_run_again_does_not_import_again(tmp_path: Path) -> None:
    path = tmp_path / "street.session.json"
    for turn in range(3):
        session = Session.from_masks(IMAGE, [CAR], segmenter=NearestClick(), path=path)
        assert [len(o.clicks) for o in session.objects] == [turn]
        session.click(32, 15 + turn, 1)


# Seeds


@settings(max_examples=20)
@given(st.integers(0, 60), st.integers(0, 40), st.integers(1, 30), st.integers(1, 20))
def test_seeds_reproduce_a_mask_at_least_as_well_as_one_click(
    x: int, y: int, width: int, height: int
) -> None:
    mask, segmenter = box(x, y, width, height), NearestClick()

    def ask(clicks: tuple[Click, ...]) -> NDArray[np.bool_]:
        return segmenter.segment((HEIGHT, WIDTH), clicks) == 1

    def iou(answer: NDArray[np.bool_]) -> float:
        return np.count_nonzero(answer & mask) / np.count_nonzero(answer | mask)

    seeds = find_seeds(mask, 1, ask)
    reproduced = seeds.answer.to_array(mask.shape)
    np.testing.assert_array_equal(reproduced, ask(seeds.clicks))
    assert iou(reproduced) >= iou(ask(seeds.clicks[:1]))
    assert len(segmenter.asked) <= MOST_SEEDS + 2 or iou(reproduced) > GOOD_IOU


@pytest.mark.slow
def test_the_embedded_model_refines_a_mask_of_a_photograph() -> None:
    model = Session(samples.path("coffee.jpg"))
    cup = model.click(300, 150, model.add_object()) == 1
    sticker = np.zeros_like(cup)
    sticker[330:370, 500:560] = True
    assert cup.sum() > 10_000
    assert not (cup & sticker).any()

    session = Session.from_masks(samples.path("coffee.jpg"), [cup | sticker])
    np.testing.assert_array_equal(session.masks[0], cup | sticker)
    session.click(530, 350)
    assert not session.masks[0][350, 530]
    assert (session.masks[0] & sticker).sum() < 0.2 * sticker.sum()
    assert (session.masks[0] != (cup | sticker))[:250].sum() == 0
    session.undo()
    np.testing.assert_array_equal(session.masks[0], cup | sticker)


# On a screen


def test_masks_given_to_a_widget_are_refined_by_clicks_on_it(segmenter: NearestClick) -> None:
    widget = SegmentationWidget(IMAGE, segmenter=segmenter)
    widget.masks = [CAR, TREE]
    widget._publish()
    np.testing.assert_array_equal(run_lengths.decode(widget._label_map), 1 * CAR + 2 * TREE)
    click = {"command": "add_click", "x": 32, "y": 20, "object_id": 1}
    widget._handle_custom_msg({"id": 1, "view": "left", "place": 0, **click}, [])
    twin = Session.from_masks(IMAGE, [CAR, TREE], segmenter=NearestClick())
    np.testing.assert_array_equal(widget.label_map, twin.click(32, 20, 1))
    widget._publish()
    assert widget._scene["recent_clicks"] == ((32, 20, 1),)
    widget.label_map = 2 * TREE
    assert [o.id for o in widget.objects] == [2]
    with pytest.raises(AttributeError, match="no setter"):
        widget.objects = ()
    widget.close()
