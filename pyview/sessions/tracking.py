"""Session ids, sign-in and sign-out: what PyView adds to a session, and the middleware that maintains it.

A signed cookie has no identity: two sign-ins of one user may make the same cookie. So every session that a request
writes gets a random id, the time of the sign-in, and a digest of the user's key, under names that begin with `_pv_`.
When the id goes, as with `request.session.clear()`, or when another user signs in, the old id is revoked: every copy
of the old cookie becomes invalid, and all workers end the open pages of that session.
"""

import hashlib
import logging
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any

import orjson
from starlette.authentication import AuthCredentials, UnauthenticatedUser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyview.sessions.session import HIDDEN, LONGEST_COOKIE, UNCONFIRMED, Unconfirmed, patience_of, session_of
from pyview.sessions.standing import SessionCheck, Standing
from pyview.sessions.unsaved import is_worth_refusing, refuse
from pyview.stores.health import StoreUnavailable
from pyview.stores.revocations import Revocations

logger = logging.getLogger("pyview.security")

SESSION_KEY = "sid:"
"""Beginning of the key that revokes one session."""

# Keys in a session
SESSION_ID = "_pv_sid"
SIGNED_IN_AT = "_pv_at"
USER_DIGEST = "_pv_uid"
SERIES = "_pv_series"  # the selector of the remember-me token that this session belongs to
REMEMBERED = "_pv_remembered"  # True if a remember-me cookie signed the user in, not a password

TRACKED_SESSION = "pyview.session"
"""Key in a request's scope: its `TrackedSession`."""

FindUser = Callable[[Scope, Mapping[str, Any]], Awaitable[str]]
"""Returns the key of the user that a session signs in, "" if it signs in no user, by asking the authentication. Raises
`UnknownUser` for a user without a unique field."""


class SessionEvent(Enum):
    """Event of a session, for the audit trail."""

    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    REVOKED = "the cookie of a session that has ended was sent"


ReportEvent = Callable[[SessionEvent, Scope, str | None], None]
"""Called with an event, its request, and the key of the user who signed in, or None for the user of the request."""


# Reading a session


def session_id(scope: Scope) -> str:
    """Return the id of this connection's session, "" without one.

    A session that this request has written gets its id now, so that a page can be bound to it.
    """
    tracked = scope.get(TRACKED_SESSION)
    if tracked is not None:
        tracked.add_id(scope)
    return _id_in(session_of(scope))


def signed_in_at(session: Mapping[str, Any]) -> float | None:
    """Return the Unix time of the sign-in; None if no user is signed in or a remember-me cookie signed them in."""
    found = None if session.get(REMEMBERED) else session.get(SIGNED_IN_AT)
    return float(found) if isinstance(found, int | float) and session.get(USER_DIGEST) else None


def revocation_keys(session: Mapping[str, Any]) -> dict[str, float]:
    """Return the keys under which this session may be revoked, each with the time of the sign-in (Unix time)."""
    at, user = session.get(SIGNED_IN_AT), session.get(USER_DIGEST)
    since = float(at) if isinstance(at, int | float) else 0.0
    keys = dict.fromkeys(own_revocation_keys(session), since)
    return {**keys, user_revocation_key(user): since} if isinstance(user, str) and user else keys


def own_revocation_keys(session: Mapping[str, Any]) -> list[str]:
    """Return the keys that end this session but not the user's other ones: its id, and its remembered browser."""
    sid, series = session.get(SESSION_ID), session.get(SERIES)
    keys = [session_key(sid)] if isinstance(sid, str) and sid else []
    return [*keys, series_key(series)] if isinstance(series, str) else keys


def session_key(sid: str) -> str:
    """Return the key that revokes one session. It has a digest, so that no store ever holds a session id."""
    return f"{SESSION_KEY}{digest(sid)}"


def series_key(selector: str) -> str:
    """Return the key that revokes all sessions of one remembered browser."""
    return f"series:{digest(selector)}"


def user_revocation_key(user_digest: str) -> str:
    """Return the key that revokes all sessions of one user."""
    return f"user:{user_digest}"


def digest(text: str) -> str:
    """Return 22 characters of SHA-256: unique in practice, and impossible to invert for random input."""
    raw = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(raw[:16]).decode().rstrip("=")


