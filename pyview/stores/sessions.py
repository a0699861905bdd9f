"""Sessions of one process, gone with it.

What may be kept in a session: JSON, and nothing that would come back as something else.

One session as it is stored.

The contract of a store for server-side sessions.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol


def encode(session: Mapping[str, Any]) -> bytes:
    """The data of a `Record`. Raises `TypeError` for what JSON cannot say."""
    try:
        return json.dumps(dict(session), allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(
            f"A session holds JSON only (text, numbers, true, false, null, lists, dicts): {error}. Keep an id "
            "instead of an object, and .isoformat() instead of a date."
        ) from error


def decode(data: bytes) -> dict[str, Any]:
    """The session that `encode` was given. Raises `ValueError` for data that it never made."""
    session = json.loads(data)
    if not isinstance(session, dict):
        raise ValueError(f"A session is a JSON object, got {type(session).__name__}")
    return session


class KeyTaken(ValueError):
    """There is a session under a key that was to be new."""

    def __init__(self) -> None:
        super().__init__(
            "There is a session under this key already. The key of a new session must be a digest of a fresh "
            "random id, secrets.token_urlsafe(32), never of one that came from a browser."
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A session. Unix times in seconds; `idle_timeout` in seconds.

    `key`: a digest of the id in the cookie. `data`: JSON (see `encode`). `user`: whose session it is, as the caller
    names users (a digest), or "". `expires_at`: its end, however much it is used. `idle_timeout`: how long it may
    lie unused. `version`: 1 at first, one more with every save.

    Raises `ValueError` for an empty key and for times that are no numbers.
    """

    key: str
    data: bytes
    user: str
    created_at: float
    last_seen_at: float
    expires_at: float
    idle_timeout: float
    version: int = 1

    def __post_init__(self) -> None:
        times = (self.created_at, self.last_seen_at, self.expires_at, self.idle_timeout)
        if not self.key or not all(map(math.isfinite, times)):
            raise ValueError(
                "Record expected a key, Unix times in seconds and an idle time-out in seconds (expires_at - "
                f"created_at when there is none), got {self.key!r} and {times!r}"
            )

    @property
    def dies_at(self) -> float:
        """When it ends unless it is used before."""
        return min(self.expires_at, self.last_seen_at + self.idle_timeout)

    def alive(self, now: float) -> bool:
        return now < self.dies_at

    def seen(self, now: float) -> "Record":
        """The same, used at `now`; clocks of two workers that disagree never make it older."""
        return replace(self, last_seen_at=max(self.last_seen_at, now))

    def saved(self, data: bytes, now: float) -> "Record":
        return replace(self.seen(now), data=data, version=self.version + 1)


class SessionStore(Protocol):
    """Sessions by key. `now` is the caller's Unix time in seconds; a session that is over at `now` is not there.

    Used on one event loop, between `start` and `close`. Everything raises `StoreUnavailable` when the store cannot
    be asked; what was to be written may then have been written. Sessions that are over are removed by and by.
    """

    async def start(self) -> None:
        """Raises `StoreUnavailable` when the store cannot be reached; may be called again then."""

    async def close(self) -> None: ...

    async def load(self, key: str, now: float) -> Record | None: ...

    async def create(self, record: Record) -> None:
        """Keep a new session. Raises `KeyTaken`, a `ValueError`, when there is one under this key: keys come from
        fresh random ids, never from a browser."""

    async def save(self, key: str, data: bytes, version: int, now: float) -> bool:
        """Put `data` in the place of version `version`, and count as use; its version is then one more.

        False, and nothing is written, when the session is gone or has another version: whoever was slower has to
        load again, and a session that was signed out stays signed out.
        """
        ...

    async def rotate(self, key: str, version: int, record: Record) -> bool:
        """Put `record`, under its new key, in the place of version `version` of `key`, in one step.

        False, and nothing is written, when the session is gone or has another version. `record.last_seen_at` is
        now. Raises `KeyTaken` when there is a session under the new key.
        """
        ...

    async def touch(self, key: str, now: float) -> bool:
        """Count as use; the version stays. False when the session is gone. A write: not for every request."""
        ...

    async def delete(self, key: str) -> None:
        """An unknown key is ignored."""

    async def delete_user(self, user: str, keep: str = "") -> list[str]:
        """Delete all sessions of `user`, but not the one under the key `keep`. Returns the keys that are gone."""
        ...

    async def list_user(self, user: str, now: float) -> list[Record]:
        """The sessions of `user`, the one used last first. Nobody ("") has none."""
        ...


SWEEP = 60.0  # seconds between two searches for sessions that are over


class MemorySessionStore:
    """For one worker, and for tests."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._of: dict[str, dict[str, None]] = {}
        self._swept_at = -math.inf

    def __len__(self) -> int:
        return len(self._records)

    async def start(self) -> None:
        """Nothing to reach."""

    async def close(self) -> None:
        """Sessions stay: they live as long as the store."""

    async def load(self, key: str, now: float) -> Record | None:
        record = self._records.get(key)
        return record if record is not None and record.alive(now) else None

    async def create(self, record: Record) -> None:
        self._refuse_taken(record)
        self._put(record)

    async def save(self, key: str, data: bytes, version: int, now: float) -> bool:
        record = await self.load(key, now)
        if record is None or record.version != version:
            return False
        self._records[key] = record.saved(data, now)
        return True

    async def rotate(self, key: str, version: int, record: Record) -> bool:
        old = await self.load(key, record.last_seen_at)
        if old is None or old.version != version:
            return False
        self._refuse_taken(record)
        self._remove(key)
        self._put(record)
        return True

    async def touch(self, key: str, now: float) -> bool:
        record = await self.load(key, now)
        if record is not None:
            self._records[key] = record.seen(now)
        return record is not None

    async def delete(self, key: str) -> None:
        self._remove(key)

    async def delete_user(self, user: str, keep: str = "") -> list[str]:
        keys = [key for key in self._of.get(user, ()) if key != keep]
        for key in keys:
            self._remove(key)
        return keys

    async def list_user(self, user: str, now: float) -> list[Record]:
        records = [self._records[key] for key in self._of.get(user, ())]
        alive = [record for record in records if record.alive(now)]
        return sorted(alive, key=lambda record: record.last_seen_at, reverse=True)

    def _refuse_taken(self, record: Record) -> None:
        there = self._records.get(record.key)
        if there is not None and there.alive(record.last_seen_at):
            raise KeyTaken

    def _put(self, record: Record) -> None:
        self._sweep(record.last_seen_at)
        self._remove(record.key)
        self._records[record.key] = record
        if record.user:
            self._of.setdefault(record.user, {})[record.key] = None

    def _remove(self, key: str) -> None:
        record = self._records.pop(key, None)
        if record is None or not record.user:
            return
        keys = self._of[record.user]
        del keys[key]
        if not keys:
            del self._of[record.user]

    def _sweep(self, now: float) -> None:
        if now - self._swept_at < SWEEP:
            return
        self._swept_at = now
        for record in [record for record in self._records.values() if not record.alive(now)]:
            self._remove(record.key)
