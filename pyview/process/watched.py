"""Who is there, asked again: before a handler, after news of the session, in the way of a patrol."""

from typing import Any

from pyview.auth.identity import Identity
from pyview.events import EventRequirements
from pyview.navigation import Redirect
from pyview.process.exits import Exits
from pyview.process.messages import (
    ComponentEvent,
    CookieChanged,
    Event,
    Recheck,
    RenewalRefused,
    SessionRenewed,
)
from pyview.rendering import lifecycle
from pyview.rendering.lifecycle import Location
from pyview.requirement import first_unmet, wants_fresh


class Watched(Exits):
    """A view that goes on only as long as its visitor may see it."""

    __slots__ = ()

    async def _settled(self, ref: str | None) -> bool:
        """Whether who is there may go on; who may not has been answered."""
        return self._guard is None or self._guard.settled() or await self._may_go_on(ref)

    async def _may_go_on(
        self, ref: str | None, location: Location | None = None, *, fresh: bool = False
    ) -> bool:
        """Ask the guard; who is turned away loads the page over HTTP, where the answer is the right one."""
        if self._guard is None:
            return True
        location = location or self._visit.location
        if not await self._guard.allows(location, fresh=fresh):
            page = location.page if self._visit.routed else self._page
            await self._depart(ref, self._departure(Redirect(page)))
            return False
        identity = self._guard.identity
        if identity is not self._visit.identity:
            self._visit = self._visit._replace(identity=identity)
            self._take_identity(identity)
        return True

    def _take_identity(self, identity: Identity) -> None:
        self._resources = lifecycle.resources_of(self._visit)
        self.socket.identity = identity

    async def _permits(
        self, requirements: EventRequirements, message: Event | ComponentEvent, owner: Any
    ) -> bool:
        """Whether who is there may cause an event of `owner`, a view or component; who may not has been answered."""
        asked = requirements.of(message.name)
        if wants_fresh(asked) and not await self._may_go_on(message.ref, fresh=True):
            return False
        unmet = await first_unmet(asked, self.socket.identity, owner)
        if unmet is None:
            return not self._ended
        if self._guard is not None:
            self._guard.forbade(message.name)
        if unmet.redirect is None:
            self._outlet.reply(message.ref, "error", {"reason": "forbidden"})
        elif not self._ended:
            url = self._outlet.sign_in_url(unmet.redirect, self._page)
            await self._depart(message.ref, self._departure(Redirect(url)))
        return False

    async def _recheck(self, message: Recheck) -> None:
        if self._guard is not None and not self._guard.settled():
            await self._may_go_on(None)

    async def _session_renewed(self, message: SessionRenewed) -> None:
        try:
            tokens = await self._outlet.renew(message.payload)
        except RenewalRefused as error:
            self._reject(message.ref, "stale", f"a new cookie was not taken: {error}")
        else:
            self._outlet.reply(message.ref, "ok", tokens)

    async def _cookie_changed(self, message: CookieChanged) -> None:
        self._changing = False
        if message.guard is None:
            await self._depart(None, self._departure(Redirect(self._page)))
            return
        self._guard = message.guard(self._visit)
        if self._children is not None:
            self._children.renew()
        if await self._may_go_on(None):
            await self._finish(None)
