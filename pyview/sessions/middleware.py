"""Server-side sessions: the cookie has only a random id.

`request.session` works as with Starlette's `SessionMiddleware`. A copy of the cookie is worth less: a session that was
signed out is deleted, an id that the server did not create is never accepted, and the id changes with the user.
"""

import asyncio
import logging
import math
import random
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal
from weakref import WeakValueDictionary

from starlette.datastructures import MutableHeaders
from starlette.middleware.sessions import Session
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyview.config import SecurityConfig
from pyview.sessions.loading import LOADED_SESSION, LoadedSession, SessionLoader, key_of
from pyview.sessions.session import (
    ACTIVE,
    LONGEST_COOKIE,
    SESSION_ENDS_AT,
    UNCONFIRMED,
    Unconfirmed,
    patience_of,
)
from pyview.sessions.tracking import SESSION_ID, USER_DIGEST, own_revocation_keys
from pyview.sessions.unsaved import is_worth_refusing, refuse
from pyview.stores.health import StoreUnavailable, share_health
from pyview.stores.retry import Backlog, spool_of
from pyview.stores.revocations import Revocations
from pyview.stores.sessions import Record, SessionStore, decode, encode

logger = logging.getLogger("pyview.security")

_SAVE_ATTEMPTS = 20  # each failed attempt means that another worker has saved the session
_PAUSE = 0.002  # maximum seconds between two attempts; it grows with each attempt


