"""The files that open pages were made of, looked at twice a second: for developers, who change them."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

logger = logging.getLogger("pyview")

PERIOD = 0.4

T = TypeVar("T")


class ScanCache:
    """One look at the files: each is asked once, however many pages were made of it."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[Any, Any] = {}

    def at(self, what: Any, ask: Callable[[], T]) -> T:
        if what not in self._found:
            self._found[what] = ask()
        found: T = self._found[what]
        return found


class Follower(Protocol):
    """A view whose page follows its files."""

    def look(self, look: ScanCache) -> None: ...


class FileWatch:
    """Has every open page look at its files. One timer for all of them, and none while there is no page.

    `tells` says whether a page may show what is wrong with its template.
    """

    def __init__(self, tells: Callable[[], bool], period: float = PERIOD) -> None:
        self.tells = tells
        self._beat = period
        self._followers: dict[object, Follower] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, view: object, follower: Follower) -> None:
        """Have `follower` look at the files until `remove(view)`."""
        self._followers[view] = follower
        if self._timer is None:
            self._arm()

    def remove(self, view: object) -> None:
        """Forget the page of a view that has ended; an unknown one is ignored."""
        self._followers.pop(view, None)
        if not self._followers and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._beat, self._tick)

    def _tick(self) -> None:
        self._arm()
        self.look()

    def look(self) -> None:
        """Have a look now."""
        look = ScanCache()
        for follower in tuple(self._followers.values()):
            try:
                follower.look(look)
            except Exception:
                logger.exception("a look at the files of a page failed")
