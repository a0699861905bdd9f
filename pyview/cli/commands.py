"""The table of commands. The module of a command is imported only when the command is used."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Final, Protocol, cast

from pyview.cli.errors import CommandError


class CommandModule(Protocol):
    """The module of one command."""

    def configure(self, parser: ArgumentParser) -> None:
        """Add the arguments of the command to its parser."""

    def run(self, options: Namespace) -> int:
        """Run the command. Return the exit code. Raises `CommandError`."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command: the name of its module, and its line in the help."""

    module: str
    help: str


COMMANDS: Final = {
    "dev": Command("pyview.cli.dev", "serve the application of this folder, and follow every save"),
    "run": Command("pyview.cli.run", "serve an application for its users, in production mode"),
    "new": Command("pyview.cli.new", "write a new application, or a part of one"),
    "check": Command("pyview.cli.check", "find mistakes in an application, without starting it"),
    "routes": Command("pyview.cli.routes", "list the addresses of an application, with view and guard"),
    "doctor": Command("pyview.cli.doctor", "examine the interpreter, the dependencies and the settings"),
    "convert": Command("pyview.cli.convert", "convert the templates of PyView 0.9 to Jinja2"),
}

ALIASES: Final = {"create-view": "new"}
"""Names of commands in PyView 0.9."""

_EXTRAS: Final = {"uvicorn": "standard", "watchfiles": "standard", "httpx": "testing", "bs4": "testing"}
"""The extra that installs a module which a command needs."""


def command_module(name: str) -> CommandModule:
    """Return the module of a command. Raises `CommandError` for an unknown name and for a missing dependency."""
    command = COMMANDS.get(ALIASES.get(name, name))
    if command is None:
        raise CommandError(_unknown(name))
    try:
        return cast(CommandModule, import_module(command.module))
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        raise CommandError(
            f"`pyview {name}` needs {error.name}, which is not installed. Type: "
            f"pip install 'pyview-live[{extra}]'"
        ) from None


def overview() -> str:
    """Return the list of commands, one line each."""
    return "\n".join(f"  {name:<10}{command.help}" for name, command in COMMANDS.items())


def _unknown(name: str) -> str:
    close = get_close_matches(name, COMMANDS, 1)
    guess = f"Did you mean `pyview {close[0]}`? " if close else ""
    return f"there is no command {name!r}. {guess}The commands are: {', '.join(COMMANDS)}"
