"""One connection of a browser: an ASGI WebSocket, read by one task that never waits for user code."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection, client_address
from pyview.auth.redirects import login_location
from pyview.auth.replay import IdentityPipeline
from pyview.process.app_context import AppContext
from pyview.process.messages import CookieRejected, JoinRefused
from pyview.process.view_process import ViewProcess
from pyview.rendering.lifecycle import FirstMount, Location, MountContext
from pyview.sessions.change import SessionChange
from pyview.transport.channels import Channels
from pyview.transport.close_codes import (
    NO_STATUS,
    OVERLOADED,
    POLICY,
    RESTART,
    SIGNED_OUT,
    CloseReason,
    is_goodbye,
    may_return,
)
from pyview.transport.direct import direct_way
from pyview.transport.first_views import FirstViews
from pyview.transport.frame_reader import Closed, FrameReader
from pyview.transport.identity import ConnectionIdentity
from pyview.transport.identity_monitor import IdentityMonitor
from pyview.transport.join import JoinAuthorizer, OpenViews
from pyview.transport.join_params import JoinParams
from pyview.transport.reconnect import DetachedConnection, DetachedViews, OwnerKey, ShownKey, ShownView
from pyview.transport.send_queue import SendQueue
from pyview.transport.session_changes import SessionChangeTokens
from pyview.wire.message import MalformedFrame, encode

logger = logging.getLogger("pyview")

_REDIRECT_TIME = 0.3
"""Seconds that a client has to follow its redirect after a sign-out, before the socket closes."""
_CLOSE_TIMEOUT = 1.0


class WebSocketConnection:
    """One connection, from handshake to close."""

    __slots__ = (
        "_app",
        "_authorizer",
        "_binding",
        "_change_tokens",
        "_channels",
        "_closing",
        "_detached",
        "_detached_views",
        "_direct_way",
        "_first_views",
        "_identity",
        "_left",
        "_may_return",
        "_monitor",
        "_reader",
        "_receive",
        "_scope",
        "_send",
        "_send_queue",
        "_signing_out",
        "_task",
    )

    def __init__(
        self,
        app: AppContext,
        authorizer: JoinAuthorizer,
        pipeline: IdentityPipeline,
        monitor: IdentityMonitor,
        detached_views: DetachedViews,
        first_views: FirstViews,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        limits = app.security
        self._app = app
        self._authorizer = authorizer
        self._identity = ConnectionIdentity(pipeline, scope)
        self._change_tokens: SessionChangeTokens | None = None
        self._monitor = monitor
        self._detached_views = detached_views
        self._first_views = first_views
        self._detached: DetachedConnection | None = None
        self._scope = scope
        self._send = send
        self._direct_way = direct_way(scope, receive, send)
        way = self._direct_way
        write, write_all = (None, None) if way is None else (way.send, way.send_all)
        self._send_queue = SendQueue(send, limits, self.overloaded, write, write_all)
        self._channels = Channels(app, self, self._send_queue)
        self._receive = receive
        self._reader = FrameReader(scope, receive, limits, self._channels)
        self._signing_out = False
        self._may_return = False
        self._left = False
        self._binding = ""
        self._closing: CloseReason | None = None
        self._task: asyncio.Task[Any] | None = None

    async def run(self) -> None:
        """Serve the connection until it closes. On return, all its views are stopping or detached."""
        try:
            await self._receive()  # websocket.connect
            if not await self._accept():
                return
            # The reader is awaited here and not in a method of its own, whose frame would cost each idle connection.
            try:
                self._note_end(await self._reader.read())
            except Closed as closed:
                # Another task may have ended the connection before. Its reason counts, and its cancellation comes now.
                self.end(closed.reason)
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            if self._closing is None or self._task is None:
                raise  # cancelled by the server, not by `end`
            self._task.uncancel()
            await self._close(self._closing)
        finally:
            self._close_direct_way()
            self._monitor.remove(self)
            self._leave_views()
            self._send_queue.close()
            self._reader.close()
            self._task = None
            # Break reference cycles, so that memory is freed at once and not by the garbage collector.
            del self._receive, self._send, self._channels

    async def _accept(self) -> bool:
        """Answer the handshake. Return False if it is refused."""
        refusal = self._authorizer.handshakes.refusal(self._scope)
        if refusal is not None:
            audit_of(self._scope).record(refusal.event, self._scope, f"socket refused: {refusal.reason}")
            await self._send({"type": "websocket.close", "code": POLICY})
            return False
        # `end` cancels this task, which waits for frames nearly all the time.
        self._task = asyncio.current_task()
        # Only for a page that passes an auth token: browsers fail a handshake with a subprotocol they did not ask for.
        subprotocol = "phoenix" if "phoenix" in self._scope.get("subprotocols", ()) else None
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol})
        if self._direct_way is not None:
            self._direct_way.open(self._reader.take)
        return True

    def _note_end(self, message: Message) -> None:
        code, reason = message.get("code", NO_STATUS), message.get("reason") or ""
        self._may_return = may_return(code, reason)
        self._left = self._left or is_goodbye(code, reason)

    # For the channels

    async def admit(self, join: JoinParams, views: OpenViews) -> MountContext:
        """Check a join. Raises `JoinRefused`."""
        try:
            mount_context = await self._authorizer.admit(self._identity, join, views)
        except JoinRefused as refusal:
            if not refusal.audited:
                self._app.client_warnings.warn(self.client, f"join refused: {refusal}")
            raise
        self._reader.admitted = True
        # If the connection closed during the check, `run` has removed it from the monitor already.
        if mount_context.guard is not None and self._task is not None:
            # The first guarded view decides: a later join must not hide that the user has changed.
            self._binding = self._binding or mount_context.identity.binding
            self._monitor.add(self, self._identity.revocation_keys)
        return mount_context

    def claim(self, join: JoinParams, key: ShownKey, mount_context: MountContext) -> ViewProcess | None:
        """Return the view that the page of `join` had on a lost connection."""
        return self._detached_views.claim(join, key, self._identity, mount_context)

    def first_view(self, join: JoinParams, mount_context: MountContext) -> FirstMount | None:
        """Return the view of the HTTP response of the page, if the page can go on with it."""
        return self._first_views.claim(join, mount_context, self._identity.scope)

    def show(self, view: ShownView) -> None:
        self._detached_views.show(view)

    def hide(self, view: ShownView) -> None:
        self._detached_views.hide(view)

    @property
    def owner(self) -> OwnerKey:
        return OwnerKey.of(self._identity)

    @property
    def client(self) -> str:
        """IP of the client, for the log."""
        return client_address(self._scope)

    def locate(self, url: str) -> Location | None:
        return self._authorizer.locate(self._scope, url)

    def sign_in_url(self, redirect: str, page: str) -> str:
        """Return the URL of `redirect`, a path or the name of a route, that leads back to `page` after the sign-in."""
        return login_location(redirect, LiveConnection(self._scope, page))

    @property
    def has_session(self) -> bool:
        return "session" in self._scope

    @property
    def _session_changes(self) -> SessionChangeTokens:
        # Made at the first use: few pages change the session.
        if self._change_tokens is None:
            self._change_tokens = SessionChangeTokens(self._authorizer, self._identity)
        return self._change_tokens

    def mint_change_token(self, topic: str, change: SessionChange) -> str | None:
        """Return the token with which the page of `topic` changes the session; None for a browser without a cookie."""
        return self._session_changes.mint(topic, change)

    async def renew(self, topic: str, payload: Any) -> dict[str, str]:
        """Use the cookie that the page of `topic` has fetched. Return the page's new tokens.

        Raises `CookieRejected`.
        """
        renewal = await self._session_changes.renew(topic, payload)
        if self._task is None:
            raise CookieRejected("the page is away")
        self._binding = self._identity.identity.binding
        self._monitor.remove(self)
        self._monitor.add(self, self._identity.revocation_keys)
        self._channels.cookie_changed(renewal.message)
        return renewal.tokens

    def overloaded(self) -> None:
        """Close the connection: the browser reads too slowly."""
        self.end(CloseReason(OVERLOADED, "the browser reads too slowly"))

    def malformed(self, error: MalformedFrame) -> None:
        """Close the connection because of a frame that was read late, when its view was free."""
        self.end(CloseReason(POLICY, f"malformed frame: {error}"))

    def goodbye(self) -> None:
        """Note that the user leaves the page.

        Our client sends it before it closes, because not every server passes its close code on (Hypercorn does not).
        """
        self._left = True

    # For the long poll

    @property
    def admitted(self) -> bool:
        """True once a join has been accepted."""
        return self._reader.admitted

    def alive(self) -> None:
        """Count a request as a frame: the browser is there, even if it sends no frame."""
        self._reader.alive()

    def end_detached(self) -> None:
        """End the detached views: the goodbye of the page came after the connection was lost."""
        if self._detached is not None:
            self._detached.end()

    # For the identity monitor

    @property
    def checked_at(self) -> float:
        """Loop time of the last lookup of the identity."""
        return self._identity.checked_at

    @property
    def ends_at(self) -> float:
        """Unix time at which the session expires."""
        return self._identity.ends_at

    async def recheck(self) -> None:
        """Look the identity up and make every view check its access.

        A view whose session has ended redirects its page. The connection closes a moment later.
        """
        await self._identity.refresh()
        if self._task is None:
            return  # closed during the lookup
        self._channels.recheck()
        if self._identity.identity.binding != self._binding and not self._signing_out:
            self._signing_out = True
            audit_of(self._scope).record(
                AuditEvent.REVOKED, self._scope, "the session of an open page has ended"
            )
            signed_out = CloseReason(SIGNED_OUT, "the session has ended")
            asyncio.get_running_loop().call_later(_REDIRECT_TIME, self.end, signed_out)

    # For the connection monitor

    def check_timeouts(self, now: float) -> float:
        """Close the connection if a timeout has expired. Return the time of the next check. Both are loop times."""
        reason = self._reader.expired(now)
        if reason is not None:
            self.end(reason)
        return self._reader.next_check(now)

    # For the drain

    @property
    def busy(self) -> bool:
        """True while a view handles something, such as the event of its page."""
        return self._task is not None and self._channels.busy

    @property
    def unsaved(self) -> bool:
        """True if a view has changed what it keeps, and no store has that yet."""
        return self._task is not None and self._channels.unsaved

    async def keep(self) -> None:
        """Store what the views keep. The connection goes on meanwhile."""
        if self._task is not None:
            await self._channels.keep()

    # Closing

    def ask_to_reconnect(self) -> bool:
        """Ask the client to connect again as soon as its events are answered. Return False for one that cannot.

        An event that the browser sends while a close frame is on its way to it would be lost. Our client closes by
        itself, at a moment when it waits for no answer.
        """
        if self._task is None or not self._channels.has_our_client:
            return False
        self._send_queue.put(encode(None, None, "phoenix", "reconnect", {}))
        return True

    def end(self, reason: CloseReason) -> None:
        """Close the connection soon. Frames that are queued already are still sent."""
        # It may be called from any task, so the wait of the reading task is cancelled. The first reason counts.
        if self._closing is None and self._task is not None:
            self._closing = reason
            self._task.cancel()
            self._close_direct_way()

    def _close_direct_way(self) -> None:
        if self._direct_way is not None:
            self._direct_way.close()
            self._direct_way = None

    async def _close(self, reason: CloseReason) -> None:
        code, text = reason
        if code != RESTART:  # which closes every socket, and is no fault of any client
            self._app.client_warnings.warn(self.client, f"socket closed ({code}): {text}")
        self._may_return = may_return(code)
        await self._keep_views()
        self._leave_views()
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                # A browser that does not read would not let it end.
                if code != OVERLOADED:
                    await self._send_queue.flush()
                self._send_queue.close()
                await self._send({"type": "websocket.close", "code": code})
        except Exception as error:
            # The browser has gone, or does not even read the close frame. The server drops the TCP connection.
            logger.debug("close frame not sent: %r", error)

    async def _keep_views(self) -> None:
        # First: with the close frame the page joins again, perhaps at another worker.
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await self._channels.keep()

    def _leave_views(self) -> None:
        """Detach the views if the page may come back. End the others."""
        if self._may_return and not self._left and not self._signing_out and self._channels.joined:
            views = self._channels.release()
            self._detached = self._detached_views.admit(self._authorizer, self._identity, views)
        self._channels.close(left=self._left or self._signing_out)
