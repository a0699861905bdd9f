"""Ping several sites at once in async tasks: the page shows each result when it arrives and never waits."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, TypedDict

from examples.webping.pings import Answer, Pinger
from pyview import AsyncResult, LiveView, LiveViewSocket
from pyview.events import event


@dataclass(frozen=True, slots=True)
class Site:
    """A site with its latest result; `asking` is True while a ping is running."""

    url: str
    asking: bool = False
    answer: Answer | None = None


class PingContext(TypedDict):
    sites: dict[str, Site]


class WebpingLiveView(LiveView[PingContext]):
    pinger: ClassVar[Pinger]

    async def mount(self, socket: LiveViewSocket[PingContext], session: Any) -> None:
        socket.context = {"sites": {url: Site(url) for url in self.pinger.urls}}
        if socket.connected:
            await self.ask_all(socket)

    @event
    async def ask_all(self, socket: LiveViewSocket[PingContext]) -> None:
        for url in self.pinger.urls:
            self._ask(socket, url)

    @event
    async def ask(self, socket: LiveViewSocket[PingContext], site: str) -> None:
        if site in socket.context["sites"]:
            self._ask(socket, site)

    @event
    async def stop(self, socket: LiveViewSocket[PingContext]) -> None:
        for url, site in socket.context["sites"].items():
            if site.asking:
                socket.cancel_async(url)
                socket.context["sites"][url] = Site(url, answer=Answer(url, "cancelled"))

    async def handle_async(
        self, name: str, result: AsyncResult[Answer], socket: LiveViewSocket[PingContext]
    ) -> None:
        if result.ok:
            socket.context["sites"][name] = Site(name, answer=result.result)

    def _ask(self, socket: LiveViewSocket[PingContext], url: str) -> None:
        socket.context["sites"][url] = Site(url, asking=True)
        socket.start_async(url, partial(self.pinger.ask, url))


def webping(pinger: Pinger) -> type[WebpingLiveView]:
    """Return a view class for `pinger`. The URLs are fixed, so that a client cannot choose what the server requests."""
    return type("WebpingLiveView", (WebpingLiveView,), {"pinger": pinger, "__module__": __name__})
