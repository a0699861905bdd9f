"""A network between browser and server that a test can cut."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Network:
    """Forwards connections to a port. `cut` drops all of them and refuses new ones until `mend`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._up = True
        self.port = 0

    def cut(self) -> None:
        self._call(self._cut)

    def mend(self) -> None:
        self._up = True

    def lead_to(self, base_url: str) -> None:
        """Forward new connections to another server."""
        self._port = urlsplit(base_url).port or 80

    @contextmanager
    def running(self) -> Iterator["Network"]:
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)
        try:
            yield self
        finally:
            self._call(self._stop)
            thread.join(30)
            self._loop.close()

    def _call(self, function: object) -> None:
        done = threading.Event()

        def call() -> None:
            function()  # type: ignore[operator]
            done.set()

        self._loop.call_soon_threadsafe(call)
        done.wait(30)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def _cut(self) -> None:
        self._up = False
        for writer in tuple(self._writers):
            writer.transport.abort()

    def _stop(self) -> None:
        self._cut()
        if self._server is not None:
            self._server.close()
        self._loop.call_later(0.1, self._loop.stop)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._up:
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, there_writer}
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))
        self._writers -= {writer, there_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()


@contextmanager
def network_to(base_url: str) -> Iterator[tuple[Network, str]]:
    """Yield a network to a server, and the URL of the server through it."""
    with Network(urlsplit(base_url).port or 80).running() as network:
        yield network, f"http://127.0.0.1:{network.port}"
