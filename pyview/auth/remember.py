"""Stay signed in: a cookie of its own that outlives the session, and starts a new one when that is over.

```python
async def sign_in(user_id: str):  # what the sign-in route puts into the session; None for an account that is gone
    user = await load_user(user_id)
    return {"user_id": user.id} if user else None

remember = RememberMe(sign_in, SQLiteRememberStore("remember.db"))
app.add_middleware(RememberMiddleware, remember=remember)

async def login(request):
    ...
    request.session["user_id"] = user.id
    if form.get("remember"):
        await remember.remember(request, user.id)
```

The cookie is good for one use: whoever redeems it gets the next one of its series. When one is presented again
afterwards, two parties have had it, and one of them has stolen it. Nobody can tell which, so the whole series ends,
with every session and every open page that came of it. Signing out, by `request.session.clear()`, ends it too. (The
scheme is Barry Jaspan's "Improved Persistent Login Cookie Best Practice".)
"""

import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.remember_store import MemoryRememberStore, RememberStore, RememberToken
from pyview.sessions.session import LONGEST_COOKIE
from pyview.sessions.tracking import (
    REMEMBERED,
    SERIES,
    TRACKED_SESSION,
    USER_DIGEST,
    TrackedSession,
    digest,
    series_key,
    user_revocation_key,
)
from pyview.stores.health import StoreUnavailable, share_health
from pyview.stores.retry import Backlog
from pyview.stores.revocations import Revocations

logger = logging.getLogger("pyview.security")

SignIn = Callable[[str], Awaitable[Mapping[str, Any] | None]]
OnTheft = Callable[[str], Awaitable[None]]

_PENDING = "pyview.remember"
_DAY = 86400.0
_LONGEST_SELECTOR = 64  # characters; ours have 22, and a cookie may bring anything


@dataclass(slots=True)
class _Pending:
    """What the response shall do. `cookie`: the new one, "" to delete it, None to leave it."""

    cookie: str | None = None
    max_age: int = 0


class _Stolen(Exception):
    """A cookie that has been redeemed was presented again."""


