"""`pyview new`: write a new application, or parts of one."""

import sys
from argparse import REMAINDER, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from pyview.cli.errors import CommandError
from pyview.generators.errors import GeneratorError
from pyview.generators.plan import Plan


class Generator(Protocol):
    """The module of one generator."""

    def configure(self, parser: ArgumentParser) -> None:
        """Add the arguments of the generator to its parser."""

    def plan(self, options: Namespace, folder: Path) -> Plan:
        """Return what is to be written for the project of `folder`. Raises `GeneratorError`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One generator: the name of its module, and its line in the help."""

    module: str
    help: str


KINDS: Final = {
    "app": Kind("pyview.generators.application", "a project: application, tests, Docker, systemd, CI"),
    "auth": Kind("pyview.generators.auth", "accounts: register, sign in, reset, devices, roles"),
    "crud": Kind("pyview.generators.crud", "a table with its migration, list, form and tests"),
    "view": Kind("pyview.generators.view", "a page with its route, menu entry and test"),
    "component": Kind("pyview.generators.component", "a function component, or with --live a live component"),
}


def configure(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.usage = "pyview new KIND NAME ..."
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.description = f"{parser.description}\n\nkinds:\n" + "\n".join(
        f"  {name:<12}{kind.help}" for name, kind in KINDS.items()
    )
    parser.epilog = "`pyview new KIND --help` describes a kind. `pyview new NAME` is `pyview new view NAME`."
    _add_common(parser)
    parser.add_argument("kind", metavar="KIND", help="one of the kinds above")
    parser.add_argument(
        "arguments", nargs=REMAINDER, metavar="...", help="what the kind takes, such as a name"
    )


def run(options: Namespace) -> int:
    """Write the files. Return 0."""
    name, arguments = _kind(options.kind, options.arguments)
    generator = cast(Generator, import_module(KINDS[name].module))
    parser = ArgumentParser(f"pyview new {name}", description=f"Write {KINDS[name].help}.")
    generator.configure(parser)
    _add_common(parser)
    common = Namespace(path=options.path, dry_run=options.dry_run)
    chosen = parser.parse_args(arguments, common)
    try:
        result = generator.plan(chosen, Path(chosen.path)).apply(dry_run=chosen.dry_run)
    except GeneratorError as error:
        raise CommandError(str(error)) from None
    sys.stdout.writelines(f"{line}\n" for line in result.lines())
    return 0


def _kind(word: str, arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Return the kind and its arguments. In PyView 0.9 and 0.1 there was no kind but the view."""
    if word in KINDS:
        return word, list(arguments)
    return "view", [*arguments, "--", word]  # a name may begin with a hyphen: it gets the error of a bad name


def _add_common(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--path", default=".", metavar="FOLDER", help="the folder to write to (default: the current one)"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would be written, and write nothing"
    )
