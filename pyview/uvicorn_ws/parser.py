"""Parsers of frames: picows' protocol object, shared by the connections of a worker.

picows makes one protocol object per connection, with buffers of 3 KiB and, while the connection lives, all that it grew
to. Here a connection has a parser of its own only while it has read a part of a frame. An idle connection has none:
that saves 6.7 KiB of each.
"""

from typing import Any, Final, Protocol

from picows import WSAutoPingStrategy, WSFrame, WSListener, WSTransport
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # its stub leaves it out

from pyview.uvicorn_ws.frames import CLOSE, TEXT, may_be_sent

_BUFFER: Final = 8192
_GROWS_AT: Final = 7000
"""Bytes with which picows doubles a buffer of `_BUFFER` bytes. It never shrinks it again."""
_SPARE: Final = 16
_MOST_READ: Final = 32 * 1024
"""Bytes of one read into a buffer that grew. Reading can be paused only between reads, and 400,000 messages without
content fit into the buffer of a large one: they would take 85 MB."""

# The handshake was answered already, so the parser gets a constant one. The key is the example of RFC 6455.
_HANDSHAKE: Final = (
    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class FrameReceiver(Protocol):
    """The receiver of frames that have been checked and unmasked."""

    def frame_received(self, frame: WSFrame) -> None:
        """Take a frame. Its payload may not be read after the call. Must not raise."""

    def text_received(self, frame: WSFrame) -> None:
        """Take a frame as `frame_received` does. It begins a text, is the last of its message and has no bit set."""

    def close_received(self, payload: bytes) -> None:
        """Take the payload of a CLOSE frame."""

    def parsing_failed(self, code: int) -> None:
        """Take the close code for what was read behind the last frame."""


class _NoLog:
    """The logger of picows, which would log every connection, and every mistake of a peer as an error."""

    def isEnabledFor(self, level: int) -> bool:
        return False

    def log(self, *args: object, **options: object) -> None:
        pass

    debug = info = warning = error = exception = log


class _NoSocket:
    """The socket of a parser. picows sets options of it when a connection is made."""

    def fileno(self) -> int:
        return -1

    def setsockopt(self, *args: object) -> None:
        pass

    def getsockopt(self, *args: object) -> int:
        return 0


class _Link(WSListener):
    """Both ends of picows' protocol object: the listener it calls and the transport it writes to.

    It writes only two things: the response to the handshake and a CLOSE frame for a mistake of the peer. picows writes
    that frame before it passes on the last frame before the mistake, so the code is kept until the end of the read.
    """

    __slots__ = ("failure", "is_text", "receiver", "rest")

    def __init__(self) -> None:
        self.receiver: FrameReceiver | None = None
        self.rest = 0
        self.failure = 0
        self.is_text = False
        """True if the next frame is known to be a whole text message."""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.rest = frame.tail_size
        if self.receiver is None:
            return
        if self.is_text:
            self.is_text = False
            self.receiver.text_received(frame)
        else:
            self.receiver.frame_received(frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        pass

    def write(self, data: bytes) -> None:
        if data[0] == 0x88:
            self.failure = int.from_bytes(data[2:4], "big")

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "socket":
            return _NoSocket()
        # With TLS picows does not write to the socket by itself.
        return True if name == "ssl_object" else default

    def get_write_buffer_size(self) -> int:
        return 0

    def writelines(self, data: list[bytes]) -> None:
        pass

    def close(self) -> None:
        pass

    abort = close


class Parser:
    """picows' protocol object as a parser: bytes in, frames out."""

    __slots__ = ("_buffer", "_filled", "_link", "_transport", "_update", "empty_buffer", "is_spent")

    def __init__(self, max_size: int) -> None:
        self._link = link = _Link()
        protocol = _protocol(link, max_size)
        protocol.connection_made(link)
        protocol.get_buffer(-1)[: len(_HANDSHAKE)] = _HANDSHAKE
        protocol.buffer_updated(len(_HANDSHAKE))
        self._transport = protocol.transport
        self._update = protocol.buffer_updated
        self._filled = 0
        self._buffer = protocol.get_buffer
        # picows writes to the same place again as long as it keeps its buffer, and a larger one is not used again.
        self.empty_buffer = self.get_buffer(-1)
        """The place for the next bytes while nothing is left of a read."""
        self.is_spent = False
        """True if no other connection may use this parser."""

    def get_buffer(self, size_hint: int) -> memoryview:
        """Return the place for the next bytes."""
        buffer: memoryview = self._buffer(size_hint)
        return buffer[:_MOST_READ]

    def feed(self, receiver: FrameReceiver, size: int, is_text: bool = False) -> "Parser | Sink | None":
        """Parse `size` bytes that are in the buffer. Return the parser of the next bytes of this receiver.

        That is None, which stands for any parser, if nothing is left of what was read. `is_text` is True if they
        begin with a whole message, a text.
        """
        link = self._link
        link.receiver, link.rest, link.is_text = receiver, size, is_text
        self._filled += size
        self._update(size)
        link.receiver = None
        if link.failure:
            receiver.parsing_failed(link.failure)
            return _SINK
        if link.rest:
            return self
        # A buffer that grew would be kept for good, and picows takes a second CLOSE frame for a mistake.
        self.is_spent = self._filled > _GROWS_AT or self._transport.close_handshake is not None
        self._filled = 0
        return None


class Sink:
    """Reads what follows a mistake of the peer, and drops it.

    A socket that is closed with unread bytes resets the connection, and then the peer may lose the CLOSE frame.
    """

    def __init__(self) -> None:
        self._buffer = bytearray(_BUFFER)

    def get_buffer(self, size_hint: int) -> memoryview:
        return memoryview(self._buffer)

    def feed(self, receiver: FrameReceiver, size: int) -> "Sink":
        return self


_SINK: Final = Sink()


class Parsers:
    """The parsers of a worker: one for whatever connection is read next, and a few spare ones.

    A connection is read in one step, from `get_buffer` to `feed`, so connections never meet in a parser.
    """

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._spare: list[Parser] = []
        self.shared = Parser(max_size)

    def feed(self, own: Parser | Sink | None, receiver: FrameReceiver, size: int) -> Parser | Sink | None:
        """Parse bytes that are in the buffer of `own`, or of the shared parser. Return the next `own`."""
        if own is None:
            shared = self.shared
            first = shared.empty_buffer[0]
            # picows' object could not be used again after a CLOSE frame. Another one takes 9 us to make.
            if first == CLOSE and (payload := _plain_close(shared.empty_buffer, size)) is not None:
                receiver.close_received(payload)
                return None
            # Asking the frame for its kind and bits takes longer: each is a property of a compiled class.
            following = shared.feed(receiver, size, first == TEXT)
            if following is not None or shared.is_spent:
                self.shared = self._spare.pop() if self._spare else Parser(self._max_size)
            return following
        following = own.feed(receiver, size)
        if following is None:
            self._keep(own)
        return following

    def _keep(self, parser: Parser | Sink) -> None:
        if isinstance(parser, Parser) and len(self._spare) < _SPARE and not parser.is_spent:
            self._spare.append(parser)


def _plain_close(data: memoryview, size: int) -> bytes | None:
    """Return the payload of a read that is exactly one valid CLOSE frame without a reason, else None."""
    length = size - 6  # two bytes of header, four of the mask
    if length not in (0, 2) or data[1] != 0x80 | length:
        return None
    payload = bytes([data[6 + place] ^ data[2 + place] for place in range(length)])
    return payload if not payload or may_be_sent(int.from_bytes(payload)) else None


def _protocol(link: _Link, max_size: int) -> WSProtocol:
    return WSProtocol(
        None,  # the host and the path of a client
        None,
        False,
        lambda request: link,
        _NoLog(),
        False,
        None,  # no limit of time for the handshake
        False,  # no pings: see keepalive.py
        None,
        None,
        WSAutoPingStrategy.PING_WHEN_IDLE,
        False,  # no pongs: the connection answers
        max_size,
        None,
        _BUFFER,
    )
