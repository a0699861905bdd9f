"""A uvicorn in a thread of the test, and the application that it serves: what it does depends on the path."""

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from socket import create_server, socket
from typing import Any
from urllib.parse import parse_qs

import uvicorn

from tests.uvicorn_ws.raw import RawClient, until

OURS = "pyview.uvicorn_ws:PicowsProtocol"
REFERENCE = "websockets-sansio"
MOST_BYTES = 100_000
OPTIONS: dict[str, Any] = {
    "log_config": None,
    "access_log": False,
    "lifespan": "off",
    "ws_max_size": MOST_BYTES,
    "ws_per_message_deflate": False,
    "timeout_graceful_shutdown": 1,
}
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[object]]


class Connection:
    """One connection of the application: what it received, and what ended it."""

    def __init__(self, scope: Message, receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self.send = send
        self.received: list[Message] = []
        self.error: BaseException | None = None
        self.ended = threading.Event()

    async def receive(self) -> Message:
        message = await self._receive()
        self.received.append(message)
        return message

    @property
    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(self.scope["query_string"].decode()).items()}

    @property
    def messages(self) -> list[str | bytes]:
        """The texts and bytes that were received."""
        return [
            message["text"] if message.get("text") is not None else message["bytes"]
            for message in self.received
            if message["type"] == "websocket.receive"
        ]

    @property
    def disconnect(self) -> Message | None:
        return next((message for message in self.received if message["type"] == "websocket.disconnect"), None)

    async def accept(self, **options: Any) -> None:
        assert (await self.receive())["type"] == "websocket.connect"
        await self.send({"type": "websocket.accept", **options})

    async def text(self, text: str) -> None:
        await self.send({"type": "websocket.send", "text": text})

    async def answer(self, message: Message) -> None:
        """Send back what was received."""
        kind = "text" if message.get("text") is not None else "bytes"
        await self.send({"type": "websocket.send", kind: message[kind]})


Behavior = Callable[[Connection], Awaitable[object]]


async def echo(connection: Connection) -> None:
    await connection.accept()
    while (message := await connection.receive())["type"] == "websocket.receive":
        await connection.answer(message)


class Served:
    """A running server. Each path of its application has a behavior; others are an echo."""

    def __init__(self, name: str, port: int, server: uvicorn.Server) -> None:
        self.name = name
        self.port = port
        self.server = server
        self.behaviors: dict[str, Behavior] = {}
        self.connections: list[Connection] = []

    @property
    def ours(self) -> bool:
        return self.name.startswith("picows")

    def connected(self, path: str) -> Connection:
        """Return the last connection of `path`, as soon as there is one that has not ended."""

        def open_ones() -> list[Connection]:
            return [one for one in self.connections if one.scope["path"] == path and not one.ended.is_set()]

        until(open_ones)
        return open_ones()[-1]

    @property
    def last(self) -> Connection:
        return self.connections[-1]

    def client(self) -> RawClient:
        return RawClient.to(self.port)

    def on(self, path: str) -> Callable[[Behavior], Behavior]:
        """Make the decorated function the behavior of `path`."""

        def add(behavior: Behavior) -> Behavior:
            self.behaviors[path] = behavior
            return behavior

        return add

    def settled(self) -> None:
        """Wait until no connection and no task is left."""
        state = self.server.server_state
        until(lambda: not state.connections and not state.tasks)

    async def app(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            raise AssertionError(f"the server made {scope['type']} of a handshake")
        connection = Connection(scope, receive, send)
        self.connections.append(connection)
        try:
            await self.behaviors.get(scope["path"], echo)(connection)
        except BaseException as error:
            connection.error = error
            raise
        finally:
            connection.ended.set()


@contextmanager
def serving(
    ws: str = OURS, loop: str = "asyncio", *, listening: socket | None = None, **options: Any
) -> Iterator[Served]:
    """Serve in a thread, on `listening` or on a free port. `options` are those of uvicorn."""
    with listening or create_server(("127.0.0.1", 0)) as listens:

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await served.app(scope, receive, send)

        config = uvicorn.Config(app, ws=ws, loop=loop, **{**OPTIONS, **options})
        server = uvicorn.Server(config)
        name, address = f"{'picows' if ws == OURS else 'reference'} on {loop}", listens.getsockname()
        served = Served(name, address[1] if isinstance(address, tuple) else 0, server)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listens]}, daemon=True)
        thread.start()
        try:
            until(lambda: server.started or not thread.is_alive(), within=30)
            yield served
        finally:
            server.should_exit = True
            thread.join(30)
            assert not thread.is_alive(), "the server did not stop"
