"""Detached views: views whose connection was lost, kept until their page joins again or the time is over.

A page is known by the id in its token and by the `load_id` that our client makes at each load, so that a second tab
made from the same bytes is another page. A page gets its view back only if its join was admitted, with a page token of
that very id, and only with the session, the user and the browser that the view was shown to.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from starlette.types import Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection, client_address
from pyview.auth.redirects import login_location
from pyview.config import SecurityConfig
from pyview.middleware.headers import browser_of
from pyview.process.messages import CookieRejected, Join, Recheck
from pyview.process.snapshot import footprint
from pyview.process.uploads import UploadLoad
from pyview.process.view_process import ViewProcess
from pyview.rendering.lifecycle import Location, MountContext
from pyview.sessions.change import SessionChange
from pyview.transport.identity import ConnectionIdentity
from pyview.transport.identity_monitor import IdentityMonitor
from pyview.transport.join import JoinAuthorizer
from pyview.transport.join_params import JoinParams
from pyview.transport.limits import ClientGroup, Quotas

ShownKey = tuple[str, str, str]
"""One view of one load of one page: the id of the page, its `load_id`, the id of the view's element."""


def shown_key(join: JoinParams, mount_context: MountContext) -> ShownKey:
    return mount_context.target.page_id, join.load_id, mount_context.target.id


class OwnerKey(NamedTuple):
    """Owner of a page. `binding` stands for session and user. A page may rejoin only if the key is equal."""

    binding: str
    browser: str

    @classmethod
    def of(cls, identity: ConnectionIdentity) -> "OwnerKey":
        return cls(identity.identity.binding, browser_of(identity.scope))


class Detached(NamedTuple):
    """A view that a connection leaves behind.

    `sent` is the number of messages that it sent to its page, `mounts` the number of the page's joins of it before.
    """

    key: ShownKey
    process: ViewProcess
    sent: int
    mounts: int = 0


class DetachedConnection:
    """State of a dropped connection that its detached views still need.

    The `IdentityMonitor` checks it like an open connection. `remove` is called with a view that is detached no longer.
    """

    __slots__ = ("_authorizer", "_identity", "owner", "remove", "views")

    def __init__(
        self,
        authorizer: JoinAuthorizer,
        identity: ConnectionIdentity,
        remove: Callable[["DetachedView"], None],
    ) -> None:
        self._authorizer = authorizer
        self._identity = identity
        self.remove = remove
        self.owner = OwnerKey.of(identity)
        self.views: set[DetachedView] = set()

    @property
    def scope(self) -> Scope:
        return self._identity.scope

    @property
    def revocation_keys(self) -> dict[str, float]:
        return self._identity.revocation_keys

    @property
    def guarded(self) -> bool:
        """True if a user may lose the right to see one of the views."""
        return any(view.process.guarded for view in self.views)

    @property
    def checked_at(self) -> float:
        return self._identity.checked_at

    @property
    def ends_at(self) -> float:
        return self._identity.ends_at

    async def recheck(self) -> None:
        """Look the identity up. End the views if the user has signed out; else make each check its access."""
        await self._identity.refresh()
        # The browser cannot be made to leave. A view must not wait for a user who has signed out meanwhile.
        if OwnerKey.of(self._identity) == self.owner:
            for view in tuple(self.views):
                view.process.post_soon(Recheck())
            return
        audit_of(self.scope).record(AuditEvent.REVOKED, self.scope, "the session of a waiting page has ended")
        self.end()

    def end(self) -> None:
        """End all views: the page does not come back."""
        for view in tuple(self.views):
            view.end()

    def locate(self, url: str) -> Location | None:
        return self._authorizer.locate(self.scope, url)


