"""The application that a command is about: its argument, and its import."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from pyview.cli.errors import CommandError
from pyview.observability.error_ids import own_place
from pyview.serving.applications import CannotLoad, load, locate
from pyview.tokens.secrets import SecretError


def add_application(parser: ArgumentParser) -> None:
    """Add the arguments that name an application."""
    parser.add_argument(
        "app",
        nargs="?",
        metavar="module:app",
        help="the application, such as shop:app (default: the one of app.py, main.py or pyproject.toml)",
    )
    parser.add_argument(
        "--factory", action="store_true", help="module:app is a function that returns the application"
    )


def located(options: Namespace) -> str:
    """Return "module:attribute" of the application, found in files. Raises `CommandError`."""
    try:
        return locate(options.app, Path.cwd(), options.factory)
    except CannotLoad as error:
        raise CommandError(str(error)) from None


def loaded(options: Namespace) -> Any:
    """Import the application and return it. Raises `CommandError` if that fails, and `SecretError`."""
    target = located(options)
    try:
        return load(target, Path.cwd(), options.factory)
    except CannotLoad as error:
        raise CommandError(str(error)) from None
    except SecretError:
        raise
    except Exception as error:
        raise CommandError(f"{target} cannot be imported: {_described(error)}") from None


def _described(error: Exception) -> str:
    """Return kind, message and place of an error in one line."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({error.filename}, line {error.lineno})"
    place = own_place(error)
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}{f' ({place})' if place else ''}"
