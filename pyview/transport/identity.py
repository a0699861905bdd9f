"""Identity of one connection, looked up again while the connection is open, and the access check of its views.

The identity is looked up at each join, before events, in regular intervals, and when something was revoked.
"""

import asyncio
import logging
import math
from typing import Final

from starlette.types import Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection
from pyview.auth.guard import authorize, wants_fresh
from pyview.auth.identity import Identity
from pyview.auth.provider import Denied
from pyview.auth.replay import IdentityPipeline
from pyview.auth.user_key import UnknownUser
from pyview.events.requirements import event_requirements
from pyview.rendering.lifecycle import Location
from pyview.rendering.page_guard import NO_GUARD, PageGuard
from pyview.routing.routes import LiveRoute, NestedRoute
from pyview.sessions.session import UNCONFIRMED, session_of
from pyview.sessions.tracking import revocation_keys

logger = logging.getLogger("pyview.security")

_UNKNOWN: Final = Identity()
"""Identity of all connections before their first lookup."""

_PATIENCE = 0.25  # seconds that an event waits for a store that has just confirmed its user


class ConnectionIdentity:
    """Identity behind one connection.

    `scope` is the scope of the handshake, with session, auth and user of the last lookup. `checked_at` is the loop time
    of that lookup in seconds, `-inf` before the first one. `ends_at` is the Unix time at which the session expires.
    """

    __slots__ = ("_handshake", "_lookup", "_pipeline", "checked_at", "ends_at", "identity", "scope")

    def __init__(self, pipeline: IdentityPipeline, handshake: Scope) -> None:
        self._pipeline = pipeline
        self._handshake = handshake
        self._lookup: asyncio.Future[None] | None = None
        self.checked_at = float("-inf")
        self.ends_at = float("inf")
        self.scope = handshake
        self.identity = _UNKNOWN

    @property
    def revocation_keys(self) -> dict[str, float]:
        """Keys under which the session of this connection may be revoked."""
        return revocation_keys(session_of(self.scope))

    @property
    def renewable(self) -> bool:
        """True if the session can be loaded from a new cookie, and does not come from the handshake alone."""
        return self._pipeline.loads_session

    async def renew(self, cookie: str) -> None:
        """Use this `Cookie` header instead of the handshake's from now on, and look the identity up."""
        headers = [(name, value) for name, value in self._handshake["headers"] if name != b"cookie"]
        self._handshake = {**self._handshake, "headers": [*headers, (b"cookie", cookie.encode("latin-1"))]}
        self.checked_at = float("-inf")
        await self.refresh(active=True)

    def refresh_at_once(self) -> bool:
        """Take the identity of the handshake. Return False, with nothing done, if it has to be looked up."""
        if self._pipeline.replays:
            return False
        self._take(self._handshake, asyncio.get_running_loop().time())
        return True

    async def refresh(self, *, active: bool = False, patience: float = math.inf) -> None:
        """Look the identity up. `active`: because the user did something, which counts as use of the session.

        While a store does not answer within `patience` seconds, a user whom it has just confirmed stays.
        """
        # Callers that come during a lookup do not take its result: it may be older than the sign-out that they come
        # for. They wait for its end and share the next lookup.
        wanted = asyncio.get_running_loop().time()
        while self.checked_at < wanted:
            if self._lookup is None:
                await self._look_up(active, patience)
            else:
                await asyncio.shield(self._lookup)

    async def _look_up(self, active: bool, patience: float) -> None:
        # Without a lookup nothing is waited for, so no other caller can come meanwhile.
        if self.refresh_at_once():
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        lookup = self._lookup = loop.create_future()
        try:
            self._take(await self._pipeline.replay(self._handshake, active=active, patience=patience), now)
        finally:
            self._lookup = None
            lookup.set_result(None)

    def _take(self, scope: Scope | None, now: float) -> None:
        self.scope, self.identity = self._identified(scope)
        self.ends_at = self._pipeline.session_end(self.scope) if self.identity.binding else float("inf")
        self.checked_at = now

    def _identified(self, scope: Scope | None) -> tuple[Scope, Identity]:
        """Return the scope and its identity: signed out without a scope, or without a unique user in it."""
        if scope is not None:
            try:
                return scope, Identity.from_scope(scope)
            except UnknownUser as error:
                logger.error("a socket counts as signed out: %s", error)
        # A session without a unique user must not count as that of any of them.
        removed = ("session", "auth", "user", UNCONFIRMED)
        signed_out = {key: value for key, value in self._handshake.items() if key not in removed}
        return signed_out, Identity.from_scope(signed_out)


