"""Availability of the stores: one log line when a store is lost and one when it is back, however many requests fail."""

import logging
import math
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, Literal, TypeVar

T = TypeVar("T")


class StoreUnavailable(Exception):
    """A store could not be reached, or did not answer in time. A write may have happened nevertheless.

    A caller that asks in order to admit a user must refuse: an unknown answer is not a yes.
    """


HEALTH: Final = "pyview.store_health"
"""Key in the scope of a lifespan: the `HealthRegistry` of the application that starts."""

logger = logging.getLogger("pyview")

Operation = Literal["reading", "writing", "listening", "publishing"]


class StoreHealth:
    """State of one store, available or not, with the log lines of the changes.

    If reading fails, the store is lost for every operation, and whatever works next shows that it is back. A store that
    answers reads may still refuse writes (a full disk) or subscriptions: then only the same operation, when it works,
    shows that the store has recovered.
    """

    def __init__(self, store: str) -> None:
        """`store`: its name in the log; without a password."""
        self._store = store
        self._failing: Operation | None = None
        self._since = 0.0
        self._ended = -math.inf

    def failed(
        self,
        operation: Operation,
        error: BaseException,
        *,
        sent: float,
        unreachable: bool = False,
        advice: str = "",
    ) -> None:
        """Record the failure of an operation that was sent at `sent`, by `time.monotonic()`.

        `unreachable`: the store cannot be reached for any operation. `advice`: what to do about it, for the log.
        """
        if self._failing is None and sent < self._ended:
            # The request was sent during the last outage. Another request has shown since that the store is back, so
            # this failure is no sign of the store now: one outage would be logged as two.
            return
        if self._failing is None:
            self._since = time.monotonic()
            logger.error(
                "%s is gone: %s failed with %s: %s. %sWhat depends on it is refused until it is back.",
                self._store,
                operation,
                type(error).__name__,
                str(error).rstrip("."),
                advice and f"{advice} ",
            )
        if unreachable:
            self._failing = "reading"
        elif self._failing is None or operation == "reading":
            self._failing = operation

    def recovered(self, operation: Operation) -> None:
        """Record that an operation worked."""
        if self._failing is not None and self._failing in ("reading", operation):
            self._failing = None
            self._ended = time.monotonic()
            logger.warning("%s is back after %.1f seconds.", self._store, self._ended - self._since)


class HealthRegistry:
    """The `StoreHealth` of each server and file that one worker uses, and the links to its servers.

    Stores on the same server share one of each, so that an outage is logged once, and one connection serves them all.
    """

    def __init__(self) -> None:
        self._by_name: dict[str, StoreHealth] = {}
        self._shared: dict[Hashable, Any] = {}

    def of(self, store: str) -> StoreHealth:
        """Return the health of the store with this name; create it if it is missing."""
        return self._by_name.setdefault(store, StoreHealth(store))

    def shared(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what the stores of this registry share under `key`; make it if it is missing."""
        if key not in self._shared:
            self._shared[key] = make()
        found: T = self._shared[key]
        return found


def share_health(scope: Mapping[str, Any], store: Any) -> None:
    """Have the store of a middleware log its outages together with those of the application that starts.

    A middleware gets its store before there is an application, so the two meet in the scope of the lifespan.
    Applications other than PyView are left alone.
    """
    health = scope.get(HEALTH)
    if isinstance(health, HealthRegistry):
        join_health(health, store)


def join_health(health: HealthRegistry, *stores: Any) -> None:
    """Have stores that were made outside of the application use its `health`.

    Stores without `share_health`, such as those of a user, are left alone.
    """
    for store in stores:
        share = getattr(store, "share_health", None)
        if share is not None:
            share(health)
