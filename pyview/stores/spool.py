"""Sign-outs that their store has not accepted, on the disk of this host, so that they outlive the worker.

Each worker writes files of its own and holds a lock on them, which the kernel releases when the worker ends in any way.
A worker of the same application takes over the files without a lock when it starts. The files have digests of session
ids and users, and nothing that signs a user in.
"""

import asyncio
import hashlib
import json
import logging
import os
import secrets
import stat
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger("pyview.security")

SPOOLS = "pyview.sign_out_spools"
"""Key in the scope of a lifespan: the `Spools` of the application that starts."""

FOLDER = ".pyview-sign-outs"
MOST_BYTES = 4 * 1024 * 1024  # of one file
_FORMAT = "pyview sign-outs 1"
_SUFFIX = ".signouts"


class Spools:
    """The spools of one application. `places`: directories to try, the best first."""

    def __init__(self, application: str, places: Sequence[Path]) -> None:
        self._application = application
        self._folders = [place / FOLDER for place in places]

    def of(self, kind: str) -> "Spool":
        """Return the spool of one kind of sign-outs, such as "revocations"."""
        name = hashlib.sha256(f"{self._application}\0{kind}".encode()).hexdigest()[:32]
        return Spool(self._folders, name)


class Spool:
    """Sign-outs of one kind. An entry is JSON data; entries that were written to the store may come back once more."""

    def __init__(self, folders: Sequence[Path], name: str) -> None:
        self._folders = folders
        self._name = name
        self._files: list[_SpoolFile] = []
        self._waiting: list[str] = []
        self._lock = asyncio.Lock()
        # For the files: a thread goes on writing after the task that waits for it was cancelled.
        self._mutex = threading.Lock()
        self._failed = ""
        self.complete = True
        """False if an entry is in the memory of this worker only."""

    @property
    def place(self) -> str:
        """Path of the file, for the log."""
        return str(self._files[-1].path) if self._files else "no file"

    async def take_over(self) -> list[Any]:
        """Return the entries that ended workers have left. Their files belong to this worker now."""
        return await asyncio.to_thread(self._take_over)

    async def add(self, *entries: Any) -> None:
        """Write entries to the disk before it returns. If that fails, it is logged, and `complete` is False."""
        self._waiting += (f"{json.dumps(entry)}\n" for entry in entries)
        async with self._lock:
            # Sign-outs that come together share one sync of the disk.
            lines, self._waiting = self._waiting, []
            if lines:
                await asyncio.to_thread(self._append, "".join(lines))

    async def clear(self) -> None:
        """Delete the files: the store has all entries."""
        async with self._lock:
            self.complete, self._failed = True, ""
            if self._files:
                await asyncio.to_thread(self._delete)

    def close(self) -> None:
        """Leave the files to the next worker."""
        with self._mutex:
            files, self._files = self._files, []
            for file in files:
                file.close()

    def _delete(self) -> None:
        with self._mutex:
            files, self._files = self._files, []
            for file in files:
                file.delete()

    def _take_over(self) -> list[Any]:
        entries: list[Any] = []
        for folder in self._folders:
            for path in sorted(_paths(folder, self._name)):
                try:
                    file = _SpoolFile.take_over(path)
                    if file is not None:
                        entries += file.entries(self._header)
                        self._files.append(file)
                except (OSError, ValueError) as error:
                    logger.error("%s is not a file of sign-outs that this worker can use: %s", path, error)
        return entries

    def _append(self, text: str) -> None:
        try:
            with self._mutex:
                if not self._files:
                    self._files.append(self._create())
                self._files[-1].append(text)
        except OSError as error:
            self.complete = False
            if str(error) != self._failed:
                self._failed = str(error)
                logger.error(
                    "sign-outs are kept in the memory of this worker only, until their store is back: %s",
                    error,
                )

    def _create(self) -> "_SpoolFile":
        errors = []
        for folder in self._folders:
            try:
                return _SpoolFile.create(folder, self._name, self._header)
            except OSError as error:
                errors.append(str(error))
        raise OSError("; ".join(errors) or "there is no directory for them; set PYVIEW_SPOOL to one")

    @property
    def _header(self) -> str:
        return f"{json.dumps([_FORMAT, self._name])}\n"


