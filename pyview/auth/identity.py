"""Who is on the other side of a connection: one snapshot of its session, user and scopes.

Made from an ASGI scope that has passed the session and authentication middlewares, and from nothing else, so
that it can be made again whenever they are run again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.authentication import AuthCredentials, UnauthenticatedUser
from starlette.types import Scope

from pyview.auth.user_key import user_key
from pyview.sessions.session import ReadOnlySession, read_only, session_of
from pyview.sessions.tracking import fingerprint, session_id, signed_in_at


@dataclass(frozen=True, slots=True)
class Identity:
    """One snapshot of who is there.

    `session` is the view's read-only copy. `user` and `auth` are what the authentication middleware found,
    never None. `scopes` are what `@requires` asks for. `sid` is the hidden session id, "" without a session.
    `binding` stands for this session and this user: it changes at sign-in, sign-out and for another browser;
    it is "" for a visitor without either, and it never leaves the server. `signed_in_at` is Unix time in seconds,
    None where nobody signed in to this session.
    """

    session: ReadOnlySession = field(default_factory=ReadOnlySession)
    user: Any = field(default_factory=UnauthenticatedUser)
    auth: Any = field(default_factory=AuthCredentials)
    scopes: frozenset[str] = frozenset()
    sid: str = ""
    binding: str = ""
    signed_in_at: float | None = None

    @classmethod
    def from_scope(cls, scope: Scope) -> "Identity":
        """The identity of a request or a socket's handshake.

        Raises `RuntimeError` for a session that its middleware has not loaded, and `UnknownUser` for a user who cannot
        be told from others.
        """
        sid, session, user = session_id(scope), session_of(scope), user_of(scope)
        _mark_accessed(session)
        binding = _binding(sid, session, user)
        since = signed_in_at(session)
        auth = auth_of(scope)
        return cls(read_only(session), user, auth, _scopes(auth), sid, binding, since)


def user_of(scope: Scope) -> Any:
    """The user of a connection, an `UnauthenticatedUser` where there is none."""
    user = scope.get("user")
    return UnauthenticatedUser() if user is None else user


def auth_of(scope: Scope) -> Any:
    """The credentials of a connection, without any scope where there are none."""
    auth = scope.get("auth")
    return AuthCredentials() if auth is None else auth


def scopes_of(scope: Scope) -> frozenset[str]:
    """The scopes that the authentication middleware granted."""
    return _scopes(auth_of(scope))


def _scopes(auth: Any) -> frozenset[str]:
    return frozenset(getattr(auth, "scopes", None) or ())


def _binding(sid: str, session: Mapping[str, Any], user: Any) -> str:
    whose, who = _session_key(sid, session), user_key(user)
    if not whose and not who:
        return ""
    return hashlib.sha256(f"{whose}\0{who}".encode("utf-8", "surrogatepass")).hexdigest()


def _session_key(sid: str, session: Mapping[str, Any]) -> str:
    """A session that nobody has written since the watcher came is known by its content."""
    if sid or not session:
        return sid
    return fingerprint(session).hex()


def _mark_accessed(session: Mapping[str, Any]) -> None:
    """The page depends on the cookie, so caches must be told (`Vary: Cookie`)."""
    mark = getattr(session, "mark_accessed", None)
    if mark is not None:
        mark()
