"""Watch of file descriptors: a warning before a worker runs out of them, and an error when none is left.

A server without free descriptors accepts no more connections. uvloop closes new ones without a line in any log.
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
    "Each open page needs one. Raise the limit (`ulimit -n`, LimitNOFILE of systemd), or start more workers"
)


def soft_limit() -> int:
    """Return the limit of open files of this process, 0 if there is none."""
    if sys.platform == "win32":
        return 0
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 0 if limit == resource.RLIM_INFINITY else limit


class DescriptorWatch:
    """Checks from time to time how many file descriptors are open, and warns once for each level that is reached."""

    def __init__(self, limit: Callable[[], int] = soft_limit) -> None:
        self._limit = limit
        self._warned = 0
        self._repeat_at = 0.0

    def check(self) -> None:
        """Check once; this takes some microseconds."""
        limit = self._limit()
        if not limit:
            return
        used = open_descriptors()
        if used is None:
            self._log_exhausted(limit)
            return
        level = sum(used >= limit * share for share in _LEVELS)
        if level > self._warned:
            logger.warning("at least %d of %d file descriptors are open. %s", used, limit, _ADVICE)
        # Forgotten only well below the lowest level: a worker near a level would otherwise warn again and again.
        if level > self._warned or used < limit * _CALM:
            self._warned = level

    def _log_exhausted(self, limit: int) -> None:
        now = time.monotonic()
        if self._warned == _EXHAUSTED and now < self._repeat_at:
            return
        self._warned, self._repeat_at = _EXHAUSTED, now + _REPEAT
        logger.error(
            "no file descriptor is left (%d allowed): new connections are refused. %s", limit, _ADVICE
        )


def open_descriptors() -> int | None:
    """Return the least number of open descriptors; None if no more can be opened.

    A new descriptor gets the lowest free number, so all below it are in use. A list of them all would take
    milliseconds.
    """
    try:
        descriptor = os.open(os.devnull, os.O_RDONLY)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            return None
        return 0
    os.close(descriptor)
    return descriptor