class _SpoolFile:
    """One file, locked by this process."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def create(cls, folder: Path, name: str, header: str) -> "_SpoolFile":
        """Create a file that only this user may read. Raises `OSError`."""
        if sys.platform == "win32":
            raise OSError("this system has no locks for files of sign-outs")
        _make_private(folder)
        path = folder / f"{name}-{secrets.token_hex(8)}{_SUFFIX}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND
        file = cls(path, os.open(path, flags, 0o600))
        with _closed_on_error(file):
            if not file._lock():
                raise OSError(f"{path} cannot be locked")
            file.append(header)
            _sync_folder(folder)
        return file

    @classmethod
    def take_over(cls, path: Path) -> "_SpoolFile | None":
        """Open the file of an ended worker; None while its worker runs, and if another one has deleted it.

        Raises `ValueError` for a file of another user, and `OSError`.
        """
        # Follow no link, and do not block on a pipe.
        flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            file = cls(path, os.open(path, flags))
        except FileNotFoundError:
            return None
        with _closed_on_error(file):
            found = os.fstat(file._descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink > 1:
                raise ValueError("it belongs to another user, or is not a regular file with one name")
            # Another worker may have taken it over, and deleted it, before this one got the lock.
            if not file._lock() or not path.exists():
                file.close()
                return None
        return file

    def entries(self, header: str) -> list[Any]:
        """Return the entries. Raises `ValueError` for a file with another header; malformed entries are dropped."""
        size = os.fstat(self._descriptor).st_size
        with _closed_on_error(self):
            if size > MOST_BYTES:
                raise ValueError(f"it has {size} bytes, at most {MOST_BYTES} are expected")
            lines = os.pread(self._descriptor, size, 0).decode("utf-8", "replace").splitlines(keepends=True)
            if lines[:1] != [header]:
                raise ValueError("it does not begin with the line of this version and application")
        if not lines[-1].endswith("\n"):
            # Its worker was killed while it wrote. What this worker adds must begin a line of its own.
            os.write(self._descriptor, b"\n")
        return [entry for line in lines[1:] if (entry := _entry(line)) is not None]

    def append(self, text: str) -> None:
        """Write `text` to the disk. Raises `OSError`."""
        data = text.encode()
        size = os.fstat(self._descriptor).st_size
        if size + len(data) > MOST_BYTES:
            raise OSError(f"{self.path} is full: it has {size} bytes")
        if os.write(self._descriptor, data) < len(data):
            os.ftruncate(self._descriptor, size)
            raise OSError(f"{self.path} could not be written: the disk is full")
        os.fsync(self._descriptor)

    def delete(self) -> None:
        with suppress(FileNotFoundError):
            self.path.unlink()
        self.close()

    def close(self) -> None:
        os.close(self._descriptor)

    def _lock(self) -> bool:
        if sys.platform == "win32":
            return False
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


@contextmanager
def _closed_on_error(file: _SpoolFile) -> Iterator[None]:
    try:
        yield
    except BaseException:
        file.close()
        raise


def _paths(folder: Path, name: str) -> Iterable[Path]:
    try:
        return [folder / found for found in os.listdir(folder) if _is_named(found, name)]
    except OSError:
        return []


def _is_named(file: str, name: str) -> bool:
    return file.startswith(f"{name}-") and file.endswith(_SUFFIX)


def _entry(line: str) -> Any:
    try:
        return json.loads(line) if line.endswith("\n") else None
    except ValueError:
        logger.error("a malformed line in a file of sign-outs was dropped")
        return None


def _make_private(folder: Path) -> None:
    """Create a directory that only this user may use. Raises `OSError` if it belongs to another user."""
    with suppress(FileExistsError):
        folder.mkdir(0o700)
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} must be a directory that only this user may use (chmod 700)")


def _sync_folder(folder: Path) -> None:
    """Make the name of a new file survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
