"""A view of a widget without a browser, and what travels to it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dynamite_widget.widget import SegmentationWidget
from tests.at_rest import at_rest

PATIENCE_SECONDS = 60
"""After which something is wrong, not slow."""

HEIGHT, WIDTH = 60, 80
IMAGE = np.zeros((HEIGHT, WIDTH, 3), np.uint8)


class Screen:
    """A view of a widget: sends messages as a browser does."""

    def __init__(self, widget: SegmentationWidget, name: str = "left") -> None:
        self.widget = widget
        self.name = name
        self.sent = 0

    def send(self, command: str, **given: object) -> None:
        self.sent += 1
        sender = {"id": self.sent, "view": self.name, "place": self.widget._image_info["place"]}
        content = sender | {"command": command, **given}
        self.widget._handle_custom_msg(json.loads(json.dumps(content)), [])

    def click(self, x: float, y: float, object_id: int | None = None) -> None:
        self.send("add_click", x=x, y=y, object_id=object_id)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


class Wire:
    """Notes what a widget sends: how many bytes, and which traits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.states: list[dict[str, Any]] = []
        send = SegmentationWidget._send

        def counted(
            widget: SegmentationWidget, msg: dict[str, Any], buffers: list[bytes] | None = None
        ) -> None:
            self.states.append(msg.get("state", {}))
            self.sizes.append(len(json.dumps(msg)) + sum(map(len, buffers or [])))
            send(widget, msg, buffers)

        monkeypatch.setattr(SegmentationWidget, "_send", counted)

    def bytes_of(self, act: Callable[[], None], widget: SegmentationWidget) -> int:
        self.sizes.clear()
        act()
        wait_until(lambda: at_rest(widget))
        return sum(self.sizes)
