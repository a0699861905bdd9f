"""Tasks of one view for parts of PyView that are built on sockets: they run beside it and change it in its turn."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Protocol

from pyview.background.tasks import AsyncTasks, Key, OnResult, TaskSource
from pyview.threads import on_loop


class TaskTarget(Protocol):
    """The runtime of a view, as its tasks use it."""

    def tasks(self) -> AsyncTasks: ...
    def run_in_process(self, cid: int | None, action: Callable[[], Any]) -> Awaitable[None]: ...


class ViewTasks:
    """Starts and stops tasks of one kind, each under a name. `cid` is the component that starts them."""

    __slots__ = ("_cid", "_kind", "_target")

    def __init__(self, target: TaskTarget, cid: int | None, kind: str) -> None:
        self._target = target
        self._cid = cid
        self._kind = kind

    def start(self, name: Hashable, job: TaskSource, on_result: OnResult) -> None:
        """Start a task; one of the same name is cancelled. Raises `TooMuchWork`."""
        # A plain `def` handler runs in a worker thread, and tasks can be started on the event loop only.
        on_loop(self._target.tasks().start, [self._key(name)], job, on_result)

    def stop(self, name: Hashable) -> bool:
        """Cancel a task. Return False if there is none of that name."""
        return on_loop(self._target.tasks().stop, self._key(name))

    def in_turn(self, action: Callable[[], Any], cid: int | None) -> Awaitable[None]:
        """Run `action` in the view's turn. It changes the component `cid` only, or with None the view."""
        return self._target.run_in_process(cid, action)

    def _key(self, name: Hashable) -> Key:
        return Key(self._cid, self._kind, name)
