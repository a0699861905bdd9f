"""How many of one thing, such as open sockets, one session and one address may have at a time."""

from starlette.types import Scope

from pyview.auth.connection import client_address
from pyview.sessions.session import session_id

Place = tuple[tuple[str, str], ...]
"""What one of them is counted under."""


class Quotas:
    """Counts of one application's `things`. A limit of 0 is none; a visitor without a session has no count."""

    def __init__(self, things: str, per_session: int, per_address: int) -> None:
        self._things = things
        self._limits = {"session": per_session, "address": per_address}
        self._counts: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        """How many sessions and addresses have one at least."""
        return len(self._counts)

    def place(self, scope: Scope) -> Place:
        """What one from this request or handshake counts under."""
        limits = self._limits
        session = _session(scope) if limits["session"] else ""
        address = client_address(scope) if limits["address"] else ""
        return tuple(key for key in (("session", session), ("address", address)) if key[1])

    def exceeded(self, place: Place) -> str | None:
        """What there are already enough sockets of; None where there is room."""
        for key in place:
            limit = self._limits[key[0]]
            if self._counts.get(key, 0) >= limit:
                return f"{limit} {self._things} of one {key[0]} are open"
        return None

    def take(self, place: Place) -> None:
        for key in place:
            self._counts[key] = self._counts.get(key, 0) + 1

    def free(self, place: Place) -> None:
        for key in place:
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]


def _session(scope: Scope) -> str:
    try:
        return session_id(scope)
    except RuntimeError:
        return ""  # a session that nobody has loaded: the join will say so, to somebody who can read it
