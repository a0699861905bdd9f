"""The file descriptors of one worker: a warning before it runs out of them, and an error when it has.

A server that has none left takes no more connections. On uvloop it closes new ones without a word in any log.
"""

import errno
import logging
import os
import sys
import time
from collections.abc import Callable

if sys.platform != "win32":
    import resource

logger = logging.getLogger("pyview")

_LEVELS = (0.8, 0.95)
_CALM = 0.7
_EXHAUSTED = len(_LEVELS) + 1
_REPEAT = 60.0
_ADVICE = (
    "Each open page takes one. Raise the limit (`ulimit -n`, LimitNOFILE of systemd), or start more workers"
)


def soft_limit() -> int:
    """Return how many files this process may have open; 0 where there is no limit."""
    if sys.platform == "win32":
        return 0
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 0 if limit == resource.RLIM_INFINITY else limit


class DescriptorWatch:
    """Looks now and then at how many file descriptors are open, and says so once for each level that is reached."""

    def __init__(self, limit: Callable[[], int] = soft_limit) -> None:
        self._limit = limit
        self._told = 0
        self._again_at = 0.0

    def look(self) -> None:
        """Look once; it takes some microseconds."""
        limit = self._limit()
        if not limit:
            return
        used = _used()
        if used is None:
            self._tell_exhausted(limit)
        else:
            self._tell_level(used, limit)

    def _tell_level(self, used: int, limit: int) -> None:
        level = sum(used >= limit * share for share in _LEVELS)
        if level > self._told:
            logger.warning("%d of %d file descriptors are open, or more. %s", used, limit, _ADVICE)
        if level > self._told or used < limit * _CALM:
            self._told = level

    def _tell_exhausted(self, limit: int) -> None:
        now = time.monotonic()
        if self._told == _EXHAUSTED and now < self._again_at:
            return
        self._told, self._again_at = _EXHAUSTED, now + _REPEAT
        logger.error(
            "no file descriptor is left (%d allowed): new connections are refused. %s", limit, _ADVICE
        )


def _used() -> int | None:
    """Return how many descriptors are open at least; None if no more can be.

    A new one gets the lowest free number, so all below it are taken. To list them all would take milliseconds.
    """
    try:
        descriptor = os.open(os.devnull, os.O_RDONLY)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            return None
        return 0
    os.close(descriptor)
    return descriptor
