"""`pyview new`: write the files of a new view."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pyview.cli.create import CannotCreate, create_view
from pyview.cli.errors import CommandError


def configure(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("name", help="such as UserList")
    parser.add_argument(
        "--path", default=".", metavar="FOLDER", help="the folder to write to (default: the current one)"
    )
    parser.add_argument("--no-css", action="store_true", help="write no style sheet")


def run(options: Namespace) -> int:
    """Write the files. Return 0."""
    try:
        paths = create_view(options.name, Path(options.path), css=not options.no_css)
    except CannotCreate as error:
        raise CommandError(str(error)) from None
    sys.stdout.writelines(f"created {path}\n" for path in paths)
    return 0
