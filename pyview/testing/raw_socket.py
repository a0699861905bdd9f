"""A WebSocket to an application in the same event loop, without any client logic."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from starlette.types import ASGIApp, Message, Scope

from pyview.testing.errors import NoAnswer, SocketClosed, SocketRefused
from pyview.wire.message import encode_binary

TIMEOUT = 5.0
# RFC 6455, section 7.4.1: the code that an endpoint reports if the connection ends without a close frame.
ABNORMAL = 1006


class RawSocket:
    """One WebSocket, for tests of the protocol itself.

    ```python
    async with client.raw_socket(params={"vsn": "2.0.0"}) as socket:
        await socket.send_frame([None, "1", "phoenix", "heartbeat", {}])
        assert await socket.receive_frame() == [None, "1", "phoenix", "phx_reply", {"status": "ok", "response": {}}]
    ```

    `status` is 101 once the application has accepted, or the HTTP status of its refusal. `close_code` is None while the
    socket is open. An exception of the application is raised by the next call. Timeouts are in seconds.
    """

    def __init__(self, app: ASGIApp, scope: Scope) -> None:
        self.scope = scope
        self.status: int | None = None
        self.subprotocol: str | None = None
        self.response_body = b""
        self.close_code: int | None = None
        self.close_reason = ""
        self._app = app
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._arrived: deque[str | bytes] = deque()
        self._changed = asyncio.Event()
        self._reading = asyncio.Event()
        self._reading.set()
        self._task: asyncio.Task[None] | None = None
        self._error_seen = False
        self._refusal = 500

    # --- opening and closing ---

    async def connect(self, timeout: float = TIMEOUT) -> Self:
        """Make the handshake. Raises `SocketRefused` if the application refuses it."""
        self._task = asyncio.create_task(self._run())
        self._to_app.put_nowait({"type": "websocket.connect"})
        await self._until(lambda: self.status is not None, timeout, "an answer to the handshake")
        if self.status != 101:
            await self._end(timeout)
            raise SocketRefused(self.status or 0, self.response_body)
        return self

    async def close(self, code: int = 1000, timeout: float = TIMEOUT) -> None:
        """Close as a browser does, and wait until the application has ended the connection's task."""
        self._disconnect(code)
        await self._end(timeout)

    async def drop(self, timeout: float = TIMEOUT) -> None:
        """Lose the connection: the application sees code 1006 and no closing handshake."""
        await self.close(ABNORMAL, timeout)

    async def __aenter__(self) -> Self:
        return await self.connect()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # After an error of the test, waiting for the application could hang and hide the error.
        if error is None:
            await self.close()
        else:
            self.abort()

    def abort(self) -> None:
        """Forget the connection at once, without waiting for the application."""
        self._disconnect(ABNORMAL)
        if self._task is not None:
            self._task.cancel()

    @property
    def open(self) -> bool:
        return self.status == 101 and self.close_code is None

    # --- sending ---

    async def send_text(self, text: str) -> None:
        await self._to_application({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        await self._to_application({"type": "websocket.receive", "bytes": data})

    async def send_frame(self, frame: list[Any]) -> None:
        """Send `[join_ref, ref, topic, event, payload]` as JSON text."""
        await self.send_text(json.dumps(frame, separators=(",", ":")))

    async def send_chunk(self, join_ref: str, ref: str, topic: str, event: str, data: bytes) -> None:
        """Send a binary push: the bytes of an upload."""
        await self.send_bytes(encode_binary(join_ref, ref, topic, event, data))

    # --- receiving ---

    async def receive(self, timeout: float = TIMEOUT) -> str | bytes:
        """Return the next message. Raises `SocketClosed` if the socket is closed, `NoAnswer` after `timeout`."""
        await self._until(lambda: bool(self._arrived) or self.close_code is not None, timeout, "a message")
        if not self._arrived:
            raise SocketClosed(self.close_code or ABNORMAL, self.close_reason)
        return self._arrived.popleft()

    async def receive_text(self, timeout: float = TIMEOUT) -> str:
        message = await self.receive(timeout)
        assert isinstance(message, str), f"expected a text message, got {message!r}"
        return message

    async def receive_frame(self, timeout: float = TIMEOUT) -> Any:
        """Return the next text message, decoded from JSON."""
        return json.loads(await self.receive_text(timeout))

    def receive_nowait(self) -> str | bytes | None:
        """Return a message that has already arrived, or None."""
        self._raise_from_app()
        return self._arrived.popleft() if self._arrived else None

    async def wait(self, timeout: float) -> bool:
        """Wait until a message arrives or the socket closes; return False if neither happened in `timeout` seconds."""
        try:
            await self._until(
                lambda: bool(self._arrived) or self.close_code is not None, timeout, "a message"
            )
        except NoAnswer:
            return False
        return True

    async def wait_closed(self, timeout: float = TIMEOUT) -> int:
        """Wait until the application closes; return the close code. Earlier messages can still be received."""
        await self._until(lambda: self.close_code is not None, timeout, "the application to close")
        return self.close_code or ABNORMAL

    async def expect_nothing(self, seconds: float = 0.02) -> None:
        """Fail if a message arrives within `seconds`, or the socket closes."""
        if await self.wait(seconds):
            raise AssertionError(f"expected no message within {seconds} s, got {await self.receive()!r}")

    def pause_reading(self) -> None:
        """Stop reading, as a slow browser: from now on the application's `send` waits."""
        self._reading.clear()

    def resume_reading(self) -> None:
        """Read again after `pause_reading`."""
        self._reading.set()

    async def _run(self) -> None:
        try:
            await self._app(self.scope, self._to_app.get, self._send)
        finally:
            self._on_return()

    # --- the application's side ---

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            # A browser that does not read blocks the server's send once the buffers are full.
            await self._reading.wait()
        if self.close_code is not None:
            # ASGI demands an OSError from `send` after the browser has gone.
            raise OSError(f"the connection is gone (close code {self.close_code})")
        self._receivers[message["type"]](self, message)
        self._changed.set()

    def _on_accept(self, message: Message) -> None:
        self._expect_handshake(message)
        self.status = 101
        self.subprotocol = message.get("subprotocol")

    def _on_send(self, message: Message) -> None:
        if self.status != 101:
            raise RuntimeError("the application sent a message before it accepted the connection")
        text = message.get("text")
        self._arrived.append(message["bytes"] if text is None else text)

    def _on_close(self, message: Message) -> None:
        if self.status is None:
            # What servers answer if the application closes before it accepts.
            self.status = 403
        code, reason = message.get("code", 1000), message.get("reason") or ""
        self._disconnect(code, reason)

    def _on_refusal(self, message: Message) -> None:
        self._expect_handshake(message)
        self._refusal = int(message["status"])

    def _on_refusal_body(self, message: Message) -> None:
        self.response_body += message.get("body", b"")
        # `connect` wakes up on the status and reads the body, so the status is set after the last part.
        if not message.get("more_body", False):
            self.status = self._refusal
            self._disconnect(ABNORMAL)

    _receivers = {
        "websocket.accept": _on_accept,
        "websocket.send": _on_send,
        "websocket.close": _on_close,
        "websocket.http.response.start": _on_refusal,
        "websocket.http.response.body": _on_refusal_body,
    }

    def _expect_handshake(self, message: Message) -> None:
        if self.status is not None:
            raise RuntimeError(f"the application sent {message['type']} after the handshake was over")

    # --- waiting ---

    async def _to_application(self, message: Message) -> None:
        self._raise_from_app()
        if self.close_code is not None:
            raise SocketClosed(self.close_code, self.close_reason)
        # Let the application read before the next message, as on a network.
        self._to_app.put_nowait(message)
        await asyncio.sleep(0)

    def _disconnect(self, code: int, reason: str = "") -> None:
        if self.close_code is None:
            self.close_code, self.close_reason = code, reason
            self._to_app.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self._reading.set()  # wake up a `send` that waits for the browser, so that it sees the end
        self._changed.set()

    def _on_return(self) -> None:
        if self.status is None:
            self.status = 500
        self._disconnect(ABNORMAL)

    async def _until(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    self._raise_from_app()
                    # There is no await between the check and `clear`, so no change can be missed.
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise NoAnswer(f"waited {timeout} s for {what}") from None
        self._raise_from_app()

    async def _end(self, timeout: float) -> None:
        if self._task is None:
            return
        done, _ = await asyncio.wait({self._task}, timeout=timeout)
        if not done:
            self._task.cancel()
            raise NoAnswer(
                f"the application did not return from the connection within {timeout} s after it was closed"
            )
        self._raise_from_app()

    def _raise_from_app(self) -> None:
        task = self._task
        # Raised once: the closing of the socket after it must not raise the same error again.
        if task is None or self._error_seen or not task.done() or task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._error_seen = True
            raise error
