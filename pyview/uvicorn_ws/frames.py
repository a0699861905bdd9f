"""Frames as a server writes them: whole messages, never masked."""

import struct
from asyncio import WriteTransport
from collections.abc import Iterable
from typing import Final

TEXT: Final = 0x81
BINARY: Final = 0x82
CLOSE: Final = 0x88
PING: Final = 0x89
PONG: Final = 0x8A

NORMAL: Final = 1000
PROTOCOL_ERROR: Final = 1002
NO_CODE: Final = 1005
ABNORMAL: Final = 1006
INVALID_TEXT: Final = 1007
TOO_BIG: Final = 1009
INTERNAL_ERROR: Final = 1011
RESTART: Final = 1012

_LONGEST_REASON: Final = 123
"""Bytes: a control frame has at most 125, and the code takes two."""
_CODES: Final = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})
_COPIED: Final = 64 * 1024
"""Bytes up to which a message is copied behind its header. A longer one is written beside it."""
SHORT: Final = 125
"""Bytes of a payload whose size fits into the header's second byte."""
# Most messages are short, and looking the header up takes a third of the time of packing it.
SHORT_HEADERS: Final = {
    first: tuple(bytes((first, size)) for size in range(SHORT + 1)) for first in (TEXT, BINARY)
}


def write_message(transport: WriteTransport, first: int, payload: bytes) -> None:
    """Write a message, TEXT or BINARY."""
    size = len(payload)
    if size <= SHORT:
        transport.write(SHORT_HEADERS[first][size] + payload)
    elif size <= _COPIED:
        transport.write(_long_header(first, size) + payload)
    else:
        transport.writelines((_long_header(first, size), payload))


def messages(first: int, payloads: Iterable[bytes]) -> bytes:
    """Return messages in one piece, TEXT or BINARY."""
    parts: list[bytes] = []
    for payload in payloads:
        size = len(payload)
        parts += (SHORT_HEADERS[first][size] if size <= SHORT else _long_header(first, size), payload)
    return b"".join(parts)


def _long_header(first: int, size: int) -> bytes:
    """Return the header of a message of `size` bytes, 126 or more."""
    if size < 65536:
        return struct.pack("!BBH", first, 126, size)
    return struct.pack("!BBQ", first, 127, size)


def control_frame(first: int, payload: bytes) -> bytes:
    """Return a PING, PONG or CLOSE frame. `payload` has at most 125 bytes."""
    return bytes((first, len(payload))) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a CLOSE frame. A reason that is too long is cut between two characters."""
    if not may_be_sent(code):
        raise ValueError(f"{code} is not a close code that may be sent")
    cut = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
    return control_frame(CLOSE, struct.pack("!H", code) + cut.encode())


def may_be_sent(code: int) -> bool:
    """Return True if a CLOSE frame may have this code. RFC 6455 reserves the others, such as 1005 and 1006."""
    return code in _CODES or 3000 <= code <= 4999
