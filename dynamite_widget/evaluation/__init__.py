"""The benchmarks of the paper (MIST and NoC) for any segmenter."""

from dynamite_widget.evaluation.human import JudgedSession, judge_session
from dynamite_widget.evaluation.labelling import LabelledScene
from dynamite_widget.evaluation.metrics import iou
from dynamite_widget.evaluation.mist import MistResult, run_mist
from dynamite_widget.evaluation.noc import NocResult, run_noc
from dynamite_widget.evaluation.scenes import Scene, single_objects
from dynamite_widget.evaluation.strategies import STRATEGIES

__all__ = [
    "STRATEGIES",
    "JudgedSession",
    "LabelledScene",
    "MistResult",
    "NocResult",
    "Scene",
    "iou",
    "judge_session",
    "run_mist",
    "run_noc",
    "single_objects",
]
