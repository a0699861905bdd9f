"""`/live/longpoll`: the fallback of the official client where a network lets no WebSocket through.

The protocol of phoenix.js (`longpoll.js`): every response is HTTP 200 with the real status inside. GET without a token
opens a session and is answered 410 with a token. GET with the token waits for messages (200, or 204 without any). POST
brings frames, one a line. 410 to a known token means that the session is gone: the client connects and joins again.
DELETE is the goodbye of our own client.

A session lives in the worker that opened it. Any other worker checks a request, and forwards it.
"""

import asyncio
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from pyview.auth.audit import audit_of
from pyview.auth.identity import Identity
from pyview.config import SecurityConfig
from pyview.middleware.headers import browser_of
from pyview.middleware.origin import check_same_origin
from pyview.middleware.request_checks import POLL_PATH
from pyview.routing.own_route import OwnRoute
from pyview.tokens.page import Tokens
from pyview.transport.poll_forwarding import PollCalls, PollForwarding
from pyview.transport.poll_session import Polled, PollSession
from pyview.transport.websocket import WebSocketConnection
from pyview.workers.workers import Workers

_MAX_FRAMES = 100  # MAX_LONGPOLL_BATCH_SIZE of phoenix.js
_MAX_BODY = 8 * 1024 * 1024
_BEARER = "base64url.bearer.phx."
_OK, _NO_CONTENT, _FORBIDDEN, _TIMEOUT, _GONE = 200, 204, 403, 408, 410

Serve = Callable[[Scope, Receive, Send, Callable[[WebSocketConnection], None]], Awaitable[None]]
"""Serves one connection until it closes. Its last argument is called with the connection as soon as there is one."""


class InvalidBody(Exception):
    """A body that breaks the protocol, is too large, or breaks off."""


async def frames_in(request: Request, limit: Callable[[], int], max_line: int) -> AsyncIterator[str | bytes]:
    """Yield the frames of a body as they arrive: JSON as text, binary frames as bytes. Only one of them is kept.

    `limit()` returns the bytes that the body may have; it is called again with each part, because a join in the body
    raises it. `max_line` is the longest line in bytes. Raises `InvalidBody`.
    """
    declared = request.headers.get("content-length", "")
    # Twenty digits are more than any limit, and Python refuses to read some thousands of them.
    if declared.isdecimal() and int(declared[:20]) > limit():
        raise InvalidBody
    count = 0
    async for line in _lines(request, limit, max_line):
        count += 1
        if count > _MAX_FRAMES:
            raise InvalidBody
        try:
            frame = line.decode() if line.startswith(b"[") else b64decode(line, validate=True)
        except (UnicodeDecodeError, Base64Error):
            raise InvalidBody from None
        yield frame


async def _lines(request: Request, limit: Callable[[], int], max_line: int) -> AsyncIterator[bytes]:
    line, size = bytearray(), 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit():
                raise InvalidBody
            *ends, rest = part.split(b"\n")
            for end in ends:
                line += end
                if len(line) > max_line:
                    raise InvalidBody
                yield bytes(line)
                line.clear()
            line += rest
            if len(line) > max_line:
                raise InvalidBody
    except ClientDisconnect:
        raise InvalidBody from None
    yield bytes(line)


