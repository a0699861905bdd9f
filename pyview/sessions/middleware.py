"""Sessions that live on the server: the cookie holds a random id and nothing else.

`request.session` is the same as with Starlette's `SessionMiddleware`. What changes is what a copy of the cookie is
worth: a session that was signed out is gone, wherever its id may be; an id that we never gave out names nothing; and
the id changes when the user does.
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

HANDLE = "pyview.server_session"

_SAVE_ATTEMPTS = 20  # each that fails means that another worker has saved the session
_PAUSE = 0.002  # seconds at most between two attempts; longer between the later ones
_TOUCH_EVERY = 60.0  # seconds: being used is written down once a minute, not at every request


class ServerSessionMiddleware:
    """ASGI middleware in the place of Starlette's `SessionMiddleware`.

    `store`: where sessions are kept, for example `session_store_from_environment(os.environ)`. `max_age`: seconds until
    a session ends however much it is used; `idle_timeout`: until it ends unused. With `https_only` the cookie is
    `Secure` and its name gets the prefix `__Host-`.

    What two requests write at the same time is merged by key. A session that was signed out meanwhile stays signed
    out. While the store is away requests have no session, and cookies stay as they are, except at a sign-out: the
    session that its cookie names is deleted as soon as the store is back.
    """

    pyview_session = True  # goes outside the authentication, wherever it was added

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
        self._late = Backlog(self._sign_out_late, "signed-out sessions")
        self._revocations: Revocations | None = None
        # Requests that have to merge do so one after the other: a hundred do not fail each other again and again.
        self._merging: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] in ("http", "websocket"):
            await self._serve(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        share_health(scope, self.store)
        try:
            await self.app(scope, receive, send)
        finally:
            await self._late.close()
            await self.store.close()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = scope[HANDLE] = await self._open(scope)
        self._revocations = getattr(scope.get("app"), "revocations", None)
        scope["session"] = Session(visit.loaded)
        if visit.record is not None:
            scope[SESSION_ENDS_AT] = visit.record.dies_at

        async def save_first(message: Message) -> None:
            if message["type"] == "http.response.start":
                session, headers = scope["session"], MutableHeaders(scope=message)
                if session.accessed:
                    headers.add_vary_header("Cookie")
                cookie = await self._save(visit, session) if visit.known else self._unsaved(visit, session)
                if cookie is not None:
                    headers.append("set-cookie", cookie)
            await send(message)

        await self.app(scope, receive, save_first)

    async def _open(self, scope: Scope) -> "SessionRequest":
        sent = HTTPConnection(scope).cookies.get(self._cookie, "")
        key = key_of(sent) if sent else ""
        try:
            if not self._started:
                await self.store.start()
                self._started = True
            now = time.time()
            record = await self.store.load(key, now) if key and key not in self._late else None
            if record is not None and _used(scope) and now - record.last_seen_at > _TOUCH_EVERY:
                await self.store.touch(record.key, now)
                record = record.seen(now)
        except StoreUnavailable:
            return SessionRequest(self.store, None, key, known=False)
        return SessionRequest(self.store, record, key, known=True)

    async def _save(self, visit: "SessionRequest", session: Session) -> str | None:
        """Write what has changed; the `Set-Cookie` that belongs to it, if any."""
        record = visit.record
        if not session:
            if record is not None:
                await self._delete(record.key)
            return self._expired() if visit.sent and (session.modified or record is None) else None
        if not session.modified:
            return None
        if record is None:
            return await self._create(session)
        if session.get(SESSION_ID) != visit.loaded.get(SESSION_ID):
            return await self._rotate(record, session)
        return await self._update(visit, record, session)

    async def _delete(self, key: str) -> None:
        try:
            await self.store.delete(key)
        except StoreUnavailable:
            self._late.add(key)

    def _unsaved(self, visit: "SessionRequest", session: Session) -> str | None:
        """While the store is away, a sign-out takes the cookie from its browser, which else would be signed in again
        as soon as the store is back. What the cookie names is deleted then."""
        if session or not session.modified or not visit.sent:
            return None
        self._late.add(visit.key)
        return self._expired()

    async def _sign_out_late(self, key: str) -> None:
        await self.store.start()
        record = await self.store.load(key, time.time())
        if record is None:  # over, or an id that was never given out
            return
        if self._revocations is not None:
            await _revoke(record, self._revocations)
        await self.store.delete(key)

    async def _create(self, session: Session) -> str:
        sid, record = self._fresh(session)
        await self.store.create(record)
        return self._given(sid)

    async def _rotate(self, old: Record, session: Session) -> str:
        """Another user, another id: the old row goes in the same step in which the new one comes."""
        sid, record = self._fresh(session)
        if not await self.store.rotate(old.key, old.version, record):
            await self.store.delete(old.key)
            await self.store.create(record)
        return self._given(sid)

    async def _update(self, visit: "SessionRequest", record: Record, session: Session) -> str | None:
        if await self.store.save(record.key, encode(session), record.version, time.time()):
            return None
        # Others of this worker that were too slow save after this one. A store that is away was found out above: they
        # do not wait for it in turn.
        async with self._merging.setdefault(record.key, asyncio.Lock()):
            return await self._merge(visit, record.key, session)

    async def _merge(self, visit: "SessionRequest", key: str, session: Session) -> str | None:
        for attempt in range(_SAVE_ATTEMPTS):
            now = time.time()
            newer = await self.store.load(key, now)
            if newer is None:
                return self._expired()
            data = encode(merged(decode(newer.data), visit.loaded, session))
            if await self.store.save(key, data, newer.version, now):
                return None
            # Workers that have met here shall not meet again.
            await asyncio.sleep(random.uniform(0, (attempt + 1) * _PAUSE))  # noqa: S311  no secret
        raise StoreUnavailable("a session was written by others again and again while it was to be saved")

    def _fresh(self, session: Session) -> tuple[str, Record]:
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

    def _given(self, sid: str) -> str:
        return f"{self._cookie}={sid}{self._flags}; max-age={math.ceil(self._max_age)}"

    def _expired(self) -> str:
        return f"{self._cookie}=null{self._flags}; expires=Thu, 01 Jan 1970 00:00:00 GMT"


class SessionRequest:
    """The session of one request. `key` is the name of the session whose cookie it sent, "" without one. `known` is
    False when the store could not answer; then nothing is written either."""

    __slots__ = ("key", "known", "loaded", "record", "store")

    def __init__(self, store: SessionStore, record: Record | None, key: str, *, known: bool) -> None:
        self.store = store
        self.record = record
        self.key = key
        self.known = known
        self.loaded: dict[str, Any] = {} if record is None else decode(record.data)

    @property
    def sent(self) -> bool:
        """True if the request sent a cookie."""
        return bool(self.key)


def key_of(sid: str) -> str:
    """The name of a session in its store: who reads the store learns no id."""
    return hashlib.sha256(sid.encode("utf-8", "surrogatepass")).hexdigest()


def merged(theirs: Mapping[str, Any], base: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """`theirs` with what we changed since `base`: keys that both wrote are ours."""
    changed = {key: value for key, value in ours.items() if key not in base or base[key] != value}
    removed = base.keys() - ours.keys()
    return {key: value for key, value in {**theirs, **changed}.items() if key not in removed}


async def _revoke(record: Record, revocations: Revocations) -> None:
    """Do what the request would have done that could not load the session: its pages end, at any worker."""
    until = time.time() + LONGEST_COOKIE
    for name in own_revocation_keys(decode(record.data)):
        with suppress(StoreUnavailable):  # kept there, and written later
            await revocations.revoke(name, until)


def _used(scope: Scope) -> bool:
    return bool(scope.get(ACTIVE, scope["type"] == "http"))
