"""Names of a view's context that async work fills: loading first, then the result, or why there is none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pyview.async_result import AsyncFailure, AsyncResult, loading, settled
from pyview.async_work import Key
from pyview.observability.error_ids import LogCrash

ASSIGN = "assign_async"


class HasContext(Protocol):
    """The part of a socket that the template sees."""

    context: Any


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one `assign_async` fills in: one name with what the work returns, or `several` with what it maps them to."""

    socket: HasContext
    names: tuple[str, ...]
    several: bool
    log_crash: LogCrash

    def begin(self, reset: bool) -> None:
        """The names are loading; with `reset`, what stood there before is forgotten."""
        for name in self.names:
            put(self.socket, name, loading(None if reset else find(self.socket, name)))

    async def land(self, outcome: AsyncResult[Any], keys: frozenset[Key]) -> None:
        """The work is done; `keys` are those that no later work has taken."""
        results = self._results(outcome)
        for name in self.names:
            if any(key.name == name for key in keys):
                put(self.socket, name, settled(find(self.socket, name), results[name]))

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


def find(socket: HasContext, name: str) -> Any:
    """What a name of the context stands for; None if there is no such name."""
    context = socket.context
    return context.get(name) if isinstance(context, Mapping) else getattr(context, name, None)


def put(socket: HasContext, name: str, value: Any) -> None:
    """Let a name of the context stand for `value`."""
    if isinstance(socket.context, Mapping):
        socket.context[name] = value  # type: ignore[index]  # a context that nobody may write to says so itself
    else:
        setattr(socket.context, name, value)
