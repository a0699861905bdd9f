"""`pyview new app shop`: a project with an application, its tests, and what a deployment needs."""

from argparse import ArgumentParser, Namespace
from importlib.metadata import version
from pathlib import Path
from shlex import quote

from pyview.generators.errors import GeneratorError
from pyview.generators.names import AppName
from pyview.generators.plan import Plan
from pyview.generators.templates import render_tree

_ALLOWED = frozenset({".git"})  # what the folder may contain before


def configure(parser: ArgumentParser) -> None:
    """Add the arguments of the generator."""
    parser.add_argument("name", help="such as shop: the name of the folder and of the package")


def plan(options: Namespace, folder: Path) -> Plan:
    """Plan a new folder inside `folder`. Raises `GeneratorError` for a bad name and a folder that is not empty."""
    name = AppName.parse(options.name)
    target = folder / name.text
    _check_empty(target)
    plan = Plan(target)
    names = {"name": name.text, "package": name.package, "title": name.title}
    for path, text in render_tree("app", names, version=version("pyview-live")):
        plan.create(path, text)
    plan.next_steps(f"cd {quote(str(target))}", "uv sync", "uv run pyview dev")
    return plan


def _check_empty(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise GeneratorError(f"{folder} already exists, and is no folder; nothing was written")
    try:
        present = sorted(entry.name for entry in folder.iterdir() if entry.name not in _ALLOWED)
    except FileNotFoundError:
        return
    except OSError as error:
        raise GeneratorError(f"cannot read {folder}: {error.strerror}; nothing was written") from None
    if present:
        raise GeneratorError(f"the folder {folder} is not empty: it has {present[0]}; nothing was written")
