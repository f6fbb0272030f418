"""How models are trained and fine-tuned: data, click simulation, losses, the loop."""

from dynamite_widget.training.fine_tuning import FineTuning, fine_tune
from dynamite_widget.training.loop import Machine

__all__ = ["FineTuning", "Machine", "fine_tune"]
