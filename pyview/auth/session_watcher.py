"""Watches what requests do to the session, directly inside the session middleware.

Every session that is written gets a random id, so that it can be told from others and revoked. When the id goes, as in
`request.session.clear()`, or when another user is signed in, the old id is revoked: the cookie that held it is dead,
wherever a copy of it may be, and every worker hears of it.
"""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from starlette.authentication import AuthCredentials, UnauthenticatedUser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.user_key import UnknownUser
from pyview.sessions.session import (
    HIDDEN,
    SESSION_ID,
    SESSION_RECORD,
    SIGNED_IN_AT,
    USER_DIGEST,
    digest,
    fingerprint,
    revocation_keys,
    session_key,
)
from pyview.stores.outage import StoreUnavailable

logger = logging.getLogger("pyview.security")

Who = Callable[[Scope, Mapping[str, Any]], Awaitable[str]]
"""Returns the key of the user that a session signs in, "" if it signs in no user, by asking the authentication. Raises
`UnknownUser` for a user without a unique field."""


async def nobody(scope: Scope, session: Mapping[str, Any]) -> str:
    """The answer where no authentication is installed."""
    return ""


class Revoker(Protocol):
    """What the watcher needs of `pyview.stores.Revocations`."""

    async def revoke(self, key: str, until: float, not_before: float | None = None) -> None: ...
    async def revoked(self, keys: Mapping[str, float]) -> bool: ...


class NoRevocations:
    """Nothing is ever revoked."""

    async def revoke(self, key: str, until: float, not_before: float | None = None) -> None:
        """There is nobody to tell."""

    async def revoked(self, keys: Mapping[str, float]) -> bool:
        return False