class DetachedView:
    """A view without a page, and the connection that its process sees: it drops everything.

    `until` is the loop time at which the view ends. `size` is its approximate size in bytes.
    """

    __slots__ = ("connection", "key", "mounts", "process", "sent", "size", "until")

    def __init__(self, connection: DetachedConnection, detached: Detached, until: float) -> None:
        self.connection = connection
        self.key, self.process, self.sent, self.mounts = detached
        self.until = until
        # Measured once: the size has to be subtracted again at the end, whatever the context holds then.
        self.size = footprint(self.process.socket.context) + self.process.unread_bytes

    def end(self) -> None:
        """End the view: its page does not come back, or not to this view."""
        self.connection.remove(self)
        self.process.stop()

    # The connection that the process sees

    @property
    def client(self) -> str:
        return client_address(self.connection.scope)

    @property
    def is_full(self) -> bool:
        return True  # so that the view does not render

    def reply(self, ref: str | None, status: str, response: dict[str, Any]) -> None:
        """Drop the reply: the page has forgotten the request."""

    def push(self, event: str, payload: Any) -> None:
        """Drop the message: a rejoin renders the whole view."""

    def push_shared(self, frame_end: bytes, *, more: bool) -> None:
        """Drop the diff: a rejoin renders the whole view."""

    def refused(self) -> None:
        self.connection.remove(self)

    def closed(self) -> None:
        self.connection.remove(self)

    def crashed(self, error_id: str = "") -> None:
        self.connection.remove(self)

    def overloaded(self) -> None:
        self.end()

    def join_again(self, message: Join) -> None:
        """Do nothing: a view that waits for its page has joined already."""

    def when_writable(self, call: Callable[[], None]) -> None:
        """Do nothing: a rejoin renders the whole view."""

    def locate(self, url: str) -> Location | None:
        return self.connection.locate(url)

    def sign_in_url(self, redirect: str, page: str) -> str:
        return login_location(redirect, LiveConnection(self.connection.scope, page))

    @property
    def has_session(self) -> bool:
        return "session" in self.connection.scope

    def mint_change_token(self, change: SessionChange) -> str | None:
        return None

    def upload_load(self) -> UploadLoad:
        return UploadLoad(0, 0)

    @property
    def page(self) -> str | None:
        return None

    async def renew(self, payload: Any) -> dict[str, str]:
        raise CookieRejected("the page is away")


class ShownView(Protocol):
    """A joined topic. Its page may be gone already, without the server having noticed."""

    shown: ShownKey | None
    mounts: int
    sent: int
    process: ViewProcess

    @property
    def owner(self) -> OwnerKey: ...
    def closed(self) -> None: ...


