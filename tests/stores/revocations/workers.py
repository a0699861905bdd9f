"""Helpers for workers that share a store."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from time import monotonic

from pyview.stores.revocations import Revocations


class Workers:
    def __init__(self, make: Callable[[], Revocations], stack: AsyncExitStack) -> None:
        self._make = make
        self._stack = stack

    async def one_more(self) -> Revocations:
        worker = self._make()
        await worker.start()
        self._stack.push_async_callback(worker.close)
        return worker


class RecordingListener:
    """Records the keys that it is notified of; subscribes if `worker` is given."""

    def __init__(self, worker: Revocations | None = None) -> None:
        self.keys: list[str] = []
        if worker is not None:
            worker.subscribe(self)

    def __call__(self, key: str) -> None:
        self.keys.append(key)


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until `condition` holds; `seconds` at most."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, f"not within {seconds} seconds"
        await asyncio.sleep(0.01)


async def wait_for_update(worker: Revocations) -> None:
    """Wait until `worker` has read the store for the first time."""
    await until(lambda: worker.staleness() < 10, 5)
