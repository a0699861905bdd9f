"""All open connections of one application, looked at about once a second."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

logger = logging.getLogger("pyview")

Connection = TypeVar("Connection")


class Sweeper(Generic[Connection]):
    """One timer for all connections, and none while there is no connection.

    `beat` is the time between two looks, in seconds.
    """

    def __init__(self, beat: float = 1.0) -> None:
        self._beat = beat
        self._open: dict[Connection, None] = {}
        self._hooks: list[Callable[[Connection, float], object]] = []
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Connection]:
        """The open connections, oldest first; they may open and close meanwhile."""
        return iter(tuple(self._open))

    def on_tick(self, hook: Callable[[Connection, float], object]) -> None:
        """Call `hook(connection, now)` for every open connection at every beat; `now` is loop time.

        It runs between two events of the loop, so it must be short. One that raises is logged, and called again at the
        next beat.
        """
        self._hooks.append(hook)

    def add(self, connection: Connection) -> None:
        self._open[connection] = None
        if self._timer is None:
            self._arm()

    def remove(self, connection: Connection) -> None:
        """An unknown connection is ignored."""
        self._open.pop(connection, None)
        if not self._open and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._beat, self._tick)

    def _tick(self) -> None:
        now = asyncio.get_running_loop().time()
        self._arm()
        for hook in self._hooks:
            for connection in self:
                try:
                    hook(connection, now)
                except Exception:
                    logger.exception("a look at an open socket failed")
