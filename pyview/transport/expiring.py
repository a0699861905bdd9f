"""Texts that are kept for a short time, limited in number and bytes."""

import asyncio
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)


class _ExpiringEntry(NamedTuple):
    text: str
    until: float


class ExpiringTexts(Generic[K]):
    """Texts by key. Each is forgotten after `seconds`; the oldest first if there are too many or too many bytes."""

    def __init__(self, seconds: float, most: int, most_bytes: int) -> None:
        self._seconds = seconds
        self._most = most
        self._most_bytes = most_bytes
        self._entries: dict[K, _ExpiringEntry] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __setitem__(self, key: K, text: str) -> None:
        self.pop(key)
        self._entries[key] = _ExpiringEntry(text, _now() + self._seconds)
        self._bytes += len(text)
        self._forget()

    def get(self, key: K) -> str | None:
        self._forget()
        entry = self._entries.get(key)
        return None if entry is None else entry.text

    def pop(self, key: K) -> str | None:
        """Remove a text and return it; None for an unknown key."""
        self._forget()
        entry = self._entries.pop(key, None)
        if entry is None:
            return None
        self._bytes -= len(entry.text)
        return entry.text

    def _forget(self) -> None:
        # All are kept for the same time, so that the oldest comes first.
        while self._entries:
            key, entry = next(iter(self._entries.items()))
            within = len(self._entries) <= self._most and self._bytes <= self._most_bytes
            if within and entry.until > _now():
                return
            del self._entries[key]
            self._bytes -= len(entry.text)


def _now() -> float:
    return asyncio.get_running_loop().time()
