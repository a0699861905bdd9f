"""A page of stock prices that subscribes to a topic and shows each broadcast."""

from random import Random
from typing import Any, TypedDict

from examples.ticker.market import Market, Quote
from pyview import LiveView, LiveViewSocket
from pyview.events import info

TOPIC = "quotes"


class TickerContext(TypedDict):
    quotes: tuple[Quote, ...]


class TickerLiveView(LiveView[TickerContext]):
    market = Market(Random())

    async def mount(self, socket: LiveViewSocket[TickerContext], session: Any) -> None:
        await socket.subscribe(TOPIC)
        socket.context = {"quotes": self.market.quotes}

    @info(TOPIC)
    async def update(self, socket: LiveViewSocket[TickerContext], payload: tuple[Quote, ...]) -> None:
        socket.context["quotes"] = payload
