"""Session changes of a live view: the two requests of the page, and the tokens that one connection has given out.

Only an HTTP response can set a cookie. A view therefore gives its page a change token: encrypted, for this page, this
session and this browser, valid once and for seconds. The page posts it, and the change is applied inside the session
middleware, which sets the cookie as usual. A refused request changes nothing.

The connection knows only the cookie of its handshake. So the page brings the new cookie to it in a cookie token, which
no script can read: the view goes on, and later lookups of the identity use the new cookie.
"""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.identity import Identity
from pyview.auth.user_key import user_key
from pyview.config import SecurityConfig
from pyview.middleware.headers import browser_of
from pyview.middleware.origin import check_same_origin
from pyview.process.messages import CookieChanged, CookieRejected
from pyview.routing.own_route import OwnRoute
from pyview.sessions.change import NO_SESSION, SessionChange
from pyview.stores.health import StoreUnavailable
from pyview.stores.once import OnceStore
from pyview.tokens.page import Tokens
from pyview.tokens.secrets import CLOCK_SKEW, InvalidToken
from pyview.tokens.session_change import ChangeToken, SessionBinding
from pyview.transport.identity import ConnectionIdentity
from pyview.transport.join import JoinAuthorizer

CHANGE_PATH = "/live/session"
COOKIE_TOKEN_PATH = "/live/session/pass"  # noqa: S105  a path
CSRF_HEADER = "x-csrf-token"

_PAGE_TOPIC = "lv:phx-"


class _RequestRefused(Exception):
    """Answered with `status` and `reason`, a word for the script. The text is for the log."""

    def __init__(self, status: int, reason: str, log: str = "") -> None:
        super().__init__(log or reason)
        self.status = status
        self.reason = reason


class _PageRequest(NamedTuple):
    """Body of a request: the id of the page, its page token, and the change token or the receipt."""

    page_id: str
    page_token: Any
    token: Any


class SessionEndpoint:
    """The two requests of a page whose view has changed the session."""

    def __init__(self, tokens: Tokens, once: OnceStore, config: SecurityConfig) -> None:
        self._tokens = tokens
        self._once = once
        self._config = config

    def routes(self) -> list[OwnRoute]:
        return [
            OwnRoute(CHANGE_PATH, self.change, methods=["POST"]),
            OwnRoute(COOKIE_TOKEN_PATH, self.cookie_token, methods=["POST"]),
        ]

    async def change(self, request: Request) -> Response:
        """Apply a change token to `request.session`. The response carries a receipt."""
        try:
            token = self._change_token(request, await self._read(request))
            await self._use_once(token)  # last: a refused request must not use the token up
        except _RequestRefused as refusal:
            return _refusal(request, refusal)
        token.change.apply(request.session)
        return _answer({"receipt": self._tokens.session.mint_receipt(token.id)})

    async def cookie_token(self, request: Request) -> Response:
        """Return, for a receipt, the cookie that the browser has now, encrypted for its connection."""
        try:
            page_request = await self._read(request)
            token_id = self._tokens.session.read_receipt(page_request.token)
        except _RequestRefused as refusal:
            return _refusal(request, refusal)
        except InvalidToken as error:
            return _refusal(request, _RequestRefused(403, "stale", f"receipt: {error.reason}"))
        cookie = "; ".join(request.headers.getlist("cookie"))
        return _answer({"pass": self._tokens.session.mint_cookie_token(token_id, cookie)})

    async def _read(self, request: Request) -> _PageRequest:
        foreign = check_same_origin(request.scope, self._config)
        if foreign is not None:
            raise _RequestRefused(foreign.status, "cross-site", foreign.reason)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise _RequestRefused(
                415, "media type", "expected application/json, which no form of another site can send"
            )
        try:
            data = orjson.loads(await _body(request, self._config.max_frame_before_join))
        except ValueError:
            data = None
        page_id = data.get("id") if isinstance(data, dict) else None
        if not isinstance(page_id, str):
            raise _RequestRefused(400, "malformed", "expected a JSON object with the page's id")
        return _PageRequest(page_id, data.get("session"), data.get("token"))

    def _change_token(self, request: Request, page_request: _PageRequest) -> ChangeToken:
        """Return the change token if it is for this page, session and browser."""
        if "session" not in request.scope:
            raise _RequestRefused(404, "no session", NO_SESSION)
        page_id, page_token, token = page_request
        binding = Identity.from_scope(request.scope).binding
        session_binding = SessionBinding(page_id, binding, browser_of(request.scope))
        if not self._tokens.check_csrf_token(request.headers.get(CSRF_HEADER), page_id, binding):
            raise _RequestRefused(403, "stale", "CSRF token")
        try:
            self._tokens.read_page_token(page_token, page_id, binding)
            return self._tokens.session.read_change_token(token, session_binding)
        except InvalidToken as error:
            raise _RequestRefused(403, "stale", f"token: {error.reason}") from None

    async def _use_once(self, token: ChangeToken) -> None:
        # Longer than any worker accepts the token, whichever clock is ahead.
        until = time.time() + self._tokens.session.max_age + 2 * CLOCK_SKEW
        try:
            if not await self._once.claim(f"order:{token.id}", until):
                raise _RequestRefused(409, "used", "a change token came a second time")
        except StoreUnavailable:
            # Without the store another worker may have used the token already, so it is refused.
            raise _RequestRefused(
                503, "unavailable", "the store that notes used change tokens cannot be reached"
            ) from None


