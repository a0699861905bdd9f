"""The folder `.pyview/` of a project: the secret and the state of the application in development."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

DIRECTORY: Final = ".pyview"
_SECRET_BYTES: Final = 32
_PRIVATE_DIRECTORY: Final = 0o700
_PRIVATE_FILE: Final = 0o600


class CannotKeepState(OSError):
    """The folder cannot be made or is no private one. The text says what to do."""


def development_environment(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables to set for development: those of the user win.

    A restart then signs nobody out, and pages find their states. Raises `CannotKeepState`.
    """
    found = {} if environ.get("PYVIEW_ENV") else {"PYVIEW_ENV": "development"}
    needs_secret = not (environ.get("PYVIEW_SECRET") or environ.get("PYVIEW_SECRET_FILE"))
    needs_state = not (environ.get("PYVIEW_STATE") or environ.get("PYVIEW_REDIS_URL"))
    if not (needs_secret or needs_state):
        return found
    try:
        directory = _private_directory(folder)
        if needs_secret:
            found["PYVIEW_SECRET_FILE"] = str(_secret_file(directory))
        if needs_state:
            found["PYVIEW_STATE"] = str(directory / "state.db")
    except OSError as error:
        raise CannotKeepState(f"{folder / DIRECTORY} cannot be used: {error}") from error
    return found


def _private_directory(folder: Path) -> Path:
    directory = folder / DIRECTORY
    with suppress(FileExistsError):
        directory.mkdir(_PRIVATE_DIRECTORY)
    # A copy of the project, or an archive, may have opened it for others.
    directory.chmod(_PRIVATE_DIRECTORY)
    ignored = directory / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n")
    return directory


def _secret_file(directory: Path) -> Path:
    file = directory / "secret"
    if not file.exists() or not file.read_text().strip():
        draft = directory / f"secret.{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE), "w") as opened:
            opened.write(secrets.token_urlsafe(_SECRET_BYTES))
        draft.replace(file)
    return file
