"""The directory that the workers of one server share in development, if nothing is configured: state and secret.

`uvicorn shop:app --workers 4` then serves like one worker. In production mode an application does not start so: its
sign-outs would be lost with the temporary directory.
"""

import hashlib
import logging
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from pyview.environment.mode import is_production
from pyview.environment.private_directory import make_private_directory
from pyview.environment.workers import started_together

logger = logging.getLogger("pyview")

STATE: Final = "state.db"
SOCKETS: Final = "state.db.workers*"
"""The directories of the workers' sockets, one for each `PYVIEW_APP_ID`; the last worker removes its own."""

SECRET: Final = "secret"  # noqa: S105  the name of a file
_SECRET_BYTES: Final = 32
OWNER_ONLY: Final = 0o600
_LEFT_BEHIND: Final = 24 * 3600.0  # seconds


def shared_directory(environ: Mapping[str, str]) -> Path | None:
    """Return the directory of the workers that one server has started, None if this process is not one of them.

    It is private and made at the first call. None in production mode, and if it cannot be made.
    """
    if is_production(environ) or not hasattr(os, "geteuid") or not started_together(environ, sys.argv):
        return None
    directory = _directory()
    try:
        _remove_left_behind(directory.parent)
        make_private_directory(directory)
    except OSError as error:
        logger.error("the workers cannot share anything: %s", error)
        return None
    return directory


def shared_state(environ: Mapping[str, str]) -> str:
    """Return the path of the state file in the shared directory, "" without one."""
    directory = shared_directory(environ)
    return str(directory / STATE) if directory else ""


def shared_secret(environ: Mapping[str, str]) -> str:
    """Return the secret in the shared directory, "" without one. The first worker makes it."""
    directory = shared_directory(environ)
    if directory is None:
        return ""
    try:
        return _made_once(directory / SECRET)
    except OSError as error:  # such as a full disk
        logger.error("the workers cannot share a secret: %s", error)
        return ""


def remove_if_unused(directory: Path) -> None:
    """Remove a shared directory after the last of its workers has left."""
    if not any(directory.glob(SOCKETS)):
        shutil.rmtree(directory, ignore_errors=True)


def _directory() -> Path:
    # The parent is the server, or the process that it forks its workers from. A number of a process comes again, so the
    # current directory is a part of the name, too.
    place = hashlib.sha256(os.fsencode(Path.cwd())).hexdigest()[:8]
    return Path(tempfile.gettempdir()) / f"{_prefix()}{os.getppid()}-{place}"


def _prefix() -> str:
    return f"pyview-{os.geteuid()}-"


def _made_once(path: Path) -> str:
    """Return the text of a secret file. It is written elsewhere first, so that no worker reads half of it."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w") as file:
            file.write(secrets.token_urlsafe(_SECRET_BYTES))
        with suppress(FileExistsError):  # another worker was first
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text()


def _remove_left_behind(parent: Path) -> None:
    """Remove the directories of servers that were killed. One that was used a day ago may belong to another container,
    in which the number of the process means another one."""
    for found in parent.glob(f"{_prefix()}*-*"):
        server = found.name.removeprefix(_prefix()).partition("-")[0]
        with suppress(OSError):
            if server.isdecimal() and not _is_alive(int(server)) and _age(found) > _LEFT_BEHIND:
                shutil.rmtree(found, ignore_errors=True)


def _age(path: Path) -> float:
    return time.time() - path.lstat().st_mtime


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
