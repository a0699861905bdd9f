"""Answers of a store from a moment ago, kept for the time in which it does not answer."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")

MOST = 10_000  # answers about signed-in users, and as many about visitors
MOST_BYTES = 16 * 1024 * 1024  # of each of the two
LARGEST = 64 * 1024  # bytes of one answer; a few users with large sessions must not push all others out


class _RecentAnswer(NamedTuple, Generic[V]):
    value: V | None
    at: float
    size: int


class RecentAnswers(Generic[V]):
    """Answers by key, each for `seconds` after its question was sent. With 0 seconds nothing is kept.

    Bounded in number and bytes; the oldest go first. `clock`: seconds that never go back, for reading.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.clock = clock
        # A client without a sign-in can have any number of sessions made: they must not push out those of users.
        self._users: _Pool[V] = _Pool()
        self._visitors: _Pool[V] = _Pool()

    def __len__(self) -> int:
        return len(self._users) + len(self._visitors)

    def keep(self, key: str, value: V, sent: float, *, size: int, signed_in: bool) -> None:
        """Keep the answer to a question that was sent at `sent`, by `clock`."""
        if self.seconds > 0:
            pool = self._users if signed_in else self._visitors
            pool.remove_until(self.clock() - self.seconds)
            pool.put(key, _RecentAnswer(value, sent, size))

    def get(self, key: str) -> V | None:
        """Return the answer under `key`, None if there is none that is recent enough."""
        found = self._users.get(key) or self._visitors.get(key)
        is_recent = found is not None and self.clock() - found.at <= self.seconds
        return found.value if found is not None and is_recent else None

    def forget(self, key: str) -> None:
        """Forget the answer under `key`, and ignore the answers to questions that are under way."""
        now = self.clock()
        for pool in (self._users, self._visitors):
            if pool.get(key) is not None:
                pool.put(key, _RecentAnswer(None, now, 0))


class _Pool(Generic[V]):
    """Answers in the order in which they came."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, _RecentAnswer[V]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, key: str) -> _RecentAnswer[V] | None:
        return self._answers.get(key)

    def put(self, key: str, answer: _RecentAnswer[V]) -> None:
        known = self._answers.get(key)
        if known is not None and known.at > answer.at:
            return
        self._remove(key)
        if answer.size > LARGEST:
            return
        self._answers[key] = answer
        self._bytes += answer.size
        while len(self._answers) > MOST or self._bytes > MOST_BYTES:
            self._remove(next(iter(self._answers)))

    def remove_until(self, oldest: float) -> None:
        """Remove answers at the front that are older than `oldest`. Those that came out of order go a little later."""
        while self._answers:
            key = next(iter(self._answers))
            if self._answers[key].at >= oldest:
                return
            self._remove(key)

    def _remove(self, key: str) -> None:
        removed = self._answers.pop(key, None)
        if removed is not None:
            self._bytes -= removed.size
