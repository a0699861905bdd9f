"""The session as a view sees it, and the hidden id that ties pages and sockets to one session.

A signed cookie has no identity of its own: two sign-ins of one user make the same cookie. So every session
that is written during a request gets a random id under `_pv_sid`. Routes may see it; views never do.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, NoReturn

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SESSION_ID = "_pv_sid"
_RECORD = "pyview.session"


class ReadOnlySession(dict[str, Any]):
    """What `mount` receives: a dict that refuses to be changed, because nobody would ever save the change."""

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(
            "The session is read-only in a LiveView: the browser's cookie is set by HTTP responses only. "
            "Change request.session in a Starlette route, and send the user there with a form or a redirect. "
            "State of this page belongs in socket.context."
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type["ReadOnlySession"], tuple[dict[str, Any]]]:
        return ReadOnlySession, (dict(self),)


def read_only(session: Mapping[str, Any]) -> ReadOnlySession:
    """A copy of `session` for a view, lists and dicts in it copied too, without the hidden id."""
    if not session:
        return ReadOnlySession()
    return ReadOnlySession({key: _copy(value) for key, value in session.items() if key != SESSION_ID})


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
    record = scope.get(_RECORD)
    if record is not None:
        record.settle(scope)
    found = session_of(scope).get(SESSION_ID, "")
    return found if isinstance(found, str) else ""


class SessionWatcher:
    """ASGI middleware directly inside a session middleware: gives every session that is written its hidden
    id.

    Works with Starlette's `SessionMiddleware` and with any other that puts a dict into `scope["session"]` and
    saves it when the response starts.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "session" not in scope:
            return await self.app(scope, receive, send)
        record = scope[_RECORD] = SessionRecord(scope)

        async def settle_first(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.settle(scope)
            await send(message)

        await self.app(scope, receive, settle_first)


class SessionRecord:
    """What one request does to its session. `incoming` is the id that the request came with, or ""."""

    __slots__ = ("_before", "incoming")

    def __init__(self, scope: Scope) -> None:
        session = scope["session"]
        loaded = issubclass(type(session), Mapping)
        self.incoming: str = session.get(SESSION_ID, "") if loaded else ""
        self._before = b"" if not loaded or hasattr(session, "modified") else fingerprint(session)

    def settle(self, scope: Scope) -> None:
        """Give a written session its id; an id that is all that is left of a session goes too."""
        session = scope["session"]
        if not issubclass(type(session), dict) or not self._written(session):
            return
        if SESSION_ID not in session:
            if session:
                session[SESSION_ID] = secrets.token_urlsafe(16)
        elif len(session) == 1:
            del session[SESSION_ID]

    def _written(self, session: dict[str, Any]) -> bool:
        modified = getattr(session, "modified", None)
        return bool(modified) if modified is not None else fingerprint(session) != self._before


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
