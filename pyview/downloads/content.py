"""The content of a download: bytes, a text, a file, an iterator, or a function that returns one of them."""

import mimetypes
import os
import re
import unicodedata
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from inspect import isawaitable, iscoroutinefunction
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias
from urllib.parse import quote

from anyio import to_thread

Chunk: TypeAlias = bytes | str
"""A part of a file; a text is encoded as UTF-8."""

Made: TypeAlias = Chunk | os.PathLike[str] | AsyncIterable[Chunk] | Iterable[Chunk]
DownloadContent: TypeAlias = Made | Callable[[], Made | Awaitable[Made]]

CHUNK_SIZE: Final = 256 * 1024
"""Bytes that are read from a file at once."""

_LONGEST_NAME: Final = 200  # bytes; file systems allow 255, and browsers add " (1)" to a name that is taken
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEFAULT_TYPE: Final = "application/octet-stream"
# The table of Python does not have them, and a container may have no table of its own.
_TYPES: Final = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True)
class Download:
    """A file that a browser may fetch. `filename` is the name under which the browser saves it."""

    content: DownloadContent
    filename: str
    media_type: str

    @property
    def held_bytes(self) -> int:
        """Number of bytes that the content holds in memory until it is fetched."""
        return len(self.content) if isinstance(self.content, bytes | str) else 0


def download_of(content: Any, filename: str | None, media_type: str | None) -> Download:
    """Return a download with a name and a type, which follow from the path and the name if they are not given.

    Raises `TypeError` for a content that is no file, and for a missing name.
    """
    _check_content(content)
    if filename is None and isinstance(content, os.PathLike):
        filename = Path(content).name
    if not isinstance(filename, str) or not filename.strip():
        raise TypeError(
            f"download(filename=) expects the name of the file, such as 'orders.csv', got {filename!r}"
        )
    name = safe_filename(filename)
    return Download(content, name, media_type or _type_of(name))


def _check_content(content: Any) -> None:
    if isinstance(content, bytes | str | os.PathLike) or callable(content):
        return
    if isinstance(content, AsyncIterable | Iterable) and not isinstance(content, bytearray | dict):
        return
    raise TypeError(
        "download() expects bytes, a text, a pathlib.Path, an iterator of bytes (async or not), or a function that "
        f"returns one of them; got {type(content).__name__}"
    )


def _type_of(filename: str) -> str:
    known = _TYPES.get(Path(filename).suffix.lower())
    guessed = known or mimetypes.guess_type(filename)[0] or _DEFAULT_TYPE
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed


def safe_filename(name: str) -> str:
    """Return `name` without folders and without characters that a file system or a header cannot hold."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    # A lone surrogate cannot be encoded into the header.
    clean = _UNSAFE.sub("_", last.encode("utf-8", "replace").decode()).strip(" .")
    stem, dot, suffix = (clean or "download").rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    room = _LONGEST_NAME - len(dot + suffix)
    shortened = stem.encode()[: max(room, 1)].decode("utf-8", "ignore")
    return f"{shortened}{dot}{suffix}"[:_LONGEST_NAME]


def disposition(filename: str) -> str:
    """Return the `Content-Disposition` that saves a file under `filename` (RFC 6266)."""
    plain = filename.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    if plain == filename:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


@dataclass(slots=True)
class OpenDownload:
    """A download that is being sent: its parts, and its size in bytes, None if that is not known.

    `release` frees what an interrupted download holds. It may be called twice.
    """

    chunks: AsyncIterator[bytes]
    size: int | None

    async def release(self) -> None:
        close = getattr(self.chunks, "aclose", None)
        if close is not None:
            await close()


async def opened(download: Download) -> OpenDownload:
    """Open the content. Raises `OSError` for a file that cannot be read, and what the application's function raises."""
    made = await _made(download.content)
    if isinstance(made, str):
        made = made.encode()
    if isinstance(made, bytes):
        return OpenDownload(_parts(made), len(made))
    if isinstance(made, os.PathLike):
        file, size = await to_thread.run_sync(_open_file, Path(made))
        return OpenDownload(_file_parts(file), size)
    if isinstance(made, AsyncIterable):
        return OpenDownload(_encoded(made), None)
    return OpenDownload(_pulled(iter(made)), None)


async def _made(content: Any) -> Any:
    if not callable(content):
        return content
    made = content() if iscoroutinefunction(content) else await to_thread.run_sync(content)
    made = await made if isawaitable(made) else made
    if callable(made):
        raise TypeError(
            "the function of a download returned a function; expected bytes, a path or an iterator"
        )
    _check_content(made)
    return made


def _open_file(path: Path) -> tuple[BinaryIO, int]:
    file = path.open("rb")
    return file, os.fstat(file.fileno()).st_size


async def _parts(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), CHUNK_SIZE):
        yield content[start : start + CHUNK_SIZE]


async def _file_parts(file: BinaryIO) -> AsyncIterator[bytes]:
    try:
        while part := await to_thread.run_sync(file.read, CHUNK_SIZE):
            yield part
    finally:
        file.close()


async def _encoded(made: AsyncIterable[Any]) -> AsyncIterator[bytes]:
    try:
        async for part in made:
            yield _bytes(part)
    finally:
        await close_iterator(made)


async def _pulled(parts: Iterator[Any]) -> AsyncIterator[bytes]:
    """Yield the parts of a plain iterator. It runs in a worker thread, because it may block."""
    end = object()
    try:
        while (part := await to_thread.run_sync(next, parts, end)) is not end:
            yield _bytes(part)
    finally:
        await close_iterator(parts)


def _bytes(part: Any) -> bytes:
    if isinstance(part, str):
        return part.encode()
    if isinstance(part, bytes | bytearray | memoryview):
        return bytes(part)
    raise TypeError(f"the iterator of a download yielded {type(part).__name__}; expected bytes or str")


async def close_iterator(content: Any) -> None:
    """Close a generator that will not be read to its end, so that its `finally` runs now."""
    with suppress(RuntimeError):  # it is running at this moment, and closes by itself
        if hasattr(content, "aclose"):
            await content.aclose()
        elif isinstance(content, Generator):
            content.close()
