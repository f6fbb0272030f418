"""Messages from the browser: what the contract allows is read, and all else is refused."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamite_widget import protocol, protocol_traits
from dynamite_widget.protocol import Message, ProtocolError, read_message
from dynamite_widget.protocol_traits import ObjectPage

SIZE = (200, 300)
"""(H, W)"""


def message(command: str, **given: object) -> dict[str, object]:
    return {"id": 7, "view": "left", "place": 0, "command": command, **given}


def test_a_click_is_read_with_its_sender() -> None:
    read = read_message(message("add_click", x=120, y=80.5, object_id=3), SIZE)
    assert read == Message(7, "left", 0, protocol.AddClick(120.0, 80.5, 3))


def test_nobody_active_is_none() -> None:
    read = read_message(message("add_click", x=1, y=1, object_id=None), SIZE)
    assert read.request == protocol.AddClick(1.0, 1.0, None)


def test_a_stroke_is_read_and_may_leave_the_image_a_little() -> None:
    read = read_message(
        message("brush", object_id=1, path=[[10, 10], [-4.5, 20]], radius=2.5), SIZE
    )
    assert read.request == protocol.Brush(1, ((10.0, 10.0), (-4.5, 20.0)), 2.5)


def test_a_stroke_may_leave_a_wide_image_downwards_as_far_as_the_widest_brush_reaches() -> None:
    path = [[10, -300], [10, 500]]
    read = read_message(message("brush", object_id=1, path=path, radius=300), SIZE)
    assert read.request == protocol.Brush(1, ((10.0, -300.0), (10.0, 500.0)), 300.0)


@pytest.mark.parametrize("value", ["rusty", 3, 2.5, True, None])
def test_an_attribute_may_be_text_number_truth_or_nothing(value: object) -> None:
    read = read_message(message("set_attribute", object_id=1, name="state", value=value), SIZE)
    assert read.request == protocol.SetAttribute(1, "state", value)  # type: ignore[arg-type]
    assert type(read.request.value) is type(value)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("add_click", "a message is an object, not str"),
        ({}, "unknown command None"),
        (message("format_disk"), "unknown command 'format_disk'; known: add_click"),
        (message("add_click", x=1, y=1), r"has the fields \['object_id', 'x', 'y'\]"),
        (message("undo", twice=True), r"not \['twice'\]"),
        (message("add_click", x=300, y=1, object_id=1), "x must be inside the image"),
        (message("add_click", x=-0.01, y=1, object_id=1), "x must be from 0"),
        (message("add_click", x=1, y=200, object_id=1), "y must be inside the image"),
        (message("add_click", x=float("nan"), y=1, object_id=1), "x must be a finite number"),
        (message("add_click", x=float("inf"), y=1, object_id=1), "x must be a finite number"),
        (message("add_click", x="1", y=1, object_id=1), "x must be a finite number, not '1'"),
        (message("add_click", x=True, y=1, object_id=1), "x must be a finite number"),
        (message("add_click", x=None, y=1, object_id=1), "x must be a finite number, not None"),
        (message("add_click", x=1, y=1, object_id=-1), "object_id must be from 0 to 65535"),
        (message("add_click", x=1, y=1, object_id=65536), "object_id must be from 0 to 65535"),
        (message("add_click", x=1, y=1, object_id=1.5), "object_id must be a whole number"),
        (message("activate", object_id="1"), "object_id must be a whole number, not '1'"),
        (message("delete_click", index=-1, at=[1, 1]), "index must be from 0"),
        (message("delete_click", index=0, at=[1]), "at must be 2 numbers"),
        (message("brush", object_id=1, path=[], radius=1), "path must be 1 to 20000 points, not 0"),
        (message("brush", object_id=1, path=[[1, 1]] * 20_001, radius=1), "not 20001"),
        (message("brush", object_id=1, path=[[1, 1]], radius=301), "radius must be from 0 to 300"),
        (message("polygon", object_id=1, points=[[1, 1, 1]]), "points must be 2 numbers"),
        (message("polygon", object_id=1, points=[[1e9, 1]]), "points must be from -300 to 600"),
        (message("polygon", object_id=1, points=[[1, 501]]), "points must be from -300 to 500"),
        (message("prompt_box", object_id=1, box=[0, 0, 0, 5]), "box must be from 1 to 300"),
        (message("rename", object_id=1, name="n" * 1001), "name must be text of at most 1000"),
        (message("rename", object_id=1, name=5), "name must be text"),
        (message("set_color", object_id=1, color="red"), 'color must be a colour as "#RRGGBB"'),
        (message("set_visible", object_id=1, visible=1), "visible must be true or false"),
        (message("set_attribute", object_id=1, name="a", value=[1]), "value must be text"),
        (message("undo") | {"id": -1}, "id must be from 0"),
        (message("undo") | {"view": None}, "view must be text"),
    ],
)
def test_a_bad_message_is_refused_with_what_is_allowed(content: object, says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        read_message(content, SIZE)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(command=st.sampled_from(sorted(protocol.REQUESTS)), data=st.data())
def test_whatever_comes_is_read_or_refused_and_never_crashes(
    command: str, data: st.DataObject
) -> None:
    names = [field.name for field in fields(protocol.REQUESTS[command])]
    values = {name: data.draw(json_values, label=name) for name in names}
    try:
        read = read_message(message(command, **values), SIZE)
    except ProtocolError:
        return
    assert type(read.request) is protocol.REQUESTS[command]


def test_the_sender_of_a_bad_message_is_known_all_the_same() -> None:
    assert protocol.sender_of(message("nonsense")) == ("left", 7)
    assert protocol.sender_of({"id": "7", "view": "left"}) is None
    assert protocol.sender_of([1, 2]) is None


objects_of_a_day = st.dictionaries(st.integers(1, 30), st.integers(0, 2), max_size=20).map(
    lambda areas: tuple({"id": number, "area": areas[number]} for number in sorted(areas))
)


@given(before=objects_of_a_day, after=objects_of_a_day)
def test_a_page_with_recent_objects_in_their_places_is_all_objects_and_few_are_recent(
    before: tuple[dict[str, int], ...], after: tuple[dict[str, int], ...]
) -> None:
    page, _ = ObjectPage(0, ()).followed_by(before, at_most=4)
    newer, recent = page.followed_by(after, at_most=4)
    shown = {row["id"]: row for row in (*newer.objects, *recent)}
    assert tuple(shown[number] for number in sorted(shown)) == after
    assert len(recent) <= 4
    assert (newer.page == page.page) == (newer.objects == page.objects)


def test_a_trait_is_plain_json() -> None:
    status = protocol_traits.Status("idle", 3, None, 0.1, 0.2)
    assert json.loads(json.dumps(status.to_json())) == {
        "activity": "idle",
        "answered": 3,
        "encode_seconds": None,
        "last_seconds": 0.1,
        "median_seconds": 0.2,
    }
