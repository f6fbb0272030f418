"""The house stands as docs/architecture.md draws it: imports run down, torch stays below."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "dynamite_widget"
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}

# Rooms by floor, ground first. A room imports from its own floor and from those below.
FLOORS = (
    {"_version", "models", "samples"},
    {
        *("clicks", "images", "masks", "regions", "run_lengths", "palette", "objects", "edits"),
        *("resizing", "segmenting", "feature_cache", "devices", "state", "view", "background_jobs"),
        "processors",
        *(
            "imports",
            "seeding",
            "refinement",
            "composing",
            "saving",
            "extents",
            "image_identity",
            "latency",
            "image_list",
        ),
    },
    {
        *("commands", "history", "protocol", "network_input", "features", "segmenter"),
        "close_ups",
        *("asking", "answering", "formats", "message_fields", "importing", "collection_requests"),
        *("pictures", "picture_files", "figures", "protocol_traits"),
    },
    {
        "session",
        "acting",
        "exporting",
        "exporting_collection",
        "keeping",
        "labelling",
        "collection",
        "open_sessions",
        "evaluation",
        "training",
    },
    {
        *("widget", "many_images", "session_on_screen", "collection_on_screen", "screen_settings"),
        *("photographs", "click_log"),
        *("screen_requests", "answering_thread", "cells", "cli"),
    },
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def room(module: str) -> str:
    return module.split(".")[1]


def imports(text: str, package: str) -> set[str]:
    """Modules of ours that a file uses at run time; imports for types alone do not count.

    Args:
        text: of the file.
        package: that the file belongs to.
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    used = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            used |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package)
            submodules = {f"{module}.{alias.name}" for alias in node.names} & set(MODULES)
            used |= submodules or {module}
    return used & set(MODULES) - {"dynamite_widget"}


def package_of(module: str) -> str:
    return module if MODULES[module].stem == "__init__" else module.rpartition(".")[0]


IMPORTS = {
    name: imports(path.read_text(), package_of(name))
    for name, path in MODULES.items()
    if name != "dynamite_widget"
}


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("from dynamite_widget.session import Session", {"dynamite_widget.session"}),
        ("from dynamite_widget.formats import coco", {"dynamite_widget.formats.coco"}),
        ("import dynamite_widget.session", {"dynamite_widget.session"}),
        ("import json, dynamite_widget.session as s", {"dynamite_widget.session"}),
        ("from ..session import Session", {"dynamite_widget.session"}),
        ("from .. import session", {"dynamite_widget.session"}),
        (
            "from . import coco, voc",
            {"dynamite_widget.formats.coco", "dynamite_widget.formats.voc"},
        ),
        ("def late():\n    from .coco import to_coco", {"dynamite_widget.formats.coco"}),
        ("if TYPE_CHECKING:\n    import dynamite_widget.session", set()),
        ("import dynamite_widget, numpy", set()),
    ],
)
def test_an_import_is_seen_in_whatever_way_it_is_written(text: str, used: set[str]) -> None:
    assert imports(text, "dynamite_widget.formats") == used


def test_every_room_has_its_floor() -> None:
    assert {room(module) for module in IMPORTS} <= set(FLOOR_OF)


def test_imports_run_downward_only() -> None:
    upward = [
        f"{module} imports {used}"
        for module, all_used in IMPORTS.items()
        for used in all_used
        if FLOOR_OF[room(used)] > FLOOR_OF[room(module)]
    ]
    assert upward == []


def test_imports_run_in_no_circle() -> None:
    TopologicalSorter(IMPORTS).prepare()  # raises CycleError, naming the circle


def test_labelling_needs_no_torch_until_a_network_is_loaded() -> None:
    look = (
        "import sys, dynamite_widget.session, dynamite_widget.protocol, dynamite_widget.formats;"
        "print({'torch', 'anywidget'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"


def test_the_widget_never_loads_what_trains_networks() -> None:
    used, waiting = set(), {"dynamite_widget.widget", "dynamite_widget.segmenter"}
    while waiting:
        module = waiting.pop()
        used.add(module)
        waiting |= IMPORTS[module] - used
    assert {room(module) for module in used} & {"training", "evaluation", "cli"} == set()


def test_files_say_what_they_are_for_and_stay_short() -> None:
    texts = {name: path.read_text() for name, path in MODULES.items()}
    assert [name for name, text in texts.items() if not ast.get_docstring(ast.parse(text))] == []
    assert [name for name, text in texts.items() if len(text.splitlines()) > 500] == []
