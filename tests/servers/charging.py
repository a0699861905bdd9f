"""Application with a slow handler that must not be interrupted: it writes its steps to the file at `BOOK`.

Beside that file, each worker that has started leaves one named after its process.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate

SECONDS = float(os.environ.get("CHARGE_SECONDS", "2"))


def note(line: str) -> None:
    with Path(os.environ["BOOK"]).open("a") as book:
        book.write(f"{line}\n")


class Charge(LiveView[dict[str, int]]):
    template = LiveTemplate.from_string("<p>{{ count }}</p>", "charge.html")

    async def mount(self, socket: LiveViewSocket[dict[str, int]], session: Any) -> None:
        socket.context = {"count": 0}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, int]]) -> None:
        note("begins")
        try:
            await asyncio.sleep(SECONDS)
        except asyncio.CancelledError:
            note("cancelled")
            raise
        note("booked")

    async def disconnect(self, socket: LiveViewSocket[dict[str, int]]) -> None:
        note("disconnect")


class ChargeInThread(Charge):
    def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, int]]) -> None:  # type: ignore[override]
        note("begins")
        time.sleep(SECONDS)
        note("booked")


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    Path(f"{os.environ['BOOK']}.{os.getpid()}").touch()
    yield


limits = {
    name: float(os.environ[name])
    for name in ("drain_delay", "drain_timeout", "handler_grace")
    if name in os.environ
}
app = PyView(
    secret="t3st-s3cret-of-at-least-thirty-two-bytes",
    security=SecurityConfig(**limits),  # type: ignore[arg-type]
    lifespan=lifespan,
)
app.add_live_view("/count", ChargeInThread if os.environ.get("IN_THREAD") else Charge)
