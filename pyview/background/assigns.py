"""Names of a view's context, and streams, that an async task fills: loading first, then the result or the failure."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from inspect import isasyncgen, isasyncgenfunction
from typing import Any, TypeAlias

from pyview.background.result import AsyncFailure, AsyncResult, completed, loading
from pyview.background.tasks import Key, TaskSource
from pyview.hooks.attached import HasContext
from pyview.observability.error_ids import LogCrash
from pyview.stream import Stream

ASSIGN = "assign_async"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One call of `assign_async`: it fills one name, or with `several` each name from a mapping."""

    socket: HasContext
    names: tuple[str, ...]
    several: bool
    log_crash: LogCrash

    def begin(self, reset: bool) -> None:
        """Set the names to loading; with `reset`, without their earlier results."""
        for name in self.names:
            put(self.socket, name, loading(None if reset else find(self.socket, name)))

    async def on_result(self, result: AsyncResult[Any], keys: frozenset[Key]) -> None:
        """Fill the names; `keys` are those that no later task has replaced."""
        results = self._results(result)
        # One of several names may belong to a later task by now; the others still get this result.
        for name in self.names:
            if any(key.name == name for key in keys):
                put(self.socket, name, completed(find(self.socket, name), results[name]))

    def _results(self, result: AsyncResult[Any]) -> Mapping[str, AsyncResult[Any]]:
        if result.failed is not None or not self.several:
            return dict.fromkeys(self.names, result)
        found = result.result
        if isinstance(found, Mapping) and found.keys() >= set(self.names):
            return {name: AsyncResult.of(found[name]) for name in self.names}
        got = f"keys {sorted(found)}" if isinstance(found, Mapping) else type(found).__name__
        error = TypeError(
            f"assign_async({list(self.names)!r}) expected a mapping with a value for each of these names, got {got}"
        )
        error_id = self.log_crash("the result of assign_async", error)
        return dict.fromkeys(self.names, AsyncResult(failed=AsyncFailure("crashed", error, error_id)))


def listed(names: str | Iterable[str]) -> tuple[str, ...]:
    """Return one name or several as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)


def find(socket: HasContext, name: str) -> Any:
    """Return the value of a name of the context, None if there is no such name."""
    context = socket.context
    return context.get(name) if isinstance(context, Mapping) else getattr(context, name, None)


def put(socket: HasContext, name: str, value: Any) -> None:
    """Set a name of the context to `value`."""
    if isinstance(socket.context, Mapping):
        socket.context[name] = value  # type: ignore[index]  # a read-only mapping raises its own error
    else:
        setattr(socket.context, name, value)


RunsInProcess: TypeAlias = Callable[[Callable[[], None]], Awaitable[None]]
"""Calls a function in the view's process; returns when the change has been sent to the page."""


@dataclass(slots=True)
class StreamAssignment:
    """One call of `stream_async`. The name in the context has the state of the task; the stream has the items."""

    socket: HasContext
    stream: Stream[Any]
    at: int
    limit: int | None
    reset: bool
    log_crash: LogCrash

    def begin(self) -> None:
        """Set the name to loading."""
        self._set_state(loading(find(self.socket, self.stream.name)))

    def job(
        self,
        source: "TaskSource | Callable[[], AsyncIterator[Any]] | AsyncIterator[Any]",
        run_in_process: RunsInProcess,
    ) -> TaskSource:
        """Return the job of the task: an async generator becomes one that inserts its values into the stream."""
        generator: Any = source() if isasyncgenfunction(source) else source
        return self._insert_each(generator, run_in_process) if isasyncgen(generator) else generator

    async def on_result(self, result: AsyncResult[Any], keys: frozenset[Key]) -> None:
        """Insert the returned items, and set the name to the result. A generator returns None."""
        if result.ok and result.result is not None:
            result = self._inserted(result.result)
        self._set_state(completed(find(self.socket, self.stream.name), replace(result, result=None)))

    async def _insert_each(self, generator: Any, run_in_process: RunsInProcess) -> None:
        try:
            async for item in generator:
                # An item without an id raises here and fails the task. In `run_in_process` it would crash the view.
                self.stream.dom_id(item)
                await run_in_process(partial(self._insert, [item]))
            # Also without items: `reset` must empty the stream.
            await run_in_process(partial(self._insert, []))
        finally:
            await generator.aclose()

    def _inserted(self, items: Any) -> AsyncResult[Any]:
        try:
            self._insert(items)
        except TypeError as error:
            error_id = self.log_crash(f"the result of stream_async for {self.stream!r}", error)
            return AsyncResult(failed=AsyncFailure("crashed", error.with_traceback(None), error_id))
        return AsyncResult(ok=True)

    def _insert(self, items: Any) -> None:
        # Not at the start of the task: the earlier items stay in the page until there are new ones.
        if self.reset:
            self.reset = False
            self.stream.reset()
        self.stream.insert_many(items, at=self.at, limit=self.limit)

    def _set_state(self, state: AsyncResult[Any]) -> None:
        put(self.socket, self.stream.name, state)
