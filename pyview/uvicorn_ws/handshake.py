"""The request and the response of a WebSocket handshake, as bytes."""

import re
from binascii import b2a_base64
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha1
from http import HTTPStatus
from typing import Final

Header = tuple[bytes, bytes]

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# A connection keeps its headers as long as it is open, and the HTTP parsers of uvicorn pass on megabytes of them.
_MOST_BYTES: Final = 64 * 1024
_MOST_HEADERS: Final = 256
_KEY: Final = re.compile(rb"[A-Za-z0-9+/]{22}==")
"""16 bytes in base64."""
_LINE_ENDS: Final = b"\r\n"
_PHRASES: Final = {status.value: status.phrase.encode() for status in HTTPStatus}
_SWITCHING: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
)


class HandshakeError(Exception):
    """A request that is no WebSocket handshake, with the response to it."""

    def __init__(self, status: int, text: str, headers: Iterable[Header] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers


@dataclass(slots=True)
class Handshake:
    """A valid request for a WebSocket."""

    path: bytes
    query: bytes
    headers: list[Header]
    subprotocols: list[str]
    accept: bytes
    """The value of Sec-WebSocket-Accept."""


def read_handshake(data: bytes) -> Handshake:
    """Read a request as uvicorn passes it on: names in lower case, no body. Raises `HandshakeError`."""
    if len(data) > _MOST_BYTES or data.count(b"\r\n") > _MOST_HEADERS + 2:
        raise HandshakeError(431, f"A handshake has at most {_MOST_BYTES} bytes and {_MOST_HEADERS} headers.")
    if _has_body(data):
        raise HandshakeError(400, "A handshake has no body.")
    first, *lines = data.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, _, rest = first.partition(b" ")
    target = rest.removesuffix(b" HTTP/1.1")
    if method != b"GET" or not target.isascii():
        raise HandshakeError(400, "A WebSocket is opened with GET and a path in ASCII.")
    headers = [(name, value.strip()) for name, _, value in [line.partition(b":") for line in lines]]
    key = _key(headers)
    path, _, query = target.partition(b"?")
    return Handshake(path, query, headers, _subprotocols(headers), accept_value(key))


def _has_body(data: bytes) -> bool:
    """Return True if a body follows the request: its bytes would be read as frames."""
    if b"\r\ntransfer-encoding:" in data:
        return True
    return b"\r\ncontent-length:" in data and b"\r\ncontent-length: 0\r\n" not in data


def _key(headers: list[Header]) -> bytes:
    keys = [value for name, value in headers if name == b"sec-websocket-key"]
    versions = [value for name, value in headers if name == b"sec-websocket-version"]
    if versions != [b"13"]:
        raise HandshakeError(426, "Sec-WebSocket-Version must be 13.", [(b"sec-websocket-version", b"13")])
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise HandshakeError(400, "Sec-WebSocket-Key must be 16 bytes in base64.")
    return keys[0]


def _subprotocols(headers: list[Header]) -> list[str]:
    values = [value for name, value in headers if name == b"sec-websocket-protocol"]
    return [token.strip() for value in values for token in value.decode("latin-1").split(",")]


def accept_value(key: bytes) -> bytes:
    """Return the value of Sec-WebSocket-Accept for a Sec-WebSocket-Key."""
    return b2a_base64(sha1(key + _GUID, usedforsecurity=False).digest(), newline=False)


def switching_protocols(accept: bytes, headers: Iterable[Header]) -> bytes:
    """Return the response that opens the WebSocket."""
    return b"".join((_SWITCHING, accept, b"\r\n", *map(_line, headers), b"\r\n"))


class PlainAccept:
    """The response to a handshake whose application adds no header: the same for all within a second, but for the key.

    uvicorn makes a new list of headers each second. To write them for each handshake takes 4 microseconds behind a
    server.
    """

    __slots__ = ("_end", "_headers")

    def __init__(self) -> None:
        self._headers: list[Header] | None = None
        self._end = b""

    def response(self, accept: bytes, headers: list[Header]) -> bytes:
        """Return the response with the default `headers` of the server."""
        if headers is not self._headers:
            self._end = b"".join((b"\r\n", *map(_line, headers), b"\r\n"))
            self._headers = headers
        return _SWITCHING + accept + self._end


def refusal(status: int, headers: Iterable[Header], body: bytes) -> bytes:
    """Return a response that opens no WebSocket, after which the connection is closed."""
    given = [(name.lower(), value) for name, value in headers]
    names = {name for name, _ in given}
    added = [
        (b"connection", b"close"),
        (b"content-length", str(len(body)).encode()),
        (b"content-type", b"text/plain; charset=utf-8"),
    ]
    lines = map(_line, [*given, *(header for header in added if header[0] not in names)])
    return b"".join((b"HTTP/1.1 %d %s\r\n" % (status, _PHRASES.get(status, b"")), *lines, b"\r\n", body))


def _line(header: Header) -> bytes:
    name, value = header
    # Else a value that an application took from a request could add headers, or a second response.
    if any([end in value or end in name for end in _LINE_ENDS]):
        raise ValueError(f"the header {name!r} has a line break")
    return b"%s: %s\r\n" % (name, value)
