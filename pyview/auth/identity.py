"""Who is on the other side of a connection: one snapshot of its session, user and scopes.

Made from an ASGI scope that has passed the session and authentication middlewares, and from nothing else, so
that it can be made again whenever they are run again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from starlette.authentication import AuthCredentials, UnauthenticatedUser
from starlette.types import Scope

from pyview.session import ReadOnlySession, fingerprint, read_only, session_id, session_of, signed_in_at

_USER_KEYS = ("identity", "id", "pk", "username", "email", "display_name")


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

        Raises `RuntimeError` for a session that its middleware has not loaded.
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


def user_key(user: Any) -> str:
    """A stable name of a signed-in user, "" for nobody.

    The first of `identity`, `id`, `pk`, `username`, `email` and `display_name` that is a plain value, as
    attribute or, for a mapping, as key. A user with none of them is known by its type only.
    """
    if not _signed_in(user):
        return ""
    if isinstance(user, (str, int, UUID)):
        return f"value:{user}"
    for name in _USER_KEYS:
        value = _plain(user, name)
        if value is not None:
            return f"{name}:{value}"
    return f"type:{type(user).__qualname__}"


def _signed_in(user: Any) -> bool:
    if user is None or isinstance(user, UnauthenticatedUser):
        return False
    return _attribute(user, "is_authenticated") is not False


def _plain(user: Any, name: str) -> str | None:
    value = user.get(name) if isinstance(user, Mapping) else _attribute(user, name)
    return str(value) if isinstance(value, (str, int, UUID)) else None


def _attribute(user: Any, name: str) -> Any:
    """Starlette's BaseUser raises NotImplementedError for what a subclass leaves out; an ORM may raise
    anything."""
    try:
        return getattr(user, name, None)
    except Exception:
        return None


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
