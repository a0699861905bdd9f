"""The contract between those who sign somebody out and those who have to notice."""

from collections.abc import Callable, Mapping
from typing import Protocol

Listener = Callable[[str], None]


class Revocations(Protocol):
    """What has been revoked, and until when; every worker is told.

    Used on one event loop, between `start` and `close`. Times are Unix times in seconds, by the clock of the
    worker that says them: workers on several hosts need clocks that agree.
    """

    async def start(self) -> None:
        """Raises `StoreUnavailable` when the store cannot be reached; may be called again then."""

    async def close(self) -> None:
        """Forget the listeners and let go of everything."""

    async def revoke(self, key: str, until: float, not_before: float | None = None) -> None:
        """From now until `until`, everything under `key` that was signed in before `not_before` is dead; without
        `not_before`, everything under it.

        `until`: when the last cookie that is to die would have died anyway. Revoking again only ever adds: the
        later `until` and the later `not_before` (none being the latest) hold. Raises `StoreUnavailable` when the
        store did not take it: this worker keeps to it all the same, and writes it as soon as the store is back.
        Raises `ValueError` for times that are no numbers.
        """

    async def revoked(self, keys: Mapping[str, float]) -> bool:
        """Whether any of `keys` is dead for what was signed in at the time given with it. Asks the store itself.

        Raises `StoreUnavailable` when it cannot be asked: refuse then.
        """

    def known_revoked(self, keys: Mapping[str, float]) -> bool:
        """The same, from what this worker knows: never waits, may be a second late.

        What other workers revoke becomes known only while somebody has subscribed; see `behind`.
        """

    def behind(self) -> float:
        """Seconds since what this worker knows was last complete: below 2 while all is well, and `inf` before
        anybody has subscribed."""

    def subscribe(self, listener: Listener) -> None:
        """Call `listener(key)` on this event loop for every revocation by any worker: for one's own at once, for
        others' within a second, and for those missed during an outage when it is over. It must return at once,
        and must not fail. Subscribing twice is the same as once."""

    def unsubscribe(self, listener: Listener) -> None:
        """An unknown listener is ignored."""
