"""dynamite_widget: segment several objects of an image by clicks, in a notebook.

Names are imported on first use, so that `import dynamite_widget` needs neither torch nor a browser.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dynamite_widget._version import __version__

if TYPE_CHECKING:
    from dynamite_widget.clicks import Click
    from dynamite_widget.collection import Collection
    from dynamite_widget.formats.annotations import Annotations
    from dynamite_widget.keeping import NotSavedWarning
    from dynamite_widget.masks import Mask
    from dynamite_widget.segmenter import Segmenter
    from dynamite_widget.segmenting import Answered
    from dynamite_widget.session import SegmentedObject, Session
    from dynamite_widget.widget import SegmentationWidget

__all__ = [
    "Annotations",
    "Answered",
    "Click",
    "Collection",
    "Mask",
    "NotSavedWarning",
    "SegmentationWidget",
    "SegmentedObject",
    "Segmenter",
    "Session",
    "__version__",
]

_HOME = {
    "Annotations": "formats.annotations",
    "Answered": "segmenting",
    "Click": "clicks",
    "Collection": "collection",
    "Mask": "masks",
    "NotSavedWarning": "keeping",
    "SegmentationWidget": "widget",
    "SegmentedObject": "session",
    "Segmenter": "segmenter",
    "Session": "session",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
