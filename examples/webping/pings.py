"""Ping sites over HTTP and measure the time; independent of live views."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Answer:
    """Result of a ping: a text for the user, and the duration, or None if there was no response."""

    url: str
    text: str
    milliseconds: int | None = None
    is_fine: bool = False


class Pinger:
    """Ping the sites at `urls`, or the ASGI application `app` in their place. `timeout` is in seconds."""

    def __init__(self, urls: Sequence[str], app: Any = None, timeout: float = 2.0) -> None:
        self.urls = tuple(urls)
        self._app = app
        self._timeout = timeout

    async def ask(self, url: str) -> Answer:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout):
                status = await self._status(url)
        except TimeoutError:
            return Answer(url, f"no answer within {self._timeout:g} s")
        except httpx.HTTPError as error:
            return Answer(url, f"cannot be reached: {type(error).__name__}")
        milliseconds = round((time.perf_counter() - started) * 1000)
        return Answer(url, f"status {status}", milliseconds, is_fine=status < 400)

    async def _status(self, url: str) -> int:
        transport = None if self._app is None else httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, timeout=self._timeout) as client:
            return (await client.head(url)).status_code