class ServerSessionMiddleware:
    """ASGI middleware that replaces Starlette's `SessionMiddleware`.

    `store` is for example `session_store_from_environment(os.environ)`. A session ends after `max_age` seconds, even in
    use, and after `idle_timeout` seconds without use. With `https_only` the cookie is `Secure` and its name begins with
    `__Host-`.

    Concurrent writes are merged by key. A session that was signed out meanwhile stays signed out.

    While the store does not answer, this worker goes on with the sessions that it has loaded within the last `grace`
    seconds; by default with `SecurityConfig.identity_grace` of the application. Other requests have no session, and
    cookies stay as they are, except at a sign-out: its session is deleted as soon as the store is back. A request that
    wants to change the session gets 503; a page that is only shown is shown, and its change is dropped.
    """

    pyview_session = True  # PyView moves it outside the authentication, wherever it was added

    def __init__(
        self,
        app: ASGIApp,
        store: SessionStore,
        *,
        max_age: float = 14 * 86400,
        idle_timeout: float = 86400,
        session_cookie: str = "session",
        same_site: Literal["lax", "strict"] = "lax",
        https_only: bool = False,
        grace: float | None = None,
    ) -> None:
        self.app = app
        self.store = store
        self._max_age = max_age
        self._idle_timeout = idle_timeout
        self._cookie = f"__Host-{session_cookie}" if https_only else session_cookie
        self._flags = f"; path=/; httponly; samesite={same_site}" + ("; secure" if https_only else "")
        self._grace = grace
        self._loader: SessionLoader | None = None
        self._backlog = Backlog(self._sign_out_late, "signed-out sessions")
        self._revocations: Revocations | None = None
        # Requests of this worker merge one after the other. A hundred concurrent ones would else fail each other's
        # compare-and-set again and again.
        self._merging: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] in ("http", "websocket"):
            await self._serve(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        share_health(scope, self.store)
        self._revocations = getattr(scope.get("app"), "revocations", None)
        spool = spool_of(scope, f"sessions of {self._cookie}")
        if spool is not None:
            await self._backlog.keep_in(spool)
        try:
            await self.app(scope, receive, send)
        finally:
            await self._backlog.close()
            await self.store.close()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        loaded = await self._load(scope)
        scope[LOADED_SESSION] = loaded
        self._revocations = getattr(scope.get("app"), "revocations", None)
        scope["session"] = Session(loaded.content)
        if loaded.record is not None:
            scope[SESSION_ENDS_AT] = loaded.record.dies_at
        if not loaded.is_answered and loaded.has_cookie:
            scope[UNCONFIRMED] = Unconfirmed.UNKNOWN if loaded.record is None else Unconfirmed.KEPT
        refused = False

        # The session is written when the response starts: its headers have the cookie.
        async def save_first(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                refused = not await self._finish(loaded, scope, message)
                if refused:
                    await refuse(scope, receive, send)
            if not refused:
                await send(message)

        await self.app(scope, receive, save_first)

    async def _load(self, scope: Scope) -> LoadedSession:
        sent = HTTPConnection(scope).cookies.get(self._cookie, "")
        key, loader = key_of(sent) if sent else "", self._loader_of(scope)
        return await loader.load(key, in_use=_is_use(scope), patience=patience_of(scope))

    def _loader_of(self, scope: Scope) -> SessionLoader:
        # Re-checks of a socket run another instance of this middleware, on the scope of the handshake: it goes on with
        # what the first one knows.
        before = scope.get(LOADED_SESSION)
        if isinstance(before, LoadedSession) and before.store is self.store:
            return before.loader
        if self._loader is None:
            grace = _grace(scope) if self._grace is None else self._grace
            self._loader = SessionLoader(self.store, grace, self._backlog)
        return self._loader

    async def _finish(self, loaded: LoadedSession, scope: Scope, message: Message) -> bool:
        """Save the session, and add its headers to the response. Return False if the response must not be sent."""
        session, headers = scope["session"], MutableHeaders(scope=message)
        if session.accessed:
            headers.add_vary_header("Cookie")
        is_known = loaded.is_answered or loaded.record is not None
        try:
            cookie = await (self._save if is_known else self._save_later)(loaded, session)
        except StoreUnavailable as error:
            # The store has logged its outage, so this is not a warning.
            logger.debug("a session could not be saved: %r", error)
            return not is_worth_refusing(scope)
        if cookie is not None:
            headers.append("set-cookie", cookie)
        return True

    async def _save(self, loaded: LoadedSession, session: Session) -> str | None:
        """Write the changed session. Return the value of `Set-Cookie`, if any."""
        record = loaded.record
        if not session:
            if record is not None:
                await self._delete(loaded)
            is_stale = loaded.has_cookie and (session.modified or record is None)
            return self._delete_cookie() if is_stale else None
        if not session.modified:
            return None
        if record is None:
            return await self._create(session)
        if session.get(SESSION_ID) != loaded.content.get(SESSION_ID):
            loaded.loader.forget(record.key)
            return await self._rotate(record, session)
        return await self._update(loaded, record, session)

    async def _delete(self, loaded: LoadedSession) -> None:
        # First here, then in the store, so that no copy of the cookie is valid at this worker meanwhile.
        loaded.loader.forget(loaded.key)
        try:
            await self.store.delete(loaded.key)
        except StoreUnavailable:
            await self._backlog.add(loaded.key, exists=True)

    async def _save_later(self, loaded: LoadedSession, session: Session) -> str | None:
        """While the store is unavailable, delete the cookie at a sign-out, and the session when the store is back.

        Without this, the browser would be signed in again then. Raises `StoreUnavailable` for other changes.
        """
        if session and session.modified:
            raise StoreUnavailable("the store of sessions did not answer")
        if session or not session.modified or not loaded.has_cookie:
            return None
        loaded.loader.forget(loaded.key)
        await self._backlog.add(loaded.key, exists=False)
        return self._delete_cookie()

    async def _sign_out_late(self, key: str) -> None:
        await self.store.start()
        record = await self.store.load(key, time.time())
        if record is None:  # expired, or an id that the server did not create
            return
        if self._revocations is not None:
            # The request could not load the session and therefore not revoke it: end its open pages at all workers.
            until = time.time() + LONGEST_COOKIE
            for name in own_revocation_keys(decode(record.data)):
                with suppress(StoreUnavailable):  # this worker keeps the revocation and writes it later
                    await self._revocations.revoke(name, until)
        await self.store.delete(key)

    async def _create(self, session: Session) -> str:
        sid, record = self._new_record(session)
        await self.store.create(record)
        return self._set_cookie(sid)

    async def _rotate(self, old: Record, session: Session) -> str:
        """Replace the record by one with a new id, atomically, because the user has changed."""
        sid, record = self._new_record(session)
        if not await self.store.rotate(old.key, old.version, record):
            await self.store.delete(old.key)
            await self.store.create(record)
        return self._set_cookie(sid)

    async def _update(self, loaded: LoadedSession, record: Record, session: Session) -> str | None:
        data, now, sent = encode(session), time.time(), loaded.loader.clock()
        if await self.store.save(record.key, data, record.version, now):
            loaded.loader.keep(record.saved(data, now), sent)
            return None
        # Another request has saved meanwhile. The lock begins only here: a first attempt needs none, and requests do
        # not queue behind each other for a store that is unavailable.
        async with self._merging.setdefault(record.key, asyncio.Lock()):
            return await self._merge(loaded, record.key, session)

    async def _merge(self, loaded: LoadedSession, key: str, session: Session) -> str | None:
        for attempt in range(_SAVE_ATTEMPTS):
            now = time.time()
            newer = await self.store.load(key, now)
            if newer is None:
                return self._delete_cookie()
            data = encode(merged(decode(newer.data), loaded.content, session))
            if await self.store.save(key, data, newer.version, now):
                return None
            # A random pause, so that the same workers do not collide again.
            await asyncio.sleep(random.uniform(0, (attempt + 1) * _PAUSE))  # noqa: S311  no secret
        raise StoreUnavailable(
            f"a session was not saved in {_SAVE_ATTEMPTS} attempts: other requests kept writing it"
        )

    def _new_record(self, session: Session) -> tuple[str, Record]:
        sid, now = secrets.token_urlsafe(32), time.time()
        user = session.get(USER_DIGEST)
        return sid, Record(
            key=key_of(sid),
            data=encode(session),
            user=user if isinstance(user, str) else "",
            created_at=now,
            last_seen_at=now,
            expires_at=now + self._max_age,
            idle_timeout=self._idle_timeout,
        )

    def _set_cookie(self, sid: str) -> str:
        return f"{self._cookie}={sid}{self._flags}; max-age={math.ceil(self._max_age)}"

    def _delete_cookie(self) -> str:
        return f"{self._cookie}=null{self._flags}; expires=Thu, 01 Jan 1970 00:00:00 GMT"


def merged(theirs: Mapping[str, Any], base: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """Return `theirs` with the changes from `base` to `ours`. For a key that both changed, `ours` counts."""
    changed = {key: value for key, value in ours.items() if key not in base or base[key] != value}
    removed = base.keys() - ours.keys()
    return {key: value for key, value in {**theirs, **changed}.items() if key not in removed}


def _grace(scope: Scope) -> float:
    """Return the grace of the application; the default if it is not PyView."""
    security = getattr(scope.get("app"), "security", None)
    return (security if isinstance(security, SecurityConfig) else SecurityConfig()).identity_grace


def _is_use(scope: Scope) -> bool:
    """Return True if this counts as use of the session: a request, or a re-check because the user did something."""
    return bool(scope.get(ACTIVE, scope["type"] == "http"))
