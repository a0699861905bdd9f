"""Projects that the generators write, and the commands that their users run in them."""

import os
import subprocess
import sys
from pathlib import Path

from pyview.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


def new(folder: Path, *words: str) -> None:
    """Run `pyview new ...` in a folder."""
    assert main(["new", *words[:1], "--path", str(folder), *words[1:]]) == 0


def run(folder: Path, *words: str, **environ: str) -> str:
    """Run a Python module in a folder, with the interpreter of the tests; return what it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYVIEW_", "PYTEST_"))}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**clean, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{' '.join(words)} in {folder}:\n{done.stdout}"
    return done.stdout


def check_style(folder: Path) -> None:
    """Check a project with ruff, as its CI does."""
    run(folder, "ruff", "check", ".")
    run(folder, "ruff", "format", "--check", ".")
