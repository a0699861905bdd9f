"""Sessions of requests, loaded from their store; those loaded a moment ago are kept while it does not answer."""

import hashlib
import math
import time
from collections.abc import Container
from functools import partial
from typing import Any

from pyview.sessions.recent import RecentAnswers
from pyview.stores.gate import StoreGate
from pyview.stores.health import StoreUnavailable
from pyview.stores.sessions import MemorySessionStore, Record, SessionStore, decode

LOADED_SESSION = "pyview.server_session"
"""Key in a scope: its `LoadedSession`."""

_TOUCH_INTERVAL = 60.0  # seconds: the time of the last use is written once a minute, not at every request
_RECORD_SIZE = 1000  # bytes of a record beside its data, about


class LoadedSession:
    """Session of one request, as the store had it.

    `key` is the key of the session in the request's cookie, "" without a cookie. `is_answered` is False if the store
    did not answer: then `record` is that of a moment ago, if there was one.
    """

    __slots__ = ("content", "is_answered", "key", "loader", "record")

    def __init__(
        self, loader: "SessionLoader", record: Record | None, key: str, *, is_answered: bool
    ) -> None:
        self.loader = loader
        self.record = record
        self.key = key
        self.is_answered = is_answered
        self.content: dict[str, Any] = {} if record is None else decode(record.data)

    @property
    def store(self) -> SessionStore:
        return self.loader.store

    @property
    def has_cookie(self) -> bool:
        """True if the request sent a session cookie."""
        return bool(self.key)


class SessionLoader:
    """Loads sessions from one store, and keeps them for `grace` seconds while it does not answer.

    `signed_out`: the keys of sessions whose sign-out the store has not been able to record yet.
    """

    def __init__(self, store: SessionStore, grace: float, signed_out: Container[str]) -> None:
        self.store = store
        self._signed_out = signed_out
        # A store in the memory of this process always answers.
        self._recent: RecentAnswers[Record] = RecentAnswers(
            0.0 if type(store) is MemorySessionStore else grace
        )
        self._gate = StoreGate()
        self._started = False

    async def load(self, key: str, *, in_use: bool, patience: float) -> LoadedSession:
        """Return the session under `key`. `in_use`: the request counts as use of the session.

        A store that takes longer than `patience` seconds counts as one that does not answer, for a session that it had
        a moment ago.
        """
        is_known = self._recent.get(key) is not None
        try:
            record = await self._gate.ask(
                partial(self._read, key, in_use),
                needed=not is_known,
                patience=patience if is_known else math.inf,
            )
        except StoreUnavailable:
            return LoadedSession(self, self._kept(key), key, is_answered=False)
        return LoadedSession(self, record, key, is_answered=True)

    def keep(self, record: Record, sent: float) -> None:
        """Keep a record that the store had at `sent`, a time of `clock`."""
        size = len(record.data) + _RECORD_SIZE
        self._recent.keep(record.key, record, sent, size=size, signed_in=bool(record.user))

    def forget(self, key: str) -> None:
        """Forget a session that has ended."""
        self._recent.forget(key)

    def clock(self) -> float:
        return self._recent.clock()

    async def _read(self, key: str, in_use: bool) -> Record | None:
        if not self._started:
            await self.store.start()
            self._started = True
        if not key or key in self._signed_out:
            return None
        now, sent = time.time(), self.clock()
        record = await self.store.load(key, now)
        if record is None:
            self.forget(key)
            return None
        self.keep(record, sent)
        if in_use and now - record.last_seen_at > _TOUCH_INTERVAL:
            await self.store.touch(key, now)
            record = record.seen(now)
        return record

    def _kept(self, key: str) -> Record | None:
        # It may have been signed out, or have expired, since it was loaded.
        record = None if key in self._signed_out else self._recent.get(key)
        return record if record is not None and record.alive(time.time()) else None


def key_of(sid: str) -> str:
    """Return the key of a session in its store. It is a digest: the store has no ids that sign a user in."""
    return hashlib.sha256(sid.encode("utf-8", "surrogatepass")).hexdigest()
