"""Worker threads for plain `def` handlers, so that one that blocks does not block the event loop.

The threads are AnyIO's, as those of Starlette's `def` endpoints: `anyio.from_thread.run` calls back from them, and
`anyio.to_thread.current_default_thread_limiter()` limits their number.
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

    This saves a worker thread, about 90 us. If the function blocks nevertheless, every page of the process waits.
    """
    setattr(function, _MARK, True)
    return function


def off_loop(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls `function` in a thread; `function` itself if it is async, inline or a class."""
    if not _may_block(function):
        return function

    @wraps(function)
    async def called(*args: Any, **kwargs: Any) -> Any:
        # A plain function may return a coroutine, such as that of `super().mount(...)`: it runs on the loop.
        result = await in_thread(function, *args, **kwargs)
        return await result if isawaitable(result) else result

    return called


async def in_thread(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call `function` in a worker thread with the current context variables. Return its result.

    A thread cannot be cancelled. If this is cancelled, it still waits for the end of the thread: the next callback of
    the view, such as `disconnect`, must not run at the same time.
    """
    call = _Call(partial(function, *args, **kwargs))
    try:
        return await to_thread.run_sync(call)
    except asyncio.CancelledError:
        await call.abandon()
        raise


class _Call:
    """A call that runs to its end, or never starts if it is abandoned before."""

    __slots__ = ("_ended", "_function", "_started")

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        # A lock and not a flag: the worker thread and the event loop must agree which of them came first.
        self._started = Lock()
        self._ended = False

    def __call__(self) -> Any:
        if not self._started.acquire(blocking=False):
            return None
        try:
            return self._function()
        finally:
            self._ended = True

    async def abandon(self) -> None:
        """Prevent the call, or wait for its end if it has started."""
        if self._started.acquire(blocking=False):
            return
        while not self._ended:  # noqa: ASYNC110  rare; an event would cost every call
            await asyncio.sleep(_POLL)


def on_loop(function: Callable[..., T], *args: Any) -> T:
    """Call `function` on the event loop: from there, or from a handler in a worker thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return from_thread.run_sync(function, *args)
    return function(*args)


def threads_at_work() -> int:
    """Return the number of busy worker threads of the running event loop."""
    return to_thread.current_default_thread_limiter().borrowed_tokens


def _may_block(function: Callable[..., Any]) -> bool:
    # A class: constructors stay on the loop, as an object may belong to the thread that created it.
    if isclass(function) or getattr(function, _MARK, False):
        return False
    plain = unwrap(function)
    if not isinstance(plain, FunctionType | MethodType | partial):
        plain = getattr(plain, "__call__", plain)  # noqa: B004  the method that calling the object runs
    return not iscoroutinefunction(plain)
