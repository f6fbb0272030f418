"""Both sides of the wire keep to what docs/contract.md says."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from anywidget import AnyWidget

from dynamite_widget import protocol, protocol_traits
from dynamite_widget.clicks import Click
from dynamite_widget.palette import PALETTE
from dynamite_widget.session import Session
from dynamite_widget.widget import SegmentationWidget
from scripts import write_codec_fixtures
from tests.nearest_click import NearestClick

REPOSITORY = Path(__file__).resolve().parents[1]
CONTRACT = (REPOSITORY / "docs" / "contract.md").read_text()
TRAITS_IN_BROWSER = (REPOSITORY / "js" / "src" / "protocol.ts").read_text()
COLORS_IN_BROWSER = (REPOSITORY / "js" / "src" / "colors.ts").read_text()
ACTS_IN_BROWSER = (REPOSITORY / "js" / "src" / "acts.ts").read_text()


def table(heading: str) -> dict[str, list[str]]:
    """First two columns of the table after a heading: name, and the names in the second one."""
    section = CONTRACT.split(heading, 1)[1].split("\n#", 1)[0]
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| `")]
    return {name.strip(" `"): re.findall(r"`(\w+)`", rest) for name, rest in rows}


def interface(name: str) -> list[str]:
    """Field names of a TypeScript interface."""
    body = TRAITS_IN_BROWSER.split(f"export interface {name} {{", 1)[1].split("\n}", 1)[0]
    return re.findall(r"^  (?:readonly )?(\w+)\??:", body, re.MULTILINE)


def test_the_browser_knows_every_trait_and_setting_and_no_other() -> None:
    written = [*table("## Traits"), *table("## Settings")]
    assert sorted(interface("Traits")) == sorted(written)


def test_the_widget_synchronises_every_trait_and_setting_and_no_other() -> None:
    own = {*SegmentationWidget.class_traits(sync=True)} - {*AnyWidget.class_traits(sync=True)}
    assert own == {*table("## Traits"), *table("## Settings")}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "ImageInfo",
            "CollectionInfo",
            "Scene",
            "ObjectPage",
            "ClickList",
            "ClickChange",
            "Status",
            "DetailInfo",
            "Failure",
        ),
    ],
)
def test_both_sides_give_a_trait_the_same_fields(name: str) -> None:
    written = table("### Fields")[name]
    assert [field.name for field in fields(getattr(protocol_traits, name))] == written
    assert interface(name) == written


def test_both_sides_give_an_object_the_same_fields() -> None:
    session = Session(np.zeros((20, 30, 3), np.uint8), NearestClick())
    session.add_object()
    session.click(3, 4, 1)
    written = table("### Fields")["SegmentedObject"]
    assert list(protocol_traits.object_row(session.objects[0])) == written
    assert interface("SegmentedObject") == written


def test_the_kernel_takes_every_message_as_it_is_written() -> None:
    messages = {name: sorted(given) for name, given in table("## Messages").items()}
    taken = {
        name: sorted(field.name for field in fields(kind))
        for name, kind in protocol.REQUESTS.items()
    }
    assert taken == messages


def test_the_browser_sends_every_message_as_it_is_written() -> None:
    union = ACTS_IN_BROWSER.split("export type Act =", 1)[1].split(";\n\n", 1)[0]
    sent = {}
    for variant in re.findall(r"\{([^}]*)\}", union):
        command = re.search(r'command: "(\w+)"', variant)
        assert command is not None
        names = set(re.findall(r"(\w+):", variant)) - {"command"}
        sent[command[1]] = sorted(names)
    assert sent == {name: sorted(given) for name, given in table("## Messages").items()}


def test_both_sides_give_new_objects_the_same_colours() -> None:
    palette = COLORS_IN_BROWSER.split("const PALETTE = [", 1)[1].split("]", 1)[0]
    assert tuple(re.findall(r'"(#\w+)"', palette)) == PALETTE


def test_a_click_is_a_row_of_three() -> None:
    assert protocol_traits.click_row(Click(3.0, 4.0, 2)) == (3.0, 4.0, 2)


def test_the_browsers_codec_is_tested_on_the_bytes_that_python_makes_today() -> None:
    written = json.loads(write_codec_fixtures.FIXTURES.read_text())
    assert written == write_codec_fixtures.fixtures()
