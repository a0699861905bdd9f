"""Remember me: a cookie that outlives the session, and starts a new session when the old one has expired.

```python
async def sign_in(user_id: str):  # what the sign-in route puts into the session; None for a deleted account
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

The cookie is `selector:validator`. The selector finds the token in the store; the validator proves that the cookie is
the latest one of its series. A cookie is valid for one use, which returns the next one. A cookie that is used a second
time was copied, and it is unknown whether the user or the thief used it first. So the whole series ends, with every
session and every open page that came from it. A sign-out by `request.session.clear()` ends it too. (The scheme is Barry
Jaspan's "Improved Persistent Login Cookie Best Practice".)
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
from pyview.stores.retry import Backlog, spool_of
from pyview.stores.revocations import Revocations
from pyview.stores.spool import Spool

logger = logging.getLogger("pyview.security")

SignIn = Callable[[str], Awaitable[Mapping[str, Any] | None]]
OnTheft = Callable[[str], Awaitable[None]]

_UPDATE = "pyview.remember"
_DAY = 86400.0
_MAX_SELECTOR = 64  # characters; PyView's have 22, but a cookie may contain anything


@dataclass(slots=True)
class _CookieUpdate:
    """Change of the cookie by the response. `cookie` is the new value, "" to delete it, None to leave it."""

    cookie: str | None = None
    max_age: int = 0


class _Stolen(Exception):
    """A cookie was used a second time."""


class RememberMe:
    """Remembers browsers for `days` days after the sign-in; then the user has to enter the password again.

    `sign_in` returns the content of a session of a user, or None for a user who may no longer sign in. `on_theft` is
    called with the user whose cookie was stolen, for example to inform them or to end their other sessions. A used
    cookie stays valid for `grace` seconds, because a browser sends several requests at once. `https_only` sends the
    cookie over TLS only; this is automatic if the request came over TLS. `clock` returns the Unix time in seconds.
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
        self._backlog = Backlog(self._remove_late, "remembered browsers")

    async def keep_in(self, spool: Spool) -> None:
        """Record removals that the store has missed in `spool`, and write those that ended workers have left there."""
        await self._backlog.keep_in(spool)

    async def close(self) -> None:
        """Close the store. Removals that it missed are written first, if it answers."""
        await self._backlog.close()
        await self.store.close()

    async def remember(self, request: Request, user: object) -> None:
        """Remember the browser of `request` as `user`, for a route that has just signed the user in.

        `sign_in` gets `user` as text later. Raises `RuntimeError` without `RememberMiddleware`, and `StoreUnavailable`.
        """
        update = request.scope.get(_UPDATE)
        if update is None:
            raise RuntimeError(
                "Add RememberMiddleware: app.add_middleware(RememberMiddleware, remember=remember)"
            )
        selector, validator, now = secrets.token_urlsafe(16), secrets.token_urlsafe(32), self._clock()
        token = RememberToken(
            selector=selector,
            user=str(user),
            user_digest=await _digest_of_user(request),
            validator=_digest(validator),
            previous=b"",
            created_at=now,
            rotated_at=now,
            expires_at=now + self._lifetime,
        )
        await self.store.start()
        await self.store.add(token, now)
        request.session[SERIES] = selector
        request.session.pop(REMEMBERED, None)
        update.cookie, update.max_age = f"{selector}:{validator}", int(self._lifetime)

    async def forget_user(self, user: object) -> None:
        """Forget every browser of `user`. Open sessions continue. Raises `StoreUnavailable`.

        `logout_everywhere` does not need this: it makes every earlier remember-me cookie invalid.
        """
        await self.store.start()
        await self.store.remove_user(str(user))

    async def restore(self, scope: Scope, update: _CookieUpdate) -> None:
        """Sign in the user of the remember-me cookie of a request, if it has a valid one."""
        presented = _cookie(scope, self.cookie)
        if not presented:
            return
        # An invalid cookie is deleted; for a valid one, `_redeem` decides otherwise.
        update.cookie = ""
        selector, _, validator = presented.partition(":")
        try:
            await self.store.start()
            try:
                await self._redeem(scope, update, selector, validator)
            except _Stolen:
                await self._end_stolen(scope, selector)
        except StoreUnavailable as error:
            logger.debug("the store of remembered browsers is unavailable: %r", error)
            update.cookie = None

    async def _redeem(self, scope: Scope, update: _CookieUpdate, selector: str, validator: str) -> None:
        token = await self.store.get(selector, self._clock())
        if token is None or selector in self._backlog:  # signed out, but the store does not know it yet
            return
        is_latest = self._is_latest(token, _digest(validator))
        content = await self._sign_in(token.user)
        if content is None or await _is_revoked(scope, token):
            await self.store.remove(selector)
        elif not scope["session"].keys().isdisjoint(content):
            update.cookie = None  # the session has a user already: never turn it into another user's
        elif not is_latest:
            update.cookie = None  # a concurrent request gets the next cookie
            _fill(scope["session"], content, selector)
        else:
            await self._rotate(scope, update, token, validator, content)

    async def _rotate(
        self,
        scope: Scope,
        update: _CookieUpdate,
        token: RememberToken,
        validator: str,
        content: Mapping[str, Any],
    ) -> None:
        now, next_validator = self._clock(), secrets.token_urlsafe(32)
        new = replace(token, validator=_digest(next_validator), previous=token.validator, rotated_at=now)
        # Compare-and-set: of concurrent requests, also at other workers, only one gets the next cookie. The others find
        # the new token when they read it again, and are within the grace period.
        if not await self.store.replace(token, new):
            await self._redeem(scope, update, token.selector, validator)
            return
        _fill(scope["session"], content, token.selector)
        update.cookie, update.max_age = f"{token.selector}:{next_validator}", int(token.expires_at - now)

    def _is_latest(self, token: RememberToken, presented: bytes) -> bool:
        """Return False for the previous validator within the grace period. Raises `_Stolen` for any other one."""
        if hmac.compare_digest(presented, token.validator):
            return True
        is_recent = self._clock() - token.rotated_at <= self._grace
        if is_recent and hmac.compare_digest(presented, token.previous):
            return False
        raise _Stolen

    async def _end_stolen(self, scope: Scope, selector: str) -> None:
        token = await self.store.get(selector, self._clock())
        await self.store.remove(selector)
        revocations = _revocations(scope)
        if revocations is not None:
            with suppress(StoreUnavailable):  # this worker keeps the revocation and writes it later
                await revocations.revoke(series_key(selector), self._clock() + LONGEST_COOKIE)
        reason = "a remember-me cookie was used twice: it was stolen, and its series has ended"
        audit_of(scope).record(AuditEvent.REVOKED, scope, reason, subject="remember me")
        if token is not None and self._on_theft is not None:
            await self._on_theft(token.user)

    async def sign_out(self, selector: str, update: _CookieUpdate) -> None:
        """Forget the browser `selector`, whose session has ended. While the store is unavailable, it is done later."""
        # The same request may have remembered another user: that new cookie stays.
        if update.cookie is None or update.cookie.startswith(f"{selector}:"):
            update.cookie = ""
        try:
            await self.store.start()
            await self.store.remove(selector)
        except StoreUnavailable:
            if len(selector) <= _MAX_SELECTOR:
                await self._backlog.add(selector, exists=True)

    async def _remove_late(self, selector: str) -> None:
        await self.store.start()
        if await self.store.get(selector, self._clock()) is not None:
            await self.store.remove(selector)

    async def forget(self, scope: Scope, update: _CookieUpdate) -> None:
        """Forget the browser of the remember-me cookie of a request, which has signed out."""
        selector = _cookie(scope, self.cookie).partition(":")[0]
        if selector:
            await self.sign_out(selector, update)

    def write_cookie(self, scope: Scope, update: _CookieUpdate, headers: MutableHeaders) -> None:
        """Add the `Set-Cookie` header of `update`, if any."""
        if update.cookie is None:
            return
        response = Response()
        response.set_cookie(
            self.cookie,
            update.cookie,
            max_age=update.max_age if update.cookie else 0,
            secure=self._https_only or scope.get("scheme") == "https",
            httponly=True,
            # Not strict: a browser sends no strict cookie when a link on another site leads here.
            samesite="lax",
        )
        # Append: the route may set cookies of its own.
        headers.append("set-cookie", response.headers["set-cookie"])


