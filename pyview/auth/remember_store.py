"""Where `RememberMe` keeps its series: the contract, and the store of a single process."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Series:
    """One browser that is remembered: a chain of cookies, of which only the last one is good.

    `selector` names it. `user` is who `remember` was told, `who` the digest by which their sessions may be revoked, ""
    where there is no authentication. `validator` is the SHA-256 digest of what the last cookie proves itself with,
    `previous` that of the one before, b"" for the first. Times are Unix seconds; `created_at` is when they signed in
    themselves.
    """

    selector: str
    user: str
    who: str
    validator: bytes
    previous: bytes
    created_at: float
    rotated_at: float
    expires_at: float


class RememberStore(Protocol):
    """Series by selector. Nothing in it signs anybody in: of what a cookie proves itself with it has digests only.

    Used on one event loop. Everything raises `StoreUnavailable` when the store cannot be asked.
    """

    async def start(self) -> None:
        """Called before anything else; again and again, where it failed."""

    async def close(self) -> None: ...

    async def add(self, series: Series, now: float) -> None:
        """Keep a new series, and drop those that are over at `now`."""

    async def get(self, selector: str, now: float) -> Series | None:
        """The series, unless it is over."""
        ...

    async def replace(self, old: Series, new: Series) -> bool:
        """Put `new` in the place of `old`, in one step. False when `old` is no longer what is there."""
        ...

    async def remove(self, selector: str) -> None:
        """An unknown selector is ignored."""

    async def remove_user(self, user: str) -> None:
        """Remove every series of `user`."""


class MemoryRememberStore:
    """For a single process, and gone with it: good for development and tests."""

    def __init__(self) -> None:
        self._series: dict[str, Series] = {}

    async def start(self) -> None:
        """It is there at once."""

    async def close(self) -> None:
        """Nothing to let go of."""

    async def add(self, series: Series, now: float) -> None:
        self._keep({selector: found for selector, found in self._series.items() if found.expires_at > now})
        self._series[series.selector] = series

    async def get(self, selector: str, now: float) -> Series | None:
        found = self._series.get(selector)
        return found if found is not None and found.expires_at > now else None

    async def replace(self, old: Series, new: Series) -> bool:
        if self._series.get(old.selector) != old:
            return False
        self._series[old.selector] = new
        return True

    async def remove(self, selector: str) -> None:
        self._series.pop(selector, None)

    async def remove_user(self, user: str) -> None:
        self._keep({selector: found for selector, found in self._series.items() if found.user != user})

    def _keep(self, series: dict[str, Series]) -> None:
        self._series = series