class DetachedViews:
    """All detached views of one application, and the views that are shown.

    All views wait for the same time, so they end in the order in which they came, and one timer is enough.
    """

    def __init__(self, limits: SecurityConfig, monitor: IdentityMonitor) -> None:
        self._limits = limits
        self._monitor = monitor
        per_session, per_address = limits.max_waiting_views_per_session, limits.max_waiting_views_per_address
        self._quotas = Quotas("waiting views", per_session, per_address)
        self._detached: dict[ShownKey, DetachedView] = {}
        self._groups: dict[DetachedView, ClientGroup] = {}
        self._shown: dict[ShownKey, ShownView] = {}
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def __len__(self) -> int:
        return len(self._detached)

    @property
    def bytes(self) -> int:
        """Approximate size of all detached views."""
        return self._bytes

    # Shown views

    def show(self, view: ShownView) -> None:
        if view.shown is not None and self._limits.reconnect_grace > 0:
            # Browsers may reconnect before the server has noticed that their old connection is dead.
            self._shown[view.shown] = view

    def hide(self, view: ShownView) -> None:
        if view.shown is not None and self._shown.get(view.shown) is view:
            del self._shown[view.shown]

    # Detached views

    def admit(
        self, authorizer: JoinAuthorizer, identity: ConnectionIdentity, views: Iterable[Detached]
    ) -> DetachedConnection:
        """Keep the `views` of a lost connection, up to the limits. Views beyond them end."""
        connection = DetachedConnection(authorizer, identity, self._remove)
        group = self._quotas.group_of(connection.scope)
        for detached in views:
            if self._has_room(group):
                self._keep(connection, detached, group)
            else:
                detached.process.stop()
        if connection.guarded:
            self._monitor.add(connection, connection.revocation_keys)
        return connection

    def _has_room(self, group: ClientGroup) -> bool:
        limits = self._limits
        return (
            limits.reconnect_grace > 0
            and not self._closed
            and len(self._detached) < limits.max_waiting_views
            and self._bytes < limits.max_waiting_bytes
            and self._quotas.exceeded(group) is None
        )

    def _keep(self, connection: DetachedConnection, detached: Detached, group: ClientGroup) -> None:
        # A page may lose its second connection before its first view was claimed. It gets the newer one back.
        earlier = self._detached.get(detached.key)
        if earlier is not None:
            earlier.end()
        until = asyncio.get_running_loop().time() + self._limits.reconnect_grace
        view = DetachedView(connection, detached, until)
        detached.process.detach(view)
        connection.views.add(view)
        self._detached[detached.key] = view
        self._groups[view] = group
        self._quotas.take(group)
        self._bytes += view.size
        if self._timer is None:
            self._arm(view)

    def _remove(self, view: DetachedView) -> None:
        group = self._groups.pop(view, None)
        if group is None:
            return  # a process may report its end more than once
        del self._detached[view.key]
        self._quotas.release(group)
        self._bytes -= view.size
        connection = view.connection
        connection.views.discard(view)
        if not connection.views:
            self._monitor.remove(connection)
        if not self._detached and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def claim(
        self, join: JoinParams, key: ShownKey, identity: ConnectionIdentity, mount_context: MountContext
    ) -> ViewProcess | None:
        """Return the running view for the page of `join`, None if it has none. The caller owns the view then."""
        # Nearly no join is one of a page that was away, and the key of an owner costs a digest.
        if key not in self._detached and key not in self._shown:
            return None
        owner = OwnerKey.of(identity)
        detached = self._detached.get(key)
        if detached is not None:
            return self._claim_detached(detached, join, owner, mount_context)
        shown = self._shown.get(key)
        if shown is None or not join.mounted_before or shown.owner != owner:
            return None
        # The page has connected again before the server noticed that the old connection is dead. Its view changes the
        # connection directly.
        process = shown.process
        if not process.belongs_to(mount_context, complete=join.received == shown.sent):
            return None
        shown.closed()
        return process

    def _claim_detached(
        self, view: DetachedView, join: JoinParams, owner: OwnerKey, mount_context: MountContext
    ) -> ViewProcess | None:
        if view.connection.owner != owner:
            return None  # and the view stays: the key of another owner must not end it
        complete = join.received == view.sent
        # Live navigation to a view that this page has not joined before expects a new one.
        starts_again = join.navigated and not join.mounted_before
        if starts_again or not view.process.belongs_to(mount_context, complete=complete):
            view.process.hand_over()
            view.end()
            return None
        self._remove(view)
        return view.process

    def take(self, key: ShownKey, owner: OwnerKey, mounts: int) -> ViewProcess | None:
        """Return the view of a page that has joined at another worker, None if there is none. The caller ends it.

        `mounts` is the number of the page's joins before that one: a view of a later join is not that of the caller.
        """
        detached = self._detached.get(key)
        if detached is not None:
            if detached.connection.owner != owner or detached.mounts > mounts:
                return None
            self._remove(detached)
            return detached.process
        shown = self._shown.get(key)
        if shown is None or shown.owner != owner or shown.mounts > mounts:
            return None
        # The loss of its connection was not noticed. The page does not join again: it has another connection.
        shown.closed()
        return shown.process

    @contextmanager
    def closed(self) -> Iterator[None]:
        """End all detached views and keep no others meanwhile: the application stops."""
        self._closed = True
        for view in tuple(self._detached.values()):
            view.end()
        try:
            yield
        finally:
            self._closed = False

    # The timer

    def _arm(self, oldest: DetachedView) -> None:
        self._timer = asyncio.get_running_loop().call_at(oldest.until, self._end_overdue)

    def _end_overdue(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for view in tuple(self._detached.values()):
            if view.until > now:
                self._arm(view)
                return
            view.end()
