"""One line in the log when a store goes, one when it is back, however many requests notice.

What goes wrong with a store.
"""

import logging
import math
import time
from collections.abc import Mapping
from typing import Any, Final, Literal


class StoreUnavailable(Exception):
    """A store could not be asked, or did not answer in time. What was to be written may have been written.

    Whoever asked in order to let somebody in must refuse: not to know is not a yes.
    """


OUTAGES: Final = "pyview.outages"
"""In the scope of a lifespan: the outages of the application that is started."""

logger = logging.getLogger("pyview")

Failing = Literal["reading", "writing", "listening", "publishing"]


class StoreHealth:
    """Whether a store is gone.

    A store that cannot be read is gone altogether, so whatever works next shows that it is back. One that can be
    read may still refuse writes (a full disk) or notices, and only these then show that it is whole again.
    """

    def __init__(self, store: str) -> None:
        """`store`: what the log calls it; without a password."""
        self._store = store
        self._failing: Failing | None = None
        self._since = 0.0
        self._ended = -math.inf

    def failed(self, doing: Failing, error: BaseException, *, sent: float, altogether: bool = False) -> None:
        """Note that the request `doing`, sent at `sent` by `time.monotonic()`, failed.

        `altogether`: because the store cannot be reached for anything.
        """
        if self._failing is None and sent < self._ended:
            # The request was sent during the last outage. Another request has shown since that the store is back, so
            # this failure says nothing about the store now: one outage would be logged as two.
            return
        if self._failing is None:
            self._since = time.monotonic()
            logger.error(
                "%s is gone: %s failed with %s: %s. What depends on it is refused until it is back.",
                self._store,
                doing,
                type(error).__name__,
                error,
            )
        if altogether:
            self._failing = "reading"
        elif self._failing is None or doing == "reading":
            self._failing = doing

    def recovered(self, doing: Failing) -> None:
        """Note that `doing` worked."""
        if self._failing is not None and self._failing in ("reading", doing):
            self._failing = None
            self._ended = time.monotonic()
            logger.warning("%s is back after %.1f seconds.", self._store, self._ended - self._since)


class Outages:
    """The outages of one worker: stores in one place share theirs, so that each is logged once."""

    def __init__(self) -> None:
        self._of: dict[str, StoreHealth] = {}

    def of(self, store: str) -> StoreHealth:
        """Return the outage of `store`, made when it is first asked for."""
        return self._of.setdefault(store, StoreHealth(store))


def share_outages(scope: Mapping[str, Any], store: Any) -> None:
    """Have `store`, of a middleware, log an outage together with those of the application whose lifespan this is.

    A store of another kind, and an application of another kind, log as they like.
    """
    outages, share = scope.get(OUTAGES), getattr(store, "share_outages", None)
    if outages is not None and share is not None:
        share(outages)