def _refusal(request: Request, refusal: _RequestRefused) -> Response:
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
                raise _RequestRefused(413, "too big", f"a body of more than {limit} bytes")
    except ClientDisconnect:
        raise _RequestRefused(400, "malformed", "the body broke off") from None
    return bytes(body)


class Renewal(NamedTuple):
    """Result of a new cookie: `tokens` replace those of the page, and `message` is for its views."""

    tokens: dict[str, str]
    message: CookieChanged


class SessionChangeTokens:
    """Change tokens that one connection has given out, the last one of each topic."""

    __slots__ = ("_authorizer", "_identity", "_last_ids")

    def __init__(self, authorizer: JoinAuthorizer, identity: ConnectionIdentity) -> None:
        self._authorizer = authorizer
        self._identity = identity
        self._last_ids: dict[str, str] = {}

    def mint(self, topic: str, change: SessionChange) -> str | None:
        """Return the token with which the page of `topic` makes `change`; None for a browser without a cookie."""
        identity = self._identity
        session_binding = SessionBinding(
            topic.removeprefix(_PAGE_TOPIC), identity.identity.binding, browser_of(identity.scope)
        )
        # A token that is bound to no browser could be used by any other.
        if not session_binding.known:
            return None
        self._last_ids[topic], token = self._authorizer.tokens.session.mint_change_token(
            change, session_binding
        )
        return token

    async def renew(self, topic: str, payload: Any) -> Renewal:
        """Use the cookie of the cookie token in `payload` from now on.

        Raises `CookieRejected`; nothing has changed then.
        """
        fields = payload if isinstance(payload, Mapping) else {}
        tokens, identity = self._authorizer.tokens, self._identity
        page_id, before = topic.removeprefix(_PAGE_TOPIC), identity.identity
        try:
            cookie_token = tokens.session.read_cookie_token(fields.get("pass"))
            page = tokens.read_page_token(fields.get("session"), page_id, before.binding)
        except InvalidToken as error:
            raise CookieRejected(error.reason) from None
        # A cookie token of another page or connection could otherwise give this one the session of another user.
        if self._last_ids.get(topic) != cookie_token.id:
            raise CookieRejected("not a change token of this connection")
        # Valid once, and deleted before the lookup: a second copy may come while it waits.
        del self._last_ids[topic]
        await identity.renew(cookie_token.cookie)
        binding = identity.identity.binding
        renewed = {
            "session": tokens.mint_page_token(page, binding),
            "csrf": tokens.mint_csrf_token(page_id, binding),
        }
        # Without a user who is the same, the views load their pages again: what they show was rendered for the other.
        same_user = identity.renewable and user_key(before.user) == user_key(identity.identity.user)
        guard = partial(self._authorizer.guard, identity) if same_user else None
        return Renewal(renewed, CookieChanged(guard))
