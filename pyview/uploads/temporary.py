"""Temporary files of uploads. A later process deletes the files of a killed one.

A process with files in a directory holds a lock on a lock file beside them, whose name contains the same id. The kernel
releases the lock when the process ends in any way. So a lock file that can be locked belongs to a process that is gone;
this also works between containers that share the directory, unlike process ids. Files without a lock file are not
touched, nor those whose time of modification is in the future: they wait for a page that may return.
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
import time
from collections.abc import Iterator
from pathlib import Path

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger("pyview")

_PREFIX = "pyview-upload-"
_TRIES = 3
_PIN_STEP = 60.0  # seconds; a pin that lasts nearly as long is not set again
_FILE = re.compile(r"pyview-upload-[0-9a-f]{16}-[0-9A-Za-z_]+")
_LOCK_FILE = re.compile(r"\.pyview-upload-([0-9a-f]{16})\.lock")


class _DirectoryLock:
    """The lock of this process in one directory. `files` counts its files there."""

    def __init__(self, directory: Path) -> None:
        self.files = 0
        self.id, self._path, self._descriptor = _create_lock(directory)

    def release(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        if self._descriptor >= 0:
            os.close(self._descriptor)


class TemporaryFiles:
    """The temporary files of this process in any directories. Thread-safe."""

    def __init__(self) -> None:
        # Reentrant: the garbage collector may run a finalizer, which deletes a file, in a thread that has the mutex.
        self._mutex = threading.RLock()
        self._locks: dict[Path, _DirectoryLock] = {}
        self._swept: set[Path] = set()
        self._left: dict[Path, float] = {}
        self._pinned: dict[Path, float] = {}

    def create(self, directory: str | os.PathLike[str] | None) -> tuple[int, Path]:
        """Create a file that only this user may read. Return its open descriptor and its path."""
        folder = _folder(directory)
        self.delete_expired()
        with self._mutex:
            if folder not in self._swept:
                self._swept.add(folder)
                sweep(folder)
            # The lock comes first: no sweep would delete the file of a process that was killed in between.
            lock = self._acquire(folder)
            try:
                descriptor, path = tempfile.mkstemp(prefix=f"{_PREFIX}{lock.id}-", dir=folder)
            except BaseException:
                self._release(folder)
                raise
        return descriptor, Path(path)

    def delete(self, path: Path) -> None:
        """Delete a file of `create`, unless the application has moved it. Must be called once for each file."""
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        with self._mutex:
            self._pinned.pop(path, None)
            self._release(path.parent)

    # Files that wait for their page, which may return to another process

    def pin(self, path: Path, until: float) -> None:
        """Spare a file from every sweep before the Unix time `until`, which becomes its time of modification."""
        with self._mutex:
            if self._pinned.get(path, 0.0) >= until - _PIN_STEP:
                return
            self._pinned[path] = until
        with contextlib.suppress(FileNotFoundError):
            os.utime(path, (until, until))

    def leave(self, path: Path) -> bool:
        """Leave a pinned file to the process that adopts it. Without one it is deleted when its time is over.

        Return False for a file that is not pinned: no process knows of it.
        """
        with self._mutex:
            until = self._pinned.pop(path, None)
            if until is not None:
                self._left[path] = until
            return until is not None

    def adopt(self, path: Path, size: int) -> Path:
        """Take over a file that a process of this user has pinned. Return its new path.

        Only one process gets it. Raises `OSError` if it is gone, or is not that file.
        """
        if not _FILE.fullmatch(path.name):
            raise FileNotFoundError(f"{path} is no temporary file of an upload")
        with self._mutex:
            lock = self._acquire(path.parent)
            new = path.with_name(f"{_PREFIX}{lock.id}-{secrets.token_hex(8)}")
            try:
                found = path.lstat()
                if not _is_own_file(found) or found.st_size != size:
                    raise FileNotFoundError(f"{path} has been replaced")
                path.rename(new)
                os.utime(new)
            except BaseException:
                self._release(path.parent)
                raise
        return new

    def delete_expired(self) -> None:
        """Delete the files that were left, and that no process has adopted in time."""
        now = time.time()
        with self._mutex:
            expired = [path for path, until in self._left.items() if until <= now]
            for path in expired:
                del self._left[path]
        for path in expired:
            self.delete(path)

    def _acquire(self, folder: Path) -> _DirectoryLock:
        """Return the lock of a directory, and count one more file."""
        while True:
            lock = self._locks.get(folder)
            if lock is None:
                lock = self._locks[folder] = _DirectoryLock(folder)
            lock.files += 1
            # A finalizer in this thread may have released it between the two lines above.
            if self._locks.get(folder) is lock:
                return lock

    def _release(self, folder: Path) -> None:
        lock = self._locks[folder]
        lock.files -= 1
        if not lock.files:
            del self._locks[folder]
            lock.release()


TEMPORARY_FILES = TemporaryFiles()
"""One for the whole process, not for each application: the kernel releases locks per process."""


def sweep(directory: str | os.PathLike[str] | None = None) -> None:
    """Delete files that ended processes of this user have left in `directory`, by default that of temporary files."""
    folder = _folder(directory)
    deleted = 0
    try:
        for name in os.listdir(folder):
            found = _LOCK_FILE.fullmatch(name)
            if found is not None:
                deleted += _sweep_owner(folder, folder / name, found[1])
    except OSError as error:
        logger.warning(
            "%s: cannot search for temporary files of uploads left by ended processes: %s", folder, error
        )
    if deleted:
        logger.info("%s: deleted %d temporary files of uploads left by a killed process", folder, deleted)


def _sweep_owner(folder: Path, lock: Path, owner: str) -> int:
    """Delete the files of one process if it has ended. Return their number."""
    with _locked_if_free(lock) as free:
        if not free:
            return 0
        found = {path: _status(path) for path in folder.glob(f"{_PREFIX}{owner}-*")}
        own = {path: status for path, status in found.items() if status and _is_own_file(status)}
        left = [path for path, status in own.items() if status.st_mtime <= time.time()]
        for path in left:
            path.unlink(missing_ok=True)
        # Last: if this process is killed in between, the next sweep goes on from here. With a pinned file it stays.
        if len(left) == len(own):
            lock.unlink(missing_ok=True)
    return len(left)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None  # another process has just adopted it


@contextlib.contextmanager
def _locked_if_free(lock: Path) -> Iterator[bool]:
    """Lock a lock file of this user, unless a running process holds the lock; yield True if it succeeded."""
    if sys.platform == "win32":
        yield False
        return
    try:
        # Other users may put links and pipes into a directory such as /tmp: follow no link, and do not block on a pipe.
        descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        yield False
        return
    try:
        yield _is_own_file(os.fstat(descriptor)) and _lock(descriptor)
    finally:
        os.close(descriptor)


def _create_lock(folder: Path) -> tuple[str, Path, int]:
    """Create a lock file and lock it. Return its id, path and open descriptor.

    The descriptor is -1 if locking is not supported: then the files of a killed process are never deleted.
    """
    for _ in range(_TRIES):
        owner = secrets.token_hex(8)
        path = folder / f".{_PREFIX}{owner}.lock"
        if sys.platform == "win32":
            break
        # In a directory such as /tmp, O_EXCL and O_NOFOLLOW refuse a link that another user has put there.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        # Between these lines, another process may sweep: it locks and deletes the file, so try again with another name.
        if _lock(descriptor) and path.exists():
            return owner, path, descriptor
        path.unlink(missing_ok=True)
        os.close(descriptor)
    return owner, path, -1


def _lock(descriptor: int) -> bool:
    """Lock an open file for this process. Return False if that fails."""
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_own_file(found: os.stat_result) -> bool:
    """Return True for a regular file of this user with one name only."""
    # More than one name means a hard link: another user could have created it to have a file of this user deleted.
    if sys.platform == "win32":
        return False
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1


def _folder(directory: str | os.PathLike[str] | None) -> Path:
    return Path(directory or tempfile.gettempdir()).absolute()
