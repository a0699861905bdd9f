"""`/live/longpoll`: what the official client falls back to where no WebSocket gets through.

The protocol of phoenix.js (`longpoll.js`): every answer is HTTP 200 with the real status inside. GET without a token
opens a session and is answered 410 with a token; GET with it waits for messages (200, or 204 when none came); POST
brings frames, one a line. 410 to a known token means that the session has gone: the client connects and joins again.
DELETE is our own client's goodbye.

The frames in the body of a request, one by one as they come: only one of them is ever kept here.
"""

import asyncio
import secrets
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, ClassVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pyview.auth.audit import audit_of
from pyview.auth.identity import Identity
from pyview.config import SecurityConfig
from pyview.middleware.browser_cookie import browser_of
from pyview.middleware.host import POLL_PATH
from pyview.middleware.origin import check_same_origin
from pyview.transport.poll_session import Line, PollSession

_MOST_FRAMES = 100  # MAX_LONGPOLL_BATCH_SIZE of phoenix.js


class UnfitBody(Exception):
    """A body that no client of this protocol sends, that is too large, or that breaks off."""


async def frames_in(request: Request, limit: Callable[[], int], longest: int) -> AsyncIterator[str | bytes]:
    """JSON text as text, or the bytes of a binary frame. Raises `UnfitBody`.

    `limit()` is how many bytes the body may have; it is asked again with each part. `longest`: bytes of one line.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit():
        raise UnfitBody
    count = 0
    async for line in _lines(request, limit, longest):
        count += 1
        if count > _MOST_FRAMES:
            raise UnfitBody
        yield _frame(line)


async def _lines(request: Request, limit: Callable[[], int], longest: int) -> AsyncIterator[bytes]:
    kept, size = bytearray(), 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit():
                raise UnfitBody
            *lines, rest = part.split(b"\n")
            for line in lines:
                kept += line
                yield _taken(kept, longest)
            kept += rest
            if len(kept) > longest:
                raise UnfitBody
    except ClientDisconnect:
        raise UnfitBody from None
    yield _taken(kept, longest)


def _taken(kept: bytearray, longest: int) -> bytes:
    if len(kept) > longest:
        raise UnfitBody
    line = bytes(kept)
    kept.clear()
    return line


def _frame(line: bytes) -> str | bytes:
    try:
        return line.decode() if line.startswith(b"[") else b64decode(line, validate=True)
    except (UnicodeDecodeError, Base64Error):
        raise UnfitBody from None


_MOST_BYTES = 8 * 1024 * 1024
_BEARER = "base64url.bearer.phx."
_OPENED = _GONE = 410
_NOTHING, _LATE, _FORBIDDEN = 204, 408, 403

Serve = Callable[[Scope, Receive, Send, Callable[[Line], None]], Awaitable[None]]
"""Serves one connection to its end; the connection is told as soon as it is there."""


class LongPoll:
    """The long-poll sessions of one application. A session lives in the process that opened it."""

    def __init__(self, serve: Serve, limits: SecurityConfig) -> None:
        self._serve = serve
        self._limits = limits
        self._sessions: dict[str, PollSession] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def route(self) -> Route:
        return Route(POLL_PATH, self._endpoint, methods=["GET", "POST", "DELETE"])

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
        session, method = self._sessions.get(token), self._methods.get(request.method)
        if session is None or method is None or session.holder != _holder(request.scope):
            return _answer(_GONE)
        return await method(self, request, session, token)

    async def _open(self, request: Request) -> Response:
        token = secrets.token_urlsafe(24)
        gone_after = 1.5 * self._limits.poll_window
        holder = _holder(request.scope)
        session = PollSession(_as_socket(request), holder, gone_after, lambda: self._forget(token))
        self._sessions[token] = session

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            def serves(line: Line) -> None:
                session.line = line

            await self._serve(scope, receive, send, serves)

        if not await session.open(serve):
            return _answer(_FORBIDDEN)
        return _answer(_OPENED, token=token, messages=[])

    def _forget(self, token: str) -> None:
        self._sessions.pop(token, None)

    async def _poll(self, request: Request, session: PollSession, token: str) -> Response:
        polling = asyncio.ensure_future(session.poll(self._limits.poll_window))
        leaving = asyncio.ensure_future(_breaks_off(request))
        try:
            await asyncio.wait({polling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            came = polling.done()
            polling.cancel()
        if not came:
            session.lose()
            return _answer(_GONE)
        messages = polling.result()
        if messages is None:
            return _answer(_GONE)
        return _answer(200 if messages else _NOTHING, token=token, messages=messages)

    async def _push(self, request: Request, session: PollSession, token: str) -> Response:
        async with session.pushing:
            return _answer(_GONE if session.closed else await self._pushed(request, session))

    async def _pushed(self, request: Request, session: PollSession) -> int:
        """The status of frames that the session was handed. A body that comes slowly ends with its session."""
        handing = asyncio.ensure_future(self._handed(request, session))
        ending = asyncio.ensure_future(session.ended.wait())
        try:
            await asyncio.wait({handing, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ending.cancel()
            came = handing.done()
            handing.cancel()
        return handing.result() if came else _GONE

    async def _handed(self, request: Request, session: PollSession) -> int:
        def limit() -> int:
            return _MOST_BYTES if session.admitted else self._limits.max_frame_before_join

        try:
            async for frame in frames_in(request, limit, self._longest_line):
                if not await session.put(frame, self._limits.poll_window):
                    return _GONE if session.closed else _LATE
        except UnfitBody:
            session.leave()
            return _GONE
        return 200

    @property
    def _longest_line(self) -> int:
        """Of JSON, or of base64, which makes four characters of three bytes."""
        return max(self._limits.max_frame, self._limits.max_upload_frame * 4 // 3 + 4)

    async def _leave(self, request: Request, session: PollSession, token: str) -> Response:
        session.leave()
        return _answer(200)

    _methods: ClassVar[dict[str, Callable[..., Awaitable[Response]]]] = {
        "GET": _poll,
        "POST": _push,
        "DELETE": _leave,
    }


async def _breaks_off(request: Request) -> None:
    """Returns when the browser does not wait for the answer any more."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _answer(status: int, **content: Any) -> Response:
    return JSONResponse({"status": status, **content}, headers={"cache-control": "no-store"})


def _holder(scope: Scope) -> str:
    """Whose session it is: the browser's, where it can be told, else that of who is signed in."""
    return browser_of(scope) or Identity.from_scope(scope).binding


def _as_socket(request: Request) -> Scope:
    """The request that opens a session, as the handshake of a WebSocket."""
    scope = {**request.scope, "type": "websocket", "subprotocols": _subprotocols(request)}
    scope["scheme"] = "wss" if request.url.scheme == "https" else "ws"
    if "origin" not in request.headers and request.headers.get("sec-fetch-site") == "same-origin":
        # Browsers send no Origin with a GET to the same one; this header says as much, and no script can set it.
        origin = f"{request.url.scheme}://{request.headers.get('host', '')}"
        scope["headers"] = [*request.scope["headers"], (b"origin", origin.encode("latin-1"))]
    return scope


def _subprotocols(request: Request) -> list[str]:
    token = request.headers.get("x-phoenix-authtoken")
    if not token:
        return []
    encoded = urlsafe_b64encode(token.encode("latin-1", "replace")).decode().rstrip("=")
    return ["phoenix", f"{_BEARER}{encoded}"]
