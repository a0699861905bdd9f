"""Server-side sessions: the cookie has only a random id.

`request.session` works as with Starlette's `SessionMiddleware`. A copy of the cookie is worth less: a session that was
signed out is deleted, an id that the server did not create is never accepted, and the id changes with the user.
"""

import asyncio
import hashlib
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

from pyview.sessions.session import ACTIVE, LONGEST_COOKIE, SESSION_ENDS_AT
from pyview.sessions.tracking import SESSION_ID, USER_DIGEST, own_revocation_keys
from pyview.stores.health import StoreUnavailable, share_health
from pyview.stores.retry import Backlog
from pyview.stores.revocations import Revocations
from pyview.stores.sessions import Record, SessionStore, decode, encode

LOADED_SESSION = "pyview.server_session"
"""Key in a scope: its `LoadedSession`."""

_SAVE_ATTEMPTS = 20  # each failed attempt means that another worker has saved the session
_PAUSE = 0.002  # maximum seconds between two attempts; it grows with each attempt
_TOUCH_INTERVAL = 60.0  # seconds: the time of the last use is written once a minute, not at every request


class ServerSessionMiddleware:
    """ASGI middleware that replaces Starlette's `SessionMiddleware`.

    `store` is for example `session_store_from_environment(os.environ)`. A session ends after `max_age` seconds, even in
    use, and after `idle_timeout` seconds without use. With `https_only` the cookie is `Secure` and its name begins with
    `__Host-`.

    Concurrent writes are merged by key. A session that was signed out meanwhile stays signed out. While the store is
    unavailable, requests have no session, and cookies stay as they are, except at a sign-out: its session is deleted as
    soon as the store is back.
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
    ) -> None:
        self.app = app
        self.store = store
        self._max_age = max_age
        self._idle_timeout = idle_timeout
        self._cookie = f"__Host-{session_cookie}" if https_only else session_cookie
        self._flags = f"; path=/; httponly; samesite={same_site}" + ("; secure" if https_only else "")
        self._started = False
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
        try:
            await self.app(scope, receive, send)
        finally:
            await self._backlog.close()
            await self.store.close()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        loaded = scope[LOADED_SESSION] = await self._load(scope)
        self._revocations = getattr(scope.get("app"), "revocations", None)
        scope["session"] = Session(loaded.content)
        if loaded.record is not None:
            scope[SESSION_ENDS_AT] = loaded.record.dies_at

        # The session is written when the response starts: its headers have the cookie.
        async def save_first(message: Message) -> None:
            if message["type"] == "http.response.start":
                session, headers = scope["session"], MutableHeaders(scope=message)
                if session.accessed:
                    headers.add_vary_header("Cookie")
                save = self._save if loaded.is_known else self._save_later
                cookie = await save(loaded, session)
                if cookie is not None:
                    headers.append("set-cookie", cookie)
            await send(message)

        await self.app(scope, receive, save_first)

    async def _load(self, scope: Scope) -> "LoadedSession":
        sent = HTTPConnection(scope).cookies.get(self._cookie, "")
        key = key_of(sent) if sent else ""
        try:
            if not self._started:
                await self.store.start()
                self._started = True
            now = time.time()
            record = await self.store.load(key, now) if key and key not in self._backlog else None
            if record is not None and _is_use(scope) and now - record.last_seen_at > _TOUCH_INTERVAL:
                await self.store.touch(record.key, now)
                record = record.seen(now)
        except StoreUnavailable:
            return LoadedSession(self.store, None, key, is_known=False)
        return LoadedSession(self.store, record, key, is_known=True)

    async def _save(self, loaded: "LoadedSession", session: Session) -> str | None:
        """Write the changed session. Return the value of `Set-Cookie`, if any."""
        record = loaded.record
        if not session:
            if record is not None:
                await self._delete(record.key)
            is_stale = loaded.has_cookie and (session.modified or record is None)
            return self._delete_cookie() if is_stale else None
        if not session.modified:
            return None
        if record is None:
            return await self._create(session)
        if session.get(SESSION_ID) != loaded.content.get(SESSION_ID):
            return await self._rotate(record, session)
        return await self._update(loaded, record, session)

    async def _delete(self, key: str) -> None:
        try:
            await self.store.delete(key)
        except StoreUnavailable:
            self._backlog.add(key)

    async def _save_later(self, loaded: "LoadedSession", session: Session) -> str | None:
        """While the store is unavailable, delete the cookie at a sign-out, and the session when the store is back.

        Without this, the browser would be signed in again then. Other changes are lost.
        """
        if session or not session.modified or not loaded.has_cookie:
            return None
        self._backlog.add(loaded.key)
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

    async def _update(self, loaded: "LoadedSession", record: Record, session: Session) -> str | None:
        if await self.store.save(record.key, encode(session), record.version, time.time()):
            return None
        # Another request has saved meanwhile. The lock begins only here: a first attempt needs none, and requests do
        # not queue behind each other for a store that is unavailable.
        async with self._merging.setdefault(record.key, asyncio.Lock()):
            return await self._merge(loaded, record.key, session)

    async def _merge(self, loaded: "LoadedSession", key: str, session: Session) -> str | None:
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


class LoadedSession:
    """Session of one request, as the store had it.

    `key` is the key of the session in the request's cookie, "" without a cookie. `is_known` is False if the store was
    unavailable; then nothing is written.
    """

    __slots__ = ("content", "is_known", "key", "record", "store")

    def __init__(self, store: SessionStore, record: Record | None, key: str, *, is_known: bool) -> None:
        self.store = store
        self.record = record
        self.key = key
        self.is_known = is_known
        self.content: dict[str, Any] = {} if record is None else decode(record.data)

    @property
    def has_cookie(self) -> bool:
        """True if the request sent a session cookie."""
        return bool(self.key)


def key_of(sid: str) -> str:
    """Return the key of a session in its store. It is a digest: the store has no ids that sign a user in."""
    return hashlib.sha256(sid.encode("utf-8", "surrogatepass")).hexdigest()


def merged(theirs: Mapping[str, Any], base: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """Return `theirs` with the changes from `base` to `ours`. For a key that both changed, `ours` counts."""
    changed = {key: value for key, value in ours.items() if key not in base or base[key] != value}
    removed = base.keys() - ours.keys()
    return {key: value for key, value in {**theirs, **changed}.items() if key not in removed}


def _is_use(scope: Scope) -> bool:
    """Return True if this counts as use of the session: a request, or a re-check because the user did something."""
    return bool(scope.get(ACTIVE, scope["type"] == "http"))
