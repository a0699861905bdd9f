"""Events over a real server come by plain calls: nothing between the server and a view wraps `receive`."""

from collections.abc import Callable
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview import LiveView, LiveViewSocket, PyView
from pyview.template.live_template import LiveTemplate
from tests.browser.server import serving
from tests.chaos.page import ChaosPage

OnText = Callable[[str], bool]


class Adder(LiveView[Any]):
    template = LiveTemplate.from_string("<p>{{ total }}</p>", "adder.html")

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = {"total": 0}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> Any:
        socket.context["total"] += payload["by"]
        return {"total": socket.context["total"]}


class Counted:
    """Middleware that counts what is handed over by plain calls, in and out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.taken = self.written = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            way = scope["extensions"]["websocket.direct"]
            set_receiver, write = way["receive"], way["send"]

            def count_taken(on_text: OnText | None) -> None:
                set_receiver(None if on_text is None else lambda text: self._count(on_text(text)))

            def count_written(text: str | bytes) -> bool:
                written: bool = write(text)
                self.written += written
                return written

            way |= {"receive": count_taken, "send": count_written}
        await self.app(scope, receive, send)

    def _count(self, taken: bool) -> bool:
        self.taken += taken
        return taken


async def test_events_and_answers_are_handed_over_by_plain_calls() -> None:
    app = PyView(secret="t3st-s3cret-of-at-least-thirty-two-bytes")
    app.add_live_view("/", Adder)
    counted = Counted(app)
    with serving(counted) as base_url:
        async with httpx.AsyncClient(base_url=base_url) as http:
            page = ChaosPage(http, "/")
            await page.open()
            assert [(await page.push("add", {"by": by}))["total"] for by in range(1, 11)][-1] == 55
            await page.close()
    assert counted.taken == 11  # the join and the events
    assert counted.written >= 11  # the answers, and that to the join