class SessionWatcher:
    """ASGI middleware. Works with Starlette's `SessionMiddleware` and with any other that puts a dict into
    `scope["session"]` and saves it when the response starts.

    `max_age`: seconds that the session's cookie lives, and so its revocation.
    """

    def __init__(
        self,
        app: ASGIApp,
        revoker: Revoker | None = None,
        who: Who | None = None,
        max_age: float = 400 * 86400,
    ) -> None:
        self.app = app
        self._revoker = revoker or NoRevocations()
        self._who = who or nobody
        self._max_age = max_age

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not _is_loaded(scope):
            return await self.app(scope, receive, send)
        aside = await self._turn_away_revoked(scope)
        if scope["type"] == "websocket":
            return await self.app(scope, receive, send)
        record = scope[SESSION_RECORD] = SessionRecord(scope["session"], self._who, aside)

        async def settle_first(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._settle(record, scope)
            await send(message)

        await self.app(scope, receive, settle_first)

    async def _turn_away_revoked(self, scope: Scope) -> str:
        """Empty a session that was revoked. The id of one that is set aside, since nobody can say whether it was."""
        session = scope["session"]
        keys = revocation_keys(session) if session else {}
        if not keys:
            return ""
        try:
            revoked = await self._revoker.revoked(keys)
        except StoreUnavailable as error:
            # Nobody can say whether it is revoked: for this request there is no session, and its cookie stays.
            logger.debug("revocations cannot be asked: %r", error)
            scope["session"] = type(session)()
            _sign_out(scope)
            return _id_in(session)
        if revoked:
            session.clear()
            _sign_out(scope)
            _audit_revoked(scope)
        return ""

    async def _settle(self, record: "SessionRecord", scope: Scope) -> None:
        session = scope["session"]
        signed_in = ""
        if record.written(session):
            if session:
                signed_in = await self._name_or_end(record, scope, session)
            record.name(scope)
        self._audit(record, scope, signed_in)
        if record.ended(session):
            await self._revoke(record.incoming)

    def _audit(self, record: "SessionRecord", scope: Scope, signed_in: str) -> None:
        audit = audit_of(scope)
        if record.user and scope["session"].get(USER_DIGEST) != record.user:
            audit.record(AuditEvent.LOGOUT, scope, "signed out")
        if signed_in:
            audit.record(AuditEvent.LOGIN, scope, "signed in", user=signed_in)

    async def _revoke(self, sid: str) -> None:
        try:
            await self._revoker.revoke(session_key(sid), time.time() + self._max_age)
        except StoreUnavailable as error:
            # This worker keeps to it, and writes it when the store is back. Until then the other workers treat users
            # as signed out. The outage is in the log already, once: it is not logged again for each sign-out.
            logger.debug("a session was signed out while the store of revocations was away: %r", error)

    async def _name_or_end(self, record: "SessionRecord", scope: Scope, session: dict[str, Any]) -> str:
        """As `_name`. Raises `UnknownUser`, which answers the request with a failure, so that nothing is saved.

        Such a user may be another one than before, so the session that came ends: a planted cookie is worth nothing,
        whatever an error page of the application does with this request.
        """
        try:
            return await self._name(record, scope, session)
        except UnknownUser:
            session.clear()
            if record.incoming:
                await self._revoke(record.incoming)
            raise

    async def _name(self, record: "SessionRecord", scope: Scope, session: dict[str, Any]) -> str:
        """A new id when another user is signed in than before, or when the old id has gone. The key of who has signed
        in, "" for nobody."""
        key = await self._who(scope, session)
        user = digest(key) if key else ""
        if SESSION_ID in session and session.get(USER_DIGEST, "") == user:
            return ""
        if SESSION_ID not in session or not record.named_now:
            session[SESSION_ID] = secrets.token_urlsafe(16)
        session[SIGNED_IN_AT] = time.time()
        session[USER_DIGEST] = user
        return key


def _sign_out(scope: Scope) -> None:
    """Forget whom an application around ours has signed in by this session."""
    if "user" in scope:
        scope["user"], scope["auth"] = UnauthenticatedUser(), AuthCredentials()


class SessionRecord:
    """What one request does to its session. `incoming` is the id that the request came with, `user` the digest of who
    was signed in then; both "" without one. `who` tells whom a session signs in. `aside`: the id of the session that
    the request would have had."""

    __slots__ = ("_aside", "_before", "incoming", "named_now", "user", "who")

    def __init__(self, session: Mapping[str, Any], who: Who = nobody, aside: str = "") -> None:
        self.who = who
        self._aside = bool(aside)
        self.incoming = aside or _id_in(session)
        self.user = str(session.get(USER_DIGEST, ""))
        self.named_now = False
        self._before = b"" if hasattr(session, "modified") else fingerprint(session)

    def written(self, session: Mapping[str, Any]) -> bool:
        modified = getattr(session, "modified", None)
        return bool(modified) if modified is not None else fingerprint(session) != self._before

    def ended(self, session: Mapping[str, Any]) -> bool:
        """Whether the session that came has ended. One that was set aside is not there in any case: it has if the
        request signed out all the same, or has begun another."""
        gone = bool(self.incoming) and session.get(SESSION_ID) != self.incoming
        return gone and (not self._aside or self.written(session))

    def name(self, scope: Scope) -> None:
        """Give a written session its id; facts that are all that is left of a session go too."""
        session = scope["session"]
        if not self.written(session):
            return
        if all(key.startswith(HIDDEN) for key in session):
            for key in tuple(session):
                del session[key]
        elif SESSION_ID not in session:
            session[SESSION_ID] = secrets.token_urlsafe(16)
            session[SIGNED_IN_AT] = time.time()
            self.named_now = True


def _id_in(session: Mapping[str, Any]) -> str:
    found = session.get(SESSION_ID)
    return found if isinstance(found, str) else ""


def _audit_revoked(scope: Scope) -> None:
    """Once for each request; sockets, which ask again and again, say it themselves when they end."""
    if scope["type"] == "http":
        audit_of(scope).record(AuditEvent.REVOKED, scope, "the cookie of a session that has ended was sent")


def _is_loaded(scope: Scope) -> bool:
    return issubclass(type(scope.get("session")), dict)
