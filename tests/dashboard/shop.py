"""A shop with a dashboard, as one worker of several."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.middleware.authentication import AuthenticationMiddleware

from pyview import LiveView, LiveViewSocket, PyView
from pyview.events import InfoEvent
from pyview.live_dashboard import live_dashboard
from pyview.pubsub import PubSub
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, Page
from tests.test_live_dashboard import HeaderBackend

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[Any]


class Shop(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>{{ sold }}</p>")

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"sold": 0}
        await socket.subscribe("sales")

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "slow":
            await asyncio.sleep(0.05)
        elif event == "fail":
            raise ValueError("sold out")
        else:
            await socket.broadcast("sales", 1)

    async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
        socket.context["sold"] += event.payload


def shop(
    pubsub: PubSub | None = None, *, app_id: str = "shop", dashboard: bool = True, every: float = 0.1
) -> PyView:
    app = PyView(secret=SECRET, app_id=app_id, pubsub=pubsub)
    app.add_middleware(AuthenticationMiddleware, backend=HeaderBackend())
    app.add_live_view("/shop", Shop)
    if dashboard:
        app.add_live_view("/ops", live_dashboard(app, requires="admin", every=every))
    return app


def operator(app: PyView) -> LiveClient:
    return LiveClient(app, headers={"x-name": "olga"}, raise_crashes=False)


def reader(app: PyView, name: str = "ada") -> LiveClient:
    return LiveClient(app, headers={"x-name": name}, lifespan=False, raise_crashes=False)


async def until(page: Page, shown: Callable[[Page], object]) -> None:
    """Wait until the page shows something, however busy the machine is."""
    await page.wait_for(shown, timeout=60)


def tile(page: Page, label: str) -> str:
    """Return the number under a label of the page."""
    for each in page.find_all(".tiles > div"):
        if each.find("dt").text == label:
            return each.find("dd").text.split()[0]
    raise AssertionError(f"no number is called {label!r}")


def table(page: Page, css: str) -> list[list[str]]:
    """Return the texts of the cells of each row."""
    return [[cell.text for cell in row.find_all("th, td")] for row in page.find_all(f"{css} tr")]
