"""An ASGI WebSocket and the frames on it: one reader, which never waits for user code."""

import asyncio
import logging
from typing import Any

from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope, Send

from pyview.auth.connection import LiveConnection
from pyview.auth.redirects import login_location
from pyview.lifecycle import Location, Visit
from pyview.process.messages import JoinRefused
from pyview.process.site import Site
from pyview.transport.admission import Admission
from pyview.transport.channels import Channels
from pyview.transport.guards import check_handshake, client_address
from pyview.transport.outbox import Outbox
from pyview.wire.message import Frame, MalformedFrame, decode, decode_binary

logger = logging.getLogger("pyview")

_POLICY, _TOO_BIG, _OVERLOADED = 1008, 1009, 1013
_CLOSE_TIMEOUT = 1.0


class _Refused(Exception):
    """Ends the connection with `code`; never 1000, after which the client would not come back."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class Connection:
    """One browser's socket, from handshake to close."""

    __slots__ = (
        "_admission",
        "_channels",
        "_closing",
        "_outbox",
        "_receive",
        "_scope",
        "_send",
        "_site",
        "_task",
    )

    def __init__(self, site: Site, admission: Admission, scope: Scope, receive: Receive, send: Send) -> None:
        self._site = site
        self._admission = admission
        self._scope = scope
        self._receive = receive
        self._send = send
        self._outbox = Outbox(send, site.security, self.overloaded)
        self._channels = Channels(site, self, self._outbox)
        self._closing: _Refused | None = None
        self._task: asyncio.Task[Any] | None = None

    async def run(self) -> None:
        """Serve the connection to its end. Every view that joined on it has been told to stop when this returns."""
        await self._receive()  # websocket.connect
        refusal = self._refusal()
        if refusal is not None:
            self._complain(f"socket refused: {refusal}")
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
            self._channels.close()
            self._outbox.close()
            self._task = None

    def _refusal(self) -> str | None:
        version = QueryParams(self._scope["query_string"]).get("vsn", "")
        if not version.startswith("2."):
            return f"expected protocol version 2 (vsn=2.0.0), got {version[:16]!r}"
        refusal = check_handshake(self._scope, self._site.security)
        return None if refusal is None else refusal.reason

    def _subprotocol(self) -> str | None:
        # Offered only when the page passes an auth token; answering unasked would fail the handshake.
        return "phoenix" if "phoenix" in self._scope.get("subprotocols", ()) else None

    # Reading

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return
            try:
                self._channels.dispatch(self._frame(message))
            except MalformedFrame as error:
                raise _Refused(_POLICY, f"malformed frame: {error}") from None
            if self._outbox.congested:
                await self._outbox.room()

    def _frame(self, message: Any) -> Frame:
        text = message.get("text")
        data = text if text is not None else message["bytes"]
        limits = self._site.security
        limit = limits.max_frame if self._channels.joined else limits.max_frame_before_join
        if len(data) > limit:
            raise _Refused(_TOO_BIG, f"frame of {len(data)} bytes, {limit} allowed")
        return decode(text, limits.max_json_depth) if text is not None else decode_binary(data)

    # What the channels ask

    async def admit(self, topic: str, payload: dict[str, Any]) -> Visit:
        try:
            return await self._admission.admit(self._scope, topic, payload)
        except JoinRefused as refusal:
            self._complain(f"join refused: {refusal}")
            raise

    def locate(self, url: str) -> Location | None:
        return self._admission.locate(self._scope, url)

    def sign_in_url(self, redirect: str, page: str) -> str:
        """Where `redirect`, a path or the name of a route, sends somebody who shall come back to `page`."""
        return login_location(redirect, LiveConnection(self._scope, page))

    def overloaded(self) -> None:
        """The browser does not read: give up on it. Called from any turn, so the reader's own wait is ended."""
        if self._closing is None and self._task is not None:
            self._closing = _Refused(_OVERLOADED, "the browser reads too slowly")
            self._task.cancel()

    def _complain(self, complaint: str) -> None:
        self._site.complaints.warn(client_address(self._scope), complaint)

    # Closing

    async def _cancelled(self) -> None:
        if self._closing is None or self._task is None:
            raise asyncio.CancelledError
        self._task.uncancel()
        await self._close(self._closing)

    async def _close(self, refused: _Refused) -> None:
        self._complain(f"socket closed ({refused.code}): {refused}")
        self._channels.close()
        self._outbox.close()
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                await self._send({"type": "websocket.close", "code": refused.code})
        except Exception as error:
            # The browser has gone already, or does not even take the close frame; the server drops the transport.
            logger.debug("close frame not sent: %r", error)
