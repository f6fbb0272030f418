"""The benchmarks of the paper (MIST and NoC) for any segmenter."""

from dynamite_widget.evaluation.metrics import iou
from dynamite_widget.evaluation.mist import MistImage, MistResult, run_mist
from dynamite_widget.evaluation.noc import NocResult, NocSample, run_noc
from dynamite_widget.evaluation.scenes import Scene, single_objects
from dynamite_widget.evaluation.strategies import STRATEGIES

__all__ = [
    "STRATEGIES",
    "MistImage",
    "MistResult",
    "NocResult",
    "NocSample",
    "Scene",
    "iou",
    "run_mist",
    "run_noc",
    "single_objects",
]
