"""Names of a view's context that async work fills: loading first, then the result, or why there is none.

Streams that async work fills: with what it returns, or item by item with what it yields.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from inspect import isasyncgen, isasyncgenfunction
from typing import Any, Protocol, TypeAlias

from pyview.background.result import AsyncFailure, AsyncResult, completed, loading
from pyview.background.work import Key, TaskSource
from pyview.observability.error_ids import LogCrash
from pyview.stream import Stream

ASSIGN = "assign_async"


class ContextHolder(Protocol):
    """The part of a socket that the template sees."""

    context: Any


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one `assign_async` fills in: one name with what the work returns, or `several` with what it maps them to."""

    socket: ContextHolder
    names: tuple[str, ...]
    several: bool
    log_crash: LogCrash

    def begin(self, reset: bool) -> None:
        """The names are loading; with `reset`, what stood there before is forgotten."""
        for name in self.names:
            put(self.socket, name, loading(None if reset else find(self.socket, name)))

    async def on_result(self, outcome: AsyncResult[Any], keys: frozenset[Key]) -> None:
        """The work is done; `keys` are those that no later work has taken."""
        results = self._results(outcome)
        for name in self.names:
            if any(key.name == name for key in keys):
                put(self.socket, name, completed(find(self.socket, name), results[name]))

    def _results(self, outcome: AsyncResult[Any]) -> Mapping[str, AsyncResult[Any]]:
        if outcome.failed is not None or not self.several:
            return dict.fromkeys(self.names, outcome)
        found = outcome.result
        if isinstance(found, Mapping) and found.keys() >= set(self.names):
            return {name: AsyncResult.of(found[name]) for name in self.names}
        return dict.fromkeys(self.names, self._misfit(found))

    def _misfit(self, found: object) -> AsyncResult[Any]:
        got = f"keys {sorted(found)}" if isinstance(found, Mapping) else type(found).__name__
        error = TypeError(
            f"assign_async({list(self.names)!r}) needs a mapping with a value for each of these names, got {got}"
        )
        number = self.log_crash("what the work of assign_async returned", error)
        return AsyncResult(failed=AsyncFailure("crashed", error, number))


def listed(names: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several, as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)


def find(socket: ContextHolder, name: str) -> Any:
    """What a name of the context stands for; None if there is no such name."""
    context = socket.context
    return context.get(name) if isinstance(context, Mapping) else getattr(context, name, None)


def put(socket: ContextHolder, name: str, value: Any) -> None:
    """Let a name of the context stand for `value`."""
    if isinstance(socket.context, Mapping):
        socket.context[name] = value  # type: ignore[index]  # a context that nobody may write to says so itself
    else:
        setattr(socket.context, name, value)


RunsInProcess: TypeAlias = Callable[[Callable[[], None]], Awaitable[None]]
"""Calls a function in the view's own turn; over when the page has been sent what came of it."""


@dataclass(slots=True)
class Filling:
    """What one `stream_async` puts into a stream. The name in the context says how far it is; it holds no item."""

    socket: ContextHolder
    stream: Stream[Any]
    at: int
    limit: int | None
    reset: bool
    log_crash: LogCrash

    def begin(self) -> None:
        """The name is loading."""
        self._say(loading(find(self.socket, self.stream.name)))

    def job(
        self,
        given: "TaskSource | Callable[[], AsyncIterator[Any]] | AsyncIterator[Any]",
        run_in_process: RunsInProcess,
    ) -> TaskSource:
        """The work: a generator is drained into the stream."""
        generator: Any = given() if isasyncgenfunction(given) else given
        return self._pour(generator, run_in_process) if isasyncgen(generator) else generator

    async def on_result(self, outcome: AsyncResult[Any], keys: frozenset[Key]) -> None:
        """The work is done: with what it returned, or None when it has poured all it had."""
        if outcome.ok and outcome.result is not None:
            outcome = self._taken(outcome.result)
        self._say(completed(find(self.socket, self.stream.name), replace(outcome, result=None)))

    async def _pour(self, generator: Any, run_in_process: RunsInProcess) -> None:
        try:
            async for item in generator:
                self.stream.dom_id(item)  # an item without one fails the work, not the view
                await run_in_process(partial(self._insert, [item]))
            await run_in_process(partial(self._insert, []))
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
