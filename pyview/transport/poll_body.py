"""The frames in the body of a request, one by one as they come: only one of them is ever kept here."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator, Callable

from starlette.requests import ClientDisconnect, Request

_MOST_FRAMES = 100  # MAX_LONGPOLL_BATCH_SIZE of phoenix.js


class UnfitBody(Exception):
    """A body that no client of this protocol sends, that is too large, or that breaks off."""


async def frames_in(request: Request, limit: Callable[[], int], longest: int) -> AsyncIterator[str | bytes]:
    """JSON text as text, or the bytes of a binary frame. Raises `UnfitBody`.

    `limit()` is how many bytes the body may have; it is asked again with each part. `longest`: bytes of one line.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit():
        raise UnfitBody
    count = 0
    async for line in _lines(request, limit, longest):
        count += 1
        if count > _MOST_FRAMES:
            raise UnfitBody
        yield _frame(line)


async def _lines(request: Request, limit: Callable[[], int], longest: int) -> AsyncIterator[bytes]:
    kept, size = bytearray(), 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit():
                raise UnfitBody
            *lines, rest = part.split(b"\n")
            for line in lines:
                kept += line
                yield _taken(kept, longest)
            kept += rest
            if len(kept) > longest:
                raise UnfitBody
    except ClientDisconnect:
        raise UnfitBody from None
    yield _taken(kept, longest)


def _taken(kept: bytearray, longest: int) -> bytes:
    if len(kept) > longest:
        raise UnfitBody
    line = bytes(kept)
    kept.clear()
    return line


def _frame(line: bytes) -> str | bytes:
    try:
        return line.decode() if line.startswith(b"[") else b64decode(line, validate=True)
    except (UnicodeDecodeError, Base64Error):
        raise UnfitBody from None
