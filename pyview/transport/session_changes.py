"""Where a page has its session changed: inside the session middleware, so that the cookie is set as ever.

The change is not the page's to choose: the page brings an order that its view gave, sealed, for this page, this session
and this browser, once, within seconds. All that is refused changes nothing.

What one socket has its page do to the session, and how it learns of the new cookie.

A socket knows the cookie that its handshake came with; the response that sets another one goes to the browser. So the
page brings the new cookie to the socket, sealed: the view goes on where it is, and the next time somebody asks who is
there, it is asked of the new cookie.
"""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.identity import Identity
from pyview.auth.user_key import user_key
from pyview.config import SecurityConfig
from pyview.middleware.browser_cookie import browser_of
from pyview.middleware.origin import check_same_origin
from pyview.process.messages import CookieChanged, CookieRejected
from pyview.sessions.change import NO_SESSION, SessionChange
from pyview.stores.health import StoreUnavailable
from pyview.stores.once import OnceStore
from pyview.tokens.page import Tokens
from pyview.tokens.secrets import CLOCK_SKEW, InvalidToken
from pyview.tokens.session_change import ChangeToken, SessionBinding
from pyview.transport.identity import ConnectionIdentity
from pyview.transport.join import JoinAuthorizer

CHANGE_PATH = "/live/session"
PASS_PATH = "/live/session/pass"  # noqa: S105  a path
CSRF_HEADER = "x-csrf-token"


class _Refused(Exception):
    """Answered with `status` and `reason`, a word for the script; the text is for the log."""

    def __init__(self, status: int, reason: str, log: str = "") -> None:
        super().__init__(log or reason)
        self.status = status
        self.reason = reason


class _Asked(NamedTuple):
    """What a page sends: its id, its own token, and the order or the receipt."""

    page_id: str
    page_token: Any
    token: Any


class SessionEndpoint:
    """The two requests of a page whose view has changed the session."""

    def __init__(self, tokens: Tokens, once: OnceStore, config: SecurityConfig) -> None:
        self._tokens = tokens
        self._once = once
        self._config = config

    def routes(self) -> list[Route]:
        return [
            Route(CHANGE_PATH, self.change, methods=["POST"]),
            Route(PASS_PATH, self.hand_over, methods=["POST"]),
        ]

    async def change(self, request: Request) -> Response:
        """Apply an order to `request.session`; the answer is a receipt."""
        try:
            order = self._order(request, await self._asked(request))
            await self._claim(order)
        except _Refused as refusal:
            return _refusal(request, refusal)
        order.change.apply(request.session)
        return _answer({"receipt": self._tokens.session.mint_receipt(order.id)})

    async def hand_over(self, request: Request) -> Response:
        """For a receipt, the cookie that the browser has now, for its socket and sealed from its scripts."""
        try:
            asked = await self._asked(request)
            order_id = self._tokens.session.read_receipt(asked.token)
        except _Refused as refusal:
            return _refusal(request, refusal)
        except InvalidToken as error:
            return _refusal(request, _Refused(403, "stale", f"receipt: {error.reason}"))
        cookie = "; ".join(request.headers.getlist("cookie"))
        return _answer({"pass": self._tokens.session.mint_cookie_token(order_id, cookie)})

    async def _asked(self, request: Request) -> _Asked:
        foreign = check_same_origin(request.scope, self._config)
        if foreign is not None:
            raise _Refused(foreign.status, "cross-site", foreign.reason)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise _Refused(
                415, "media type", "expected application/json, which no form of another site can send"
            )
        return _parsed(await _body(request, self._config.max_frame_before_join))

    def _order(self, request: Request, asked: _Asked) -> ChangeToken:
        """The order that `asked` brings, if it is for this page, session and browser."""
        if "session" not in request.scope:
            raise _Refused(404, "no session", NO_SESSION)
        binding = Identity.from_scope(request.scope).binding
        holder = SessionBinding(asked.page_id, binding, browser_of(request.scope))
        if not self._tokens.check_csrf_token(request.headers.get(CSRF_HEADER), asked.page_id, binding):
            raise _Refused(403, "stale", "CSRF token")
        try:
            self._tokens.read_page_token(asked.page_token, asked.page_id, binding)
            return self._tokens.session.read_change_token(asked.token, holder)
        except InvalidToken as error:
            raise _Refused(403, "stale", f"token: {error.reason}") from None

    async def _claim(self, order: ChangeToken) -> None:
        # Longer than anybody would read the order, whichever clock is ahead.
        until = time.time() + self._tokens.session.max_age + 2 * CLOCK_SKEW
        try:
            if not await self._once.claim(f"order:{order.id}", until):
                raise _Refused(409, "used", "an order came a second time")
        except StoreUnavailable:
            raise _Refused(503, "unavailable", "nobody can say whether an order was used before") from None


