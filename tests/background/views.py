"""Helpers for tests of background tasks: a task that waits for the test, and views that start tasks."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pyview import AsyncResult, LiveView, LiveViewSocket, PyView
from pyview.events import event
from pyview.template.live_template import LiveTemplate

PAGE = LiveTemplate.from_string("""
{% if orgs.loading %}<i>loading</i>{% endif %}
{% if orgs.ok %}<b>{{ orgs.result }}</b>{% endif %}
{% if orgs.failed %}<u>{{ orgs.failed }}</u>{% endif %}
""")

LOG = LiveTemplate.from_string("<p>{{ log }}</p>")


class Barrier:
    """A task that waits until the test opens the gate; it records its end."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.ended: list[str] = []
        self.begun = 0

    async def work(self) -> str:
        self.begun += 1
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.ended.append("cancelled")
            raise
        self.ended.append("done")
        return f"done {self.begun}"


@pytest.fixture
def gate() -> Barrier:
    return Barrier()


class Orgs(LiveView[dict[str, Any]]):
    """Starts `job` for each event `again`."""

    template = PAGE
    job: Callable[[], Any]

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.assign_async("orgs", self.job)

    @event
    async def again(self, socket: LiveViewSocket[dict[str, Any]], reset: bool = False) -> None:
        socket.assign_async("orgs", self.job, reset=reset)

    @event
    async def cancel(self, socket: LiveViewSocket[dict[str, Any]]) -> bool:
        return socket.cancel_async(socket.context["orgs"])


def app_of(view: type[LiveView[Any]], **settings: Any) -> PyView:
    app = PyView(**settings)
    app.add_live_view("/", view)
    return app


def orgs_of(job: Callable[..., Any], **settings: Any) -> PyView:
    return app_of(type("OrgsHere", (Orgs,), {"job": staticmethod(job)}), **settings)


class Worker(LiveView[dict[str, Any]]):
    """Starts `job` by name, and logs the result."""

    template = LOG
    job: Callable[[], Any]

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"log": ""}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> Any:
        if event == "cancel":
            return socket.cancel_async(payload["name"])
        socket.start_async(event, self.job)

    async def handle_async(
        self, name: str, result: AsyncResult[Any], socket: LiveViewSocket[dict[str, Any]]
    ) -> None:
        socket.context["log"] += (
            f"{name}:{result.result if result.ok else result.failed and result.failed.reason} "
        )


def worker_of(job: Callable[..., Any], **more: Any) -> type[LiveView[Any]]:
    return type("WorkerHere", (Worker,), {"job": staticmethod(job), **more})


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  what is waited for happens in a thread
            await asyncio.sleep(0.001)
