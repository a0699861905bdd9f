"""The session as a view sees it: a read-only copy without the keys that PyView keeps in it for itself."""

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any, NoReturn

from starlette.types import Scope

HIDDEN = "_pv_"
"""Prefix of PyView's own keys in a session (`pyview.sessions.tracking`). Routes may read them; views never see them."""

LONGEST_COOKIE = 400 * 86400.0  # seconds; no browser keeps a cookie longer (RFC 6265bis)

SESSION_ENDS_AT = "pyview.session_ends_at"
"""Key in a scope: Unix time at which the session expires, if its middleware knows it."""

ACTIVE = "pyview.active"
"""Key in the scope of a re-checked socket: True if the user did something, which counts as use of the session."""


PATIENCE = "pyview.patience"
"""Key in the scope of a re-checked socket: the seconds that it waits for a store if its user is known."""

UNCONFIRMED = "pyview.unconfirmed_session"
"""Key in a scope whose session a store could not confirm: its `Unconfirmed`."""


class Unconfirmed(Enum):
    """Outcome for a session that a store could not confirm."""

    KEPT = "confirmed a moment ago"
    UNKNOWN = "not known, so the request has no session"


def patience_of(scope: Scope) -> float:
    """Return the seconds that a connection waits for a store if its user is known; infinity for a request."""
    found = scope.get(PATIENCE, math.inf)
    return float(found)


def is_confirmed(scope: Scope) -> bool:
    """Return True unless a store did not answer the question about the session of this connection."""
    return UNCONFIRMED not in scope


def is_unknown(scope: Scope) -> bool:
    """Return True if the connection has a session cookie, and a store did not answer the question about it."""
    return scope.get(UNCONFIRMED) is Unconfirmed.UNKNOWN


class ReadOnlySession(dict[str, Any]):
    """The session that `mount` receives. Every write raises `TypeError`, because no response would save the change."""

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            "The session is read-only in a LiveView: the browser's cookie is set by HTTP responses only. "
            "In a handler, await socket.update_session({...}) or socket.redirect(path, session={...}), which make the "
            "browser send such a request; or change request.session in a Starlette route. "
            "State of this page belongs in socket.context."
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type["ReadOnlySession"], tuple[dict[str, Any]]]:
        # Unpickling a dict subclass would call __setitem__.
        return ReadOnlySession, (dict(self),)


def read_only(session: Mapping[str, Any]) -> ReadOnlySession:
    """Return a copy of `session` for a view, without PyView's own keys; lists and dicts in it are copied too."""
    if not session:
        return ReadOnlySession()
    return ReadOnlySession(visible(session))


def with_shared(session: ReadOnlySession, shared: Mapping[str, Any]) -> ReadOnlySession:
    """Return `session` with the values of a live session over it: a cookie must not override the application."""
    return ReadOnlySession({**session, **visible(shared)}) if shared else session


def visible(session: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `session` without PyView's own keys."""
    return {key: _copy(value) for key, value in session.items() if not key.startswith(HIDDEN)}


def session_of(scope: Scope) -> Mapping[str, Any]:
    """Return the session of a request or socket, empty without a session middleware.

    Raises `RuntimeError` for a session that its middleware has not loaded yet.
    """
    session = scope.get("session")
    if session is None:
        return {}
    # type(), because a lazy session may claim another class and would be loaded by isinstance().
    if not issubclass(type(session), Mapping):
        raise RuntimeError(
            f"scope['session'] is a {type(session).__qualname__}, not a mapping: its middleware has not "
            "loaded it. Load it before PyView needs it (starsessions: add SessionAutoloadMiddleware inside "
            "SessionMiddleware)."
        )
    return session  # type: ignore[no-any-return]


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value
