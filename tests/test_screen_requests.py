"""What screens ask for is checked as what code asks for, before anything changes."""

from __future__ import annotations

from typing import Any

import pytest

from dynamite_widget import protocol
from dynamite_widget.screen_requests import ScreenRequests
from dynamite_widget.session import Session
from tests.nearest_click import NearestClick
from tests.session.scene import IMAGE


@pytest.mark.parametrize(
    ("labels", "label", "error", "words"),
    [
        (["car", "person"], "dog", ValueError, "not one of the labels here: car, person"),
        (None, "", ValueError, "a label is not empty"),
        (None, "big\ncar", ValueError, "a label is more than white space"),
        (None, 5, TypeError, "a label is text or None, not int"),
    ],
)
def test_the_label_of_the_next_object_is_one_that_an_object_may_have(
    labels: list[str] | None,
    label: Any,  # noqa: ANN401 - anything may come
    error: type[Exception],
    words: str,
) -> None:
    requests = ScreenRequests(Session(IMAGE, NearestClick(), labels))
    before = requests.next_label
    with pytest.raises(error, match=words):
        requests.carry_out(protocol.SetLabel(None, label))
    assert requests.next_label == before


@pytest.mark.parametrize(("labels", "label"), [(["car", "person"], "person"), (None, "anything")])
def test_the_next_object_has_the_label_chosen_for_it(labels: list[str] | None, label: str) -> None:
    session = Session(IMAGE, NearestClick(), labels)
    requests = ScreenRequests(session)
    requests.carry_out(protocol.SetLabel(None, label))
    requests.carry_out(protocol.AddObject())
    requests.follow()
    requests.carry_out(protocol.Activate(None))
    requests.carry_out(protocol.SetLabel(None, None))
    requests.carry_out(protocol.AddObject())
    assert [each.label for each in session.objects] == [label, None]
