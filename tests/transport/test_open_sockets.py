"""Shutdown closes all connections of an application and frees them."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, RawSocket, SocketRefused
from tests.asgi import eventually
from tests.frames import connect, event, join, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"


class ServedApp:
    """An application whose views need time in `disconnect`, and a record of what record."""

    def __init__(self, disconnect_seconds: float, **limits: Any) -> None:
        served = self
        self.record: list[str] = []

        class SlowView(LiveView[Any]):
            template = LiveTemplate.from_string("<p>{{ n }}</p>", "slow.html")

            async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
                socket.context = {"n": 0}

            async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None:
                socket.context["n"] += 1

            async def disconnect(self, socket: LiveViewSocket[Any]) -> None:
                await asyncio.sleep(disconnect_seconds)
                served.record.append("disconnect")

        self.app = PyView(secret=SECRET, security=SecurityConfig(**limits), lifespan=self._lifespan)
        self.app.add_live_view("/", SlowView)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Any) -> AsyncIterator[None]:
        yield
        self.record.append("shutdown")

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[LiveClient]:
        """Run the application between start-up and shutdown. Its browsers do not disconnect by themselves."""
        async with self.app.router.lifespan_context(self.app):
            yield LiveClient(self.app, lifespan=False)

    async def connect_page(self, client: LiveClient) -> RawSocket:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        assert (await join(socket, page))[0] == "ok"
        return socket


async def test_shutdown_closes_sockets_with_1012_and_waits_for_their_views() -> None:
    served = ServedApp(disconnect_seconds=0.1)
    async with served.running() as client:
        sockets = [await served.connect_page(client) for _ in range(5)]
    assert [await socket.wait_closed() for socket in sockets] == [1012] * 5
    assert served.record == ["disconnect"] * 5 + ["shutdown"]
    assert served.app.app_context.processes == set()


async def test_handshakes_are_refused_during_the_shutdown_and_accepted_after_it() -> None:
    served = ServedApp(disconnect_seconds=0.5)
    tried: list[int] = []

    async def try_again(client: LiveClient, connect_page: RawSocket) -> None:
        assert (
            await connect_page.wait_closed() == 1012
        )  # the server stops, and waits for the view of this socket
        with pytest.raises(SocketRefused) as refused:
            await connect(client).connect()
        tried.append(refused.value.status)

    async with served.running() as client:
        attempt = asyncio.create_task(try_again(client, await served.connect_page(client)))
    await attempt
    assert tried == [503]
    async with served.running() as client:
        await (await served.connect_page(client)).close()


async def test_the_shutdown_does_not_wait_longer_than_the_drain_timeout(
    caplog: pytest.LogCaptureFixture,
) -> None:
    served = ServedApp(disconnect_seconds=1.0, drain_timeout=0.05)
    async with served.running() as client:
        await served.connect_page(client)
    assert served.record == ["shutdown"]
    assert "after 0.05 s 0 sockets and 1 views are left" in caplog.messages
    await eventually(lambda: served.record == ["shutdown", "disconnect"])


async def test_a_shutdown_without_connections_takes_no_time() -> None:
    started = asyncio.get_running_loop().time()
    async with ServedApp(disconnect_seconds=5).running():
        pass
    assert asyncio.get_running_loop().time() - started < 3


async def test_queued_replies_are_sent_before_the_close() -> None:
    served = ServedApp(disconnect_seconds=0)
    async with served.running() as client:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        await join(socket, page)
        socket.pause_reading()
        for ref in "56789":
            await socket.send_frame(event(page, ref, "inc"))
        asyncio.get_running_loop().call_later(0.05, socket.resume_reading)
    assert await socket.wait_closed() == 1012
    assert [(await socket.receive_frame())[1] for _ in range(2)] == ["5", "6"]


async def test_closed_connections_are_freed(caplog: pytest.LogCaptureFixture) -> None:
    served = ServedApp(disconnect_seconds=0, max_sockets_per_address=100)
    sockets = served.app._open_connections
    async with served.running() as client:
        for end in ("close", "drop"):
            socket = await served.connect_page(client)
            assert (len(sockets.monitor), len(sockets.quotas)) == (1, 1)
            await getattr(socket, end)()
            assert (len(sockets.monitor), len(sockets.quotas)) == (0, 0)
        with caplog.at_level(logging.CRITICAL, "pyview"), pytest.raises(SocketRefused):
            await connect(client, headers={"origin": "https://evil.example"}).connect()
        assert (len(sockets.monitor), len(sockets.quotas)) == (0, 0)
