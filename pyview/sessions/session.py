"""The session as a view sees it, and the hidden facts that tie pages and sockets to one session.

A signed cookie has no identity of its own: two sign-ins of one user make the same cookie. So every session
that is written during a request gets a random id, the time when its user signed in, and a digest of who that is
(`pyview.auth.session_watcher`). Routes may see them, under names that begin with `_pv_`; views never do.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, NoReturn

import orjson
from starlette.types import Scope

HIDDEN = "_pv_"
SESSION_ID = "_pv_sid"
SIGNED_IN_AT = "_pv_at"
USER_DIGEST = "_pv_uid"
SERIES = "_pv_series"
REMEMBERED = "_pv_remembered"
SESSION_RECORD = "pyview.session"

SESSION_ENDS_AT = "pyview.session_ends_at"
"""In a scope: the Unix time at which the session ends by itself, where its middleware knows."""

LONGEST_COOKIE = 400 * 86400.0  # seconds; no browser keeps one longer (RFC 6265bis)

ACTIVE = "pyview.active"
"""In the scope of a socket that is asked again: whether its reader did something, which counts as use."""


class ReadOnlySession(dict[str, Any]):
    """What `mount` receives: a dict that refuses to be changed, because nobody would ever save the change."""

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            "The session is read-only in a LiveView: the browser's cookie is set by HTTP responses only. "
            "In a handler, await socket.update_session({...}) or socket.redirect(path, session={...}), which have "
            "such a response made; or change request.session in a Starlette route. "
            "State of this page belongs in socket.context."
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type["ReadOnlySession"], tuple[dict[str, Any]]]:
        return ReadOnlySession, (dict(self),)


def read_only(session: Mapping[str, Any]) -> ReadOnlySession:
    """A copy of `session` for a view, lists and dicts in it copied too, without the hidden facts."""
    if not session:
        return ReadOnlySession()
    return ReadOnlySession(visible(session))


def with_shared(session: ReadOnlySession, shared: Mapping[str, Any]) -> ReadOnlySession:
    """`session` and, over it, what a group of views shares: no cookie chooses what the application has said."""
    return ReadOnlySession({**session, **visible(shared)}) if shared else session


def visible(session: Mapping[str, Any]) -> dict[str, Any]:
    """What the application itself has put into `session`, copied."""
    return {key: _copy(value) for key, value in session.items() if not key.startswith(HIDDEN)}


def signed_in_at(session: Mapping[str, Any]) -> float | None:
    """When the user of this session signed in, as Unix time; None where nobody has, or a cookie did it for them."""
    found = None if session.get(REMEMBERED) else session.get(SIGNED_IN_AT)
    return float(found) if isinstance(found, int | float) and session.get(USER_DIGEST) else None


def revocation_keys(session: Mapping[str, Any]) -> dict[str, float]:
    """What could have been revoked of this session, each with the time since when it holds (Unix time)."""
    at, user = session.get(SIGNED_IN_AT), session.get(USER_DIGEST)
    since = float(at) if isinstance(at, int | float) else 0.0
    keys = dict.fromkeys(own_revocation_keys(session), since)
    return {**keys, user_revocation_key(user): since} if isinstance(user, str) and user else keys


def own_revocation_keys(session: Mapping[str, Any]) -> list[str]:
    """What ends this session alone: its id, and the remembered browser that it is of."""
    sid, series = session.get(SESSION_ID), session.get(SERIES)
    keys = [session_key(sid)] if isinstance(sid, str) and sid else []
    return [*keys, series_key(series)] if isinstance(series, str) else keys


def session_key(sid: str) -> str:
    """The name under which a session is revoked: a digest, so that no store ever holds a session id."""
    return f"sid:{digest(sid)}"


def series_key(selector: str) -> str:
    """The name under which all sessions of one remembered browser are revoked."""
    return f"series:{digest(selector)}"


def user_revocation_key(user_digest: str) -> str:
    """The name under which everything of one user is revoked."""
    return f"user:{user_digest}"


def digest(text: str) -> str:
    """22 characters of SHA-256: enough to be unique, too little to go back."""
    raw = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(raw[:16]).decode().rstrip("=")


def session_of(scope: Scope) -> Mapping[str, Any]:
    """The session of a request or socket as its middleware left it, empty where there is none.

    Raises `RuntimeError` for a session that its middleware has not loaded yet.
    """
    session = scope.get("session")
    if session is None:
        return {}
    if not issubclass(type(session), Mapping):
        raise RuntimeError(
            f"scope['session'] is a {type(session).__qualname__}, not a mapping: its middleware has not "
            "loaded it. Load it before PyView needs it (starsessions: add SessionAutoloadMiddleware inside "
            "SessionMiddleware)."
        )
    return session  # type: ignore[no-any-return]


def session_id(scope: Scope) -> str:
    """The hidden id of this connection's session, or "" when it has none.

    A session written earlier in this request has its id from now on, so that a page can be bound to it.
    """
    record = scope.get(SESSION_RECORD)
    if record is not None:
        record.name(scope)
    found = session_of(scope).get(SESSION_ID, "")
    return found if isinstance(found, str) else ""


def fingerprint(session: Mapping[str, Any]) -> bytes:
    """A digest of a session's content that does not depend on the order of its keys."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    plain = orjson.dumps(dict(session), option=options, default=lambda value: type(value).__qualname__)
    return hashlib.sha256(plain).digest()


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value
