"""The broadcasts of the last moment, for workers whose subscription is still under way."""

import math
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final, NamedTuple

MAX_BROADCASTS: Final = 4096
MAX_BYTES: Final = 4 * 1024 * 1024
MAX_AGE: Final = 10.0  # seconds


class RecentBroadcast(NamedTuple):
    """A broadcast: the time of sending, its frame, and the connections that have got it."""

    at: float
    topic: str
    frame: bytes
    sent_to: Collection[object]


class RecentBroadcasts:
    """A bounded number of broadcasts, the oldest first.

    A view subscribes and then loads its data, so it must get every broadcast from that time on. The announcement of its
    subscription takes a moment to reach the other workers. It carries its time, and they send what they have broadcast
    since. So nothing waits for the announcement, not even if another worker is blocked.

    `clock`: monotonic seconds, the same for all processes of a host.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: deque[RecentBroadcast] = deque()
        self._bytes = 0
        # The time of the last broadcast that was forgotten.
        self.complete_since = -math.inf

    def add(self, topic: str, frame: bytes, sent_to: Collection[object]) -> None:
        """Keep a broadcast, and forget those that are old or too many."""
        now = self._clock()
        self._kept.append(RecentBroadcast(now, topic, frame, sent_to))
        self._bytes += len(frame)
        while self._kept and self._has_too_many(now):
            forgotten = self._kept.popleft()
            self._bytes -= len(forgotten.frame)
            self.complete_since = forgotten.at

    def _has_too_many(self, now: float) -> bool:
        return len(self._kept) > MAX_BROADCASTS or self._bytes > MAX_BYTES or self._kept[0].at < now - MAX_AGE

    def missing(self, since: Mapping[str, float], receiver: object) -> list[bytes]:
        """Return the frames on each topic since its time that `receiver` has not got, in order."""
        oldest = min(since.values(), default=math.inf)
        found = [each.frame for each in self._newest_first(oldest) if _is_missing(each, since, receiver)]
        return found[::-1]

    def _newest_first(self, since: float) -> Iterator[RecentBroadcast]:
        for broadcast in reversed(self._kept):
            if broadcast.at < since:
                return
            yield broadcast


def _is_missing(broadcast: RecentBroadcast, since: Mapping[str, float], receiver: object) -> bool:
    wanted = broadcast.at >= since.get(broadcast.topic, math.inf)
    return wanted and receiver not in broadcast.sent_to
