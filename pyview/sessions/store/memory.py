"""Sessions of one process, gone with it."""

import math

from pyview.sessions.store.record import KeyTaken, Record

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
