"""Whether the person at a socket may still see the view that they see."""

import asyncio

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection
from pyview.auth.guard import authorize, follows_identity, is_protected, wants_fresh
from pyview.auth.identity import Identity
from pyview.auth.provider import Denied, Verdict
from pyview.rendering.lifecycle import Location
from pyview.rendering.page_guard import NOTHING_AROUND, Surroundings
from pyview.routing.routes import LiveRoute, NestedRoute
from pyview.transport.presence import Presence


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
        presence: Presence,
        route: LiveRoute | NestedRoute,
        max_age: float,
        around: Surroundings = NOTHING_AROUND,
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

    def settled(self) -> bool:
        """Whether the last answer is about the present identity, and young enough to act on."""
        presence = self._presence
        if self._fresh or presence.identity is not self._verified:
            return False
        return self._time() - presence.asked_at < self._max_age

    async def allows(self, location: Location, *, fresh: bool) -> bool:
        """Whether the view may go on at `location`; `fresh` asks the middlewares in any case."""
        presence = self._presence
        if fresh or self._fresh or self._time() - presence.asked_at >= self._max_age:
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
        if self._time() - presence.asked_at >= self._max_age:
            await presence.refresh(active=True)
        asked_at = presence.asked_at
        if asked_at != self._admitted_at:
            if not await self._is_for_them(presence.identity, location):
                return False
            self._admitted_at = asked_at
        return True

    async def _is_for_them(self, identity: Identity, location: Location) -> bool:
        # Another session, or another user in it: what the page shows was not meant for them.
        if identity.binding != self._binding:
            return False
        if self._around.guarded and isinstance(await self._around.verdict(self._presence.scope), Denied):
            return False
        return not self._protected or not isinstance(await self._verdict(location), Denied)

    def forbade(self, event: str) -> None:
        """Note that somebody may not cause `event` of the view."""
        subject = f"{event} of {self._view_class.__qualname__}"
        scope = self._presence.scope
        audit_of(scope).record(AuditEvent.DENIED, scope, "this event is not for them", subject=subject)

    async def _verdict(self, location: Location) -> Verdict:
        connection = LiveConnection(self._presence.scope, location.page, location.path_params)
        return await authorize(self._view_class, connection, self._group)


def view_guard(
    presence: Presence,
    route: LiveRoute | NestedRoute,
    max_age: float,
    around: Surroundings = NOTHING_AROUND,
) -> ViewGuard | None:
    """The guard of a view that has just been shown; None where it makes no difference who is there."""
    group = route.live_session.requirement
    followed = around.guarded or follows_identity(route.view_class, presence.scope, group)
    if not presence.identity.binding and not followed:
        return None
    return ViewGuard(presence, route, max_age, around)
