"""`stream_text`: a text grows as its source yields."""

import asyncio
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
)
from contextlib import aclosing, suppress
from functools import partial
from inspect import isawaitable
from typing import Any, Final, TypeAlias

from anyio import to_thread

from pyview.background.result import AsyncResult
from pyview.background.tasks import Key
from pyview.background.view_tasks import ViewTasks
from pyview.socket.socket import LiveViewSocket
from pyview.text_streams.text_stream import State, TextStream

TextSource: TypeAlias = (
    AsyncIterable[str] | Iterable[str] | Callable[[], "TextSource | Awaitable[TextSource]"]
)
OnEnd: TypeAlias = Callable[[TextStream], Any]

_KIND: Final = "stream_text"
_SHARE: Final = 10
"""A pause is at least that many times as long as it took to show the last part: many texts share one event loop."""


_LONG: Final = 32_000
"""Characters of a text that is parsed in a worker thread: this view waits for it, and the other pages do not."""


class TextTooLong(ValueError):
    """The source of a text yields more characters than its limit. The text ends as failed."""


def stream_text(
    socket: LiveViewSocket[Any],
    source: TextSource,
    *,
    into: TextStream | None = None,
    markdown: bool = True,
    on_end: OnEnd | None = None,
    interval: float = 0.05,
    limit: int = 200_000,
) -> TextStream:
    """Show a text while it arrives. Return it at once: put it into the context, and `{{ answer }}` into the template.

    `source` is an async iterator of texts, a plain one, which is read in a worker thread, or a function that returns
    one. It is read in the background as fast as it yields, and the page is updated every `interval` seconds at most.
    `into` is an earlier text that begins again. `on_end(text)`, sync or async, runs in the view's turn when the text
    has ended in any way, except with the view. `limit` is the number of characters after which the text fails.

    During the first HTTP render nothing is started. Raises `TooMuchWork`, as `start_async` does.
    """
    stream = TextStream(markdown=markdown) if into is None else into
    tasks = socket.view_tasks(_KIND)
    if tasks is None:
        stream.restart()
        return stream
    pump = _Pump(stream, source, tasks, interval, limit)
    # Before the restart, which cannot be undone. With `into`, the task that fills it now ends, its result is dropped.
    tasks.start(stream.id, pump.run, partial(_ended, pump, on_end))
    stream.restart()
    return stream


def stop_text(socket: LiveViewSocket[Any], stream: TextStream) -> bool:
    """Stop a text; what has arrived stays. Return False if it has ended already."""
    tasks = socket.view_tasks(_KIND)
    return tasks is not None and tasks.stop(stream.id)


async def _ended(pump: "_Pump", on_end: OnEnd | None, result: AsyncResult[Any], keys: frozenset[Key]) -> None:
    stream, failure = pump.stream, result.failed
    pump.append_arrived()
    state: State = "done"
    if failure is not None:
        state = "stopped" if failure.error_id is None else "failed"
    stream.end(state, None if failure is None else failure.error_id)
    if len(stream.text) > _LONG:
        await to_thread.run_sync(stream.make_pieces)
    if on_end is not None:
        done = on_end(stream)
        if isawaitable(done):
            await done


class _Pump:
    """Reads a source, and lets the page show what has arrived."""

    def __init__(
        self, stream: TextStream, source: TextSource, tasks: ViewTasks, interval: float, limit: int
    ) -> None:
        self.stream = stream
        self._run = stream.run + 1
        self._source = source
        self._tasks = tasks
        self._interval = interval
        self._left = limit
        self._limit = limit
        self._parts: list[str] = []
        self._arrived = asyncio.Event()

    async def run(self) -> None:
        reader = asyncio.ensure_future(self._read())
        reader.add_done_callback(lambda _: self._arrived.set())
        try:
            # The first part is shown at once. Those that come while it is being shown make one part together.
            await self._arrived.wait()
            while self._parts or not reader.done():
                pause = await self._show()
                await asyncio.wait({reader}, timeout=pause)
                if not reader.done():
                    await self._arrived.wait()
            await reader
        finally:
            reader.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await reader

    async def _read(self) -> None:
        async with aclosing(_texts(self._source)) as texts:
            async for text in texts:
                if not isinstance(text, str):
                    raise TypeError(
                        f"stream_text() expects a source of texts; it yielded {type(text).__name__}"
                    )
                self._left -= len(text)
                if self._left < 0:
                    raise TextTooLong(
                        f"the source of a text yields more than {self._limit} characters. Pass stream_text(..., limit=)"
                        " for longer texts"
                    )
                self._parts.append(text)
                self._arrived.set()

    async def _show(self) -> float:
        """Show what has arrived. Return the seconds to wait before the next part."""
        self._arrived.clear()
        started = time.perf_counter()
        await self._tasks.in_turn(self.append_arrived, self.stream.cid)
        return max(self._interval, _SHARE * (time.perf_counter() - started))

    def append_arrived(self) -> None:
        """Append the parts that have arrived. In the view's turn, so that no callback sees a text that changes."""
        parts, self._parts = self._parts, []
        self.stream.append("".join(parts), self._run)


async def _texts(source: Any) -> AsyncGenerator[Any, None]:
    """Yield the texts of any source."""
    if callable(source):
        source = source()
        source = await source if isawaitable(source) else source
    if isinstance(source, str):
        yield source
    elif isinstance(source, AsyncIterable):
        try:
            async for text in source:
                yield text
        finally:
            close = getattr(source, "aclose", None)
            if close is not None:
                await close()
    elif isinstance(source, Iterable):
        async for text in _pulled(iter(source)):
            yield text
    else:
        raise TypeError(f"stream_text() expects an iterator of texts, got {type(source).__name__}")


async def _pulled(texts: Iterator[Any]) -> AsyncIterator[Any]:
    end = object()
    while (text := await to_thread.run_sync(next, texts, end)) is not end:
        yield text
