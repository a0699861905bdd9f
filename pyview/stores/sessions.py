"""Server-side sessions: their data as JSON, one stored session, the contract of a store, and the store in memory."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol


def encode(session: Mapping[str, Any]) -> bytes:
    """Return the data of a `Record`. Raises `TypeError` if a value is not JSON-serialisable."""
    try:
        # NaN is not JSON: another reader of the store would refuse the whole session.
        return json.dumps(dict(session), allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(
            f"A session can have JSON values only (text, numbers, true, false, null, lists, dicts): {error}. Store an "
            "id instead of an object, and .isoformat() instead of a date."
        ) from error


def decode(data: bytes) -> dict[str, Any]:
    """Return the session of data from `encode`. Raises `ValueError` for other data."""
    session = json.loads(data)
    if not isinstance(session, dict):
        raise ValueError(f"a session must be a JSON object, got {type(session).__name__}")
    return session


class KeyTaken(ValueError):
    """A new session has the key of an existing one."""

    def __init__(self) -> None:
        super().__init__(
            "a session with this key exists. The key of a new session must be a digest of a new random id, "
            "secrets.token_urlsafe(32), never of an id that came from a browser"
        )


@dataclass(frozen=True, slots=True)
class Record:
    """One stored session. Unix times in seconds; `idle_timeout` in seconds.

    `key`: digest of the id in the cookie. `data`: JSON (see `encode`). `user`: digest of the user's id, "" without a
    user. `expires_at`: latest end, however often it is used. `idle_timeout`: longest time without use. `version`: 1 at
    first, one more with every save.

    Raises `ValueError` for an empty key and for times that are not finite numbers.
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
                "Record expected a key, Unix times in seconds and an idle timeout in seconds (expires_at - "
                f"created_at if there is none), got {self.key!r} and {times!r}"
            )

    @property
    def dies_at(self) -> float:
        """Unix time of its end unless it is used before."""
        return min(self.expires_at, self.last_seen_at + self.idle_timeout)

    def alive(self, now: float) -> bool:
        return now < self.dies_at

    def seen(self, now: float) -> "Record":
        """Return it as used at `now`. A worker whose clock is behind never moves `last_seen_at` back."""
        return replace(self, last_seen_at=max(self.last_seen_at, now))

    def saved(self, data: bytes, now: float) -> "Record":
        """Return it with new data, one version later, as used at `now`."""
        return replace(self.seen(now), data=data, version=self.version + 1)


class SessionStore(Protocol):
    """Sessions by key. `now` is the caller's Unix time in seconds; a session that has ended by then does not exist.

    Use it on one event loop, between `start` and `close`. Every method raises `StoreUnavailable` if the store cannot
    answer; a write may have happened nevertheless. Ended sessions are removed from time to time.
    """

    async def start(self) -> None:
        """Open the store. Raises `StoreUnavailable` if it cannot be reached; call it again then."""

    async def close(self) -> None:
        """Close connections and files."""

    async def load(self, key: str, now: float) -> Record | None:
        """Return the session under `key`, None if there is none."""
        ...

    async def create(self, record: Record) -> None:
        """Store a new session.

        Raises `KeyTaken`, a `ValueError`, if its key exists: keys are made of new random ids, never of a browser's.
        """

    async def save(self, key: str, data: bytes, version: int, now: float) -> bool:
        """Replace the data of version `version`, and record a use; the version is then one more.

        Returns False and writes nothing if the session does not exist or has another version. So the slower of two
        requests has to load it again, and a request that was running at sign-out cannot bring the session back.
        """
        ...

    async def rotate(self, key: str, version: int, record: Record) -> bool:
        """Replace version `version` of `key` by `record` under its new key, in one step.

        Returns False and writes nothing if the session does not exist or has another version. `record.last_seen_at` is
        now. Raises `KeyTaken` if the new key exists.
        """
        ...

    async def touch(self, key: str, now: float) -> bool:
        """Record a use; the version stays. Returns False if the session does not exist.

        This is a write: do not call it on every request.
        """
        ...

    async def delete(self, key: str) -> None:
        """Delete a session; an unknown key is ignored."""

    async def delete_user(self, user: str, keep: str = "") -> list[str]:
        """Delete all sessions of `user` except the one under the key `keep`. Return the deleted keys."""
        ...

    async def list_user(self, user: str, now: float) -> list[Record]:
        """Return the sessions of `user`, the last used first; none for ""."""
        ...


SWEEP = 60.0  # seconds between two searches for ended sessions


class MemorySessionStore:
    """Session store of a single process, lost with it."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        # For "sign out everywhere", which must not search all sessions.
        self._keys_of: dict[str, dict[str, None]] = {}
        self._swept_at = -math.inf

    def __len__(self) -> int:
        return len(self._records)

    async def start(self) -> None:
        """Do nothing: the store is this process."""

    async def close(self) -> None:
        """Do nothing: sessions stay as long as the store."""

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
        keys = [key for key in self._keys_of.get(user, ()) if key != keep]
        for key in keys:
            self._remove(key)
        return keys

    async def list_user(self, user: str, now: float) -> list[Record]:
        records = [self._records[key] for key in self._keys_of.get(user, ())]
        alive = [record for record in records if record.alive(now)]
        return sorted(alive, key=lambda record: record.last_seen_at, reverse=True)

    def _refuse_taken(self, record: Record) -> None:
        # A session that has ended may still be stored; its key counts as free, as in the other stores.
        found = self._records.get(record.key)
        if found is not None and found.alive(record.last_seen_at):
            raise KeyTaken

    def _put(self, record: Record) -> None:
        now = record.last_seen_at
        if now - self._swept_at >= SWEEP:
            self._swept_at = now
            for ended in [found for found in self._records.values() if not found.alive(now)]:
                self._remove(ended.key)
        self._remove(record.key)
        self._records[record.key] = record
        if record.user:
            self._keys_of.setdefault(record.user, {})[record.key] = None

    def _remove(self, key: str) -> None:
        record = self._records.pop(key, None)
        if record is None or not record.user:
            return
        keys = self._keys_of[record.user]
        del keys[key]
        if not keys:
            del self._keys_of[record.user]
