"""First views: views that were mounted for an HTTP response, kept for a moment until their page joins.

The join goes on with the view, so that `mount` runs once. It does so only if a second mount would have done the same:
same URL, session, user, scopes, nonce and flash, and a mount that did nothing which only a joined view can do. In all
other cases the join mounts a new view, so a first view may be dropped at any time.
"""

import asyncio
import gc
import logging
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakSet

from starlette.types import Scope

from pyview.config import SecurityConfig
from pyview.live_view import LiveView
from pyview.middleware.headers import browser_of
from pyview.process.snapshot import footprint
from pyview.rendering.lifecycle import FirstMount, MountContext
from pyview.socket.socket import LiveViewSocket
from pyview.transport.join_params import JoinParams
from pyview.transport.request_bound import request_bound
from pyview.transport.static_render import RenderedView

logger = logging.getLogger("pyview")

_Key: TypeAlias = tuple[str, str]
"""Id of the page, and id of the view's element."""

_DOCUMENT = b"sec-fetch-dest", b"document"
_FRAME = b"sec-fetch-dest", b"iframe"
_PURPOSES = frozenset({b"sec-purpose", b"purpose"})
_BASE_SIZE = 4096  # bytes of a view with an empty context, its socket and its identity


class _FirstView(NamedTuple):
    """One kept view. `browser` is the key of the page's browser, `until` the loop time at which the view is dropped."""

    rendered: RenderedView
    browser: str
    size: int
    until: float


class FirstViews:
    """The first views of one application in this worker.

    All wait for the same time, so they end in the order in which they came, and one timer is enough.
    """

    def __init__(self, limits: SecurityConfig) -> None:
        self._limits = limits
        self._kept: dict[_Key, _FirstView] = {}
        self._bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        # None until the first: to ask a weak set takes longer than the rest of what most views need.
        self._refused: WeakSet[type[LiveView[Any]]] | None = None

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """Approximate size of all first views."""
        return self._bytes

    def expects_join(self, scope: Scope) -> bool:
        """Return True if the page of this request is likely to join.

        Browsers name what they load. Crawlers and scripts do not, and a page that is loaded ahead may never be shown.
        """
        if self._limits.first_view_grace <= 0 or scope["method"] != "GET":
            return False
        headers = scope["headers"]
        if _DOCUMENT not in headers and _FRAME not in headers:
            return False
        return not any([name in _PURPOSES for name, _ in headers])

    # Keeping

    def keep(self, views: Sequence[RenderedView], browser: str) -> None:
        """Keep the views of a page that can go on. `browser` is the key of its browser, "" if any may have the page."""
        for rendered in views:
            rendered.runtime.leave_request()
            # The request is over, and connect data holds it.
            connecting, rendered.socket.connecting = rendered.socket.connecting, None
            was_read = connecting is not None and connecting.was_read
            if not (was_read or rendered.runtime.needs_connection):
                self._keep(rendered, browser)

    def _keep(self, rendered: RenderedView, browser: str) -> None:
        view_class = type(rendered.view)
        if self._refused is not None and view_class in self._refused:
            return
        try:
            state = _state_of(rendered)
            if self._may_go_on(view_class, state):
                self._add(rendered, browser, _BASE_SIZE + sum([footprint(each) for each in state]))
        except Exception:
            # Values of the application may raise when they are looked at. The page is complete without that.
            self._refuse(view_class)
            logger.warning("the state of a %s cannot be read", view_class.__qualname__, exc_info=True)

    def _may_go_on(self, view_class: type[LiveView[Any]], state: Sequence[object]) -> bool:
        if view_class.mount_once is not None:
            return view_class.mount_once
        reason = request_bound(state)
        if reason is not None:
            # The next view of the class would very likely hold the same, and the search is not free.
            self._refuse(view_class)
            logger.info(
                "%s is mounted twice for each page, since it holds %s, which may end with the HTTP request. Set "
                "mount_once = True in the class if that object lives on, or False to silence this message",
                view_class.__qualname__,
                reason,
            )
        return reason is None

    def _refuse(self, view_class: type[LiveView[Any]]) -> None:
        if self._refused is None:
            self._refused = WeakSet()
        self._refused.add(view_class)

    def _add(self, rendered: RenderedView, browser: str, size: int) -> None:
        limits, kept = self._limits, self._kept
        if size > limits.max_first_view_bytes or limits.max_first_views <= 0:
            return
        now = asyncio.get_running_loop().time()
        if kept and kept[next(iter(kept))].until < now:
            self._drop_overdue()  # the event loop of the timer has ended, or is late
        while len(kept) >= limits.max_first_views or self._bytes + size > limits.max_first_view_bytes:
            self._drop(next(iter(kept)))
        target, until = rendered.mount_context.target, now + limits.first_view_grace
        kept[target.page_id, target.id] = _FirstView(rendered, browser, size, until)
        self._bytes += size
        if self._timer is None:
            self._arm(until)

    # Going on

    def claim(self, join: JoinParams, mount_context: MountContext, scope: Scope) -> FirstMount | None:
        """Return the view that the first join of a page goes on with, None if it mounts a new one.

        `mount_context` is that of the join, which has been admitted, and `scope` that of its connection. The first
        join gets the view; a second tab made from the same HTML mounts its own.
        """
        key = mount_context.target.page_id, mount_context.target.id
        first = self._kept.get(key)
        if first is None or join.navigated or not join.first_mount:
            return None
        rendered, own = first.rendered, first.rendered.mount_context
        same_browser = not first.browser or first.browser == browser_of(scope)
        if own.identity.binding != mount_context.identity.binding or not same_browser:
            return None  # and the view stays: the key of another owner must not end it
        self._drop(key)
        if rendered.runtime.needs_connection or not _is_same(rendered, mount_context):
            return None
        return FirstMount(rendered.view, rendered.socket, rendered.runtime.allowed_uploads)

    def clear(self) -> None:
        """Drop all views: the application stops."""
        for key in tuple(self._kept):
            self._drop(key)

    def _drop(self, key: _Key) -> None:
        self._bytes -= self._kept.pop(key).size
        if not self._kept:
            self._disarm()

    # The timer

    def _arm(self, until: float) -> None:
        self._timer = asyncio.get_running_loop().call_at(until, self._drop_overdue)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _drop_overdue(self) -> None:
        self._disarm()
        now = asyncio.get_running_loop().time()
        for key, first in tuple(self._kept.items()):
            if first.until > now:
                self._arm(first.until)
                return
            self._drop(key)


