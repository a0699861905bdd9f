"""Asking sites whether they answer, and how fast; nothing about live views."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking `url`: `text` in words, `milliseconds` how long it took, None where nothing came."""

    url: str
    text: str
    milliseconds: int | None = None
    is_fine: bool = False


class Pinger:
    """Asks the sites at `urls`; with `app`, an ASGI application answers for all of them. `patience` in seconds."""

    def __init__(self, urls: Sequence[str], app: Any = None, patience: float = 2.0) -> None:
        self.urls = tuple(urls)
        self._app = app
        self._patience = patience

    async def ask(self, url: str) -> Answer:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._patience):
                status = await self._status(url)
        except TimeoutError:
            return Answer(url, f"no answer within {self._patience:g} s")
        except httpx.HTTPError as error:
            return Answer(url, f"cannot be reached: {type(error).__name__}")
        milliseconds = round((time.perf_counter() - started) * 1000)
        return Answer(url, f"status {status}", milliseconds, is_fine=status < 400)

    async def _status(self, url: str) -> int:
        transport = None if self._app is None else httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, timeout=self._patience) as client:
            return (await client.head(url)).status_code
