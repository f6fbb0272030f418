"""How each strategy chooses the next object."""

from __future__ import annotations

from dynamite_widget.evaluation.strategies import (
    TURN_LENGTH,
    Best,
    Random,
    RoundRobin,
    Shuffler,
    Worst,
    WorstWithLimit,
)


def test_best_takes_the_object_nearest_to_its_threshold() -> None:
    assert list(Best(3, 10, Shuffler(0)).ranking([0.2, 0.8, 0.5], [0, 1, 2])) == [1, 2, 0]


def test_worst_takes_the_lowest_and_the_first_of_equals() -> None:
    assert list(Worst(3, 10, Shuffler(0)).ranking([0.5, 0.0, 0.0], [0, 1, 2])) == [1, 2, 0]


def test_finished_objects_are_never_chosen() -> None:
    for strategy in (Best, Worst, Random, WorstWithLimit, RoundRobin):
        assert set(strategy(4, 10, Shuffler(0)).ranking([0.9, 0.1, 0.9, 0.3], [1, 3])) == {1, 3}


def test_worst_with_limit_turns_to_the_best_when_all_have_had_their_share() -> None:
    strategy = WorstWithLimit(2, 3, Shuffler(0))
    ious, both = [0.1, 0.6], [0, 1]
    chosen = []
    for _ in range(6):
        index = strategy.ranking(ious, both)[0]
        strategy.clicked(index)
        chosen.append(index)
    # Two corrections each, as the first click counts; then the better one for good.
    assert chosen == [0, 0, 1, 1, 1, 1]


def test_round_robin_stays_for_a_turn_and_then_goes_on() -> None:
    strategy = RoundRobin(3, 10, Shuffler(1))
    chosen = []
    for _ in range(4 * TURN_LENGTH):
        index = strategy.ranking([0.1, 0.1, 0.1], [0, 1, 2])[0]
        strategy.clicked(index)
        chosen.append(index)
    turns = [k for k in range(1, len(chosen)) if chosen[k] != chosen[k - 1]]
    # The first click of all counts for the first turn, which is one correction shorter.
    assert turns == [TURN_LENGTH - 1 + TURN_LENGTH * k for k in range(len(turns))]


def test_round_robin_leaves_an_object_that_is_done() -> None:
    strategy = RoundRobin(2, 10, Shuffler(0))
    first = strategy.ranking([0.1, 0.1], [0, 1])[0]
    strategy.clicked(first)
    other = 1 - first
    assert strategy.ranking([0.1, 0.1], [other])[0] == other


def test_round_robin_goes_on_with_the_last_open_object_after_its_turn() -> None:
    strategy = RoundRobin(2, 10, Shuffler(0))
    for _ in range(3 * TURN_LENGTH):
        index = strategy.ranking([0.9, 0.1], [1])[0]
        strategy.clicked(index)
        assert index == 1


def test_skipped_shuffles_lead_to_where_real_ones_do() -> None:
    walked, skipped = Shuffler(5), Shuffler(5)
    for _ in range(7):
        walked.shuffle([3, 1, 4, 1, 5])
    skipped.skip(5, 7)
    a, b = list(range(20)), list(range(20))
    walked.shuffle(a)
    skipped.shuffle(b)
    assert a == b
