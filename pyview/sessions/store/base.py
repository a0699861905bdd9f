"""The contract of a store for server-side sessions."""

from typing import Protocol

from pyview.sessions.store.record import Record


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
