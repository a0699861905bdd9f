"""Identity of a connection: one snapshot of its session, user and scopes.

It is created only from an ASGI scope that has passed the session and authentication middlewares, so that it can be
created again whenever they are run again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.authentication import AuthCredentials, UnauthenticatedUser
from starlette.types import Scope

from pyview.auth.user_key import user_key
from pyview.sessions.session import ReadOnlySession, is_confirmed, read_only, session_of
from pyview.sessions.tracking import fingerprint, session_id, signed_in_at

_IDENTIFYING = ("session", "user", "auth")  # keys of a scope


@dataclass(frozen=True, slots=True)
class Identity:
    """Session, user and scopes of a connection.

    `session` is the view's read-only copy. `user` and `auth` come from the authentication middleware and are never
    None. `scopes` are checked by `@requires`. `sid` is the hidden session id, "" without a session. `binding`
    identifies this session and this user: it changes at sign-in and sign-out and differs between browsers; it is "" for
    a visitor without session and user, and it never leaves the server. `signed_in_at` is the Unix time of the sign-in
    in seconds, None if no user has signed in to this session. `confirmed` is False while a store does not answer and
    the session is one of a moment ago.
    """

    session: ReadOnlySession = field(default_factory=ReadOnlySession)
    user: Any = field(default_factory=UnauthenticatedUser)
    auth: Any = field(default_factory=AuthCredentials)
    scopes: frozenset[str] = frozenset()
    sid: str = ""
    binding: str = ""
    signed_in_at: float | None = None
    confirmed: bool = True

    @classmethod
    def from_scope(cls, scope: Scope) -> "Identity":
        """Return the identity of a request or of a socket's handshake.

        Raises `RuntimeError` for a session that its middleware has not loaded, and `UnknownUser` for a user without a
        unique field.
        """
        if scope.keys().isdisjoint(_IDENTIFYING):
            return cls()  # an application without sessions and users, whose visitors are all alike
        # First the id: it may write the id and the sign-in time of a new session, which are read below.
        sid, session, user = session_id(scope), session_of(scope), user_of(scope)
        _mark_accessed(session)
        binding = _binding(sid, session, user)
        since = signed_in_at(session)
        auth = auth_of(scope)
        return cls(read_only(session), user, auth, _scopes(auth), sid, binding, since, is_confirmed(scope))


def user_of(scope: Scope) -> Any:
    """Return the user of a connection, an `UnauthenticatedUser` without one."""
    user = scope.get("user")
    return UnauthenticatedUser() if user is None else user


def auth_of(scope: Scope) -> Any:
    """Return the credentials of a connection, without scopes if there are none."""
    auth = scope.get("auth")
    return AuthCredentials() if auth is None else auth


def scopes_of(scope: Scope) -> frozenset[str]:
    """Return the scopes that the authentication middleware granted."""
    return _scopes(auth_of(scope))


def _scopes(auth: Any) -> frozenset[str]:
    return frozenset(getattr(auth, "scopes", None) or ())


def _binding(sid: str, session: Mapping[str, Any], user: Any) -> str:
    # Other software may have written the session, or an application without the tracker: then it has no id, and its
    # content identifies it.
    session_part = fingerprint(session).hex() if session and not sid else sid
    user_part = user_key(user)
    if not session_part and not user_part:
        return ""
    return hashlib.sha256(f"{session_part}\0{user_part}".encode("utf-8", "surrogatepass")).hexdigest()


def _mark_accessed(session: Mapping[str, Any]) -> None:
    """Make the session middleware send `Vary: Cookie`, because the page depends on the cookie."""
    mark = getattr(session, "mark_accessed", None)
    if mark is not None:
        mark()
