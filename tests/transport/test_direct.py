"""The direct way in and out: what is handled there, what is not, and that no check is skipped."""

import asyncio
import contextvars
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, RawSocket
from tests.asgi import eventually
from tests.direct import DirectWays
from tests.frames import Page, connect, event, join, load

MALFORMED = 1008
ABNORMAL = 1006
TENANT: contextvars.ContextVar[str] = contextvars.ContextVar("tenant")


class Counter(LiveView[Any]):
    template = LiveTemplate.from_string("<p>{{ count }} {{ seen }}</p>", "counter.html")
    go_on: asyncio.Event

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = {"count": 0, "seen": ""}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> Any:
        socket.context["count"] += 1
        if event == "wait":
            await self.go_on.wait()
        elif event == "cancel":
            raise asyncio.CancelledError
        elif event == "tenant":
            socket.context["seen"] = TENANT.get()
            TENANT.set("changed by a handler")
        elif event == "timeout":
            try:
                async with asyncio.timeout(0.01):
                    await asyncio.Event().wait()
            except TimeoutError:
                socket.context["seen"] = "timed out"
        elif event == "big":
            socket.context["seen"] = "x" * 1000


class Tenants:
    """Middleware that sets a context variable, as those of tracing and of tenants do."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        TENANT.set("acme")
        await self.app(scope, receive, send)


class Watched:
    """Middleware that wraps `receive`; `seen` has the types of the messages."""

    seen: list[str]

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watched() -> Any:
            message = await receive()
            self.seen.append(message["type"])
            return message

        await self.app(scope, watched if scope["type"] == "websocket" else receive, send)


class WatchedSends:
    """Middleware that wraps `send`; `seen` has the types of the messages."""

    seen: list[str]

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watched(message: Message) -> None:
            self.seen.append(message["type"])
            await send(message)

        await self.app(scope, receive, watched if scope["type"] == "websocket" else send)


class Taken(DirectWays):
    """Server that notes which frames were taken, each as its ref."""

    refs: list[str | None]

    def offer(self, on_text: Callable[[str], bool]) -> Callable[[str], bool]:
        def take(text: str) -> bool:
            taken = on_text(text)
            if taken:
                self.refs.append(text.split('"')[3])
            return taken

        return take


def make_app(*middlewares: Any, **limits: Any) -> PyView:
    Counter.go_on = asyncio.Event()
    Taken.refs = []
    app = PyView(secret="t3st-s3cret-of-at-least-thirty-two-bytes", security=SecurityConfig(**limits))
    app.add_live_view("/count", Counter)
    for middleware in (*middlewares, Taken):
        app.add_middleware(middleware)
    return app


async def opened(client: LiveClient) -> tuple[RawSocket, Page]:
    page = await load(client, "/count")
    socket = await connect(client, page).connect()
    await join(socket, page)
    return socket, page


async def answer(socket: RawSocket, page: Page, ref: str, name: str) -> Any:
    await socket.send_frame(event(page, ref, name))
    frame = await socket.receive_frame()
    assert frame[:2] == ["4", ref]
    return frame[4]["response"].get("diff")


async def test_a_join_and_events_of_a_free_view_are_taken_and_all_else_is_read() -> None:
    async with LiveClient(make_app()) as client:
        socket, page = await opened(client)
        assert await answer(socket, page, "5", "inc") == {"0": "1"}
        await socket.send_frame(event(page, "6", "wait"))
        await socket.send_frame(event(page, "7", "inc"))
        await socket.send_frame([None, "8", "phoenix", "heartbeat", {}])
        await socket.send_frame(event(page, "9", "inc", {"large": "x" * 20_000}))
        Counter.go_on.set()
        assert [(await socket.receive_frame())[1] for _ in range(4)] == ["8", "6", "7", "9"]
        assert await answer(socket, page, "10", "inc") == {"0": "5"}
        await socket.send_frame(["4", "11", page.topic, "phx_leave", {}])
        assert Taken.refs == ["4", "5", "6", "10"]
        await socket.close()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        '["4","5"]',
        '["4","5","{topic}","event",{}]',
        '["4","5","{topic}","event",{"event":1,"value":{}}]',
        '["4","5","{topic}","no such event",{}]',
        '["4","5","{topic}","event",{"event":"inc","value":%s}]' % ("[" * 100 + "]" * 100),
    ],
)
async def test_a_malformed_frame_closes_the_connection(text: str) -> None:
    async with LiveClient(make_app()) as client:
        socket, page = await opened(client)
        await socket.send_text(text.replace("{topic}", page.topic))
        assert await socket.wait_closed() == MALFORMED
        assert Taken.refs == ["4"]


@pytest.mark.parametrize(
    "text",
    [
        '["4","5","{topic}","phx_join",{}]',
        '[null,null,"{topic}","phx_join",{}]',
        '["4",4,"{topic}","phx_join",{}]',
        '["4","4","{topic}","phx_join",[]]',
        '["4","4","{topic}","phx_join"]',
        '["4","4",["{topic}"],"phx_join",{}]',
        '["4","4","{topic}%s","phx_join",{}]' % ("x" * 300),
        '["4","4","{topic}","phx_join",{"url":%s}]' % ("[" * 100 + "]" * 100),
    ],
)
async def test_a_malformed_join_closes_the_connection(text: str) -> None:
    async with LiveClient(make_app()) as client:
        page = await load(client, "/count")
        socket = await connect(client, page).connect()
        await socket.send_text(text.replace("{topic}", page.topic))
        assert await socket.wait_closed() == MALFORMED
        assert Taken.refs == []


async def test_each_frame_costs_one_token_and_a_refused_one_is_answered() -> None:
    async with LiveClient(make_app(rate=0.001, burst=5)) as client:
        socket, page = await opened(client)  # the join is the first frame
        await answer(socket, page, "5", "inc")
        await socket.send_frame([None, "6", "phoenix", "heartbeat", {}])
        await socket.receive_frame()
        await answer(socket, page, "7", "inc")
        await answer(socket, page, "8", "inc")
        await socket.send_frame(event(page, "9", "inc"))
        assert (await socket.receive_frame())[4] == {
            "status": "error",
            "response": {"reason": "rate_limited"},
        }
        assert Taken.refs == ["4", "5", "7", "8"]
        await socket.close()


async def test_a_handler_finds_the_context_of_the_middlewares_and_its_own_task() -> None:
    async with LiveClient(make_app(Tenants)) as client:
        socket, page = await opened(client)
        assert await answer(socket, page, "5", "tenant") == {"0": "1", "1": "acme"}
        assert await answer(socket, page, "6", "timeout") == {"0": "2", "1": "timed out"}
        # What a handler sets ends with it.
        assert await answer(socket, page, "7", "tenant") == {"0": "3", "1": "acme"}
        assert Taken.refs == ["4", "5", "6", "7"]
        await socket.close()


@pytest.mark.parametrize(
    ("middleware", "first", "following"),
    [
        (Watched, "websocket.connect", "websocket.receive"),
        (WatchedSends, "websocket.accept", "websocket.send"),
    ],
)
async def test_a_middleware_that_wraps_receive_or_send_sees_each_message(
    middleware: type[Watched | WatchedSends], first: str, following: str
) -> None:
    middleware.seen = []
    async with LiveClient(make_app(middleware)) as client:
        socket, page = await opened(client)
        await answer(socket, page, "5", "inc")
        await answer(socket, page, "6", "inc")
        assert middleware.seen == [first, *[following] * 3]
        assert Taken.refs == []
        await socket.close()


async def test_the_sessions_of_starlette_look_at_no_message_of_a_socket() -> None:
    sessions = partial(SessionMiddleware, secret_key="an-0ther-s3cret-of-thirty-two-bytes-or-more")
    async with LiveClient(make_app(sessions)) as client:
        socket, page = await opened(client)
        await answer(socket, page, "5", "inc")
        assert Taken.refs == ["4", "5"]
        await socket.close()


async def test_a_browser_that_does_not_read_gets_all_answers_in_order_later() -> None:
    async with LiveClient(make_app()) as client:
        socket, page = await opened(client)
        socket.pause_reading()
        for ref in "56789":
            await socket.send_frame(event(page, ref, "big"))
        socket.resume_reading()
        assert [(await socket.receive_frame())[1] for _ in range(5)] == [*"56789"]
        assert await answer(socket, page, "10", "inc") == {"0": "6"}
        # Nothing is taken while an answer waits, and nothing is read while two do.
        assert Taken.refs == ["4", "5", "7", "8", "9", "10"]
        await socket.close()


@pytest.mark.usefixtures("way")
async def test_a_handler_that_cancels_itself_ends_the_connection_and_its_views() -> None:
    app = make_app()
    async with LiveClient(app) as client:
        socket, page = await opened(client)
        await socket.send_frame(event(page, "5", "cancel"))
        assert await socket.wait_closed() == ABNORMAL
        await eventually(lambda: len(app.app_context.processes) == 0)
