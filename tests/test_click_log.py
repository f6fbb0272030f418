"""The clicks that screens know of: what is sent is what changed, and it makes the same list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dynamite_widget.click_log import ClickLog
from dynamite_widget.protocol_traits import ClickChange, ClickRow

Clicks = tuple[ClickRow, ...]

a_click = st.tuples(st.integers(0, 3).map(float), st.just(1.0), st.integers(0, 2))
clicks_of_a_day = st.lists(a_click, max_size=12).map(tuple)


def changed(clicks: Clicks, change: ClickChange) -> Clicks:
    """What a view does with a change."""
    return (*clicks[: change.at], *change.added, *clicks[change.at + change.removed :])


@given(days=st.lists(clicks_of_a_day, max_size=6))
def test_a_view_that_heard_every_change_has_all_clicks(days: list[Clicks]) -> None:
    log, shown = ClickLog(), (0, ())
    for clicks in days:
        change = log.follow(clicks)
        if change.number != shown[0]:
            assert change.since == shown[0]
            shown = change.number, changed(shown[1], change)
        assert shown == (log.list.number, log.list.clicks) == (change.number, clicks)


@given(clicks=clicks_of_a_day, at=st.integers(0, 12), new=a_click)
def test_one_click_added_moved_or_taken_back_is_at_most_one_click_sent(
    clicks: Clicks, at: int, new: ClickRow
) -> None:
    at = min(at, len(clicks))
    for after in (
        (*clicks[:at], new, *clicks[at:]),
        (*clicks[:at], new, *clicks[at + 1 :]),
        (*clicks[:at], *clicks[at + 1 :]),
    ):
        log = ClickLog()
        log.follow(clicks)
        assert after == clicks or len(log.follow(after).added) <= 1


def test_nothing_new_is_the_same_change_once_more() -> None:
    log = ClickLog()
    first = log.follow(((1.0, 1.0, 1),))
    assert log.follow(((1.0, 1.0, 1),)) is first
