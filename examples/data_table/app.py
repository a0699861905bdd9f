"""Serve the tables alone: ``pyview dev examples.data_table.app:app``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from examples.data_table.live import TOPIC, LiveTableView
from examples.data_table.orders import OrdersLiveView
from examples.data_table.sensors import SENSORS
from examples.data_table.store import STORE
from examples.data_table.weather import WeatherLiveView
from examples.page import assets, page
from pyview import PyView

SECONDS = 0.5


async def measure(app: PyView) -> None:
    """Read a sensor twice a second, and broadcast the reading."""
    while True:
        await asyncio.sleep(SECONDS)
        await app.pubsub.broadcast(TOPIC, SENSORS.read_next())


@asynccontextmanager
async def lifespan(app: PyView) -> AsyncIterator[None]:
    async with STORE.opened(), asyncio.TaskGroup() as tasks:
        measuring = tasks.create_task(measure(app))
        yield
        measuring.cancel()


app = PyView(lifespan=lifespan)
app.rootTemplate = page("Data tables")
app.mount("/assets", assets)
app.add_live_view("/", OrdersLiveView)
app.add_live_view("/weather", WeatherLiveView)
app.add_live_view("/live", LiveTableView)
