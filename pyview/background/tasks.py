"""The asyncio tasks of one view: each under a name, its result posted to the mailbox, cancelled with the view."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from inspect import iscoroutine
from typing import Any, NamedTuple, TypeAlias

from pyview.background.result import AsyncFailure, AsyncResult
from pyview.observability.error_ids import LogCrash
from pyview.threads import off_loop

TaskSource: TypeAlias = Callable[[], Any] | Awaitable[Any]
"""An `async def` function without parameters, a `def` for a worker thread, or a coroutine."""


class Key(NamedTuple):
    """Name of a task, in a view (`cid` None) or in one of its components. A new task replaces the one under its key."""

    cid: int | None
    kind: str
    name: Hashable


OnResult: TypeAlias = Callable[[AsyncResult[Any], frozenset[Key]], Awaitable[None]]
"""Handles the result, for the keys that no later task has replaced. The view's process calls it."""


class AsyncTask:
    """One task and the handler of its result. The result of a task without keys is dropped."""

    __slots__ = ("keys", "on_result", "task", "title")

    task: asyncio.Task[Any]

    def __init__(self, title: str, keys: set[Key], on_result: OnResult) -> None:
        self.title = title
        self.keys = keys
        self.on_result = on_result


class AsyncTasks:
    """The running tasks of one view.

    `post` puts a finished task and its result into the mailbox, and returns at once. `view`: name of the view in the
    log. `limit`: how many tasks may run at a time.
    """

    __slots__ = ("_closed", "_limit", "_post", "_running", "_tasks", "_view", "log_crash")

    def __init__(
        self, view: str, post: Callable[[AsyncTask, AsyncResult[Any]], None], limit: int, log_crash: LogCrash
    ) -> None:
        self._view = view
        self.log_crash = log_crash
        self._post = post
        self._limit = limit
        self._closed = False
        # By key, for replacing. A task that was replaced stays in `_tasks` until it has ended: asyncio itself refers to
        # tasks only weakly, and a cancelled task that goes on still counts towards the limit.
        self._running: dict[Key, AsyncTask] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, keys: Iterable[Key], job: TaskSource, on_result: OnResult) -> None:
        """Start a task. Cancel the tasks under the same keys, and drop their results.

        Raises `TooMuchWork`.
        """
        if (
            self._closed
        ):  # a handler may run longer than its view, and no one would cancel a task that it starts
            dismiss(job)
            return
        taken = set(keys)
        if len(self._tasks) >= self._limit:
            dismiss(job)
            raise TooMuchWork(f"{self._view} has {self._limit} async tasks running; it may not start another")
        # Only now: if the limit refuses this task, the earlier ones under its keys go on.
        self._release(taken)
        title = ", ".join(sorted(repr(key.name) for key in taken))
        started = AsyncTask(f"the async work {title}", taken, on_result)
        self._running.update(dict.fromkeys(taken, started))
        started.task = asyncio.get_running_loop().create_task(_coroutine(job))
        self._tasks.add(started.task)
        started.task.add_done_callback(lambda task: self._done(started, task))

    def stop(self, key: Key) -> bool:
        """Cancel the task under `key`; its result is a failure. Return False if there is none."""
        found = self._running.get(key)
        return found is not None and found.task.cancel()

    def names(self, cid: int | None, kind: str) -> list[Hashable]:
        """Return the names of the running tasks of one kind."""
        return [key.name for key in self._running if key.cid == cid and key.kind == kind]

    def take_keys(self, done: AsyncTask) -> frozenset[Key]:
        """Return the keys that the result of a finished task is for, and free them for other tasks.

        The view calls this when the result's turn comes. Until then, a later task with the same key may replace it.
        """
        keys = frozenset(done.keys)
        self._release(keys)
        return keys

    def drop(self, cid: int) -> None:
        """Cancel the tasks of a removed component."""
        self._release({key for key in self._running if key.cid == cid})

    def cancel(self) -> None:
        """Cancel all tasks, and start no more: the view has ended."""
        self._closed = True
        self._release(set(self._running))

    def _release(self, keys: Iterable[Key]) -> None:
        for key in keys:
            found = self._running.pop(key, None)
            if found is not None:
                found.keys.discard(key)
                # A task for several names runs on until the last of them has been replaced.
                if not found.keys:
                    found.task.cancel()

    def _done(self, done: AsyncTask, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        # Also without keys: the crash of a task that was replaced is logged, too.
        result = self._result(done, task)
        if done.keys:
            self._post(done, result)

    def _result(self, done: AsyncTask, task: asyncio.Task[Any]) -> AsyncResult[Any]:
        if task.cancelled():
            return AsyncResult(failed=AsyncFailure("cancelled"))
        error = task.exception()
        if error is None:
            return AsyncResult.of(task.result())
        error_id = self.log_crash(done.title, error)
        shown = error.with_traceback(None) if isinstance(error, Exception) else None
        return AsyncResult(failed=AsyncFailure("crashed", shown, error_id))


class TooMuchWork(RuntimeError):
    """A view has started more tasks than `SecurityConfig.max_async_work`."""


def dismiss(job: object) -> None:
    """Close a coroutine that will not run, so that Python does not warn about it."""
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
    # create_task() takes a coroutine and no other awaitable.
    return _called(job) if callable(job) else _awaited(job)
