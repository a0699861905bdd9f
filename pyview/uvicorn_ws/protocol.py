"""The WebSocket protocol that uvicorn's `--ws` takes: one object for each connection."""

import asyncio
from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import Any, ClassVar

from picows import WSFrame, WSMsgType
from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState

from pyview.uvicorn_ws import frames
from pyview.uvicorn_ws.fragments import Fragments
from pyview.uvicorn_ws.handshake import HandshakeError, read_handshake, refusal
from pyview.uvicorn_ws.incoming import Incoming, Message
from pyview.uvicorn_ws.keepalive import Slot
from pyview.uvicorn_ws.opening import Opening
from pyview.uvicorn_ws.parser import Parser, Sink
from pyview.uvicorn_ws.scope import websocket_scope
from pyview.uvicorn_ws.worker import Worker, Workers

_CLOSE_TIMEOUT = 10.0
"""Seconds for the peer to answer a CLOSE frame, or to read what was written before the end."""
_LINGER = 1.0
"""Seconds for which bytes of a peer are read after a CLOSE frame that it did not expect, so that it gets that frame."""
# A member of the enum costs two look-ups per frame, a name of the module one.
_TEXT, _CONTINUATION, _BINARY = WSMsgType.TEXT, WSMsgType.CONTINUATION, WSMsgType.BINARY
_PING, _PONG = WSMsgType.PING, WSMsgType.PONG
_SHORT, _TEXT_HEADERS = frames.SHORT, frames.SHORT_HEADERS[frames.TEXT]


class State(Enum):
    """The life of a connection."""

    OPENING = auto()
    OPEN = auto()
    CLOSING = auto()
    """The application has closed it, and the peer has not answered yet."""
    ENDED = auto()


_OPEN = State.OPEN


