"""What a view holds is freed when it ends, without the garbage collector, which may look at it late."""

import gc
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from weakref import WeakSet

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from pyview.testing.page import Page
from tests.asgi import eventually
from tests.process.pages import PARTS, PartsView, view_of

held: WeakSet[Any] = WeakSet()


class Held:
    """A part of a context."""


def noted(view: type[PartsView]) -> type[PartsView]:
    """Return a subclass that holds its socket, a timer, a task and a topic. When it ends it is noted in `held`."""

    class Noted(view):  # type: ignore[misc, valid-type]
        async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
            await super().mount(socket, session)
            self.socket = socket
            socket.context["held"] = Held()
            if socket.connected:
                socket.schedule_info("tick", 1000)
                await socket.subscribe("topic")
                socket.start_async("job", self.job)

        async def job(self) -> int:
            return 1

        async def handle_async(self, name: str, result: Any, socket: Any) -> None:
            socket.context["n"] += 1

        async def disconnect(self, socket: LiveViewSocket[Any]) -> None:
            await super().disconnect(socket)
            held.update((self, socket, socket.context["held"]))

        @event("close")
        async def close(self, socket: LiveViewSocket[Any]) -> None:
            await socket.close()

        @event("leave")
        async def leave(self, socket: LiveViewSocket[Any]) -> None:
            await socket.redirect("/other")

    return Noted


class Other(LiveView[Any]):
    template = LiveTemplate.from_string("other", "other.html")


async def _navigated(page: Page) -> None:
    await page.navigate("/other")


async def _lost(page: Page) -> None:
    page.abort()


ENDS: dict[str, Callable[[Page], Awaitable[Any]]] = {
    "goodbye": Page.close,
    "lost": _lost,
    "navigated": _navigated,
    "closed": lambda page: page.push("close"),
    "redirected": lambda page: page.push("leave"),
}


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("once", [True, False])
async def test_an_ended_view_is_freed(end: Callable[[Page], Awaitable[Any]], once: bool) -> None:
    view = noted(view_of(frozenset(PARTS) - {"rows"}))
    view.mount_once = once
    app = PyView(security=SecurityConfig(reconnect_grace=0.05))
    app.add_live_view("/", view)
    app.add_live_view("/other", Other)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await end(page)
        await eventually(lambda: view.calls["disconnect"])
        await eventually(lambda: not held)
