"""AsyncStreamRunner: an async generator into a view, one `InfoEvent` for each of its values."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from pyview.background.result import AsyncResult
from pyview.background.work import AsyncTasks, Key
from pyview.events.info_event import InfoEvent
from pyview.threads import on_loop

STREAM = "stream_runner"


class Listener(Protocol):
    """A view that takes infos: after what it is busy with, or within its present turn."""

    def tasks(self) -> AsyncTasks: ...
    def run_in_process(self, cid: int | None, action: Callable[[], Any]) -> Awaitable[None]: ...
    async def call_handle_info(self, event: InfoEvent) -> None: ...


class AsyncStreamRunner:
    """Runs async generators beside a view, until they end, are cancelled, or the view ends.

    A generator is asked for its next value when the last one has been handled: a fast one does not flood the view.
    """

    __slots__ = ("_cid", "_listener")

    def __init__(self, listener: Listener | None, cid: int | None) -> None:
        """Without a listener, which is to say without a browser, nothing runs."""
        self._listener = listener
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
        """Send the view `on_yield(value)` for each value, and at last `on_done`, `on_error(exception)` or `on_cancel`.

        Returns the id by which `cancel_stream` knows it. Raises `TooMuchWork`.
        """
        stream_id = uuid.uuid4().hex
        listener = self._listener
        if listener is None:
            return stream_id

        async def on_result(outcome: AsyncResult[Any], keys: frozenset[Key]) -> None:
            event = _last_event(outcome, on_done, on_error, on_cancel)
            if event is not None:
                await listener.call_handle_info(event)

        def send(value: Any) -> Awaitable[None]:
            return listener.run_in_process(None, partial(listener.call_handle_info, on_yield(value)))

        on_loop(listener.tasks().start, [self._key(stream_id)], _drain(gen, send), on_result)
        return stream_id

    def cancel_stream(self, task_id: str) -> bool:
        """Cancel a stream; False if it has ended."""
        listener = self._listener
        return listener is not None and on_loop(listener.tasks().stop, self._key(task_id))

    def _key(self, stream_id: str) -> Key:
        return Key(self._cid, STREAM, stream_id)


async def _drain(gen: AsyncIterator[Any], send: Callable[[Any], Awaitable[None]]) -> None:
    try:
        async for value in gen:
            await send(value)
    finally:
        close = getattr(gen, "aclose", None)  # an iterator of any other kind has none
        if close is not None:
            await close()


def _last_event(
    outcome: AsyncResult[Any],
    on_done: InfoEvent | None,
    on_error: Callable[[Exception], InfoEvent] | None,
    on_cancel: InfoEvent | None,
) -> InfoEvent | None:
    failure = outcome.failed
    if failure is None:
        return on_done
    if failure.error is None:
        return on_cancel
    return on_error(failure.error) if on_error is not None else None
