"""Whether the person at a socket may still see the view that they see.

Who is at one socket, asked again and again: at joins, before events, on a patrol, when something was revoked.
"""

import asyncio
import logging

from starlette.types import Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection
from pyview.auth.guard import authorize, follows_identity, is_protected, wants_fresh
from pyview.auth.identity import Identity
from pyview.auth.provider import Denied, Verdict
from pyview.auth.replay import IdentityPipeline
from pyview.auth.user_key import UnknownUser
from pyview.rendering.lifecycle import Location
from pyview.rendering.page_guard import NOTHING_AROUND, PageGuard
from pyview.routing.routes import LiveRoute, NestedRoute
from pyview.sessions.session import session_of
from pyview.sessions.tracking import revocation_keys

logger = logging.getLogger("pyview.security")


class ConnectionIdentity:
    """The identity behind one connection. `scope` is the handshake's, with session, auth and user as last asked.

    `checked_at` is loop time in seconds, `-inf` before the first time. `ends_at` is the Unix time at which the session
    ends by itself.
    """

    __slots__ = ("_asking", "_handshake", "_pipeline", "checked_at", "ends_at", "identity", "scope")

    def __init__(self, pipeline: IdentityPipeline, handshake: Scope) -> None:
        self._pipeline = pipeline
        self._handshake = handshake
        self._asking: asyncio.Future[None] | None = None
        self.checked_at = float("-inf")
        self.ends_at = float("inf")
        self.scope = handshake
        self.identity = Identity()

    @property
    def revocation_keys(self) -> dict[str, float]:
        """What a revocation of this connection's session may be called."""
        return revocation_keys(session_of(self.scope))

    @property
    def renewable(self) -> bool:
        """Whether a new cookie can be asked about, and not only the handshake's."""
        return self._pipeline.loads_session

    async def renew(self, cookie: str) -> None:
        """Go on as if the handshake had come with this `Cookie` header, and ask who is there."""
        headers = [(name, value) for name, value in self._handshake["headers"] if name != b"cookie"]
        self._handshake = {**self._handshake, "headers": [*headers, (b"cookie", cookie.encode("latin-1"))]}
        self.checked_at = float("-inf")
        await self.refresh(active=True)

    async def refresh(self, *, active: bool = False) -> None:
        """Ask who is there now. All who come while somebody asks share the next question: the answer to the one that
        is under way may be older than what they come for, such as a sign-out.

        `active`: because the reader did something, which counts as use of the session.
        """
        wanted = asyncio.get_running_loop().time()
        while self.checked_at < wanted:
            if self._asking is None:
                await self._ask(active)
            else:
                await asyncio.shield(self._asking)

    async def _ask(self, active: bool) -> None:
        loop = asyncio.get_running_loop()
        asking = self._asking = loop.create_future()
        now = loop.time()
        try:
            scope = await self._pipeline.replay(self._handshake, active=active)
            self.scope, self.identity = self._known(scope)
            self.ends_at = self._pipeline.session_end(self.scope) if self.identity.binding else float("inf")
            self.checked_at = now
        finally:
            self._asking = None
            asking.set_result(None)

    def _known(self, scope: Scope | None) -> tuple[Scope, Identity]:
        """Return who is in the scope of an answer; a stranger where there is no answer, or where it names a user who
        cannot be told from others."""
        if scope is not None:
            try:
                return scope, Identity.from_scope(scope)
            except UnknownUser as error:
                logger.error("a socket counts as signed out: %s", error)
        stranger = _stranger(self._handshake)
        return stranger, Identity.from_scope(stranger)


def _stranger(handshake: Scope) -> Scope:
    """The handshake of somebody who is not signed in: nobody could say who it is."""
    return {key: value for key, value in handshake.items() if key not in ("session", "auth", "user")}


class ViewGuard:
    """The guard of one joined view. `max_age`: for how many seconds an answer holds, for events; a view under
    `@requires(..., fresh=True)` takes no answer but a new one."""

    __slots__ = (
        "_admitted_at",
        "_around",
        "_binding",
        "_fresh",
        "_group",
        "_max_age",
        "_presence",
        "_protected",
        "_time",
        "_verified",
        "_view_class",
    )

    def __init__(
        self,
        presence: ConnectionIdentity,
        route: LiveRoute | NestedRoute,
        max_age: float,
        around: PageGuard = NOTHING_AROUND,
    ) -> None:
        """`around`: what has to be asked of the visitor besides, since the view stands in it."""
        self._presence = presence
        self._around = around
        self._view_class = route.view_class
        self._group = route.live_session.requirement
        self._max_age = max_age
        self._binding = presence.identity.binding
        self._verified: Identity = presence.identity
        self._admitted_at = float("-inf")
        self._protected = is_protected(self._view_class, presence.scope, self._group)
        self._fresh = wants_fresh(self._view_class, presence.scope, self._group) or around.wants_fresh(
            presence.scope
        )
        self._time = asyncio.get_running_loop().time

    @property
    def identity(self) -> Identity:
        return self._presence.identity

    def is_fresh(self) -> bool:
        """Whether the last answer is about the present identity, and young enough to act on."""
        presence = self._presence
        if self._fresh or presence.identity is not self._verified:
            return False
        return self._time() - presence.checked_at < self._max_age

    async def allows(self, location: Location, *, fresh: bool) -> bool:
        """Whether the view may go on at `location`; `fresh` asks the middlewares in any case."""
        presence = self._presence
        if fresh or self._fresh or self._time() - presence.checked_at >= self._max_age:
            await presence.refresh(active=True)
        identity = presence.identity
        if not await self._is_for_them(identity, location):
            return False
        self._verified = identity
        return True

    async def admits(self, location: Location) -> bool:
        """Return True if input beside the turns of the view, such as bytes of a file, may go on. One answer holds for
        `max_age` seconds. The view itself takes up a changed identity in a turn of its own."""
        presence = self._presence
        if self._time() - presence.checked_at >= self._max_age:
            await presence.refresh(active=True)
        checked_at = presence.checked_at
        if checked_at != self._admitted_at:
            if not await self._is_for_them(presence.identity, location):
                return False
            self._admitted_at = checked_at
        return True

    async def _is_for_them(self, identity: Identity, location: Location) -> bool:
        # Another session, or another user in it: what the page shows was not meant for them.
        if identity.binding != self._binding:
            return False
        if self._around.guarded and isinstance(await self._around.verdict(self._presence.scope), Denied):
            return False
        return not self._protected or not isinstance(await self._verdict(location), Denied)

    def log_denied(self, event: str) -> None:
        """Note that somebody may not cause `event` of the view."""
        subject = f"{event} of {self._view_class.__qualname__}"
        scope = self._presence.scope
        audit_of(scope).record(AuditEvent.DENIED, scope, "this event is not for them", subject=subject)

    async def _verdict(self, location: Location) -> Verdict:
        connection = LiveConnection(self._presence.scope, location.page, location.path_params)
        return await authorize(self._view_class, connection, self._group)


def view_guard(
    presence: ConnectionIdentity,
    route: LiveRoute | NestedRoute,
    max_age: float,
    around: PageGuard = NOTHING_AROUND,
) -> ViewGuard | None:
    """The guard of a view that has just been shown; None where it makes no difference who is there."""
    group = route.live_session.requirement
    followed = around.guarded or follows_identity(route.view_class, presence.scope, group)
    if not presence.identity.binding and not followed:
        return None
    return ViewGuard(presence, route, max_age, around)
