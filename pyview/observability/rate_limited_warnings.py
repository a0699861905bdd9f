"""Warnings about clients: one line each and a limit per client and minute, so that no client can flood the log."""

import logging
import time
from collections.abc import Callable

_MINUTE = 60.0
_MOST_CLIENTS = 10_000
_OTHERS = "others"


class RateLimitedWarnings:
    """The warnings of one application. `subject`: plural noun for the counted lines. `clock`: monotonic seconds."""

    __slots__ = ("_clock", "_counts", "_logger", "_per_minute", "_since", "_subject")

    def __init__(
        self,
        logger: logging.Logger,
        per_minute: int = 30,
        clock: Callable[[], float] = time.monotonic,
        subject: str = "warnings",
    ) -> None:
        self._logger = logger
        self._per_minute = per_minute
        self._clock = clock
        self._subject = subject
        self._since = clock()
        self._counts: dict[str, int] = {}

    def warn(self, client: str, message: str) -> None:
        """Log `message` about `client`. Above the limit it is only counted; the count is logged after the minute.

        `message` must not contain text from the client, unless it is short and quoted.
        """
        if self.admits(client):
            self._logger.warning("%s: %s", client, message)

    def admits(self, client: str) -> bool:
        """Return True if the caller may log one more line about `client` now. The line is counted."""
        return self.count(client) <= self._per_minute

    def count(self, client: str) -> int:
        """Count one more line about `client`. Return the count of this minute.

        Clients beyond the first 10,000 share one count, so that many addresses cannot fill the memory.
        """
        if self._clock() - self._since >= _MINUTE:
            self.flush()
        known = client in self._counts or len(self._counts) < _MOST_CLIENTS
        client = client if known else _OTHERS
        count = self._counts[client] = self._counts.get(client, 0) + 1
        return count

    def flush_due(self) -> None:
        """Log how many lines were left out, if the minute is over."""
        if self._counts and self._clock() - self._since >= _MINUTE:
            self.flush()

    def flush(self) -> None:
        """Log how many lines were left out, and start the next minute."""
        for client, count in self._counts.items():
            if count > self._per_minute:
                left_out = count - self._per_minute
                self._logger.warning("%s: %d more %s, left out", client, left_out, self._subject)
        self._counts.clear()
        self._since = self._clock()
