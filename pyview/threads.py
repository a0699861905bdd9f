"""Plain `def` handlers run in worker threads, so that one that blocks does not keep the event loop from the others.

The threads are AnyIO's, as those of Starlette's own `def` endpoints: `anyio.from_thread.run` reaches back from them,
and `anyio.to_thread.current_default_thread_limiter()` says how many there may be.
"""

import asyncio
from collections.abc import Callable
from functools import partial, wraps
from inspect import isawaitable, isclass, iscoroutinefunction, unwrap
from threading import Lock
from types import FunctionType, MethodType
from typing import Any, TypeVar

from anyio import from_thread, to_thread

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

_MARK = "__pyview_inline__"
_POLL = 0.01


def inline(function: F) -> F:
    """Decorator for a plain `def` handler or hook that never blocks: it runs on the event loop.

    It saves the way to a worker thread and back, some 90 us; whatever it waits for, everybody waits for.
    """
    setattr(function, _MARK, True)
    return function


def off_loop(function: Callable[..., Any]) -> Callable[..., Any]:
    """What calls `function` without holding up the event loop: itself if it is `async def`, inline or a class."""
    if not _may_block(function):
        return function

    @wraps(function)
    async def called(*args: Any, **kwargs: Any) -> Any:
        result = await in_thread(function, *args, **kwargs)
        return await result if isawaitable(result) else result

    return called


async def in_thread(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """The result of `function`, called in a worker thread with the present context variables.

    A thread cannot be cancelled. Whoever is cancelled here waits for its end all the same: what comes next must not
    run beside it.
    """
    call = _Call(partial(function, *args, **kwargs))
    try:
        return await to_thread.run_sync(call)
    except asyncio.CancelledError:
        await call.over()
        raise


class _Call:
    """A call that either runs to its end or, given up early enough, never begins."""

    __slots__ = ("_ended", "_function", "_turn")

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._turn = Lock()
        self._ended = False

    def __call__(self) -> Any:
        if not self._turn.acquire(blocking=False):
            return None
        try:
            return self._function()
        finally:
            self._ended = True

    async def over(self) -> None:
        """Give the call up; returns when its thread is done with it."""
        if self._turn.acquire(blocking=False):
            return
        while not self._ended:  # noqa: ASYNC110  rare enough; an event would cost every call
            await asyncio.sleep(_POLL)


def on_loop(function: Callable[..., T], *args: Any) -> T:
    """Call `function` on the event loop: from there, or from a handler in a worker thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return from_thread.run_sync(function, *args)
    return function(*args)


def threads_at_work() -> int:
    """How many worker threads of the running event loop have something to do."""
    return to_thread.current_default_thread_limiter().borrowed_tokens


def _may_block(function: Callable[..., Any]) -> bool:
    if isclass(function) or getattr(function, _MARK, False):
        return False
    plain = unwrap(function)
    if not isinstance(plain, FunctionType | MethodType | partial):
        plain = getattr(plain, "__call__", plain)  # noqa: B004  what an object is called by
    return not iscoroutinefunction(plain)
