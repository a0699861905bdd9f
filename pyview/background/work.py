"""The work that one view has going on beside its mailbox: asyncio tasks by name, ended with the view."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from inspect import iscoroutine
from typing import Any, NamedTuple, TypeAlias

from pyview.background.result import AsyncFailure, AsyncResult
from pyview.observability.error_ids import LogCrash
from pyview.threads import off_loop

TaskSource: TypeAlias = Callable[[], Any] | Awaitable[Any]
"""What is to be done: an `async def` function, a `def` for a worker thread, or a coroutine."""


class Key(NamedTuple):
    """Key of a task: one name, of a view (`cid` None) or of one of its components. The last to take a key keeps it."""

    cid: int | None
    kind: str
    name: Hashable


OnResult: TypeAlias = Callable[[AsyncResult[Any], frozenset[Key]], Awaitable[None]]
"""Takes the outcome into the view, for the keys that no later work has taken. Called in the view's own turn."""


class AsyncTask:
    """One task and the recipient of its result. A task that has lost all of its keys is ignored."""

    __slots__ = ("keys", "on_result", "task", "title")

    task: asyncio.Task[Any]

    def __init__(self, title: str, keys: set[Key], on_result: OnResult) -> None:
        self.title = title
        self.keys = keys
        self.on_result = on_result


class AsyncTasks:
    """The running work of one view. `post` files a `AsyncTask` and its outcome in the mailbox; it returns at once.

    `view` is what the log calls the view, `limit` how much may go on at a time.
    """

    __slots__ = ("_limit", "_over", "_post", "_running", "_tasks", "_view", "log_crash")

    def __init__(
        self, view: str, post: Callable[[AsyncTask, AsyncResult[Any]], None], limit: int, log_crash: LogCrash
    ) -> None:
        self._view = view
        self.log_crash = log_crash
        self._post = post
        self._limit = limit
        self._over = False
        self._running: dict[Key, AsyncTask] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, keys: Iterable[Key], job: TaskSource, on_result: OnResult) -> None:
        """Begin, in a task of its own. What went on under the same keys is cancelled, its outcome never seen.

        Raises `TooMuchWork`.
        """
        if self._over:  # a handler may outlast its view, and nobody would cancel what it starts
            dismiss(job)
            return
        claimed = set(keys)
        if len(self._tasks) >= self._limit:
            dismiss(job)
            raise TooMuchWork(f"{self._view} has {self._limit} async tasks running; it may not start another")
        self._take(claimed)
        title = ", ".join(sorted(repr(key.name) for key in claimed))
        work = AsyncTask(f"the async work {title}", claimed, on_result)
        self._running.update(dict.fromkeys(claimed, work))
        work.task = asyncio.get_running_loop().create_task(_coroutine(job))
        self._tasks.add(work.task)
        work.task.add_done_callback(lambda task: self._ended(work, task))

    def stop(self, key: Key) -> bool:
        """Cancel what goes on under a key: its outcome is a failure. False if nothing did."""
        work = self._running.get(key)
        return work is not None and work.task.cancel()

    def names(self, cid: int | None, kind: str) -> list[Hashable]:
        """The names of one kind under which something goes on."""
        return [key.name for key in self._running if key.cid == cid and key.kind == kind]

    def settle(self, work: AsyncTask) -> frozenset[Key]:
        """The outcome is taken in now: the keys it is for, which are free again."""
        keys = frozenset(work.keys)
        self._take(keys)
        return keys

    def drop(self, cid: int) -> None:
        """A component has gone: nobody waits for its work."""
        self._take({key for key in self._running if key.cid == cid})

    def cancel(self) -> None:
        """The view has ended: what goes on is cancelled, and nothing begins any more."""
        self._over = True
        self._take(set(self._running))

    def _take(self, keys: Iterable[Key]) -> None:
        for key in keys:
            work = self._running.pop(key, None)
            if work is not None:
                work.keys.discard(key)
                if not work.keys:
                    work.task.cancel()

    def _ended(self, work: AsyncTask, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        outcome = self._outcome(work, task)
        if work.keys:
            self._post(work, outcome)

    def _outcome(self, work: AsyncTask, task: asyncio.Task[Any]) -> AsyncResult[Any]:
        if task.cancelled():
            return AsyncResult(failed=AsyncFailure("cancelled"))
        error = task.exception()
        if error is None:
            return AsyncResult.of(task.result())
        number = self.log_crash(work.title, error)
        told = error.with_traceback(None) if isinstance(error, Exception) else None
        return AsyncResult(failed=AsyncFailure("crashed", told, number))


class TooMuchWork(RuntimeError):
    """More tasks than one view may have."""


def dismiss(job: object) -> None:
    """Nobody will do it."""
    if iscoroutine(job):
        job.close()


async def _called(job: Callable[[], Any]) -> Any:
    result = off_loop(job)()
    return await result if isinstance(result, Awaitable) else result


async def _awaited(job: Awaitable[Any]) -> Any:
    return await job


def _coroutine(job: TaskSource) -> Any:
    if iscoroutine(job):
        return job
    return _called(job) if callable(job) else _awaited(job)