def _is_same(rendered: RenderedView, asked: MountContext) -> bool:
    """Return True if a mount with `asked` would get the values that the view was mounted with."""
    own, socket = rendered.mount_context, rendered.socket
    return (
        own.location.route is asked.location.route
        and own.location.url == asked.location.url
        and own.location.page == asked.location.page
        and own.identity.session == asked.identity.session
        and own.identity.scopes == asked.identity.scopes
        and own.extra_session == asked.extra_session
        and socket.csp_nonce == asked.csp_nonce
        and (socket.flash if socket.has_flash else {}) == (asked.flash or {})
    )


def _state_of(rendered: RenderedView) -> list[object]:
    """Return the state of a view, its components and its uploads."""
    socket, uploads = rendered.socket, rendered.runtime.allowed_uploads
    state = _attributes_of(rendered.view)
    _add_socket(state, socket)
    for instance in socket.components or ():
        state += _attributes_of(instance.component)
        _add_socket(state, instance.socket)
    if uploads is not None:
        state += uploads
    return state


def _attributes_of(owner: object) -> list[object]:
    # `vars` would leave out slots. It would also make a dict for a view without attributes, and that dict would stay.
    return [each for each in gc.get_referents(owner) if each is not type(owner)]


def _add_socket(state: list[object], socket: LiveViewSocket[Any]) -> None:
    state.append(socket.context)
    if socket.hooks is not None:
        state.append(socket.hooks)
    if socket.streams is not None:
        # The items that the first page shows are sent again with the join.
        state += socket.streams
