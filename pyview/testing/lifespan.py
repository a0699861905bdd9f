"""An application's start-up and shutdown, driven as a server drives them."""

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message


class Lifespan:
    """Runs the ASGI lifespan of one application. What start-up or shutdown raises is raised here."""

    def __init__(self, app: ASGIApp) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        self._task = asyncio.create_task(self._run())
        await self._say("lifespan.startup")

    async def shutdown(self) -> None:
        if self._task is not None and not self._task.done():
            await self._say("lifespan.shutdown")
            await self._task

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        await self._app(scope, self._to_app.get, self._from_app.put)

    async def _say(self, event: str) -> None:
        await self._to_app.put({"type": event})
        answer = await self._answer(event)
        if answer["type"] == f"{event}.failed":
            await self._raise_from_task()
            raise RuntimeError(f"the application's {event} failed: {answer.get('message', '')}")

    async def _answer(self, event: str) -> Message:
        assert self._task is not None
        answer = asyncio.create_task(self._from_app.get())
        await asyncio.wait({answer, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        answer.cancel()
        await self._raise_from_task()
        return {"type": f"{event}.complete"}  # an application may return where it has nothing to do

    async def _raise_from_task(self) -> None:
        """The application's own exception tells more than its message."""
        assert self._task is not None
        await self._task
