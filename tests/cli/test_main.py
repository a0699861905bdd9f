"""The command line: names of commands, help, version, exit codes."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from pyview.cli.commands import COMMANDS, command_module
from pyview.cli.main import main


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out.startswith(f"PyView {version('pyview-live')} (Python 3.")


def test_without_a_command_it_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    output = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n  {name} " not in output] == []


def test_an_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chekc", "shop:app"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("pyview: there is no command 'chekc'. Did you mean `pyview check`?")
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_describes_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    output = capsys.readouterr().out
    assert output.startswith(f"usage: pyview {name}")
    assert COMMANDS[name].help in output


@pytest.mark.parametrize("module", ["pyview", "pyview.cli"])
def test_python_runs_it_as_a_module(module: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("PyView ")


def test_a_command_is_imported_when_it_is_used() -> None:
    # So that `pyview --version` is quick, and a missing extra stops only the commands that need it.
    code = "import sys, pyview.cli.main; print(*[name for name in sys.modules if name.startswith('pyview.cli.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"pyview.cli.main", "pyview.cli.commands", "pyview.cli.errors"}


def test_the_old_name_of_new() -> None:
    assert command_module("create-view") is command_module("new")
