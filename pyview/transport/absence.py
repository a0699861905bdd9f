"""A connection that broke off, as far as its views need one while they wait for their page."""

from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.types import Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection, client_address
from pyview.auth.redirects import login_location
from pyview.middleware.browser_cookie import browser_of
from pyview.process.messages import Recheck, RenewalRefused
from pyview.process.snapshot import footprint
from pyview.process.uploads import UploadLoad
from pyview.process.view_process import ViewProcess
from pyview.rendering.lifecycle import Location
from pyview.sessions.change import SessionChange
from pyview.transport.admission import Admission
from pyview.transport.presence import Presence

ShownKey = tuple[str, str, str]
"""One view of one page: the page's id, the mark that its script made at its load, the id of the view's element."""


class Left(NamedTuple):
    """A view that a connection leaves behind. `sent`: how many messages it had for the page."""

    key: ShownKey
    process: ViewProcess
    sent: int


class Whose(NamedTuple):
    """Whose page it is. `binding` stands for session and user; equal for a page that may come back."""

    binding: str
    browser: str

    @classmethod
    def of(cls, presence: Presence) -> "Whose":
        return cls(presence.identity.binding, browser_of(presence.scope))


class Absence:
    """What is left of one connection. The roster watches it as it watched the connection.

    `gone` is called with a view that waits no longer.
    """

    __slots__ = ("_admission", "_presence", "gone", "views", "whose")

    def __init__(
        self, admission: Admission, presence: Presence, gone: Callable[["WaitingView"], None]
    ) -> None:
        self._admission = admission
        self._presence = presence
        self.gone = gone
        self.whose = Whose.of(presence)
        self.views: set[WaitingView] = set()

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
    def asked_at(self) -> float:
        return self._presence.asked_at

    @property
    def ends_at(self) -> float:
        return self._presence.ends_at

    async def recheck(self) -> None:
        """Who is signed out meanwhile, or may not see it any more, finds no view."""
        await self._presence.refresh()
        if Whose.of(self._presence) == self.whose:
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
        return self._admission.locate(self.scope, url)


class WaitingView:
    """A view whose page is away: an outlet that leads nowhere. `until` is loop time, `size` a guess in bytes."""

    __slots__ = ("absence", "key", "process", "sent", "size", "until")

    def __init__(self, absence: Absence, left: "Left", until: float) -> None:
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
    def congested(self) -> bool:
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
        raise RenewalRefused("the page is away")