def _refusal(request: Request, refusal: _Refused) -> Response:
    event = AuditEvent.CSRF_REFUSED if refusal.reason == "cross-site" else AuditEvent.REQUEST_REFUSED
    audit_of(request.scope).record(event, request.scope, str(refusal), subject=request.scope["path"])
    return _answer({"reason": refusal.reason}, refusal.status)


def _answer(content: dict[str, str], status: int = 200) -> Response:
    return JSONResponse(content, status, headers={"cache-control": "no-store"})


async def _body(request: Request, limit: int) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise _Refused(413, "too big", f"a body of more than {limit} bytes")
    except ClientDisconnect:
        raise _Refused(400, "malformed", "the body broke off") from None
    return bytes(body)


def _parsed(body: bytes) -> _Asked:
    try:
        data = orjson.loads(body)
    except ValueError:
        data = None
    page_id = data.get("id") if isinstance(data, dict) else None
    if not isinstance(page_id, str):
        raise _Refused(400, "malformed", "expected a JSON object with the page's id")
    return _Asked(page_id, data.get("session"), data.get("token"))


_TOPIC = "lv:phx-"


class Renewal(NamedTuple):
    """`tokens` replace those of the page; `news` is for the views."""

    tokens: dict[str, str]
    news: CookieChanged


class SessionChangeTokens:
    """The orders that one socket has given, the last one of each topic."""

    __slots__ = ("_authorizer", "_given", "_presence")

    def __init__(self, admission: JoinAuthorizer, presence: ConnectionIdentity) -> None:
        self._authorizer = admission
        self._presence = presence
        self._given: dict[str, str] = {}

    def mint(self, topic: str, change: SessionChange) -> str | None:
        presence = self._presence
        holder = SessionBinding(
            topic.removeprefix(_TOPIC), presence.identity.binding, browser_of(presence.scope)
        )
        if not holder.known:
            return None
        self._given[topic], token = self._authorizer.tokens.session.mint_change_token(change, holder)
        return token

    async def renew(self, topic: str, payload: Any) -> Renewal:
        """Raises `CookieRejected`; nothing has changed then."""
        fields = payload if isinstance(payload, Mapping) else {}
        tokens, presence = self._authorizer.tokens, self._presence
        page_id, before = topic.removeprefix(_TOPIC), presence.identity
        try:
            brought = tokens.session.read_cookie_token(fields.get("pass"))
            page = tokens.read_page_token(fields.get("session"), page_id, before.binding)
        except InvalidToken as error:
            raise CookieRejected(error.reason) from None
        if self._given.get(topic) != brought.id:
            raise CookieRejected("not this socket's order")
        del self._given[topic]
        await presence.renew(brought.cookie)
        binding = presence.identity.binding
        renewed = {
            "session": tokens.mint_page_token(page, binding),
            "csrf": tokens.mint_csrf_token(page_id, binding),
        }
        same_user = presence.renewable and user_key(before.user) == user_key(presence.identity.user)
        guard = partial(self._authorizer.watch, presence) if same_user else None
        return Renewal(renewed, CookieChanged(guard))
