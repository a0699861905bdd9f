"""Temporary files of uploads, which outlast no process: what one that was killed has left, the next one deletes.

A process that has files in a directory holds a lock on a lock file beside them, whose name has the same id. The lock
goes with the process, however it ends. A lock file that can be locked therefore belongs to a process that has gone, in
whatever container it ran. Files without a lock file are left alone.
"""

import contextlib
import logging
import os
import re
import secrets
import stat
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger("pyview")

_PREFIX = "pyview-upload-"
_TRIES = 3
_LOCK_FILE = re.compile(r"\.pyview-upload-([0-9a-f]{16})\.lock")


class _Hold:
    """The lock of this process in one directory."""

    def __init__(self, directory: Path) -> None:
        self.files = 0
        self.id, self._path, self._descriptor = _locked(directory)

    def end(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        if self._descriptor >= 0:
            os.close(self._descriptor)


class TemporaryFiles:
    """The temporary files of this process, in whatever directories. Used from several threads."""

    def __init__(self) -> None:
        # A finalizer may delete a file in the middle of anything, in the thread that has the turn as well.
        self._turn = threading.RLock()
        self._holds: dict[Path, _Hold] = {}
        self._swept: set[Path] = set()

    def create(self, directory: str | os.PathLike[str] | None) -> tuple[int, Path]:
        """Make a file that only this user may read; returns its open descriptor and its path."""
        folder = _folder(directory)
        with self._turn:
            if folder not in self._swept:
                self._swept.add(folder)
                sweep(folder)
            hold = self._taken(folder)
            try:
                descriptor, path = tempfile.mkstemp(prefix=f"{_PREFIX}{hold.id}-", dir=folder)
            except BaseException:
                self._give_back(folder)
                raise
        return descriptor, Path(path)

    def delete(self, path: Path) -> None:
        """Delete a file that `create` made, unless the application has moved it. Called once for each file."""
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        with self._turn:
            self._give_back(path.parent)

    def _taken(self, folder: Path) -> _Hold:
        """The hold on a directory, for one file more."""
        while True:
            hold = self._holds.get(folder)
            if hold is None:
                hold = self._holds[folder] = _Hold(folder)
            hold.files += 1
            if self._holds.get(folder) is hold:  # no finalizer has ended it in between
                return hold

    def _give_back(self, folder: Path) -> None:
        hold = self._holds[folder]
        hold.files -= 1
        if not hold.files:
            del self._holds[folder]
            hold.end()


TEMPORARY_FILES = TemporaryFiles()
"""Of the process and not of an application: so are the lock and what the kernel does with it at the end."""


def sweep(directory: str | os.PathLike[str] | None = None) -> None:
    """Delete the files in `directory` that processes of this user have left; without one, where temporary files go."""
    folder = _folder(directory)
    deleted = 0
    try:
        for name in os.listdir(folder):
            found = _LOCK_FILE.fullmatch(name)
            if found is not None:
                deleted += _sweep_left(folder, folder / name, found[1])
    except OSError as error:
        logger.warning("temporary files of uploads in %s are not looked at: %s", folder, error)
    if deleted:
        logger.info(
            "%s: deleted %d temporary files of uploads that a killed process has left", folder, deleted
        )


def _sweep_left(folder: Path, lock: Path, owner: str) -> int:
    """Delete the files of one process, if it has gone; returns how many."""
    with _locked_if_free(lock) as free:
        if not free:
            return 0
        left = [path for path in folder.glob(f"{_PREFIX}{owner}-*") if _is_own_file(path.lstat())]
        for path in left:
            path.unlink(missing_ok=True)
        lock.unlink(missing_ok=True)
    return len(left)


@contextlib.contextmanager
def _locked_if_free(lock: Path) -> Iterator[bool]:
    """Hold the lock of a lock file of this user, if no living process holds it."""
    if sys.platform == "win32":
        yield False
        return
    try:
        # Others may put links and pipes into a directory such as /tmp.
        descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        yield False
        return
    try:
        yield _is_own_file(os.fstat(descriptor)) and _lock(descriptor)
    finally:
        os.close(descriptor)


def _locked(folder: Path) -> tuple[str, Path, int]:
    """Make a lock file and lock it; its id, path and open descriptor. Where nothing can be locked it is -1, and the
    files stay for ever if the process is killed."""
    for _ in range(_TRIES):
        owner = secrets.token_hex(8)
        path = folder / f".{_PREFIX}{owner}.lock"
        if sys.platform == "win32":
            break
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        # Another process that starts may take it for one that was left, before it is locked.
        if _lock(descriptor) and path.exists():
            return owner, path, descriptor
        path.unlink(missing_ok=True)
        os.close(descriptor)
    return owner, path, -1


def _lock(descriptor: int) -> bool:
    """Lock an open file for this process; returns False where that is not possible."""
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_own_file(found: os.stat_result) -> bool:
    """Return whether it is a file of this user, under one name only."""
    if sys.platform == "win32":
        return False
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1


def _folder(directory: str | os.PathLike[str] | None) -> Path:
    return Path(directory or tempfile.gettempdir()).absolute()
