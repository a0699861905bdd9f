"""An ASGI WebSocket and the frames on it: one reader, which never waits for user code."""

import asyncio
import logging
from typing import Any

from starlette.types import Receive, Scope, Send

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection, client_address
from pyview.auth.redirects import login_location
from pyview.auth.replay import IdentityPipeline
from pyview.middleware.origin import Refusal, check_handshake
from pyview.process.app_context import AppContext
from pyview.process.messages import CookieRejected, JoinRefused
from pyview.process.view_process import ViewProcess
from pyview.rendering.lifecycle import Location, MountContext
from pyview.sessions.change import SessionChange
from pyview.transport.channels import Channel, Channels
from pyview.transport.close_codes import NO_STATUS, CloseReason, may_return
from pyview.transport.identity import ConnectionIdentity
from pyview.transport.join import JoinAuthorizer, OpenViews
from pyview.transport.limits import ConnectionTimeouts, RateLimiter
from pyview.transport.reconnect import DetachedConnection, DetachedViews, OwnerKey, ShownKey
from pyview.transport.revalidation import IdentityMonitor
from pyview.transport.send_queue import SendQueue
from pyview.transport.session_changes import SessionChangeTokens
from pyview.wire.message import Frame, MalformedFrame, decode, decode_binary, decode_head

logger = logging.getLogger("pyview")

_POLICY, _TOO_BIG, _OVERLOADED, _SIGNED_OUT = 1008, 1009, 1013, 4001
_PARTING = 0.3  # seconds between the redirect that the client shall follow and the end of its socket
_CLOSE_TIMEOUT = 1.0
_NEVER_HELD = frozenset({"heartbeat", "goodbye", "phx_leave"})
_AT_ONCE = 8 * 1024  # characters of a frame that is read before it is known whether its view has time for it