def fingerprint(session: Mapping[str, Any]) -> bytes:
    """Return a digest of a session's content, independent of the order of its keys."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    plain = orjson.dumps(dict(session), option=options, default=lambda value: type(value).__qualname__)
    return hashlib.sha256(plain).digest()


# Writing it


async def _no_user(scope: Scope, session: Mapping[str, Any]) -> str:
    """Stands for `FindUser` without an authentication."""
    return ""


class SessionTracker:
    """ASGI middleware, directly inside the session middleware.

    Works with Starlette's `SessionMiddleware` and with any other that puts a dict into `scope["session"]` and saves it
    when the response starts. `max_age` is the lifetime of the session's cookie in seconds, and so of a revocation.
    Without `revocations` no session is ever revoked. `check` is that of the application, which all of its trackers
    share; without it there is no grace while the store does not answer.
    """

    def __init__(
        self,
        app: ASGIApp,
        revocations: Revocations | None = None,
        find_user: FindUser | None = None,
        report: ReportEvent | None = None,
        max_age: float = LONGEST_COOKIE,
        check: SessionCheck | None = None,
    ) -> None:
        self.app = app
        self._revocations = revocations
        self._check = check or (None if revocations is None else SessionCheck(revocations, grace=0.0))
        self._find_user = find_user or _no_user
        self._report = report or (lambda event, scope, user: None)
        self._max_age = max_age

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # Without a session there is nothing to track, and no coroutine between the two applications is needed.
        is_loaded = issubclass(type(scope.get("session")), dict)
        is_tracked = is_loaded and scope["type"] in ("http", "websocket")
        return (self._tracked if is_tracked else self.app)(scope, receive, send)

    async def _tracked(self, scope: Scope, receive: Receive, send: Send) -> None:
        detached_id = await self._reject_revoked(scope)
        if scope["type"] == "websocket":
            return await self.app(scope, receive, send)
        tracked = scope[TRACKED_SESSION] = TrackedSession(scope["session"], self._find_user, detached_id)

        refused = False

        # The session middleware outside saves the session when this message reaches it: this is the last moment to
        # write to it.
        async def finish_first(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                await self._finish(tracked, scope)
                refused = self._drop_unsaveable(tracked, scope) and is_worth_refusing(scope)
                if refused:
                    await refuse(scope, receive, send)
            if not refused:
                await send(message)

        await self.app(scope, receive, finish_first)

    async def _reject_revoked(self, scope: Scope) -> str:
        """Empty a session that was revoked. Return the id of a session that had to be detached, else "".

        A session is detached when the store of revocations does not answer and has not confirmed it a moment ago: the
        request gets an empty session, and the cookie stays as it is.
        """
        session = scope["session"]
        if self._check is None or not session:
            return ""
        if scope.get(UNCONFIRMED) is Unconfirmed.KEPT and not self._check.grace:
            return _detach(scope)
        keys = revocation_keys(session)
        if not keys:
            return ""
        signed_in = bool(session.get(USER_DIGEST))
        standing = await self._check.standing(keys, signed_in=signed_in, patience=patience_of(scope))
        if standing is Standing.UNKNOWN:
            return _detach(scope)
        if standing is Standing.KEPT:
            scope[UNCONFIRMED] = Unconfirmed.KEPT
        elif standing is Standing.REVOKED:
            session.clear()
            _remove_user(scope)
            if scope["type"] == "http":  # an open socket is re-checked every minute and reports only its end
                self._report(SessionEvent.REVOKED, scope, None)
        return ""

    async def _finish(self, tracked: "TrackedSession", scope: Scope) -> None:
        """Give a written session its id, report sign-in and sign-out, and revoke the session that has ended."""
        session = scope["session"]
        signed_in = ""
        if tracked.is_written(session):
            if session:
                signed_in = await self._identify(tracked, scope, session)
            tracked.add_id(scope)
        if tracked.user and session.get(USER_DIGEST) != tracked.user:
            self._report(SessionEvent.SIGNED_OUT, scope, None)
        if signed_in:
            self._report(SessionEvent.SIGNED_IN, scope, signed_in)
        if tracked.has_ended(session):
            await self._revoke(tracked.incoming)

    def _drop_unsaveable(self, tracked: "TrackedSession", scope: Scope) -> bool:
        """Drop changes of a session that the request does not have. Return True if there were any."""
        if not tracked.would_replace(scope["session"]):
            return False
        scope["session"] = type(scope["session"])()
        return True

    async def _identify(self, tracked: "TrackedSession", scope: Scope, session: dict[str, Any]) -> str:
        """Store the user's digest, with a new id if the user has changed. Return the key of a user who signed in.

        Raises `UnknownUser`, so that the request fails and nothing is saved. The session that came with the request
        ends too: the user may have changed, and the session id of before the sign-in, perhaps planted by an attacker,
        must not be valid after it, whatever the application's error page does.
        """
        try:
            key = await self._find_user(scope, session)
        except Exception:
            session.clear()
            if tracked.incoming:
                await self._revoke(tracked.incoming)
            raise
        user = digest(key) if key else ""
        if SESSION_ID in session and session.get(USER_DIGEST, "") == user:
            return ""
        # An id that this request has made has not left the server yet: it may stay.
        if SESSION_ID not in session or not tracked.has_new_id:
            session[SESSION_ID] = secrets.token_urlsafe(16)
        session[SIGNED_IN_AT] = time.time()
        session[USER_DIGEST] = user
        return key

    async def _revoke(self, sid: str) -> None:
        if self._revocations is None:
            return
        try:
            await self._revocations.revoke(session_key(sid), time.time() + self._max_age)
        except StoreUnavailable as error:
            # This worker applies the revocation at once and writes it when the store is back; until then the other
            # workers treat all users as signed out. The store has logged its outage, so this is not a warning.
            logger.debug("a session was signed out while the store of revocations was unavailable: %r", error)


class TrackedSession:
    """Changes that one request makes to its session.

    `incoming` is the session id that came with the request, `user` the digest of the user of then, each "" if missing.
    `detached_id` is the id of a session that the store could not check, and which the request therefore does not have.
    """

    __slots__ = ("_before", "_is_detached", "find_user", "has_new_id", "incoming", "user")

    def __init__(
        self, session: Mapping[str, Any], find_user: FindUser = _no_user, detached_id: str = ""
    ) -> None:
        self.find_user = find_user
        self._is_detached = bool(detached_id)
        self.incoming = detached_id or _id_in(session)
        self.user = str(session.get(USER_DIGEST, ""))
        self.has_new_id = False
        # Sessions of Starlette know whether they were modified; others are compared by their content.
        self._before = b"" if hasattr(session, "modified") else fingerprint(session)

    def is_written(self, session: Mapping[str, Any]) -> bool:
        modified = getattr(session, "modified", None)
        return bool(modified) if modified is not None else fingerprint(session) != self._before

    def has_ended(self, session: Mapping[str, Any]) -> bool:
        """Return True if the incoming session has ended.

        A detached session is missing from the request in any case. It has ended only if the request wrote to the empty
        session in its place: a sign-out or a sign-in.
        """
        is_gone = bool(self.incoming) and session.get(SESSION_ID) != self.incoming
        if not self._is_detached:
            return is_gone
        return is_gone and self.is_written(session) and not self.would_replace(session)

    def would_replace(self, session: Mapping[str, Any]) -> bool:
        """Return True if saving `session` would replace a detached session, without a sign-in or sign-out."""
        is_other = self._is_detached and bool(session) and not session.get(USER_DIGEST)
        return is_other and self.is_written(session)

    def add_id(self, scope: Scope) -> None:
        """Give a written session its id. Empty a session that has only PyView's own keys left."""
        session = scope["session"]
        if not self.is_written(session):
            return
        if all(key.startswith(HIDDEN) for key in session):
            for key in tuple(session):
                del session[key]
        elif SESSION_ID not in session:
            session[SESSION_ID] = secrets.token_urlsafe(16)
            session[SIGNED_IN_AT] = time.time()
            self.has_new_id = True


def _id_in(session: Mapping[str, Any]) -> str:
    found = session.get(SESSION_ID, "")
    return found if isinstance(found, str) else ""


def _detach(scope: Scope) -> str:
    """Give the connection an empty session instead of one that no store confirms. Return the id of that session."""
    session = scope["session"]
    # Not clear(): that would mark the session as modified, and its middleware would delete the cookie.
    scope["session"] = type(session)()
    scope[UNCONFIRMED] = Unconfirmed.UNKNOWN
    _remove_user(scope)
    return _id_in(session)


def _remove_user(scope: Scope) -> None:
    """Remove the user that a middleware outside this one found by the revoked session."""
    if "user" in scope:
        scope["user"], scope["auth"] = UnauthenticatedUser(), AuthCredentials()
