"""Limits in the real client: it recovers when the server closes its socket or refuses an event."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket, expect
from starlette.types import ASGIApp

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig, is_connected
from pyview.template.live_template import LiveTemplate
from tests.browser.retry import until

Serve = Callable[[ASGIApp], str]
EVENTS = 120
BUTTON = "<button phx-click='inc'>+</button>"


class Harness:
    """A counter, with the number of its page loads and mounts."""

    def __init__(self, **limits: Any) -> None:
        harness = self
        self.loads = self.mounts = 0

        class Counter(LiveView[dict[str, int]]):
            template = LiveTemplate.from_string(
                f"<output>{{{{ n }}}}</output>{BUTTON * EVENTS}",
                "counter.html",
            )

            async def mount(self, socket: LiveViewSocket[dict[str, int]], session: Any) -> None:
                socket.context = {"n": 0}
                if is_connected(socket):
                    harness.mounts += 1
                else:
                    harness.loads += 1

            async def handle_event(
                self, event: str, payload: Any, socket: LiveViewSocket[dict[str, int]]
            ) -> None:
                socket.context["n"] += 1

        self.app = PyView(
            secret="t3st-s3cret-of-at-least-thirty-two-bytes", security=SecurityConfig(**limits)
        )
        self.app.add_live_view("/", Counter)


@pytest.mark.parametrize("limits", [{"idle_timeout": 1.0}, {"socket_max_age": 1.0}], ids=str)
def test_the_page_reconnects_without_a_reload(serve: Serve, page: Page, limits: dict[str, float]) -> None:
    harness = Harness(**limits)
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: sockets.append(socket))
    page.goto(serve(harness.app))
    until(page, lambda: len(sockets) > 1)

    def clicked() -> bool:
        page.locator("button").first.click()
        return page.locator("output").inner_text() != "0"

    until(page, clicked)  # on a busy machine the next socket may have been closed as well
    assert harness.mounts == 1  # the detached view was rejoined
    assert harness.loads == 1


def test_the_page_works_after_a_flood(serve: Serve, page: Page, caplog: pytest.LogCaptureFixture) -> None:
    harness = Harness(rate=20, burst=10)
    page.goto(serve(harness.app))
    expect(page.locator("[data-phx-main].phx-connected")).to_be_attached()
    refused: list[str] = []
    page.on(
        "console", lambda message: refused.append(message.text) if "rate_limited" in message.text else None
    )
    page.evaluate("for (const button of document.querySelectorAll('button')) button.click()")
    until(page, lambda: len(refused) + int(page.locator("output").inner_text()) == EVENTS)
    before = int(page.locator("output").inner_text())
    assert 0 < before < EVENTS  # the join and a heartbeat count as well
    assert any("auth.rate_limited" in message for message in caplog.messages)
    page.wait_for_timeout(500)  # time for ten more events
    for more, button in enumerate([page.locator("button").first, page.locator("button").last], 1):
        button.click()
        expect(page.locator("output")).to_have_text(str(before + more))
    assert (harness.loads, harness.mounts) == (1, 1)