class RememberMiddleware:
    """ASGI middleware. PyView moves it between the session and the authentication, wherever it was added.

    Sockets pass unchanged: they cannot set a cookie, and the page's next HTTP request restores the session.
    """

    pyview_inside_session = True

    def __init__(self, app: ASGIApp, remember: RememberMe) -> None:
        self.app = app
        self._remember = remember

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._lifespan(scope, receive, send)
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        session = _session(scope)
        before = session.get(SERIES)
        update = scope[_UPDATE] = _CookieUpdate()
        if not before and not session.get(USER_DIGEST):
            await self._remember.restore(scope, update)
            before = scope["session"].get(SERIES)

        async def finish_first(message: Message) -> None:
            if message["type"] == "http.response.start":
                session = scope["session"]
                if before and session.get(SERIES) != before:
                    await self._remember.sign_out(before, update)
                elif not before and not session and getattr(session, "modified", False):
                    # The user was not signed in, because a store was unavailable, but signs out: forget the cookie too.
                    await self._remember.forget(scope, update)
                self._remember.write_cookie(scope, update, MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, finish_first)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        share_health(scope, self._remember.store)
        spool = spool_of(scope, f"remembered browsers of {self._remember.cookie}")
        if spool is not None:
            await self._remember.keep_in(spool)
        try:
            await self.app(scope, receive, send)
        finally:
            await self._remember.close()


