"""The command line: `pyview check --deploy shop:app`, `pyview new UserList`, `pyview convert views`."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from pyview.cli.check import CannotLoad, NotAPyView, as_json, as_text, check, load
from pyview.cli.convert import CannotConvert, as_lines, existing, is_done, summary
from pyview.cli.create import CannotCreate, create_view
from pyview.convert.folder import convert_folder
from pyview.lint import lint
from pyview.tokens.secrets import SecretError

STARTS, DOES_NOT_START, CANNOT_TELL = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code: 0 when the application starts and nothing looks wrong in its views and templates,
    or when nothing is left to convert; 1 when not, 2 when there is none."""
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except CannotCreate as error:
        _say(f"pyview new: {error}", sys.stderr)
        return CANNOT_TELL
    except CannotConvert as error:
        _say(f"pyview convert: {error}", sys.stderr)
        return CANNOT_TELL
    except SecretError as error:
        _say(f"error: {error}")
        return DOES_NOT_START
    except (CannotLoad, NotAPyView) as error:
        _say(f"pyview check: {error}", sys.stderr)
        return CANNOT_TELL


def _check(options: Namespace) -> int:
    if options.production:
        os.environ["PYVIEW_ENV"] = "production"  # for the application's own code as well
    app = load(options.app, Path.cwd(), options.factory)
    report = check(app, production=True if options.production else None, deploy=options.deploy)
    found = lint(app)
    lines = [as_json(report, found)] if options.format == "json" else as_text(report, found)
    for line in lines:
        _say(line)
    return DOES_NOT_START if report.refusals or found else STARTS


def _new(options: Namespace) -> int:
    for path in create_view(options.name, Path(options.path), css=not options.no_css):
        _say(f"made {path}")
    return STARTS


def _convert(options: Namespace) -> int:
    files = [*convert_folder(existing(options.folder), write=options.write)]
    for file in files:
        for line in as_lines(file):
            _say(line)
    _say(summary(files, written=options.write))
    return STARTS if is_done(files, written=options.write) else DOES_NOT_START


def parser() -> ArgumentParser:
    """What the command understands."""
    whole = ArgumentParser("pyview", description="Live, server-rendered web pages.")
    commands = whole.add_subparsers(required=True, metavar="command")
    command = commands.add_parser("check", help="say what is wrong with an application, without starting it")
    command.set_defaults(run=_check)
    command.add_argument("app", metavar="module:app", help="as for the server, such as shop:app")
    command.add_argument("--deploy", action="store_true", help="also say what only matters in production")
    command.add_argument("--production", action="store_true", help="judge as with PYVIEW_ENV=production")
    command.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to say it (default: text)"
    )
    command.add_argument(
        "--factory", action="store_true", help="module:app is a function that makes the application"
    )
    new = commands.add_parser("new", aliases=["create-view"], help="write the files of a new view")
    new.set_defaults(run=_new)
    new.add_argument("name", help="such as UserList")
    new.add_argument("--path", default=".", metavar="FOLDER", help="where to write them (default: here)")
    new.add_argument("--no-css", action="store_true", help="without a style sheet")
    convert = commands.add_parser("convert", help="make Jinja2 templates of those of PyView 0.9")
    convert.set_defaults(run=_convert)
    convert.add_argument("folder", metavar="FOLDER", help="where the templates are")
    convert.add_argument(
        "--write", action="store_true", help="write the files (default: only say what changes)"
    )
    return whole


def _say(line: str, stream: TextIO | None = None) -> None:
    (stream or sys.stdout).write(f"{line}\n")