class _Refused(Exception):
    """Ends the connection with `code`; never 1000, after which the client would not come back."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class WebSocketConnection:
    """One browser's socket, from handshake to close."""

    __slots__ = (
        "_admitted",
        "_at_once",
        "_authorizer",
        "_binding",
        "_broke_off",
        "_channels",
        "_closing",
        "_detached",
        "_left",
        "_orders",
        "_parting",
        "_presence",
        "_rate_limiter",
        "_receive",
        "_room",
        "_roster",
        "_scope",
        "_send",
        "_send_queue",
        "_site",
        "_task",
        "_timeouts",
    )

    def __init__(
        self,
        site: AppContext,
        admission: JoinAuthorizer,
        pipeline: IdentityPipeline,
        roster: IdentityMonitor,
        room: DetachedViews,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self._site = site
        self._authorizer = admission
        self._presence = ConnectionIdentity(pipeline, scope)
        self._orders = SessionChangeTokens(admission, self._presence)
        self._roster = roster
        self._room = room
        self._detached: DetachedConnection | None = None
        self._scope = scope
        self._receive = receive
        self._send = send
        self._send_queue = SendQueue(send, site.security, self.overloaded)
        self._channels = Channels(site, self, self._send_queue)
        self._rate_limiter = RateLimiter(site.security.rate, site.security.burst)
        self._timeouts = ConnectionTimeouts(
            site.security, self._rate_limiter, asyncio.get_running_loop().time()
        )
        self._at_once = min(_AT_ONCE, site.security.max_frame_before_join, site.security.max_frame)
        self._admitted = False
        self._parting = False
        self._broke_off = False
        self._left = False
        self._binding = ""
        self._closing: _Refused | None = None
        self._task: asyncio.Task[Any] | None = None

    async def run(self) -> None:
        """Serve the connection to its end. Every view that joined on it has been told to stop when this returns."""
        await self._receive()  # websocket.connect
        refusal = self._refusal()
        if refusal is not None:
            audit_of(self._scope).record(refusal.event, self._scope, f"socket refused: {refusal.reason}")
            await self._send({"type": "websocket.close", "code": 1008})
            return
        self._task = asyncio.current_task()
        await self._send({"type": "websocket.accept", "subprotocol": self._subprotocol()})
        try:
            await self._read()
        except _Refused as refused:
            await self._close(refused)
        except asyncio.CancelledError:
            await self._cancelled()
        finally:
            self._roster.remove(self)
            self._leave_views()
            self._send_queue.close()
            self._task = None
            # They hold what holds this: nothing of a connection shall wait for the garbage collector.
            del self._receive, self._send, self._channels

    def _refusal(self) -> Refusal | None:
        version = _version(self._scope["query_string"])
        if not version.startswith("2."):
            return Refusal(400, f"expected protocol version 2 (vsn=2.0.0), got {version[:16]!r}")
        return check_handshake(self._scope, self._site.security)

    def _subprotocol(self) -> str | None:
        # Offered only when the page passes an auth token; answering unasked would fail the handshake.
        return "phoenix" if "phoenix" in self._scope.get("subprotocols", ()) else None

    # Reading

    async def _read(self) -> None:
        receive, acquire, intake = self._receive, self._rate_limiter.acquire, self._channels.intake
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                self._broke_off = may_return(message.get("code", NO_STATUS), message.get("reason") or "")
                return
            try:
                text = message.get("text")
                if text is None:
                    if intake.full:
                        await intake.wait_until_free()
                    self._receive_bytes(message["bytes"])
                else:
                    frame = self._frame(text)
                    if intake.full and frame[3] not in _NEVER_HELD:
                        await intake.wait_until_free()
                    if acquire():
                        self._channels.dispatch(frame, text)
                    else:
                        self._too_many(frame, text)
                    del frame
            except MalformedFrame as error:
                raise _malformed(error) from None
            del message, text  # who falls silent keeps nothing of what was said last, such as a join
            if self._send_queue.is_full:
                await self._send_queue.wait_writable()

    def _frame(self, text: str) -> Frame:
        """A text frame, without its payload if it is large: that may have to wait."""
        if len(text) > self._at_once:
            self._check_size(text, "max_frame", self._site.security.max_frame)
            return decode_head(text)
        return decode(text, self._site.security.max_json_depth)

    def _receive_bytes(self, data: bytes) -> None:
        self._check_size(data, "max_upload_frame", self._site.security.max_upload_frame)
        frame = decode_binary(data)
        if self._is_awaited(frame) or self._rate_limiter.acquire():
            self._channels.receive(frame)
        else:
            self._too_many(frame, "")

    def _check_size(self, data: str | bytes, name: str, limit: int) -> None:
        if not self._admitted and self._site.security.max_frame_before_join < limit:
            name, limit = "max_frame_before_join", self._site.security.max_frame_before_join
        size = len(
            data if isinstance(data, bytes) or data.isascii() else data.encode("utf-8", "surrogatepass")
        )
        if size > limit:
            raise _Refused(_TOO_BIG, f"frame of {size} bytes; SecurityConfig({name}={limit}) allows no more")

    def _is_awaited(self, frame: Frame) -> bool:
        """Whether it is the next chunk of a file. Those come at the pace of our answers, however fast that is; and so
        do the messages about each percent of the file."""
        transfer = self._channels.receiving(frame)
        if transfer is None or not transfer.wants(frame.payload):
            return False
        if transfer.percent_with(frame.payload) > transfer.percent_with(b""):
            self._rate_limiter.refund()
        return True

    def _too_many(self, frame: Frame, text: str) -> None:
        if self._rate_limiter.refused == 1:
            reason = f"more than {self._site.security.rate:g} frames/s"
            audit_of(self._scope).record(AuditEvent.RATE_LIMITED, self._scope, reason)
        self._channels.refuse(frame, text, "rate_limited")

    # What the channels ask

    async def admit(self, topic: str, payload: dict[str, Any], views: OpenViews) -> MountContext:
        try:
            visit = await self._authorizer.admit(self._presence, topic, payload, views)
        except JoinRefused as refusal:
            if not refusal.audited:
                self._complain(f"join refused: {refusal}")
            raise
        self._admitted = True
        if visit.guard is not None and self._task is not None:
            # A socket that has ended meanwhile would stay on the roster: nobody would take it off.
            self._binding = self._binding or visit.identity.binding
            self._roster.add(self, self._presence.revocation_keys)
        return visit

    def claim(self, payload: dict[str, Any], key: ShownKey, visit: MountContext) -> ViewProcess | None:
        """The view that the joining page had on a connection that broke off."""
        return self._room.claim(key, payload, self._presence, visit)

    def shows(self, channel: Channel) -> None:
        self._room.show(channel)

    def hides(self, channel: Channel) -> None:
        self._room.hide(channel)

    @property
    def whose(self) -> OwnerKey:
        return OwnerKey.of(self._presence)

    @property
    def address(self) -> str:
        """The client's, for the log."""
        return client_address(self._scope)

    def locate(self, url: str) -> Location | None:
        return self._authorizer.locate(self._scope, url)

    def sign_in_url(self, redirect: str, page: str) -> str:
        """Where `redirect`, a path or the name of a route, sends somebody who shall come back to `page`."""
        return login_location(redirect, LiveConnection(self._scope, page))

    @property
    def has_session(self) -> bool:
        return "session" in self._scope

    def order(self, topic: str, change: SessionChange) -> str | None:
        """The token with which the page of `topic` has the session changed; None for a browser without a cookie."""
        return self._orders.mint(topic, change)

    async def renew(self, topic: str, payload: Any) -> dict[str, str]:
        """Go on with the cookie that the page of `topic` has fetched; its new tokens. Raises `CookieRejected`."""
        renewal = await self._orders.renew(topic, payload)
        if self._task is None:
            raise CookieRejected("the page is away")
        self._binding = self._presence.identity.binding
        self._roster.remove(self)
        self._roster.add(self, self._presence.revocation_keys)
        self._channels.tell(renewal.news)
        return renewal.tokens

    @property
    def client(self) -> str:
        return client_address(self._scope)

    def overloaded(self) -> None:
        """The browser does not read: give up on it."""
        self._give_up(_Refused(_OVERLOADED, "the browser reads too slowly"))

    def malformed(self, error: MalformedFrame) -> None:
        """A frame that had to wait for its view is none of the protocol."""
        self._give_up(_malformed(error))

    def goodbye(self) -> None:
        """The page is left: our own client says so before it closes, since not every server passes on its close code
        (Hypercorn does not)."""
        self._left = True

    def left_behind(self) -> None:
        """The page has said goodbye after its connection broke off: its views wait for nobody."""
        if self._detached is not None:
            self._detached.end()

    @property
    def admitted(self) -> bool:
        """True once a join has been accepted."""
        return self._admitted

    def alive(self) -> None:
        """The browser has said that it is there, although not in a frame."""
        self._rate_limiter.acquire()

    # What the roster asks

    @property
    def checked_at(self) -> float:
        """When it was last asked who is there, as loop time."""
        return self._presence.checked_at

    @property
    def ends_at(self) -> float:
        """When its session ends by itself, as Unix time."""
        return self._presence.ends_at

    async def recheck(self) -> None:
        """Reload the identity and let every view check whether it may go on. A view whose session has ended leaves by
        itself; the rest of the socket ends a moment later."""
        await self._presence.refresh()
        if self._task is None:
            return  # it has ended meanwhile
        self._channels.recheck()
        if self._presence.identity.binding != self._binding and not self._parting:
            self._parting = True
            audit_of(self._scope).record(
                AuditEvent.REVOKED, self._scope, "the session of an open page has ended"
            )
            signed_out = _Refused(_SIGNED_OUT, "the session has ended")
            asyncio.get_running_loop().call_later(_PARTING, self._give_up, signed_out)

    # What the sweeper asks

    def sweep(self, now: float) -> None:
        """End the socket if one of its deadlines has passed; `now` is loop time."""
        ending = self._timeouts.expired(now, admitted=self._admitted, full=self._channels.intake.full)
        if ending is not None:
            self.end(ending)

    def end(self, ending: CloseReason) -> None:
        """Close the socket soon; what has been said before is still sent."""
        self._give_up(_Refused(*ending))

    def _give_up(self, refused: _Refused) -> None:
        # Called from any turn, so the reader's own wait is ended.
        if self._closing is None and self._task is not None:
            self._closing = refused
            self._task.cancel()

    def _complain(self, complaint: str) -> None:
        self._site.client_warnings.warn(self.client, complaint)

    # Closing

    def _leave_views(self) -> None:
        """Views wait for their pages if the browser has not said goodbye; the others end."""
        if self._broke_off and not self._left and not self._parting and self._channels.joined:
            self._detached = self._room.admit(self._authorizer, self._presence, self._channels.release())
        self._channels.close()

    async def _cancelled(self) -> None:
        if self._closing is None or self._task is None:
            raise asyncio.CancelledError
        self._task.uncancel()
        await self._close(self._closing)

    async def _close(self, refused: _Refused) -> None:
        self._complain(f"socket closed ({refused.code}): {refused}")
        self._broke_off = may_return(refused.code)
        self._leave_views()
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                if refused.code != _OVERLOADED:
                    await self._send_queue.flush()
                self._send_queue.close()
                await self._send({"type": "websocket.close", "code": refused.code})
        except Exception as error:
            # The browser has gone already, or does not even take the close frame; the server drops the transport.
            logger.debug("close frame not sent: %r", error)


def _malformed(error: MalformedFrame) -> _Refused:
    return _Refused(_POLICY, f"malformed frame: {error}")


def _version(query: bytes) -> str:
    """What the query says of the protocol's version, "" where it says nothing."""
    named = (field.partition(b"=") for field in query.split(b"&"))
    return next((value.decode("latin-1") for name, _, value in named if name == b"vsn"), "")