def _session(scope: Scope) -> Any:
    if not isinstance(scope.get("session"), dict) or "auth" in scope:
        raise RuntimeError(
            "RememberMiddleware must run inside a session middleware and outside the authentication. PyView orders "
            "them itself; elsewhere, add the authentication first, then RememberMiddleware, then the session."
        )
    return scope["session"]


async def _digest_of_user(request: Request) -> str:
    tracked: TrackedSession | None = request.scope.get(TRACKED_SESSION)
    key = "" if tracked is None else await tracked.find_user(request.scope, request.session)
    return digest(key) if key else ""


async def _is_revoked(scope: Scope, token: RememberToken) -> bool:
    """Return True if this browser, or all sessions of the user, were signed out since the user entered the password."""
    revocations = _revocations(scope)
    if revocations is None:
        return False
    keys = [series_key(token.selector)]
    if token.user_digest:
        keys.append(user_revocation_key(token.user_digest))
    return await revocations.revoked(dict.fromkeys(keys, token.created_at))


def _revocations(scope: Scope) -> Revocations | None:
    """Return the revocations of the PyView that serves the request."""
    return getattr(scope.get("app"), "revocations", None)


def _fill(session: dict[str, Any], content: Mapping[str, Any], selector: str) -> None:
    session.update(content)
    session[SERIES] = selector
    session[REMEMBERED] = True


def _cookie(scope: Scope, name: str) -> str:
    headers = [value for key, value in scope["headers"] if key == b"cookie"]
    return cookie_parser("; ".join(value.decode("latin-1") for value in headers)).get(name, "")


def _digest(validator: str) -> bytes:
    # No salt and no slow hash: the validator is random, so it cannot be guessed from its digest.
    return hashlib.sha256(validator.encode("utf-8", "surrogatepass")).digest()
