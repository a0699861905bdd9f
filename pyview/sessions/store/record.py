"""One session as it is stored."""

import math
from dataclasses import dataclass, replace


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
