"""Check that the shell commands of a page exist, with their options."""

import importlib.util
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
from babel.messages.frontend import CommandLineInterface
from granian.cli import cli as granian_command
from uvicorn.main import main as uvicorn_command

from pyview.cli.main import parsed
from tests.docs.pages import ROOT, Block

Arguments = Sequence[str]


class UnknownCommand(AssertionError):
    """Command without a check in this module. Add one, or use another command."""


def check(block: Block, modules: set[str]) -> None:
    """Check every command of the block. `modules` are the modules that the page defines."""
    for command in _commands(block.code):
        words = shlex.split(command, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        if words:
            _check_words(words, modules)


def _check_words(words: Arguments, modules: set[str]) -> None:
    name, *arguments = words
    if words[:3] == ["python", "-m", "pyview"]:
        name, arguments = "pyview", list(words[3:])
    if name not in _CHECKS:
        raise UnknownCommand(name)
    _CHECKS[name](arguments, modules)


def _commands(code: str) -> Iterator[str]:
    for line in code.replace("\\\n", " ").splitlines():
        yield from (part for part in line.split("&&") if part.strip())


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _make(arguments: Arguments, modules: set[str]) -> None:
    targets = {word for word in arguments if "=" not in word}
    assert targets <= make_targets(), f"make {targets - make_targets()}"


def _pip(arguments: Arguments, modules: set[str]) -> None:
    action, *requirements = arguments
    assert action == "install"
    for requirement in requirements:
        _check_requirement(requirement)


def _check_requirement(requirement: str) -> None:
    found = re.fullmatch(r"(?P<name>[A-Za-z0-9-]+|\.)(?:\[(?P<extras>[a-z,]+)\])?", requirement)
    assert found, requirement
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    if found["name"] in (project["name"], "."):
        extras = set((found["extras"] or "").split(",")) - {""}
        assert extras <= set(project["optional-dependencies"]), requirement


def _python(arguments: Arguments, modules: set[str]) -> None:
    option, name, *rest = arguments
    assert option == "-m", arguments
    if name == "pip":
        _pip(rest, modules)
    else:
        assert importlib.util.find_spec(name), name


def _server(command: click.Command) -> Callable[[Arguments, set[str]], None]:
    def check_server(arguments: Arguments, modules: set[str]) -> None:
        context = command.make_context(command.name or "", list(arguments))
        _check_app(str(context.params["app"]), modules)

    return check_server


def _check_app(target: str, modules: set[str]) -> None:
    module, _, name = target.partition(":")
    assert name == "app", target
    assert module in modules or importlib.util.find_spec(module), f"no module {module!r} on this page"


def _hypercorn(arguments: Arguments, modules: set[str]) -> None:
    options = re.findall(r'"(--?[a-z-]+)"', _source_of("hypercorn.__main__"))
    unknown = {word.partition("=")[0] for word in arguments if word.startswith("-")} - set(options)
    assert not unknown, unknown
    _check_app(next(word for word in arguments if ":app" in word), modules)


def _source_of(module: str) -> str:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text()


def _pyview(arguments: Arguments, modules: set[str]) -> None:
    _, options = parsed(arguments)
    target = getattr(options, "app", None)
    if target is not None:
        _check_app(str(target), modules)


def _export(arguments: Arguments, modules: set[str]) -> None:
    for assignment in arguments:
        name, equals, value = assignment.partition("=")
        assert equals, assignment
        assert value, assignment
        if name.startswith("PYVIEW_"):
            assert name in _read_variables(), f"nothing reads {name}"


def _read_variables() -> set[str]:
    source = "".join(path.read_text() for path in (ROOT / "pyview").rglob("*.py"))
    return set(re.findall(r'environ\.get\("(PYVIEW_[A-Z_]+)"', source))


def _git(arguments: Arguments, modules: set[str]) -> None:
    assert arguments[0] == "clone", arguments


def _uv(arguments: Arguments, modules: set[str]) -> None:
    action, *words = arguments
    assert action in ("sync", "run"), arguments
    if action == "run":
        _check_words(words, modules)


def _pybabel(arguments: Arguments, modules: set[str]) -> None:
    assert arguments[0] in CommandLineInterface.commands, arguments


def _saq(arguments: Arguments, modules: set[str]) -> None:
    module, _, name = arguments[-1].partition(".")
    assert module in modules, arguments
    assert name == "settings", arguments


def _sudo(arguments: Arguments, modules: set[str]) -> None:
    _check_words(arguments, modules)


def _first(*words: str) -> Callable[[Arguments, set[str]], None]:
    """Return a check that the first argument, such as the action of `docker`, is one of these words."""

    def check_first(arguments: Arguments, modules: set[str]) -> None:
        assert arguments[0] in words, arguments

    return check_first


def _any(arguments: Arguments, modules: set[str]) -> None:
    """Accept any arguments."""


def _openssl(arguments: Arguments, modules: set[str]) -> None:
    assert list(arguments[:3]) == ["rand", "-base64", "32"], arguments


_CHECKS: dict[str, Callable[[Arguments, set[str]], None]] = {
    "make": _make,
    "pip": _pip,
    "python": _python,
    "python3": _python,
    "uvicorn": _server(uvicorn_command),
    "granian": _server(granian_command),
    "hypercorn": _hypercorn,
    "pyview": _pyview,
    "export": _export,
    "openssl": _openssl,
    "git": _git,
    "uv": _uv,
    "pytest": _any,
    "alembic": _any,
    "pybabel": _pybabel,
    "saq": _saq,
    "sudo": _sudo,
    "docker": _first("build", "run", "compose"),
    "systemctl": _first("enable", "status", "reload", "restart"),
    "journalctl": _first("--unit"),
    "nginx": _first("-t"),
    "curl": _any,
    "tailwindcss": _first("-i"),
    "install": _any,
    "useradd": _any,
    "cd": _any,
    "mkdir": _any,
    ".": _any,
}
