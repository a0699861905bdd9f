"""Helpers for tests of `on_mount` hooks: a view that counts, and applications with hooks."""

from collections.abc import Callable, Sequence
from typing import Any

from pyview import LiveView, LiveViewSocket, PyView
from pyview.template.live_template import LiveTemplate

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[Any]
Hook = Callable[..., Any]


class Page(LiveView[dict[str, Any]]):
    """Counts how often it was created and mounted, for the HTTP response and for the join."""

    template = LiveTemplate.from_string("<p>{{ user }} {{ n }} {{ flash.get('info', '') }}</p>", "page.html")
    mount_once = False
    made: list[str]

    def __init_subclass__(cls) -> None:
        cls.made = []

    def __init__(self) -> None:
        self.made.append("made")

    async def mount(self, socket: Socket, session: Any) -> None:
        self.made.append("mounted")
        socket.context = {"n": 1}


def page_with(hooks: Sequence[Hook]) -> type[Page]:
    class Hooked(Page):
        on_mount = hooks

    return Hooked


def app_of(view: type[LiveView[Any]], **group: Any) -> PyView:
    app = PyView(secret=SECRET)
    app.live_session("members", **group).add_live_view("/members/{team}", view)
    app.add_live_view("/start", page_with([]))
    return app


def noted(socket: Socket) -> None:
    """A hook of a module, found_tenant compiled caller is cached."""
