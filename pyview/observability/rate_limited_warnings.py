"""Warnings about what clients do: one line each, so many a minute from each, so that nobody floods the log."""

import logging
import time
from collections.abc import Callable

_MINUTE = 60.0
_MOST_CLIENTS = 10_000
_OTHERS = "others"


class RateLimitedWarnings:
    """One application's warnings. `clock` returns seconds that never run backwards."""

    __slots__ = ("_clock", "_counts", "_logger", "_per_minute", "_since", "_things")

    def __init__(
        self,
        logger: logging.Logger,
        per_minute: int = 30,
        clock: Callable[[], float] = time.monotonic,
        things: str = "warnings",
    ) -> None:
        self._logger = logger
        self._per_minute = per_minute
        self._clock = clock
        self._things = things
        self._since = clock()
        self._counts: dict[str, int] = {}

    def warn(self, client: str, complaint: str) -> None:
        """Log `complaint` about `client`; what is over the limit is counted, and said when the minute is over.

        `complaint` must not hold what the client sent, except short and quoted.
        """
        if self.admits(client):
            self._logger.warning("%s: %s", client, complaint)

    def admits(self, client: str) -> bool:
        """Whether one more line about `client` may be logged now, by whoever asks; it counts as logged."""
        return self.count(client) <= self._per_minute

    def count(self, client: str) -> int:
        """Count one more about `client`; returns how many there were in this minute. Too many clients share a count."""
        if self._clock() - self._since >= _MINUTE:
            self.flush()
        known = client in self._counts or len(self._counts) < _MOST_CLIENTS
        client = client if known else _OTHERS
        count = self._counts[client] = self._counts.get(client, 0) + 1
        return count

    def flush_due(self) -> None:
        """Log how many were left out, if the minute is over."""
        if self._counts and self._clock() - self._since >= _MINUTE:
            self.flush()

    def flush(self) -> None:
        """Log how many were left out, and begin another minute."""
        for client, count in self._counts.items():
            if count > self._per_minute:
                left_out = count - self._per_minute
                self._logger.warning("%s: %d more %s, left out", client, left_out, self._things)
        self._counts.clear()
        self._since = self._clock()
