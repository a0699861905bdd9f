"""Writers store the bytes of an upload chunk by chunk: in a temporary file, in memory, or as an application defines."""

import asyncio
import os
import threading
import weakref
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pyview.uploads.entry import UploadEntry
from pyview.uploads.temporary import TEMPORARY_FILES

CloseReason = Literal["done", "cancel", "error"]


class UploadWriter(ABC):
    """Base class of writers.

    A factory creates one for each entry: `allow_upload(..., writer=lambda entry: MyWriter(entry))`.

    Calls: `open`; then `write_chunk` for each chunk, in order, never two at a time: the browser sends the next chunk
    when the last one is written. Then `close`, exactly once if `open` succeeded: "done" when all bytes are written,
    "cancel" when the upload was cancelled, "error" when something failed. Finally `release`.

    An exception fails only this upload, with the error `writer_failure`, and is logged. An `UploadRejected` is not
    logged; its reason is shown to the user.
    """

    @abstractmethod
    async def open(self) -> None:
        """Prepare for writing."""

    @abstractmethod
    async def write_chunk(self, data: bytes) -> None:
        """Write the next bytes."""

    @abstractmethod
    async def close(self, reason: CloseReason) -> None:
        """Finish writing."""

    @abstractmethod
    def meta(self) -> Any:
        """Return the first argument for consumers of the finished upload."""

    def pin(self, until: float) -> Path | None:
        """Keep a temporary file on the disk until the Unix time `until`, should this process be killed.

        Return its path, or None if the upload is stored elsewhere: then no other worker can take it over.
        """
        return None

    def leave(self) -> None:  # noqa: B027  most are stored elsewhere
        """Leave a pinned file to another worker: `release` does not delete it."""

    async def release(self, *, consumed: bool) -> None:  # noqa: B027  most have nothing to release
        """Delete what is still stored, because the entry is gone. `consumed` is True if the application consumed it."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An upload in a temporary file, which is deleted after the upload is consumed: copy or move it before."""

    path: Path


class TempFileWriter(UploadWriter):
    """Writes to a temporary file that only this user may read. Disk access runs in threads."""

    _file: "_TemporaryFile"

    def __init__(self, entry: UploadEntry, directory: str | os.PathLike[str] | None = None) -> None:
        self._directory = directory

    async def open(self) -> None:
        await asyncio.to_thread(self._open)

    async def write_chunk(self, data: bytes) -> None:
        await asyncio.to_thread(self._file.write, data)

    async def close(self, reason: CloseReason) -> None:
        await asyncio.to_thread(self._file.close)

    def meta(self) -> StoredFile:
        return StoredFile(self._file.path)

    def pin(self, until: float) -> Path | None:
        TEMPORARY_FILES.pin(self._file.path, until)
        return self._file.path

    def leave(self) -> None:
        self._file.leave()

    async def release(self, *, consumed: bool) -> None:
        await asyncio.to_thread(self._file.delete)

    def _open(self) -> None:
        self._file = _TemporaryFile(self._directory)
        # Delete the file at the end of the process too, if it stops without calling `release`. The finalizer
        # refers to the file, because it would keep the writer alive.
        weakref.finalize(self, self._file.delete)


class _TemporaryFile:
    """A file that is written in threads.

    The lock is necessary because a cancelled thread may still be writing when the file is closed. It must not continue
    in another file that got the same descriptor number.
    """

    def __init__(self, directory: str | os.PathLike[str] | None) -> None:
        self._lock = threading.Lock()
        self._deleted = False
        self._descriptor, self.path = TEMPORARY_FILES.create(directory)

    def write(self, data: bytes) -> None:
        with self._lock:
            if self._descriptor < 0:
                raise ValueError("the file of this upload has been closed")
            # os.write() may write only a part; the slices of a memoryview copy nothing.
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def close(self) -> None:
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
            if descriptor >= 0:
                os.close(descriptor)

    def leave(self) -> None:
        """Delete it no more: another worker may take it over."""
        self.close()
        with self._lock:
            self._deleted = self._deleted or TEMPORARY_FILES.leave(self.path)

    def delete(self) -> None:
        self.close()
        with self._lock:
            # `release` and the finalizer may both call this, and TEMPORARY_FILES counts the calls.
            deleted, self._deleted = self._deleted, True
        if not deleted:
            TEMPORARY_FILES.delete(self.path)


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """An upload in memory."""

    data: bytes


class MemoryWriter(UploadWriter):
    """Keeps the bytes in memory, for small files."""

    def __init__(self, entry: UploadEntry) -> None:
        self._data = bytearray()
        self._stored = StoredBytes(b"")

    async def open(self) -> None:
        """Do nothing."""

    async def write_chunk(self, data: bytes) -> None:
        self._data += data

    async def close(self, reason: CloseReason) -> None:
        if reason == "done":
            self._stored = StoredBytes(bytes(self._data))
        self._data = bytearray()

    def meta(self) -> StoredBytes:
        return self._stored

    async def release(self, *, consumed: bool) -> None:
        self._stored = StoredBytes(b"")
