"""A WebSocket client that sends any bytes and returns what the server sent: valid frames or not."""

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASK = b"\x37\xfa\x21\x3d"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
# Of RFC 6455, section 1.3.
ACCEPT_OF_KEY = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
HANDSHAKE = {
    "Host": "testserver",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}


@dataclass(frozen=True)
class Frame:
    opcode: int
    payload: bytes = b""
    fin: bool = True


@dataclass(frozen=True)
class Response:
    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value for found, value in self.headers if found == name.lower()), None)


def encode(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True, size: str = ""
) -> bytes:
    """Return a frame. `size` names a longer form of the length than needed: "16" or "64"."""
    first = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    mask = 0x80 if masked else 0
    length = len(payload)
    if size == "64" or length > 0xFFFF:
        head = struct.pack("!BQ", mask | 127, length)
    elif size == "16" or length > 125:
        head = struct.pack("!BH", mask | 126, length)
    else:
        head = bytes([mask | length])
    return first + head + (MASK + masked_with(MASK, payload) if masked else payload)


def masked_with(mask: bytes, payload: bytes) -> bytes:
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(repeated)).to_bytes(len(payload))


def close(code: int | None = None, reason: bytes = b"") -> Frame:
    return Frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def request(path: str = "/", headers: Mapping[str, str | None] | None = None, method: str = "GET") -> bytes:
    """Return a handshake, with `headers` added, replaced, or left out where None."""
    lines = [f"{method} {path} HTTP/1.1"]
    for name, value in {**HANDSHAKE, **(headers or {})}.items():
        if value is not None:
            lines.append(f"{name}: {value}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class RawClient:
    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self._unread = b""

    @classmethod
    def to(cls, port: int, timeout: float = 10) -> "RawClient":
        connected = socket.create_connection(("127.0.0.1", port), timeout)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(connected)

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def opened(self, path: str = "/", headers: Mapping[str, str | None] | None = None) -> "RawClient":
        """Make the handshake, which must succeed, and return self."""
        self.send(request(path, headers))
        response = self.response()
        assert response.status == 101, response
        return self

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_pieces(self, pieces: Iterable[bytes]) -> None:
        """Send `pieces` one after the other, as far as the server reads them."""
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                self.socket.sendall(piece)

    def response(self) -> Response:
        while b"\r\n\r\n" not in self._unread:
            if not self._read():
                raise EOFError(f"no response, only {self._unread!r}")
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        response = Response(
            int(status.split()[1]), [(name.lower(), value.strip()) for name, _, value in pairs]
        )
        if response.status == 101:
            return response
        while self._read():
            pass
        return Response(response.status, response.headers, self._unread)

    def receive(self) -> Frame | None:
        """Return the next frame, or None at the end of the connection."""
        while (split := _first_frame(self._unread)) is None:
            if not self._read():
                assert not self._unread, f"the connection ended within a frame: {self._unread[:20]!r}"
                return None
        frame, self._unread = split
        return frame

    def some(self, count: int) -> list[Frame]:
        """Return the next `count` frames, fewer at the end of the connection."""
        return list(islice(iter(self.receive, None), count))

    def rest(self) -> list[Frame]:
        """Return all frames until the end of the connection."""
        return list(iter(self.receive, None))

    def until_close(self) -> list[Frame]:
        """Return all frames until a close frame, behind which the connection must end without another one.

        After a mistake of the client a server may read on for a moment, so that it does not lose the close frame.
        """
        frames = []
        while (frame := self.receive()) is not None:
            frames.append(frame)
            if frame.opcode == CLOSE:
                with contextlib.suppress(OSError):
                    self.half_close()
                assert self.rest() == []
        return frames

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Drop the connection with a TCP reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _read(self) -> bool:
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            return False
        self._unread += data
        return bool(data)


def frames_in(data: bytes) -> list[Frame]:
    """Return the frames of a server, which must be whole."""
    frames = []
    while data:
        split = _first_frame(data)
        assert split is not None, f"a part of a frame at the end: {data[:20]!r}"
        frame, data = split
        frames.append(frame)
    return frames


def _first_frame(data: bytes) -> tuple[Frame, bytes] | None:
    """Return the first frame of `data` and what follows it, None if it is incomplete. A server never masks."""
    if len(data) < 2:
        return None
    assert not data[1] & 0x80, "a masked frame of a server"
    assert not data[0] & 0x70, "reserved bits without an extension"
    length, start = data[1] & 0x7F, 2
    if length > 125:
        start, form = (4, "!H") if length == 126 else (10, "!Q")
        if len(data) < start:
            return None
        length = struct.unpack(form, data[2:start])[0]
    if len(data) < start + length:
        return None
    frame = Frame(data[0] & 0xF, data[start : start + length], bool(data[0] & 0x80))
    return frame, data[start + length :]


def until(condition: Callable[[], object], within: float = 10.0) -> None:
    """Wait in this thread until `condition()` holds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.002)
