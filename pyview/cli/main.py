"""The command line `pyview`: finds the module of the command, and runs it."""

import platform
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from pyview.cli.commands import COMMANDS, CommandModule, command_module, overview
from pyview.cli.errors import CommandError
from pyview.tokens.secrets import SecretError

SUCCESS: Final = 0
PROBLEMS: Final = 1
"""The command has done its work, and found something to mend."""
NOT_RUN: Final = 2
"""The command line is wrong, or names something that does not exist."""
_INTERRUPTED: Final = 130  # as a shell reports SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code: `SUCCESS`, `PROBLEMS` or `NOT_RUN`."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0].startswith("-"):
        _overview_parser().parse_args(words)
        _overview_parser().print_help()
        return NOT_RUN
    name = words[0]
    try:
        module, options = parsed(words)
        return module.run(options)
    except CommandError as error:
        known = f" {name}" if name in COMMANDS else ""
        return _stopped(f"pyview{known}: {error}", NOT_RUN)
    # The import of the application raises it: a wrong secret is a finding, and no reason for a traceback.
    except SecretError as error:
        return _stopped(f"pyview {name}: {error}", PROBLEMS)
    except KeyboardInterrupt:
        return _INTERRUPTED


def parsed(words: Sequence[str]) -> tuple[CommandModule, Namespace]:
    """Return the module of the command that `words` name, and its options.

    Raises `CommandError`. As every `ArgumentParser`, it ends the interpreter for `--help` and for wrong arguments.
    """
    name, *arguments = words
    module = command_module(name)
    help_line = COMMANDS[name].help if name in COMMANDS else None
    parser = ArgumentParser(f"pyview {name}", description=help_line)
    module.configure(parser)
    return module, parser.parse_args(arguments)


def _overview_parser() -> ArgumentParser:
    parser = ArgumentParser(
        "pyview",
        usage="pyview COMMAND ...",
        description=f"Live, server-rendered web pages.\n\ncommands:\n{overview()}",
        epilog="`pyview COMMAND --help` describes a command.",
        formatter_class=RawDescriptionHelpFormatter,
    )
    about = f"PyView {version('pyview-live')} (Python {platform.python_version()})"
    parser.add_argument("--version", action="version", version=about)
    return parser


def _stopped(text: str, code: int) -> int:
    sys.stderr.write(f"{text}\n")
    return code
