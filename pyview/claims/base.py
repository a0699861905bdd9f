"""The contract of what can be had once."""

from typing import Protocol


class Claims(Protocol):
    """Used on one event loop, between `start` and `close`. Times are Unix times in seconds."""

    async def start(self) -> None:
        """Raises `StoreUnavailable` when the store cannot be reached; may be called again then."""

    async def close(self) -> None:
        """Let go of everything."""

    async def claim(self, key: str, until: float) -> bool:
        """True for the first to claim `key`, False for everybody else until `until`.

        `until`: when nobody would accept any more what `key` stands for. Raises `StoreUnavailable` when nobody can
        say who was first: refuse then. Raises `ValueError` for a time that is no number, or has passed.
        """


def checked(key: str, until: float, now: float) -> float:
    """Seconds until `until`. Raises `ValueError` unless it lies ahead, or for an empty key."""
    if not key:
        raise ValueError("claim expected a key, got an empty one")
    if not now < until < float("inf"):
        raise ValueError(f"claim({key!r}) expected a Unix time after {now}, got until={until!r}")
    return until - now