class RememberMe:
    """Remembers browsers for `days` days from the sign-in; after that somebody types the password again.

    `sign_in` returns what a session of a user holds, or None for somebody who may no longer sign in. `on_theft` is
    called with the user whose cookie was stolen, to write to them or to end their other sessions too. A cookie that
    has just been redeemed is good for `grace` seconds more, since browsers ask for several things at once.
    `https_only` sends the cookie over TLS only, which happens by itself where the request came over TLS.
    """

    def __init__(
        self,
        sign_in: SignIn,
        store: RememberStore | None = None,
        *,
        on_theft: OnTheft | None = None,
        days: float = 30,
        grace: float = 10.0,
        cookie: str = "remember",
        https_only: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.store = store or MemoryRememberStore()
        self.cookie = cookie
        self._sign_in = sign_in
        self._on_theft = on_theft
        self._lifetime = days * _DAY
        self._grace = grace
        self._https_only = https_only
        self._clock = clock
        self._late = Backlog(self._forget_late, "remembered browsers")

    async def close(self) -> None:
        """Let go of the store. What it has missed is written first, if it answers."""
        await self._late.close()
        await self.store.close()

    async def remember(self, request: Request, user: object) -> None:
        """Remember the browser of `request` as `user`, for a route that has just signed them in.

        `user` comes back as text, in `sign_in`. Raises `RuntimeError` without `RememberMiddleware`, and
        `StoreUnavailable`.
        """
        pending = request.scope.get(_PENDING)
        if pending is None:
            raise RuntimeError(
                "Add RememberMiddleware: app.add_middleware(RememberMiddleware, remember=remember)"
            )
        selector, validator, now = secrets.token_urlsafe(16), secrets.token_urlsafe(32), self._clock()
        who, ends = await _who_signs_in(request), now + self._lifetime
        await self.store.start()
        await self.store.add(
            RememberToken(selector, str(user), who, _digest(validator), b"", now, now, ends), now
        )
        request.session[SERIES] = selector
        request.session.pop(REMEMBERED, None)
        pending.cookie, pending.max_age = f"{selector}:{validator}", int(self._lifetime)

    async def forget_user(self, user: object) -> None:
        """Forget every browser of `user`, whose open sessions go on. Raises `StoreUnavailable`.

        `logout_everywhere` needs no such help: what was remembered before it is worth nothing afterwards.
        """
        await self.store.start()
        await self.store.remove_user(str(user))

    async def restore(self, scope: Scope, pending: _Pending) -> None:
        """Sign in whoever the cookie of a request remembers."""
        presented = _cookie(scope, self.cookie)
        if not presented:
            return
        pending.cookie = ""
        selector, _, validator = presented.partition(":")
        try:
            await self.store.start()
            await self._redeem_or_end(scope, pending, selector, validator)
        except StoreUnavailable as error:
            logger.debug("nobody can be remembered: %r", error)
            pending.cookie = None

    async def _redeem_or_end(self, scope: Scope, pending: _Pending, selector: str, validator: str) -> None:
        try:
            await self._redeem(scope, pending, selector, validator)
        except _Stolen:
            await self._end_stolen(scope, selector)

    async def _redeem(self, scope: Scope, pending: _Pending, selector: str, validator: str) -> None:
        series = await self.store.get(selector, self._clock())
        if series is None or selector in self._late:
            return
        latest = self._is_latest(series, _digest(validator))
        content = await self._sign_in(series.user)
        if content is None or await _is_revoked(scope, series):
            await self.store.remove(selector)
        elif not scope["session"].keys().isdisjoint(content):
            pending.cookie = None  # somebody is signed in: nobody's session becomes another's
        elif not latest:
            pending.cookie = None  # a request beside this one has the next cookie
            _fill(scope["session"], content, selector)
        else:
            await self._rotate(scope, pending, series, validator, content)

    async def _rotate(
        self,
        scope: Scope,
        pending: _Pending,
        series: RememberToken,
        validator: str,
        content: Mapping[str, Any],
    ) -> None:
        now, following = self._clock(), secrets.token_urlsafe(32)
        new = replace(series, validator=_digest(following), previous=series.validator, rotated_at=now)
        if not await self.store.replace(series, new):
            await self._redeem(scope, pending, series.selector, validator)  # another request was faster
            return
        _fill(scope["session"], content, series.selector)
        pending.cookie, pending.max_age = f"{series.selector}:{following}", int(series.expires_at - now)

    def _is_latest(self, series: RememberToken, presented: bytes) -> bool:
        """Raises `_Stolen` for one that is neither the latest nor the one before, just replaced."""
        if hmac.compare_digest(presented, series.validator):
            return True
        recent = self._clock() - series.rotated_at <= self._grace
        if recent and hmac.compare_digest(presented, series.previous):
            return False
        raise _Stolen

    async def _end_stolen(self, scope: Scope, selector: str) -> None:
        series = await self.store.get(selector, self._clock())
        await self.store.remove(selector)
        revocations = _revocations(scope)
        if revocations is not None:
            with suppress(StoreUnavailable):  # kept there, and written later
                await revocations.revoke(series_key(selector), self._clock() + LONGEST_COOKIE)
        reason = "a remember-me cookie was used twice: it was stolen, and its series has ended"
        audit_of(scope).record(AuditEvent.REVOKED, scope, reason, subject="remember me")
        if series is not None and self._on_theft is not None:
            await self._on_theft(series.user)

    async def sign_out(self, selector: str, pending: _Pending) -> None:
        """The session of a remembered browser has ended. A store that is away forgets the browser once it is back."""
        if pending.cookie is None or pending.cookie.startswith(f"{selector}:"):
            pending.cookie = ""
        try:
            await self.store.start()
            await self.store.remove(selector)
        except StoreUnavailable:
            if len(selector) <= _LONGEST_SELECTOR:
                self._late.add(selector)

    async def _forget_late(self, selector: str) -> None:
        await self.store.start()
        if await self.store.get(selector, self._clock()) is not None:
            await self.store.remove(selector)

    async def forget(self, scope: Scope, pending: _Pending) -> None:
        """Whoever the cookie of a request remembers has signed out."""
        selector = _cookie(scope, self.cookie).partition(":")[0]
        if selector:
            await self.sign_out(selector, pending)

    def write_cookie(self, scope: Scope, pending: _Pending, headers: MutableHeaders) -> None:
        """Add the `Set-Cookie` that `pending` asks for."""
        if pending.cookie is None:
            return
        response = Response()
        response.set_cookie(
            self.cookie,
            pending.cookie,
            max_age=pending.max_age if pending.cookie else 0,
            secure=self._https_only or scope.get("scheme") == "https",
            httponly=True,
            samesite="lax",
        )
        headers.append("set-cookie", response.headers["set-cookie"])


class RememberMiddleware:
    """ASGI middleware. PyView puts it where it belongs, between the session and the authentication, wherever it was
    added. Sockets are let through: what they cannot tell, the page's next HTTP request can."""

    pyview_inside_session = True

    def __init__(self, app: ASGIApp, remember: RememberMe) -> None:
        self.app = app
        self._remember = remember

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._live(scope, receive, send)
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        session = _session(scope)
        before = session.get(SERIES)
        pending = scope[_PENDING] = _Pending()
        if not before and not session.get(USER_DIGEST):
            await self._remember.restore(scope, pending)
            before = scope["session"].get(SERIES)

        async def settle_first(message: Message) -> None:
            if message["type"] == "http.response.start":
                if before and scope["session"].get(SERIES) != before:
                    await self._remember.sign_out(before, pending)
                elif not before and _was_cleared(scope["session"]):
                    # Nobody was signed in, as nobody could say whether they may: who signs out then means it, too.
                    await self._remember.forget(scope, pending)
                self._remember.write_cookie(scope, pending, MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, settle_first)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        share_health(scope, self._remember.store)
        try:
            await self.app(scope, receive, send)
        finally:
            await self._remember.close()


def _session(scope: Scope) -> Any:
    if not isinstance(scope.get("session"), dict) or "auth" in scope:
        raise RuntimeError(
            "RememberMiddleware runs inside a session middleware and outside the authentication. A PyView application "
            "sees to that; elsewhere add the authentication first, then RememberMiddleware, then the session."
        )
    return scope["session"]


def _was_cleared(session: Any) -> bool:
    return not session and bool(getattr(session, "modified", False))


async def _who_signs_in(request: Request) -> str:
    tracked: TrackedSession | None = request.scope.get(TRACKED_SESSION)
    key = "" if tracked is None else await tracked.find_user(request.scope, request.session)
    return digest(key) if key else ""


async def _is_revoked(scope: Scope, series: RememberToken) -> bool:
    """Whether this browser was signed out from another one, or all sessions of the user, since they signed in."""
    revocations = _revocations(scope)
    if revocations is None:
        return False
    keys = [series_key(series.selector)]
    if series.who:
        keys.append(user_revocation_key(series.who))
    return await revocations.revoked(dict.fromkeys(keys, series.created_at))


def _revocations(scope: Scope) -> Revocations | None:
    """Those of the PyView that serves the request."""
    return getattr(scope.get("app"), "revocations", None)


def _fill(session: dict[str, Any], content: Mapping[str, Any], selector: str) -> None:
    session.update(content)
    session[SERIES] = selector
    session[REMEMBERED] = True


def _cookie(scope: Scope, name: str) -> str:
    headers = [value for key, value in scope["headers"] if key == b"cookie"]
    return cookie_parser("; ".join(value.decode("latin-1") for value in headers)).get(name, "")


def _digest(validator: str) -> bytes:
    return hashlib.sha256(validator.encode("utf-8", "surrogatepass")).digest()
