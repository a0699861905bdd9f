"""Watch on the files that open pages were rendered from, for development: pages follow changes of them."""

import logging
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from pyview.background.periodic import PeriodicChecks

logger = logging.getLogger("pyview")

PERIOD = 0.4  # seconds

T = TypeVar("T")


class ScanCache:
    """Results of one scan, so that each file is checked once, however many pages were rendered from it."""

    __slots__ = ("_results",)

    def __init__(self) -> None:
        self._results: dict[Any, Any] = {}

    def at(self, key: Any, check: Callable[[], T]) -> T:
        """Return the result of `check` for `key`, calling it once for each scan."""
        if key not in self._results:
            self._results[key] = check()
        result: T = self._results[key]
        return result


class Follower(Protocol):
    """A view whose page follows its files."""

    def check_files(self, scan: ScanCache) -> None: ...


class FileWatch:
    """Has every open page check its files. It is registered for periodic checks only while there are pages."""

    def __init__(self, periodic: PeriodicChecks, period: float = PERIOD) -> None:
        self._periodic = periodic
        self._period = period
        self._followers: dict[object, Follower] = {}

    def __len__(self) -> int:
        return len(self._followers)

    def add(self, view: object, follower: Follower) -> None:
        """Have `follower` check its files until `remove(view)`."""
        if not self._followers:
            self._periodic.add(self.scan, self._period)
        self._followers[view] = follower

    def remove(self, view: object) -> None:
        """Forget the page of `view`. An unknown one is ignored."""
        self._followers.pop(view, None)
        if not self._followers:
            self._periodic.remove(self.scan)

    def scan(self) -> None:
        """Check all files now."""
        scan = ScanCache()
        for follower in tuple(self._followers.values()):
            try:
                follower.check_files(scan)
            except Exception:
                # One page that fails must not end the checks of all others.
                logger.exception("checking the files of a page failed")
