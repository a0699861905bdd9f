"""Streams that async work fills: with what it returns, or item by item with what it yields."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from inspect import isasyncgen, isasyncgenfunction
from typing import Any, TypeAlias

from pyview.async_assigns import HasContext, find, put
from pyview.async_result import AsyncFailure, AsyncResult, loading, settled
from pyview.async_work import Job, Key
from pyview.observability.error_ids import LogCrash
from pyview.stream import Stream

InTurn: TypeAlias = Callable[[Callable[[], None]], Awaitable[None]]
"""Calls a function in the view's own turn; over when the page has been sent what came of it."""


@dataclass(slots=True)
class Filling:
    """What one `stream_async` puts into a stream. The name in the context says how far it is; it holds no item."""

    socket: HasContext
    stream: Stream[Any]
    at: int
    limit: int | None
    reset: bool
    log_crash: LogCrash

    def begin(self) -> None:
        """The name is loading."""
        self._say(loading(find(self.socket, self.stream.name)))

    def job(
        self, given: "Job | Callable[[], AsyncIterator[Any]] | AsyncIterator[Any]", in_turn: InTurn
    ) -> Job:
        """The work: a generator is drained into the stream."""
        generator: Any = given() if isasyncgenfunction(given) else given
        return self._pour(generator, in_turn) if isasyncgen(generator) else generator

    async def land(self, outcome: AsyncResult[Any], keys: frozenset[Key]) -> None:
        """The work is done: with what it returned, or None when it has poured all it had."""
        if outcome.ok and outcome.result is not None:
            outcome = self._taken(outcome.result)
        self._say(settled(find(self.socket, self.stream.name), replace(outcome, result=None)))

    async def _pour(self, generator: Any, in_turn: InTurn) -> None:
        try:
            async for item in generator:
                self.stream.dom_id(item)  # an item without one fails the work, not the view
                await in_turn(partial(self._insert, [item]))
            await in_turn(partial(self._insert, []))
        finally:
            await generator.aclose()

    def _taken(self, items: Any) -> AsyncResult[Any]:
        try:
            self._insert(items)
        except TypeError as error:
            number = self.log_crash(f"what the work of stream_async for {self.stream!r} returned", error)
            return AsyncResult(failed=AsyncFailure("crashed", error.with_traceback(None), number))
        return AsyncResult(ok=True)

    def _insert(self, items: Any) -> None:
        if self.reset:
            self.reset = False
            self.stream.reset()
        self.stream.insert_many(items, at=self.at, limit=self.limit)

    def _say(self, state: AsyncResult[Any]) -> None:
        put(self.socket, self.stream.name, state)
