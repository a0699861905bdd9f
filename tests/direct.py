"""A server that offers `websocket.direct`, for applications in memory."""

from collections.abc import Callable
from contextvars import Context

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyview.transport.direct import OnText


class DirectWays:
    """Middleware that offers the direct way to every WebSocket, as a server does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        connection = _Connection(receive, send, self.offer)
        extension = {
            "receive": connection.set_receiver,
            "send": connection.send_text,
            "send_all": connection.send_texts,
            "asgi_receive": connection.receive,
            "asgi_send": send,
        }
        scope["extensions"] = {**scope.get("extensions", {}), "websocket.direct": extension}
        await self.app(scope, connection.receive, send)

    def offer(self, on_text: OnText) -> OnText:
        """Return the function that is given each frame: for tests that look at them."""
        return on_text


class _Connection:
    def __init__(self, receive: Receive, send: Send, offer: Callable[[OnText], OnText]) -> None:
        self._offer = offer
        self._receive = receive
        self._send = send
        self._on_text: OnText | None = None

    def set_receiver(self, on_text: OnText | None) -> None:
        self._on_text = None if on_text is None else self._offer(on_text)

    def send_text(self, text: str | bytes) -> bool:
        """Send a text. Return False if the browser does not read, or has gone."""
        message = {"type": "websocket.send", "text": text.decode() if isinstance(text, bytes) else text}
        sending = self._send(message)
        try:
            sending.send(None)  # type: ignore[attr-defined]  # a coroutine in memory, which ends at once or waits
        except StopIteration:
            return True
        except OSError:
            return False
        sending.close()  # type: ignore[attr-defined]
        return False

    def send_texts(self, texts: list[bytes]) -> bool:
        # The browser does not stop to read in between, so all are sent or none.
        return all([self.send_text(text) for text in texts])

    async def receive(self) -> Message:
        while True:
            message = await self._receive()
            text = message.get("text")
            # In another context than the application's, as from a socket that has become readable.
            if text is None or self._on_text is None or not Context().run(self._on_text, text):
                return message
