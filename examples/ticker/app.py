"""Serve the ticker alone: ``pyview dev examples.ticker.app:app``.

A background task of the application moves the market once a second and broadcasts the prices to all pages.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from examples.page import assets, page
from examples.ticker.ticker import TOPIC, TickerLiveView
from pyview import PyView

SECONDS = 1.0


async def trade(app: PyView) -> None:
    """Move the market and broadcast its quotes, until cancelled."""
    while True:
        await asyncio.sleep(SECONDS)
        await app.pubsub.broadcast(TOPIC, TickerLiveView.market.step())


@asynccontextmanager
async def lifespan(app: PyView) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        trading = tasks.create_task(trade(app))
        yield
        trading.cancel()


app = PyView(lifespan=lifespan)
app.rootTemplate = page("Ticker")
app.mount("/assets", assets)
app.add_live_view("/", TickerLiveView)
