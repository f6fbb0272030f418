"""A click refines an imported mask about itself, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from dynamite_widget.clicks import Click
from dynamite_widget.commands import AddClick
from dynamite_widget.refinement import refine, unheard
from dynamite_widget.seeding import MOST_ROUNDS
from dynamite_widget.session import Session
from tests.imports.scene import CAR, HEIGHT, IMAGE, TREE, WIDTH, away_from, box
from tests.nearest_click import NearestClick

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
    assert 1 < len(segmenter.asked[-1]) <= 2 * MOST_ROUNDS + 1
    assert len(segmenter.asked) <= MOST_ROUNDS + 1
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
    hole = box(25, 23, 10, 10)  # the model would fill it: a seed says that nothing is there
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


@pytest.mark.parametrize(("side", "enough"), [(20, 8), (50, 50), (100, 80)])
def test_a_click_is_heard_if_a_fiftieth_of_the_mask_changes_about_it_or_80_pixels(
    side: int, enough: int
) -> None:
    mask = np.ones((side, side), bool)
    click = Click(0, side // 2, 0)
    for changed, deaf_to in ((0, click), (enough - 1, click), (enough, None)):
        shown = mask.copy()
        shown[side // 2, :changed] = False
        assert unheard(mask, shown, [click]) == deaf_to
        elsewhere = Click(side // 2, 0, 0)
        assert unheard(mask, shown, [elsewhere]) == elsewhere
        agreeing = Click(side // 2, 0, 1)
        assert unheard(mask, shown, [agreeing]) is None


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


def test_a_click_on_the_object_adds_and_one_beside_it_takes_away_and_both_stay_near() -> None:
    """Whatever a model makes of the clicks: here it changes its mind everywhere."""
    nothing = np.zeros((HEIGHT, WIDTH), bool)
    mask = box(20, 20, 50, 20)
    before = mask.copy()
    before[20:, 60:] = False  # the model knows most of the mask
    added = refine(mask, before, ~before, [Click(40, 15, 1)], barred=nothing)
    assert added[15, 40]
    assert not (mask & ~added).any()
    assert not (added & ~mask & away_from(40, 15, 4 * 6)).any()
    taken = refine(mask, before, ~before, [Click(40, 24, 0)], barred=nothing)
    assert not taken[24, 40]
    assert not (taken & ~mask).any()
    assert not (mask & ~taken & away_from(40, 24, 4 * 6)).any()


def test_the_less_the_model_knows_of_a_mask_the_less_a_click_on_it_moves() -> None:
    mask, nothing = box(20, 20, 50, 20), np.zeros((HEIGHT, WIDTH), bool)
    moved = []
    for known in (50, 25, 5):
        before = box(20, 20, known, 20)
        shown = refine(mask, before, before | ~mask, [Click(45, 10, 1)], barred=nothing)
        moved.append((shown != mask).sum())
    assert moved == sorted(moved, reverse=True)
    assert moved[2] < 0.5 * moved[0]


def test_barred_pixels_stay_as_they_came_whatever_model_and_click_say() -> None:
    mask, everywhere = box(20, 20, 50, 20), np.ones((HEIGHT, WIDTH), bool)
    barred = box(45, 0, 5, HEIGHT)  # beside both clicks
    for before, after, click in (
        (mask, everywhere, Click(40, 15, 1)),  # the model changes its mind
        (everywhere, everywhere, Click(40, 15, 1)),  # it has agreed all along
        (mask, ~everywhere, Click(40, 24, 0)),
        (~everywhere, ~everywhere, Click(40, 24, 0)),
    ):
        free = refine(mask, before, after, [click], barred=~everywhere)
        shown = refine(mask, before, after, [click], barred=barred)
        assert ((free != mask) & barred).any()
        assert (shown != mask).any()
        np.testing.assert_array_equal(shown[barred], mask[barred])


# With everything else a person can do


def test_a_click_takes_nothing_from_a_neighbour_that_was_refined_before() -> None:
    left, right = box(10, 10, 20, 20), box(32, 10, 20, 20)
    session = Session.from_masks(IMAGE, [left, right], segmenter=NearestClick(reach=12))
    session.click(55, 20, 2)
    neighbour = session.masks[1]
    assert (neighbour & ~right).any()
    label_map = session.click(31, 20, 1)
    assert label_map[20, 31] == 1
    np.testing.assert_array_equal(label_map[right], neighbour[right] * 2)


def test_what_a_hand_erased_beside_a_mask_stays_erased_where_a_click_would_fill_it(
    session: Session,
) -> None:
    twin = Session.from_masks(IMAGE, [CAR, TREE], segmenter=NearestClick())
    session.erase([(33, 16)], 2)
    erased = session.view.overlay.held
    rows = session.view.overlay.slices
    assert (twin.click(32, 20, 1)[rows][erased] == 1).any()
    label_map = session.click(32, 20, 1)
    assert label_map[20, 32] == 1
    assert not label_map[rows][erased].any()


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
