"""Directories that no other user of the host can open."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

OWNER_ONLY: Final = 0o700


class UnsafeDirectory(OSError):
    """Another user could put files into the directory."""


def make_private_directory(path: Path) -> None:
    """Create the directory if it is missing. Raises `OSError`; `UnsafeDirectory` if other users can open it."""
    with suppress(FileExistsError):
        os.mkdir(path, OWNER_ONLY)
    check_private_directory(path)


def check_private_directory(path: Path) -> None:
    """Raise `UnsafeDirectory` unless it is a directory of this user, with a mode that keeps others out."""
    # lstat: a link could be changed to point to another directory later.
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode):
        raise UnsafeDirectory(f"{path} is no directory")
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) != OWNER_ONLY:
        raise UnsafeDirectory(
            f"{path}: expected a directory of user {os.geteuid()} with mode {OWNER_ONLY:o}, got user {found.st_uid} "
            f"and mode {stat.S_IMODE(found.st_mode):o}. Remove it"
        )
