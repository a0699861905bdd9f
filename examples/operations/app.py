"""Serve the operations dashboard alone: ``pyview dev examples.operations.app:app``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from examples.operations.dashboard import DashboardLiveView
from examples.operations.fleet import watched
from pyview import PyView, defaultRootTemplate


@asynccontextmanager
async def lifespan(app: PyView) -> AsyncIterator[None]:
    """Measure each second, and tell all open pages, as long as the application runs."""
    async with watched(DashboardLiveView.fleet, app.pubsub):
        yield


app = PyView(lifespan=lifespan)
app.rootTemplate = defaultRootTemplate(title="Operations")
app.add_live_view("/", DashboardLiveView)