class ViewGuard:
    """Access check of one joined view.

    `max_age` is the number of seconds for which one lookup of the identity is valid for events. A view with
    `@requires(..., fresh=True)` is checked with a new lookup each time.
    """

    __slots__ = (
        "_admitted_at",
        "_binding",
        "_fresh",
        "_group",
        "_identity",
        "_max_age",
        "_page_guard",
        "_protected",
        "_time",
        "_verified",
        "_view_class",
    )

    def __init__(
        self,
        identity: ConnectionIdentity,
        route: LiveRoute | NestedRoute,
        max_age: float,
        page_guard: PageGuard = NO_GUARD,
        *,
        protected: bool,
    ) -> None:
        """`page_guard`: the guards of the views around this one. `protected`: True if the view itself has a guard."""
        scope = identity.scope
        self._identity = identity
        self._page_guard = page_guard
        self._view_class = route.view_class
        self._group = route.live_session.requirement
        self._max_age = max_age
        self._binding = identity.identity.binding
        self._verified: Identity = identity.identity
        self._admitted_at = float("-inf")
        self._protected = protected
        own = protected and wants_fresh(self._view_class, scope, self._group)
        self._fresh = own or page_guard.wants_fresh(scope)
        self._time = asyncio.get_running_loop().time

    @property
    def identity(self) -> Identity:
        return self._identity.identity

    def is_fresh(self) -> bool:
        """Return True if the last check was of the present identity and is recent enough to act on."""
        identity = self._identity
        # By identity of the object: each lookup makes a new one, and comparing values would cost more per event.
        if self._fresh or identity.identity is not self._verified:
            return False
        return self._time() - identity.checked_at < self._max_age

    async def allows(self, location: Location, *, fresh: bool) -> bool:
        """Return True if the view may go on at `location`. `fresh`: look the identity up in any case."""
        identity = self._identity
        patient = fresh or self._fresh
        if patient or self._time() - identity.checked_at >= self._max_age:
            await identity.refresh(active=True, patience=math.inf if patient else _PATIENCE)
        if await self._verifies(location):
            return True
        if patient or identity.identity.confirmed:
            return False
        # It may have been refused only because the store had not answered yet.
        await identity.refresh(active=True)
        return await self._verifies(location)

    async def _verifies(self, location: Location) -> bool:
        # Before the guards, which may wait while another lookup changes it.
        verified = self._identity.identity
        if not await self._admits(verified, location):
            return False
        self._verified = verified
        return True

    async def admits(self, location: Location) -> bool:
        """Return True if input outside the view's mailbox, such as bytes of a file, may go on.

        One check is valid for `max_age` seconds. The view reacts to a changed identity in its own mailbox.
        """
        identity = self._identity
        if self._time() - identity.checked_at >= self._max_age:
            await identity.refresh(active=True)
        checked_at = identity.checked_at
        # Chunks come many times a second: the guards are asked once for each lookup, not for each chunk.
        if checked_at != self._admitted_at:
            if not await self._admits(identity.identity, location):
                return False
            self._admitted_at = checked_at
        return True

    async def _admits(self, identity: Identity, location: Location) -> bool:
        # Another session, or another user in the same session: the page was rendered for someone else.
        if identity.binding != self._binding:
            return False
        scope = self._identity.scope
        if self._page_guard.guarded and isinstance(await self._page_guard.verdict(scope), Denied):
            return False
        if not self._protected:
            return True
        connection = LiveConnection(scope, location.page, location.path_params)
        return not isinstance(await authorize(self._view_class, connection, self._group), Denied)

    def log_denied(self, event: str) -> None:
        """Record in the audit trail that the user may not cause `event`."""
        subject = f"{event} of {self._view_class.__qualname__}"
        scope = self._identity.scope
        audit_of(scope).record(AuditEvent.DENIED, scope, "this event is not for them", subject=subject)


def view_guard(
    identity: ConnectionIdentity,
    route: LiveRoute | NestedRoute,
    max_age: float,
    page_guard: PageGuard = NO_GUARD,
    *,
    protected: bool,
) -> ViewGuard | None:
    """Return the guard of a view that has just joined; None if the identity makes no difference to it."""
    follows = protected or page_guard.guarded or event_requirements(route.view_class) is not None
    if not follows and not identity.identity.binding:
        return None
    return ViewGuard(identity, route, max_age, page_guard, protected=protected)
