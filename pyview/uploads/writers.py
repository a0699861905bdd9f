"""Where the bytes of an upload go, chunk by chunk: a temporary file, memory, or wherever an application wants them."""

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
    """Takes one upload. A factory makes one for each entry: `allow_upload(..., writer=lambda entry: MyWriter(entry))`.

    `open`, then `write_chunk` once per chunk, in order, never two at a time; the browser sends the next chunk when the
    last one has been written. Then `close`, exactly once if `open` succeeded: "done" when all bytes are there, "cancel"
    when the upload was cancelled, "error" when something failed. At last `release`.

    Whatever raises fails the upload, with the error `writer_failure`, and nothing else. The log has it as a crash,
    unless it is an `UploadRejected`: its reason is what the reader is told.
    """

    @abstractmethod
    async def open(self) -> None:
        """Prepare to be written to."""

    @abstractmethod
    async def write_chunk(self, data: bytes) -> None:
        """Take the next bytes."""

    @abstractmethod
    async def close(self, reason: CloseReason) -> None:
        """No more bytes come."""

    @abstractmethod
    def meta(self) -> Any:
        """What consumers of the upload get, once it is done."""

    async def release(self, *, consumed: bool) -> None:  # noqa: B027  most have nothing to release
        """The entry is gone: what is still there of it can go as well. `consumed`: the application has taken it."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An upload in a temporary file, which is deleted when the upload has been consumed: copy or move it."""

    path: Path


class TempFileWriter(UploadWriter):
    """Writes into a temporary file that only this process may read; disks are waited for in a thread."""

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

    async def release(self, *, consumed: bool) -> None:
        await asyncio.to_thread(self._file.delete)

    def _open(self) -> None:
        self._file = _TemporaryFile(self._directory)
        # A process that is stopped without time to say goodbye leaves no file either.
        weakref.finalize(self, self._file.delete)


class _TemporaryFile:
    """A file that is written to in threads. A thread that was given up may still be writing when the file is closed,
    and must not go on in another one that has got the number of this."""

    def __init__(self, directory: str | os.PathLike[str] | None) -> None:
        self._lock = threading.Lock()
        self._deleted = False
        self._descriptor, self.path = TEMPORARY_FILES.create(directory)

    def write(self, data: bytes) -> None:
        with self._lock:
            if self._descriptor < 0:
                raise ValueError("the file of this upload has been closed")
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def close(self) -> None:
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
            if descriptor >= 0:
                os.close(descriptor)

    def delete(self) -> None:
        self.close()
        with self._lock:
            deleted, self._deleted = self._deleted, True
        if not deleted:
            TEMPORARY_FILES.delete(self.path)


@dataclass(frozen=True, slots=True)
class StoredBytes:
    """An upload in memory."""

    data: bytes


class MemoryWriter(UploadWriter):
    """Keeps the bytes in memory: for small files."""

    def __init__(self, entry: UploadEntry) -> None:
        self._data = bytearray()
        self._stored = StoredBytes(b"")

    async def open(self) -> None:
        """There is nothing to prepare."""

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