class LongPoll:
    """Long-poll sessions of one application."""

    def __init__(self, serve: Serve, limits: SecurityConfig, tokens: Tokens, workers: Workers) -> None:
        self._serve = serve
        self._limits = limits
        self._tokens = tokens
        self._workers = workers
        # A line of base64 has four characters for three bytes.
        self._max_line = max(limits.max_frame, limits.max_upload_frame * 4 // 3 + 4)
        self._sessions: dict[str, PollSession] = {}
        self._forwarding = PollForwarding(tokens, workers)
        PollCalls(self._sessions, limits).register(workers)

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def unfetched(self) -> int:
        """Number of sessions that have ended, with messages that their browsers have not fetched."""
        return sum(session.unfetched for session in self._sessions.values())

    def forwarding_stopped(self) -> AbstractContextManager[None]:
        """Answer the polls that wait for sessions of other workers: this worker stops."""
        return self._forwarding.stopped()

    def route(self) -> OwnRoute:
        return OwnRoute(POLL_PATH, self._endpoint, methods=["GET", "POST", "DELETE"])

    async def _endpoint(self, request: Request) -> Response:
        foreign = check_same_origin(request.scope, self._limits)
        if foreign is not None:
            audit_of(request.scope).record(
                foreign.event, request.scope, f"long poll refused: {foreign.reason}"
            )
            return _answer(_FORBIDDEN)
        token = request.query_params.get("token") or request.headers.get("x-phoenix-longpoll-token")
        if not token:
            return await self._open(request) if request.method == "GET" else _answer(_GONE)
        session = self._session(token, _owner(request.scope))
        if session is None:
            return _answer(_GONE)
        if request.method == "GET":
            return await self._poll(request, session, token)
        if request.method == "POST":
            return await self._push(request, session)
        if request.method == "DELETE":
            session.leave()
            return _answer(_OK)
        return _answer(_GONE)

    def _session(self, token: str, owner: str) -> Polled | None:
        session = self._sessions.get(token)
        if session is None:
            return self._forwarding.session(token, owner)
        # The token is in URLs, and so perhaps in logs: it is worth nothing without the cookies of its browser.
        return session if session.owner == owner else None

    async def _open(self, request: Request) -> Response:
        token = self._tokens.mint_poll_token(self._workers.id)
        timeout = 1.5 * self._limits.poll_window

        def forget() -> None:
            self._sessions.pop(token, None)

        session = PollSession(_handshake(request), _owner(request.scope), timeout, forget)
        self._sessions[token] = session

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            def connected(connection: WebSocketConnection) -> None:
                session.connection = connection

            await self._serve(scope, receive, send, connected)

        if not await session.open(serve):
            return _answer(_FORBIDDEN)
        return _answer(_GONE, token=token, messages=[])  # 410 tells the client to poll with its new token

    async def _poll(self, request: Request, session: Polled, token: str) -> Response:
        polling = asyncio.ensure_future(session.poll(self._limits.poll_window))
        # A browser that leaves breaks its poll off. Without this its view would wait for the whole window.
        disconnect = asyncio.ensure_future(_disconnect(request))
        try:
            await asyncio.wait({polling, disconnect}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            disconnect.cancel()
            finished = polling.done()
            polling.cancel()
        if not finished:
            session.lose()
            return _answer(_GONE)
        messages = polling.result()
        if messages is None:
            return _answer(_GONE)
        return _answer(_OK if messages else _NO_CONTENT, token=token, messages=messages)

    async def _push(self, request: Request, session: Polled) -> Response:
        async with session.pushing:
            if self._may_be_large(request):
                await session.look_up()
            if session.ended.is_set():
                return _answer(_GONE)
            # The body of a slow client must not outlive its session.
            passing = asyncio.ensure_future(self._pass_frames(request, session))
            ending = asyncio.ensure_future(session.ended.wait())
            try:
                await self._wait_for_either(passing, ending, session)
            finally:
                ending.cancel()
                finished = passing.done()
                passing.cancel()
            return _answer(passing.result() if finished else _GONE)

    async def _wait_for_either(
        self, passing: asyncio.Future[Any], ending: asyncio.Future[Any], session: Polled
    ) -> None:
        while not (passing.done() or ending.done()):
            await asyncio.wait(
                {passing, ending}, timeout=self._limits.poll_window, return_when=asyncio.FIRST_COMPLETED
            )
            if not (passing.done() or ending.done()):
                # The end of a session at another worker comes with no message.
                await session.look_up()

    def _may_be_large(self, request: Request) -> bool:
        """Return True unless the body is allowed before a join."""
        declared = request.headers.get("content-length", "")
        return not declared.isdecimal() or int(declared[:20]) > self._limits.max_frame_before_join

    async def _pass_frames(self, request: Request, session: Polled) -> int:
        """Pass the frames of a body to the session. Return the status."""

        def limit() -> int:
            return _MAX_BODY if session.admitted else self._limits.max_frame_before_join

        try:
            async for frame in frames_in(request, limit, self._max_line):
                if not await session.put(frame, self._limits.poll_window):
                    return _GONE if session.ended.is_set() else _TIMEOUT
        except InvalidBody:
            session.leave()
            return _GONE
        return _OK


async def _disconnect(request: Request) -> None:
    """Return when the browser does not wait for the response any more."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _answer(status: int, **content: Any) -> Response:
    return JSONResponse({"status": status, **content}, headers={"cache-control": "no-store"})


def _owner(scope: Scope) -> str:
    """Return the key of the browser if it has the cookie for that, else of its session and user."""
    return browser_of(scope) or Identity.from_scope(scope).binding


def _handshake(request: Request) -> Scope:
    """Return the scope of the request that opens a session as the handshake of a WebSocket."""
    scope = {**request.scope, "type": "websocket", "subprotocols": _subprotocols(request)}
    scope["scheme"] = "wss" if request.url.scheme == "https" else "ws"
    if "origin" not in request.headers and request.headers.get("sec-fetch-site") == "same-origin":
        # Browsers send no Origin with a GET to their own origin. This header means the same, and no script can set it.
        origin = f"{request.url.scheme}://{request.headers.get('host', '')}"
        scope["headers"] = [*request.scope["headers"], (b"origin", origin.encode("latin-1"))]
    return scope


def _subprotocols(request: Request) -> list[str]:
    # phoenix.js sends its auth token in this header here, and as a subprotocol of a WebSocket.
    token = request.headers.get("x-phoenix-authtoken")
    if not token:
        return []
    encoded = urlsafe_b64encode(token.encode("latin-1", "replace")).decode().rstrip("=")
    return ["phoenix", f"{_BEARER}{encoded}"]
