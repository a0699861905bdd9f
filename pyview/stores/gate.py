"""Questions to a store that may not answer: callers that can do without the answer do not wait for it."""

import asyncio
import math
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from pyview.stores.health import StoreUnavailable

T = TypeVar("T")


class StoreGate:
    """Asks one store. While it is lost, one question at a time waits for it, and the others fail at once.

    A frozen server keeps each question waiting until its timeout. Without the gate, each event of each user would wait
    as long.
    """

    def __init__(self) -> None:
        self._lost = False
        self._probe: asyncio.Task[Any] | None = None

    async def ask(
        self, question: Callable[[], Awaitable[T]], *, needed: bool, patience: float = math.inf
    ) -> T:
        """Return the answer of `question`, which raises `StoreUnavailable` if the store does not answer.

        A caller that can do without the answer (not `needed`) waits for `patience` seconds, and not at all while the
        store is lost. Raises `StoreUnavailable` then; the question goes on, and what it does with its answer counts.
        """
        is_patient = math.isinf(patience)
        if self._is_probing() and (self._lost or not (needed or is_patient)):
            raise StoreUnavailable("the store has not answered the question before this one")
        if is_patient and not self._lost:
            return await self._answer(question)
        task = _started(self._answer(question))
        task.add_done_callback(_retrieve)
        if self._lost:
            self._probe = task
            patience = math.inf if needed else 0.0
        if not task.done():
            await asyncio.wait((task,), timeout=None if math.isinf(patience) else patience)
        if not task.done():
            self._probe = task
            raise StoreUnavailable("the store has not answered yet")
        return task.result()

    def _is_probing(self) -> bool:
        probe = self._probe
        if probe is None or probe.done():
            return False
        # A question of an event loop that has ended never gets its answer.
        return probe.get_loop() is asyncio.get_running_loop()

    async def _answer(self, question: Callable[[], Awaitable[T]]) -> T:
        try:
            answer = await question()
        except StoreUnavailable:
            self._lost = True
            raise
        self._lost = False
        return answer


def _started(answer: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        # A SQLite file answers without a wait: then there is nothing to schedule.
        return asyncio.Task(answer, loop=loop, eager_start=True)
    return loop.create_task(answer)


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Take the exception of a question whose caller has gone: the next one raises it again."""
    if not task.cancelled():
        task.exception()
