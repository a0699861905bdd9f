"""AsyncStreamRunner: sends a view one `InfoEvent` for each value of an async generator."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from pyview.background.result import AsyncResult
from pyview.background.tasks import AsyncTasks, Key
from pyview.events.info_event import InfoEvent
from pyview.threads import on_loop

STREAM = "stream_runner"


class InfoTarget(Protocol):
    """A view that handles infos."""

    def tasks(self) -> AsyncTasks: ...
    def run_in_process(self, cid: int | None, action: Callable[[], Any]) -> Awaitable[None]: ...
    async def call_handle_info(self, event: InfoEvent) -> None: ...


class AsyncStreamRunner:
    """Runs async generators until they end, are cancelled, or the view ends.

    A generator continues when its last value has been handled, so a fast one does not flood the view.
    """

    __slots__ = ("_cid", "_target")

    def __init__(self, target: InfoTarget | None, cid: int | None) -> None:
        """`target`: None during the first HTTP request; then nothing runs."""
        self._target = target
        self._cid = cid

    def start_stream(
        self,
        gen: AsyncIterator[Any],
        *,
        on_yield: Callable[[Any], InfoEvent],
        on_done: InfoEvent | None = None,
        on_error: Callable[[Exception], InfoEvent] | None = None,
        on_cancel: InfoEvent | None = None,
    ) -> str:
        """Send the view `on_yield(value)` for each value, at the end `on_done`, `on_error(exception)` or `on_cancel`.

        Returns an id for `cancel_stream`. Raises `TooMuchWork`.
        """
        stream_id = uuid.uuid4().hex
        target = self._target
        if target is None:
            return stream_id

        async def on_result(result: AsyncResult[Any], keys: frozenset[Key]) -> None:
            event = _last_event(result, on_done, on_error, on_cancel)
            if event is not None:
                await target.call_handle_info(event)

        # The generator waits here until the view has handled the value and sent the diff.
        def send(value: Any) -> Awaitable[None]:
            return target.run_in_process(None, partial(target.call_handle_info, on_yield(value)))

        # A handler in a worker thread may call this, and only the event loop can create tasks.
        on_loop(target.tasks().start, [self._key(stream_id)], _drain(gen, send), on_result)
        return stream_id

    def cancel_stream(self, task_id: str) -> bool:
        """Cancel a stream. Return False if it has ended."""
        target = self._target
        return target is not None and on_loop(target.tasks().stop, self._key(task_id))

    def _key(self, stream_id: str) -> Key:
        return Key(self._cid, STREAM, stream_id)


async def _drain(gen: AsyncIterator[Any], send: Callable[[Any], Awaitable[None]]) -> None:
    try:
        async for value in gen:
            await send(value)
    finally:
        close = getattr(gen, "aclose", None)  # only generators have one
        if close is not None:
            await close()


def _last_event(
    result: AsyncResult[Any],
    on_done: InfoEvent | None,
    on_error: Callable[[Exception], InfoEvent] | None,
    on_cancel: InfoEvent | None,
) -> InfoEvent | None:
    failure = result.failed
    if failure is None:
        return on_done
    if failure.error is None:
        return on_cancel
    return on_error(failure.error) if on_error is not None else None
