"""When a widget is at rest: screens know all that happened, and nothing is being computed."""

from __future__ import annotations

from dynamite_widget.widget import SegmentationWidget


def at_rest(widget: SegmentationWidget) -> bool:
    """Whether screens were told of the newest change, also one made in a cell, and its answer."""
    status, told = widget._status, widget._scene["version"]
    return status["activity"] == "idle" and status["answered"] == told == widget._shown.version
