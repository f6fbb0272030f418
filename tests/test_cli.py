"""The command line: starts fast, and tells mistakes in one line."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import types

import pytest

from dynamite_widget import __version__, cli


def greeting_room(**what_run_does: BaseException) -> types.ModuleType:
    """A room with a command that greets somebody, or fails as asked."""
    room = types.ModuleType("greeting_room")

    def add_arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--fail", choices=sorted(what_run_does))

    def run(args: argparse.Namespace) -> None:
        if args.fail:
            raise what_run_does[args.fail]
        print(f"hello {args.name}")  # noqa: T201

    room.add_arguments = add_arguments
    room.run = run
    return room


FAILURES = {
    "value": ValueError("no model is called 'x'"),
    "file": FileNotFoundError(2, "No such file or directory", "masks.json"),
    "missing": ModuleNotFoundError("No module named 'matplotlib'"),
    "bug": KeyError("who knows"),
    "stop": KeyboardInterrupt(),
}


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "greeting_room", greeting_room(**FAILURES))
    monkeypatch.setattr(
        cli,
        "COMMANDS",
        {
            "greet": cli.Command("greeting_room", "say hello"),
            "absent": cli.Command("no_such_room", "is never imported"),
        },
    )


@pytest.mark.usefixtures("commands")
def test_a_command_runs_and_no_other_room_is_entered(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["greet", "Ada"]) == 0
    assert capsys.readouterr().out == "hello Ada\n"


@pytest.mark.usefixtures("commands")
def test_the_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "say hello" in out
    assert "is never imported" in out


@pytest.mark.usefixtures("commands")
def test_the_help_of_a_command_names_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["greet", "--help"])
    assert "--fail" in capsys.readouterr().out


@pytest.mark.usefixtures("commands")
@pytest.mark.parametrize(
    ("fail", "words"),
    [
        ("value", "error: no model is called 'x'"),
        ("file", "error: No such file or directory: masks.json"),
        ("missing", "pip install 'dynamite-widget[evaluation,training]'"),
    ],
)
def test_a_users_mistake_is_told_in_one_line(
    fail: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["greet", "Ada", "--fail", fail]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.usefixtures("commands")
def test_a_traceback_is_shown_on_request() -> None:
    with pytest.raises(ValueError, match="no model is called"):
        cli.main(["--traceback", "greet", "Ada", "--fail", "value"])


@pytest.mark.usefixtures("commands")
def test_a_fault_of_ours_is_not_passed_off_as_the_users() -> None:
    with pytest.raises(KeyError, match="who knows"):
        cli.main(["greet", "Ada", "--fail", "bug"])


@pytest.mark.usefixtures("commands")
def test_an_interruption_ends_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["greet", "Ada", "--fail", "stop"]) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("commands")
@pytest.mark.parametrize("argv", [[], ["dance"], ["greet"], ["greet", "Ada", "--loud"]])
def test_what_cannot_be_read_is_refused_with_the_usage(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(argv)
    assert end.value.code == 2
    assert "usage: dynamite-widget" in capsys.readouterr().err


def test_asking_for_the_version_loads_no_network() -> None:
    script = """
import sys
from dynamite_widget.cli import main
try:
    main(["--version"])
finally:
    print(*sorted(sys.modules.keys() & {"torch", "numpy", "PIL", "anywidget", "pandas"}))
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [__version__]


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_of_the_package_explains_itself(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    assert end.value.code == 0
    assert f"usage: dynamite-widget {name}" in capsys.readouterr().out


def test_output_cut_off_by_its_reader_is_no_error() -> None:
    script = """
import sys, types
from dynamite_widget import cli
room = types.ModuleType("talkative_room")
room.add_arguments = lambda parser: None
room.run = lambda args: print("on and on " * 100_000)
sys.modules["talkative_room"] = room
cli.COMMANDS["talk"] = cli.Command("talkative_room", "say a lot")
sys.exit(cli.main(["talk"]))
"""
    pipe = f"{shlex.quote(sys.executable)} -c {shlex.quote(script)} | true"
    run = subprocess.run(["bash", "-o", "pipefail", "-c", pipe], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (141, "")
