"""How all sockets of an application end when its server stops, and what is left of them then."""

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


class Stage:
    """An application whose views take a moment to say goodbye, and what happened in it."""

    def __init__(self, goodbye: float, **limits: Any) -> None:
        stage = self
        self.happened: list[str] = []

        class Singer(LiveView[Any]):
            template = LiveTemplate.from_string("<p>{{ n }}</p>", "singer.html")

            async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
                socket.context = {"n": 0}

            async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None:
                socket.context["n"] += 1

            async def disconnect(self, socket: LiveViewSocket[Any]) -> None:
                await asyncio.sleep(goodbye)
                stage.happened.append("disconnect")

        self.app = PyView(secret=SECRET, security=SecurityConfig(**limits), lifespan=self._lifespan)
        self.app.add_live_view("/", Singer)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Any) -> AsyncIterator[None]:
        yield
        self.happened.append("shutdown")

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[LiveClient]:
        """The application between start-up and shutdown; its browsers do not leave by themselves."""
        async with self.app.router.lifespan_context(self.app):
            yield LiveClient(self.app, lifespan=False)

    async def visitor(self, client: LiveClient) -> RawSocket:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        assert (await join(socket, page))[0] == "ok"
        return socket


async def test_a_server_that_stops_ends_sockets_with_1012_and_waits_for_its_views() -> None:
    stage = Stage(goodbye=0.1)
    async with stage.running() as client:
        sockets = [await stage.visitor(client) for _ in range(5)]
    assert [await socket.wait_closed() for socket in sockets] == [1012] * 5
    assert stage.happened == ["disconnect"] * 5 + ["shutdown"]
    assert stage.app.app_context.processes == set()


async def test_meanwhile_nobody_is_let_in_and_afterwards_everybody_again() -> None:
    stage = Stage(goodbye=0.5)
    tried: list[int] = []

    async def try_again(client: LiveClient, visitor: RawSocket) -> None:
        assert await visitor.wait_closed() == 1012  # the server stops, and waits for the view of this socket
        with pytest.raises(SocketRefused) as refused:
            await connect(client).connect()
        tried.append(refused.value.status)

    async with stage.running() as client:
        attempt = asyncio.create_task(try_again(client, await stage.visitor(client)))
    await attempt
    assert tried == [503]
    async with stage.running() as client:
        await (await stage.visitor(client)).close()


async def test_who_takes_too_long_is_not_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(goodbye=1.0, drain_timeout=0.05)
    async with stage.running() as client:
        await stage.visitor(client)
    assert stage.happened == ["shutdown"]
    assert "after 0.05 s 0 sockets and 1 views are left" in caplog.messages
    await eventually(lambda: stage.happened == ["shutdown", "disconnect"])


async def test_a_stop_without_anybody_takes_no_time() -> None:
    started = asyncio.get_running_loop().time()
    async with Stage(goodbye=5).running():
        pass
    assert asyncio.get_running_loop().time() - started < 3


async def test_answers_that_wait_for_the_network_still_go_out_before_the_end() -> None:
    stage = Stage(goodbye=0)
    async with stage.running() as client:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        await join(socket, page)
        socket.pause_reading()
        for ref in "56789":
            await socket.send_frame(event(page, ref, "inc"))
        asyncio.get_running_loop().call_later(0.05, socket.resume_reading)
    assert await socket.wait_closed() == 1012
    assert [(await socket.receive_frame())[1] for _ in range(2)] == ["5", "6"]


async def test_nothing_is_left_of_sockets_that_have_closed(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(goodbye=0, max_sockets_per_address=100)
    sockets = stage.app._open_connections
    async with stage.running() as client:
        for end in ("close", "drop"):
            socket = await stage.visitor(client)
            assert (len(sockets.monitor), len(sockets.quotas)) == (1, 1)
            await getattr(socket, end)()
            assert (len(sockets.monitor), len(sockets.quotas)) == (0, 0)
        with caplog.at_level(logging.CRITICAL, "pyview"), pytest.raises(SocketRefused):
            await connect(client, headers={"origin": "https://evil.example"}).connect()
        assert (len(sockets.monitor), len(sockets.quotas)) == (0, 0)
