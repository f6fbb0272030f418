"""An answer is given up between two steps, by the thread that computes it and no other."""

from __future__ import annotations

import threading

import pytest

from dynamite_widget.models.interruption import (
    InterruptedAnswerError,
    interruptible,
    next_step,
)


def test_steps_go_on_while_the_answer_is_wanted() -> None:
    asked = iter([False, False, True])
    with interruptible(lambda: next(asked)):
        next_step()
        next_step()
        with pytest.raises(InterruptedAnswerError):
            next_step()


def test_what_another_thread_computes_goes_on() -> None:
    failed = []

    def compute() -> None:
        try:
            next_step()
        except InterruptedAnswerError as error:
            failed.append(error)

    with interruptible(lambda: True):
        other = threading.Thread(target=compute)
        other.start()
        other.join()
    assert failed == []


def test_after_it_nothing_is_given_up_even_where_it_ended_early() -> None:
    with pytest.raises(InterruptedAnswerError), interruptible(lambda: True):
        next_step()
    next_step()
