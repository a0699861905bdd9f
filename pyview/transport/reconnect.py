"""Views whose connection broke off, waiting for their page: which page may have which view, and for how long.

A page is known by the id in its token, and by the mark that its script makes at each load, so that a second tab made
from the same bytes is another page. Who comes for it has passed the admission, with a page token of that very id, and
has the session, the user and the browser that the view was shown to.

A connection that broke off, as far as its views need one while they wait for their page.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from starlette.types import Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection, client_address
from pyview.auth.redirects import login_location
from pyview.config import SecurityConfig
from pyview.middleware.browser_cookie import browser_of
from pyview.process.messages import CookieRejected, Recheck
from pyview.process.snapshot import footprint
from pyview.process.uploads import UploadLoad
from pyview.process.view_process import ViewProcess
from pyview.rendering.lifecycle import Location, MountContext
from pyview.sessions.change import SessionChange
from pyview.transport.identity import ConnectionIdentity
from pyview.transport.join import JoinAuthorizer
from pyview.transport.limits import ClientGroup, Quotas
from pyview.transport.revalidation import IdentityMonitor

ShownKey = tuple[str, str, str]
"""One view of one page: the page's id, the mark that its script made at its load, the id of the view's element."""


class Detached(NamedTuple):
    """A view that a connection leaves behind. `sent`: how many messages it had for the page."""

    key: ShownKey
    process: ViewProcess
    sent: int


class OwnerKey(NamedTuple):
    """Owner of a page. `binding` stands for session and user; equal for a page that may come back."""

    binding: str
    browser: str

    @classmethod
    def of(cls, presence: ConnectionIdentity) -> "OwnerKey":
        return cls(presence.identity.binding, browser_of(presence.scope))


class DetachedConnection:
    """What is left of one connection. The roster watches it as it watched the connection.

    `gone` is called with a view that waits no longer.
    """

    __slots__ = ("_authorizer", "_presence", "gone", "views", "whose")

    def __init__(
        self, admission: JoinAuthorizer, presence: ConnectionIdentity, gone: Callable[["DetachedView"], None]
    ) -> None:
        self._authorizer = admission
        self._presence = presence
        self.gone = gone
        self.whose = OwnerKey.of(presence)
        self.views: set[DetachedView] = set()

    @property
    def scope(self) -> Scope:
        return self._presence.scope

    @property
    def revocation_keys(self) -> dict[str, float]:
        return self._presence.revocation_keys

    @property
    def guarded(self) -> bool:
        """Whether somebody may lose the right to see what waits."""
        return any(view.process.guarded for view in self.views)

    @property
    def checked_at(self) -> float:
        return self._presence.checked_at

    @property
    def ends_at(self) -> float:
        return self._presence.ends_at

    async def recheck(self) -> None:
        """Who is signed out meanwhile, or may not see it any more, finds no view."""
        await self._presence.refresh()
        if OwnerKey.of(self._presence) == self.whose:
            for view in tuple(self.views):
                view.process.post_soon(Recheck())
            return
        audit_of(self.scope).record(AuditEvent.REVOKED, self.scope, "the session of a waiting page has ended")
        self.end()

    def end(self) -> None:
        """The page does not come back."""
        for view in tuple(self.views):
            view.end()

    def locate(self, url: str) -> Location | None:
        return self._authorizer.locate(self.scope, url)


class DetachedView:
    """A view whose page is away: an outlet that leads nowhere. `until` is loop time, `size` a guess in bytes."""

    __slots__ = ("absence", "key", "process", "sent", "size", "until")

    def __init__(self, absence: DetachedConnection, left: "Detached", until: float) -> None:
        self.absence = absence
        self.key, self.process, self.sent = left
        self.until = until
        self.size = footprint(self.process.socket.context) + self.process.unread_bytes

    def end(self) -> None:
        """Its page does not come back, or not to it."""
        self.absence.gone(self)
        self.process.stop()

    # As the outlet of its process

    @property
    def client(self) -> str:
        return client_address(self.absence.scope)

    @property
    def is_full(self) -> bool:
        return True

    def reply(self, ref: str | None, status: str, response: dict[str, Any]) -> None:
        """The page has forgotten what it asked."""

    def push(self, event: str, payload: Any) -> None:
        """All of the view is rendered when the page is back."""

    def refused(self) -> None:
        self.absence.gone(self)

    def closed(self) -> None:
        self.absence.gone(self)

    def crashed(self) -> None:
        self.absence.gone(self)

    def overloaded(self) -> None:
        self.end()

    def when_writable(self, call: Callable[[], None]) -> None:
        """The view renders in any case when its page is back."""

    def locate(self, url: str) -> Location | None:
        return self.absence.locate(url)

    def sign_in_url(self, redirect: str, page: str) -> str:
        return login_location(redirect, LiveConnection(self.absence.scope, page))

    @property
    def has_session(self) -> bool:
        return "session" in self.absence.scope

    def order(self, change: SessionChange) -> str | None:
        return None

    def upload_load(self) -> UploadLoad:
        return UploadLoad(0, 0)

    @property
    def page(self) -> str | None:
        return None

    async def renew(self, payload: Any) -> dict[str, str]:
        raise CookieRejected("the page is away")


_LONGEST_MARK = 64


class RejoinRequest(NamedTuple):
    """A join, as far as it may be one of a page that was here before.

    `again`: the page had a view joined; `anew`: it has gone elsewhere by itself, and starts a view there. `received`:
    how many messages came on the last join, as our own client says.
    """

    key: ShownKey
    again: bool
    anew: bool
    received: Any

    @classmethod
    def of(cls, key: ShownKey, payload: Mapping[str, Any]) -> "RejoinRequest":
        """`_mounts` counts the earlier joins of the same view in the page (phoenix_live_view.js)."""
        params = _params(payload)
        mounts = params.get("_mounts")
        again = isinstance(mounts, int) and mounts > 0
        return cls(key, again, "redirect" in payload and not again, params.get("_received"))


def shown_key(visit: MountContext, payload: Mapping[str, Any]) -> ShownKey:
    """What a join is for. `_load` is said by our own client in each join, another thing at each load of a page."""
    mark, place = _params(payload).get("_load"), visit.place
    return place.page_id, mark[:_LONGEST_MARK] if isinstance(mark, str) else "", place.id


def _params(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    params = payload.get("params")
    return params if isinstance(params, dict) else {}


class ShownView(Protocol):
    """A joined topic: a page that is here, or only seems to be."""

    shown: ShownKey | None
    sent: int

    @property
    def whose(self) -> OwnerKey: ...

    process: ViewProcess

    def closed(self) -> None: ...


class DetachedViews:
    """Of one application. Views wait in the order in which they came, all for the same time: one timer does."""

    def __init__(self, limits: SecurityConfig, roster: IdentityMonitor) -> None:
        self._limits = limits
        self._roster = roster
        per_session, per_address = limits.max_waiting_views_per_session, limits.max_waiting_views_per_address
        self._quotas = Quotas("waiting views", per_session, per_address)
        self._waiting: dict[ShownKey, DetachedView] = {}
        self._places: dict[DetachedView, ClientGroup] = {}
        self._shown: dict[ShownKey, ShownView] = {}
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def bytes(self) -> int:
        """About how much the waiting views hold."""
        return self._bytes

    # Pages that are here

    def show(self, page: ShownView) -> None:
        if page.shown is not None and self._limits.reconnect_grace > 0:
            self._shown[page.shown] = page

    def hide(self, page: ShownView) -> None:
        if page.shown is not None and self._shown.get(page.shown) is page:
            del self._shown[page.shown]

    # Pages that are away

    def admit(
        self, admission: JoinAuthorizer, presence: ConnectionIdentity, views: Iterable[Detached]
    ) -> DetachedConnection:
        """Let the `views` of a connection wait, as far as there is room; the others end."""
        absence = DetachedConnection(admission, presence, self._forget)
        place = self._quotas.place(absence.scope)
        for left in views:
            if self._has_room(place):
                self._take_in(absence, left, place)
            else:
                left.process.stop()
        if absence.guarded:
            self._roster.add(absence, absence.revocation_keys)
        return absence

    def claim(
        self, key: ShownKey, payload: Mapping[str, Any], presence: ConnectionIdentity, visit: MountContext
    ) -> ViewProcess | None:
        """The running view that the page of a join had, if it is to have it again. It is the caller's then."""
        if key not in self._waiting and key not in self._shown:
            return None
        comeback = RejoinRequest.of(key, payload)
        waiting = self._waiting.get(key)
        if waiting is not None:
            return self._claim_waiting(waiting, comeback, OwnerKey.of(presence), visit)
        page = self._shown.get(key)
        if page is None or not comeback.again or page.whose != OwnerKey.of(presence):
            return None
        # The network was lost and found so fast that the server has not noticed: the old socket is a dead one.
        process = page.process
        if not process.belongs_to(visit, complete=comeback.received == page.sent):
            return None
        page.closed()
        return process

    @contextmanager
    def closed(self) -> Iterator[None]:
        """The application stops: nobody waits any longer, and nobody comes in meanwhile."""
        self._closed = True
        for view in tuple(self._waiting.values()):
            view.end()
        try:
            yield
        finally:
            self._closed = False

    def _forget(self, view: DetachedView) -> None:
        place = self._places.pop(view, None)
        if place is None:
            return
        del self._waiting[view.key]
        self._quotas.free(place)
        self._bytes -= view.size
        absence = view.absence
        absence.views.discard(view)
        if not absence.views:
            self._roster.remove(absence)
        if not self._waiting and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _claim_waiting(
        self, waiting: DetachedView, comeback: RejoinRequest, whose: OwnerKey, visit: MountContext
    ) -> ViewProcess | None:
        if waiting.absence.whose != whose:
            return None
        complete = comeback.received == waiting.sent
        if comeback.anew or not waiting.process.belongs_to(visit, complete=complete):
            waiting.end()
            return None
        self._forget(waiting)
        return waiting.process

    def _has_room(self, place: ClientGroup) -> bool:
        limits = self._limits
        return (
            limits.reconnect_grace > 0
            and not self._closed
            and len(self._waiting) < limits.max_waiting_views
            and self._bytes < limits.max_waiting_bytes
            and self._quotas.exceeded(place) is None
        )

    def _take_in(self, absence: DetachedConnection, left: Detached, place: ClientGroup) -> None:
        earlier = self._waiting.get(left.key)
        if earlier is not None:
            earlier.end()
        until = asyncio.get_running_loop().time() + self._limits.reconnect_grace
        view = DetachedView(absence, left, until)
        left.process.detach(view)
        absence.views.add(view)
        self._waiting[left.key] = view
        self._places[view] = place
        self._quotas.take(place)
        self._bytes += view.size
        if self._timer is None:
            self._arm(view)

    def _arm(self, oldest: DetachedView) -> None:
        self._timer = asyncio.get_running_loop().call_at(oldest.until, self._end_overdue)

    def _end_overdue(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for view in tuple(self._waiting.values()):
            if view.until > now:
                self._arm(view)
                return
            view.end()