class PicowsProtocol(asyncio.BufferedProtocol):
    """A WebSocket connection: `uvicorn shop:app --ws pyview.uvicorn_ws:PicowsProtocol`.

    Frames are read by picows, in buffers that idle connections share. Compression is not offered. The scope has the
    extension "websocket.direct", with which an application may get and send text messages by plain calls.
    """

    __slots__ = (
        "_app_state",
        "_fragments",
        "_incoming",
        "_opening",
        "_parser",
        "_pong",
        "_server_state",
        "_slot",
        "_state",
        "_timer",
        "_transport",
        "_worker",
        "_writable",
    )

    _workers: ClassVar[Workers] = Workers()
    _incoming: Incoming
    _transport: asyncio.Transport

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        self._server_state: Any = server_state
        self._app_state = app_state
        self._worker: Worker = self._workers.of(server_state, config)
        self._state = State.OPENING
        self._opening: Opening | None = None
        self._parser: Parser | Sink | None = None
        self._fragments: Fragments | None = None
        self._writable: asyncio.Event | None = None
        self._pong: bytes | None = None
        self._slot: Slot | None = None
        self._timer: asyncio.TimerHandle | None = None

    # The transport

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._incoming = Incoming(transport)
        self._server_state.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Take the request of the handshake, which uvicorn has read already."""
        try:
            request = read_handshake(data)
        except HandshakeError as error:
            headers = [*self._server_state.default_headers, *error.headers]
            self._refuse(refusal(error.status, headers, str(error).encode()))
            return
        worker = self._worker
        scope = websocket_scope(worker, self._transport, request, self._app_state, self._direct())
        default = self._server_state.default_headers
        self._opening = Opening(request.accept, scope, default, worker.plain_accept, worker.log)
        task = asyncio.get_running_loop().create_task(self._run(scope))
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    def get_buffer(self, sizehint: int) -> Any:
        # Nearly always empty: a call and two views of memory per read less.
        parser = self._parser
        return self._worker.parsers.shared.empty_buffer if parser is None else parser.get_buffer(sizehint)

    def buffer_updated(self, nbytes: int) -> None:
        self._parser = self._worker.parsers.feed(self._parser, self, nbytes)

    def eof_received(self) -> None:
        # The transport would close itself, but wait without end for a peer that does not read.
        self._end(frames.ABNORMAL)
        self._close_transport()

    def pause_writing(self) -> None:
        self._writable = asyncio.Event()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None:
            writable.set()
        if self._pong is not None and self._state is State.OPEN:
            self._transport.write(self._pong)
        self._pong = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._server_state.connections.discard(self)
        self._end(frames.ABNORMAL)
        self._set_timer(None)
        self._parser = None

    def shutdown(self) -> None:
        """End the connection, because the server stops."""
        if self._opening is not None:
            self._refuse(self._opening.refused(500, body=b"Internal Server Error"))
            return
        if self._state is State.OPEN:
            self._transport.write(frames.close_frame(frames.RESTART))
            self._end(frames.RESTART)
        self._close_transport()

    # Frames of the peer

    def text_received(self, frame: WSFrame) -> None:
        """Take a text message from the parser: most frames, so this is the short way through `frame_received`."""
        if self._state is not _OPEN or self._fragments is not None:
            self.frame_received(frame)
            return
        try:
            self._incoming.put_text(frame.get_payload_as_utf8_text())
        except Exception as error:
            self._failed(error)

    def frame_received(self, frame: WSFrame) -> None:
        """Take a frame from the parser."""
        kind = frame.msg_type
        try:
            if frame.rsv1 or frame.rsv2 or frame.rsv3:
                self._fail(frames.PROTOCOL_ERROR, "reserved bit")
            elif kind is _TEXT or kind is _BINARY or kind is _CONTINUATION:
                self._message_frame(kind, frame.get_payload_as_bytes(), bool(frame.fin))
            else:
                self._control_frame(kind, frame.get_payload_as_bytes())
        except Exception as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, UnicodeDecodeError):
            self._fail(frames.INVALID_TEXT, "invalid UTF-8")
        elif isinstance(error, OverflowError):
            self._fail(frames.TOO_BIG, "message too big")
        else:
            self._worker.log.error("Exception in the receiver of a WebSocket\n", exc_info=error)
            self._fail(frames.INTERNAL_ERROR)

    def parsing_failed(self, code: int) -> None:
        """Take the close code of a mistake that the parser has found."""
        self._fail(code, "message too big" if code == frames.TOO_BIG else "")

    def _message_frame(self, kind: WSMsgType, payload: bytes, last: bool) -> None:
        if self._state not in (State.OPENING, State.OPEN):
            return
        if (kind is _CONTINUATION) is (self._fragments is None):
            self._fail(frames.PROTOCOL_ERROR, "message in another, or continuation of none")
            return
        if self._fragments is None:
            self._fragments = Fragments(kind is _TEXT, self._worker.max_size)
        message = self._fragments.add(payload, last)
        if message is None:
            return
        self._fragments = None
        if isinstance(message, str):
            self._incoming.put_text(message)
        else:
            self._incoming.put({"type": "websocket.receive", "bytes": message}, len(message))

    def _control_frame(self, kind: WSMsgType, payload: bytes) -> None:
        if kind is _PING:
            if self._state is State.OPEN:
                self._answer_ping(frames.control_frame(frames.PONG, payload))
        elif kind is _PONG:
            if self._worker.keepalive is not None:
                self._worker.keepalive.answered(self, payload)
        else:
            self.close_received(payload)

    def _answer_ping(self, pong: bytes) -> None:
        if self._writable is None:
            self._transport.write(pong)
        else:
            # Else a peer that sends pings and reads nothing would pile up pongs. The last one answers all of them.
            self._pong = pong

    def close_received(self, payload: bytes) -> None:
        """Take the payload of a CLOSE frame."""
        code = int.from_bytes(payload[:2], "big") if payload else frames.NO_CODE
        if self._state is State.OPENING or (payload and not frames.may_be_sent(code)):
            self._fail(frames.PROTOCOL_ERROR, "close code")
            return
        if self._state is State.OPEN:
            self._transport.write(frames.control_frame(frames.CLOSE, payload))
            self._end(code, payload[2:].decode())
        self._close_transport()

    # Pings

    def ping(self, frame: bytes) -> None:
        """Send a PING frame."""
        self._transport.write(frame)

    def ping_timed_out(self) -> bool:
        """End the connection. Return False if the answer may be among what was not read yet."""
        if self._incoming.paused:
            return False
        self._fail(frames.INTERNAL_ERROR, "keepalive ping timeout")
        return True

    # The application

    def _direct(self) -> dict[str, Any]:
        """Return the extension "websocket.direct" of the scope."""
        return {
            "receive": self._incoming.set_receiver,
            "send": self.send_text,
            "send_all": self.send_texts,
            # An application that is given another one is behind a middleware that watches the messages.
            "asgi_receive": self._incoming.get,
            "asgi_send": self.send,
        }

    async def _run(self, scope: dict[str, Any]) -> None:
        log = self._worker.log
        try:
            result = await self._worker.app(scope, self._incoming.get, self.send)
        except ClientDisconnected:
            self._finish(frames.INTERNAL_ERROR)
        except BaseException:
            log.exception("Exception in ASGI application\n")
            self._finish(frames.INTERNAL_ERROR)
        else:
            if self._opening is not None:
                log.error("ASGI callable returned without completing handshake.")
            elif result is not None:
                log.error("ASGI callable should return None, but returned '%s'.", result)
            self._finish(frames.NORMAL)

    def _finish(self, code: int) -> None:
        if self._opening is not None:
            self._refuse(self._opening.refused(500, body=b"Internal Server Error"))
        elif self._state is State.OPEN:
            self._fail(code)

    async def send(self, message: Message) -> None:
        """Take a message of the application. Waits while the peer reads too slowly."""
        while self._writable is not None:
            await self._writable.wait()
        # A lost transport calls `connection_lost` in the next turn of the event loop only. An application that sends
        # in a loop, and never has to wait, would not let that turn come.
        if self._state is State.ENDED or self._transport.is_closing():
            raise ClientDisconnected
        if self._state is State.OPEN:
            self._send(message)
        elif self._opening is not None:
            self._answer(self._opening, message)
        else:
            raise RuntimeError(
                f"Unexpected ASGI message '{message['type']}', after sending 'websocket.close'."
            )

    def _answer(self, opening: Opening, message: Message) -> None:
        answer = opening.answer(message)
        if answer is None:
            return
        if not answer.accepted:
            self._refuse(answer.data)
            return
        self._opening = None
        self._state = State.OPEN
        self._transport.write(answer.data)
        if self._worker.keepalive is not None:
            self._slot = self._worker.keepalive.add(self)

    def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "websocket.send":
            data = message.get("bytes")
            if data is not None:
                frames.write_message(self._transport, frames.BINARY, data)
            else:
                frames.write_message(self._transport, frames.TEXT, message["text"].encode())
        elif kind == "websocket.close":
            self._close(message.get("code") or frames.NORMAL, message.get("reason") or "")
        else:
            raise RuntimeError(
                f"Expected ASGI message 'websocket.send' or 'websocket.close', but got '{kind}'."
            )

    def send_text(self, text: str | bytes) -> bool:
        """Write a text message at once. Return False if the peer reads too slowly or the connection is not open."""
        if self._state is not _OPEN or self._writable is not None or self._transport.is_closing():
            return False
        data = text.encode() if isinstance(text, str) else text
        size = len(data)
        if size <= _SHORT:  # as `write_message`, but without the call
            self._transport.write(_TEXT_HEADERS[size] + data)
        else:
            frames.write_message(self._transport, frames.TEXT, data)
        return True

    def send_texts(self, texts: Iterable[bytes]) -> bool:
        """Write text messages at once, with one call of the kernel. Return False as `send_text` does."""
        if self._state is not _OPEN or self._writable is not None or self._transport.is_closing():
            return False
        self._transport.write(frames.messages(frames.TEXT, texts))
        return True

    # Ends

    def _close(self, code: int, reason: str = "") -> None:
        """Begin to close, and wait for the peer to close, too."""
        self._transport.write(frames.close_frame(code, reason))
        self._end(code, reason)
        self._incoming.drop()
        self._state = State.CLOSING
        self._set_timer(_CLOSE_TIMEOUT, self._close_transport)

    def _fail(self, code: int, reason: str = "") -> None:
        """End the connection because of a mistake, the peer's or the application's."""
        if self._opening is not None:
            self._refuse(self._opening.refused(400))
        elif self._state is State.OPEN:
            self._transport.write(frames.close_frame(code, reason))
            self._end(code, reason)
            self._set_timer(_LINGER, self._close_transport)
        else:
            self._close_transport()

    def _refuse(self, response: bytes) -> None:
        self._transport.write(response)
        self._opening = None
        self._end(frames.ABNORMAL)
        self._close_transport()

    def _end(self, code: int, reason: str | None = None) -> None:
        """Note that nothing is sent any more."""
        self._state = State.ENDED
        self._opening = self._fragments = None
        self._incoming.end(code, reason)
        self.resume_writing()
        if self._slot is not None and self._worker.keepalive is not None:
            self._worker.keepalive.remove(self, self._slot)
            self._slot = None

    def _close_transport(self) -> None:
        """Close the transport, at the latest when the peer has had time to read what is written."""
        if self._transport.is_closing():
            return  # a second close frame, or a mistake behind it, must not stop the timer
        unsent = self._transport.get_write_buffer_size()
        self._transport.close()
        if unsent:
            self._set_timer(_CLOSE_TIMEOUT, self._transport.abort)
        else:
            self._set_timer(None)

    def _set_timer(self, delay: float | None, action: Callable[[], object] | None = None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if delay is not None and action is not None:
            self._timer = asyncio.get_running_loop().call_later(delay, action)
