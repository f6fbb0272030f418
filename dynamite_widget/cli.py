"""The command line, `dynamite-widget`: thin commands over the rooms below."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from dynamite_widget._version import __version__

USERS_MISTAKE = 2
INTERRUPTED = 130
READER_LEFT = 141


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand.

    Attributes:
        module: where its `add_arguments(parser)` and `run(args)` live; imported only when asked
            for, so that the others start fast.
        summary: one line for the overview.
    """

    module: str
    summary: str


COMMANDS = {
    "models": Command("dynamite_widget.models.listing", "list the models and their weights"),
    "convert": Command("dynamite_widget.models.conversion", "turn a checkpoint into safetensors"),
    "evaluate": Command("dynamite_widget.evaluation.evaluate", "run MIST or NoC on a data set"),
    "report": Command("dynamite_widget.evaluation.report", "tables and plots of evaluations"),
    "train": Command("dynamite_widget.training.train", "fine-tune a model on your own masks"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments after the program's name; None takes the process's own.

    Returns:
        The exit code: 0, 2 for a mistake of the user's (told in one line), 130 if interrupted.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    chosen = next((a for a in arguments if not a.startswith("-")), None)
    try:
        args = _parser(chosen).parse_args(arguments)
        import_module(COMMANDS[args.command].module).run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has left, as `head` does. Python flushes once more as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_LEFT
    except (ValueError, TypeError, OSError, ImportError) as error:
        if "--traceback" in arguments:
            raise
        print(f"dynamite-widget: error: {_in_words(error)}", file=sys.stderr)
        return USERS_MISTAKE
    return 0


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dynamite-widget",
        description="Segment several objects of an image by clicks: models, benchmarks, training.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    for name, command in COMMANDS.items():
        subparser = commands.add_parser(name, help=command.summary, description=command.summary)
        if name == chosen:
            import_module(command.module).add_arguments(subparser)
    return parser


def _in_words(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"{error}; pip install 'dynamite-widget[evaluation,training]' brings what is missing"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error) or type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
