"""Imports timm also where torchvision was built for another torch.

timm needs torchvision's Python files only. A torchvision whose compiled operators do not fit the
installed torch (a CPU-only torch beside a CUDA torchvision) fails while it registers functions of
operators that are then unknown. Naming their schemas first lets the import go on; nothing here
ever calls them.
"""

from __future__ import annotations

import sys
import threading
from types import ModuleType

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_kept: list[torch.library.Library] = []
_one_at_a_time = threading.Lock()


def import_timm() -> ModuleType:
    """Return the timm package, working round a torchvision without its operators."""
    with _one_at_a_time:  # a half-imported package must not be seen by another thread
        try:
            import timm
        except RuntimeError as error:
            if "torchvision::" not in str(error):
                raise
            _define_operators()
            for name in [m for m in sys.modules if m.split(".")[0] in {"torchvision", "timm"}]:
                del sys.modules[name]
            import timm
    return timm


def _define_operators() -> None:
    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in _SCHEMAS:
        library.define(schema)
    _kept.append(library)  # the definitions live as long as this object
