"""The command line: `pyview check --deploy shop:app`, `pyview new UserList`, `pyview convert views`."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from pyview.cli.check import NotAPyView, as_json, as_text, check
from pyview.cli.convert import CannotConvert, as_lines, existing, is_done, summary
from pyview.cli.create import CannotCreate, create_view
from pyview.convert.folder import convert_folder
from pyview.lint import lint
from pyview.serving.applications import CannotLoad, load, locate
from pyview.tokens.secrets import SecretError

SUCCESS, PROBLEMS, NOT_RUN = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code.

    0: the application starts and has no findings, or nothing is left to convert. 1: it does not start, has findings, or
    something is left to convert. 2: there is no such application, folder or name.
    """
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except CannotCreate as error:
        _print(f"pyview new: {error}", sys.stderr)
        return NOT_RUN
    except CannotConvert as error:
        _print(f"pyview convert: {error}", sys.stderr)
        return NOT_RUN
    # The import of the application raises it: a wrong secret is a finding of the check, and no reason for a traceback.
    except SecretError as error:
        _print(f"error: {error}")
        return PROBLEMS
    except (CannotLoad, NotAPyView) as error:
        _print(f"pyview check: {error}", sys.stderr)
        return NOT_RUN


def _check(options: Namespace) -> int:
    if options.production:
        os.environ["PYVIEW_ENV"] = (
            "production"  # before the import, because the application's code may read it
        )
    folder = Path.cwd()
    app = load(locate(options.app, folder, options.factory), folder, options.factory)
    report = check(app, production=True if options.production else None, deploy=options.deploy)
    found = lint(app)
    lines = [as_json(report, found)] if options.format == "json" else as_text(report, found)
    for line in lines:
        _print(line)
    return PROBLEMS if report.refusals or found else SUCCESS


def _new(options: Namespace) -> int:
    for path in create_view(options.name, Path(options.path), css=not options.no_css):
        _print(f"created {path}")
    return SUCCESS


def _convert(options: Namespace) -> int:
    files = [*convert_folder(existing(options.folder), write=options.write)]
    for file in files:
        for line in as_lines(file):
            _print(line)
    _print(summary(files, written=options.write))
    return SUCCESS if is_done(files, written=options.write) else PROBLEMS


def parser() -> ArgumentParser:
    """Return the parser of the command line."""
    parser = ArgumentParser("pyview", description="Live, server-rendered web pages.")
    # argparse accepts a command line without a command by default, and then `options.run` does not exist.
    commands = parser.add_subparsers(required=True, metavar="command")
    command = commands.add_parser("check", help="check an application for mistakes, without starting it")
    command.set_defaults(run=_check)
    command.add_argument(
        "app",
        nargs="?",
        metavar="app",
        help="the application, such as shop:app (default: the one of this folder)",
    )
    command.add_argument("--deploy", action="store_true", help="also report what matters only in production")
    command.add_argument("--production", action="store_true", help="check as with PYVIEW_ENV=production")
    command.add_argument(
        "--format", choices=("text", "json"), default="text", help="the output format (default: text)"
    )
    command.add_argument(
        "--factory", action="store_true", help="module:app is a function that returns the application"
    )
    # The alias is the name of the command in PyView 0.9.
    new = commands.add_parser("new", aliases=["create-view"], help="write the files of a new view")
    new.set_defaults(run=_new)
    new.add_argument("name", help="such as UserList")
    new.add_argument(
        "--path", default=".", metavar="FOLDER", help="the folder to write to (default: the current one)"
    )
    new.add_argument("--no-css", action="store_true", help="write no style sheet")
    convert = commands.add_parser("convert", help="convert the templates of PyView 0.9 to Jinja2")
    convert.set_defaults(run=_convert)
    convert.add_argument("folder", metavar="FOLDER", help="the folder of the templates, or one file")
    convert.add_argument(
        "--write", action="store_true", help="write the files (default: only show the changes)"
    )
    return parser


def _print(line: str, stream: TextIO | None = None) -> None:
    # Looked up at each call: a default argument would keep the stream of the import, which tests replace.
    (stream or sys.stdout).write(f"{line}\n")
