"""The check of a session against the revocations, with a bounded grace while their store does not answer.

A session that was confirmed a moment ago stays valid for the grace. It counts from that confirmation and not from the
last use, so that nothing extends it during an outage. A revocation that this worker knows counts at once.
"""

import math
import time
from collections.abc import Callable, Mapping
from enum import Enum

from pyview.sessions.recent import RecentAnswers
from pyview.stores.gate import StoreGate
from pyview.stores.health import StoreUnavailable
from pyview.stores.revocations import MemoryRevocations, Revocations

_ENTRY_SIZE = 500  # bytes, about


class Standing(Enum):
    """State of a session."""

    CONFIRMED = "the store has not revoked it"
    KEPT = "the store does not answer, and has confirmed it a moment ago"
    REVOKED = "revoked"
    UNKNOWN = "the store does not answer"


class SessionCheck:
    """Checks sessions of one application. `grace`: seconds for which a confirmation is valid while the store is away.

    `clock`: seconds that never go back, for reading.
    """

    def __init__(
        self, revocations: Revocations, grace: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._revocations = revocations
        self._confirmed: RecentAnswers[bool] = RecentAnswers(grace, clock)
        self._gate = StoreGate()
        # A store in the memory of this process always answers.
        self._is_local = type(revocations) is MemoryRevocations

    @property
    def grace(self) -> float:
        return self._confirmed.seconds

    async def standing(self, keys: Mapping[str, float], *, signed_in: bool, patience: float) -> Standing:
        """Return the state of the session with these revocation keys.

        A store that takes longer than `patience` seconds counts as one that does not answer, for a session that it has
        confirmed a moment ago.
        """
        if self._revocations.known_revoked(keys):
            return Standing.REVOKED
        if self._is_local:
            return Standing.CONFIRMED
        name = _name(keys)
        is_known = self._confirmed.get(name) is not None
        try:
            revoked = await self._gate.ask(
                lambda: self._ask(name, keys, signed_in),
                needed=not is_known,
                patience=patience if is_known else math.inf,
            )
        except StoreUnavailable:
            return self._unanswered(name, keys)
        return Standing.REVOKED if revoked else Standing.CONFIRMED

    async def _ask(self, name: str, keys: Mapping[str, float], signed_in: bool) -> bool:
        sent = self._confirmed.clock()
        revoked = await self._revocations.revoked(keys)
        if revoked:
            self._confirmed.forget(name)
        else:
            self._confirmed.keep(name, True, sent, size=_ENTRY_SIZE, signed_in=signed_in)
        return revoked

    def _unanswered(self, name: str, keys: Mapping[str, float]) -> Standing:
        # The session may have been revoked at this worker, or its grace may have ended, while the question waited.
        if self._revocations.known_revoked(keys):
            return Standing.REVOKED
        return Standing.UNKNOWN if self._confirmed.get(name) is None else Standing.KEPT


def _name(keys: Mapping[str, float]) -> str:
    # With the times: an old cookie of the same session id, from before a later sign-in, has not been confirmed.
    return "\n".join(f"{key} {since!r}" for key, since in keys.items())
