"""The only exit of a view: what a turn has brought leaves here, as a diff with its reply or as a departure."""

import logging
from typing import Any

from pyview.navigation import Navigate, Patch, Redirect
from pyview.process.actor import Actor
from pyview.process.messages import Refresh
from pyview.rendering import lifecycle
from pyview.rendering.renderers import Diff
from pyview.sessions.change import SESSION_EVENT, SessionChange
from pyview.wire.message import encoded

logger = logging.getLogger("pyview")


class Exits(Actor):
    """An actor that says what a turn has brought."""

    __slots__ = ()

    @property
    def _page(self) -> str:
        """What the browser loads to start over: for a nested view, the page around it."""
        location = self._visit.location
        return location.page if self._visit.routed else self._outlet.page or location.page

    async def _finish(
        self,
        ref: str | None,
        answer: Any = None,
        *,
        part: bool = False,
        fields: dict[str, Any] | None = None,
    ) -> None:
        """Send what the turn brought: patches first, then the diff with its reply, or a departure.

        `part`: of the page, nothing but components may have changed. `fields` stand beside the diff.
        """
        if self._ended:
            return
        self._patches = 0
        socket = self.socket
        if socket.hooks is not None:
            socket.hooks.keep_names(socket)
        if self._away:
            self._keep_for_return()
            return
        wishes = socket.navigation is not None or socket.session_change is not None
        if wishes and await self._departs(ref):
            return
        if ref is None and self._outlet.congested:
            self._put_off_render()
            return
        if part and self._components is not None:
            update = self._components.completed({})
        else:
            update = self._renderer.update(socket)
        diff = self._with_news(update if type(update) is dict else await update)  # type: ignore[misc]
        if answer is not None:
            diff["r"] = encoded(answer, "a handler's reply")
        if socket.patched is not None:
            self._outlet.push("live_patch", patch_payload(socket.patched))
            socket.patched = None
        if ref is not None:
            response = {"diff": diff} if diff else {}
            self._outlet.reply(ref, "ok", response if fields is None else response | fields)
        elif diff:
            self._outlet.push("diff", diff)
        if socket.hooks is not None:
            await lifecycle.after_render(socket, self._visit)

    def _with_news(self, diff: Diff) -> Diff:
        """The diff since the last render, with the events and the title of this turn."""
        socket = self.socket
        if socket.live_title != self._title:
            self._title = socket.live_title
            diff["t"] = str(self._title or "")
        if socket.page_attributes is not None:
            socket.queue_page_attributes(socket.page_attributes)
        events = socket.take_events()
        if events:
            diff["e"] = events
        return diff

    def _keep_for_return(self) -> None:
        """Nothing is rendered and nobody is sent anywhere: all of it waits in the socket for the page."""
        if self._holds_too_much():
            self._outlet.overloaded()

    def _put_off_render(self) -> None:
        # The browser reads slower than the view changes: one render, of the newest state, when it can take it.
        if self._holds_too_much():
            self._outlet.overloaded()
        elif not self._put_off:
            self._put_off = True
            self._outlet.when_writable(self._writable)

    def _holds_too_much(self) -> bool:
        return self.socket.pending_event_bytes() > self._site.security.max_queued_bytes

    def _writable(self) -> None:
        self.post_soon(Refresh())

    async def _departs(self, ref: str | None) -> bool:
        """Leave, if that is what was wished for."""
        departure = self._wished_departure()
        if departure is not None:
            await self._depart(ref, departure)
        return departure is not None

    def _wished_departure(self) -> dict[str, Any] | None:
        """What makes the page leave, None while it stays. A change of the session comes first."""
        navigation, change = self.socket.navigation, self.socket.session_change
        if change is None:
            return None if navigation is None else self._departure(navigation)
        if self._changing:
            # Its order has to say which session it is for, so this one waits until the last one's cookie is there.
            return None
        return self._order(change, navigation)

    def _order(self, change: SessionChange, navigation: Navigate | Redirect | None) -> dict[str, Any] | None:
        """Let the page have the session changed, and go on afterwards, loading what comes next over HTTP."""
        self.socket.session_change = None
        token = self._outlet.order(change)
        if token is None:
            # Not known from any other browser: loading the page gives it a cookie, if it takes any.
            logger.warning("%s: the session stays as it is, the browser has no cookie of ours", self._name)
            return self._departure(Redirect(self._page))
        target = {} if navigation is None else {"to": navigation.to, **self._carried_flash()}
        self.socket.queue_event(SESSION_EVENT, encoded({"token": token, **target}, SESSION_EVENT))
        self._changing = True
        return None if navigation is None else {}

    async def _depart(self, ref: str | None, departure: dict[str, Any]) -> None:
        if self._visit.place.sticky and "live_redirect" in departure:
            await self._send_on(ref, departure)
            return
        events = self._parting_events()
        if events:
            self._outlet.push("diff", {"e": events["events"]})
        if ref is not None:
            self._outlet.reply(ref, "ok", departure)
        else:
            for event, payload in departure.items():
                self._outlet.push(event, payload)
        self._end()
        self._outlet.closed()
        await self._disconnect()

    async def _send_on(self, ref: str | None, departure: dict[str, Any]) -> None:
        """Have the page go elsewhere, and stay: so does a sticky view."""
        self.socket.navigation = None
        self.socket.clear_flash()  # it travels with the page
        if ref is not None:
            self._outlet.reply(ref, "ok", departure)
        else:
            self._outlet.push("live_redirect", departure["live_redirect"])
        await self._finish(None)

    def _departure(self, navigation: Navigate | Redirect) -> dict[str, Any]:
        flash = self._carried_flash()
        if isinstance(navigation, Navigate):
            return {"live_redirect": {"kind": navigation.kind, "to": navigation.to, **flash}}
        return {"redirect": {"to": navigation.to, "status": navigation.status, **flash}}

    def _carried_flash(self) -> dict[str, str]:
        flash = self.socket.flash
        return {"flash": self._site.flash_token(flash)} if flash else {}

    def _parting_events(self) -> dict[str, Any]:
        events = self.socket.take_events()
        return {"events": events} if events else {}

    def _reject(self, ref: str | None, reason: str, log: str) -> None:
        self._site.complaints.warn(self._name, log)
        self._outlet.reply(ref, "error", {"reason": reason})


def patch_payload(patch: Patch) -> dict[str, str]:
    """A patch as the client is told of it."""
    return {"kind": patch.kind, "to": patch.to}
