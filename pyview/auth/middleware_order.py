"""The order of the middlewares that say who is there.

Starlette runs the middleware added last first. Code that adds the session before the authentication, as
everybody writes it, would therefore authenticate without a session. So a session middleware that ended up
inside an authentication middleware moves just outside it, and a class that says that it belongs inside the session
goes there. Nothing else is ever moved.

When a session ends by itself, so that a socket can end with it and not a minute later.
"""

import inspect
import logging
from collections.abc import Callable, Iterator
from http.cookies import CookieError
from types import CodeType
from typing import Any

from itsdangerous import BadData, TimestampSigner
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection
from starlette.types import Scope

from pyview.auth.audit import record_session_event
from pyview.sessions.session import LONGEST_COOKIE
from pyview.sessions.tracking import SessionTracker

NEVER = float("inf")


class SignedCookies:
    """What Starlette's `SessionMiddleware` says about the age of its cookie."""

    def __init__(self, middleware: Middleware) -> None:
        given: dict[str, Any] = dict(
            zip(("secret_key", "session_cookie", "max_age"), middleware.args, strict=False)
        )
        given.update(middleware.kwargs)
        max_age = given.get("max_age", 14 * 86400)
        self._name = str(given.get("session_cookie", "session"))
        self._signer = TimestampSigner(str(given.get("secret_key", "")))
        self._max_age = NEVER if max_age is None else float(max_age)

    def end(self, scope: Scope) -> float:
        """Unix time at which the cookie of this connection is too old."""
        try:
            value = HTTPConnection(scope).cookies[self._name]
            _, signed_at = self._signer.unsign(value, return_timestamp=True)
        except (KeyError, CookieError, BadData):
            return NEVER
        return signed_at.timestamp() + self._max_age


def signed_cookies(middlewares: list[Middleware]) -> SignedCookies | None:
    """For the first `SessionMiddleware`, if there is one."""
    for middleware in middlewares:
        cls: Any = middleware.cls
        if isinstance(cls, type) and issubclass(cls, SessionMiddleware):
            return SignedCookies(middleware)
    return None


logger = logging.getLogger("pyview")

STARLETTE_MAX_AGE = 14 * 86400.0


def plain_tracker(cookie_lifetime: float) -> Middleware:
    """Return a tracker that gives sessions their ids and revokes nothing."""
    return Middleware(SessionTracker, report=record_session_event, max_age=cookie_lifetime)


def normalise(
    user_middleware: list[Middleware], watcher: Callable[[float], Middleware] = plain_tracker
) -> list[Middleware]:
    """`user_middleware`, outermost first, with the session outside the authentication and a watcher inside it.

    `watcher` makes the watcher for a cookie that lives so many seconds. An app without a session middleware of its
    own may be mounted in one that has it: its watcher comes first.
    """
    return _inside_session(_with_watcher(_session_first(user_middleware), watcher))


def is_session(middleware: Middleware) -> bool:
    """Whether this provides `scope["session"]`: Starlette's `SessionMiddleware`, a subclass of it, or a class
    with "Session" in its name whose `__call__` or `dispatch` mentions the key "session"."""
    cls: Any = middleware.cls
    if not inspect.isclass(cls) or cls is SessionTracker:
        return False
    if getattr(cls, "pyview_session", False):
        return True
    return issubclass(cls, SessionMiddleware) or ("Session" in cls.__name__ and "session" in _words(cls))


def is_authentication(middleware: Middleware) -> bool:
    """Whether this provides `scope["auth"]` out of the session: Starlette's `AuthenticationMiddleware`, a
    subclass of it, or a class whose name ends like it."""
    cls: Any = middleware.cls
    if not inspect.isclass(cls):
        return False
    return issubclass(cls, AuthenticationMiddleware) or cls.__name__.endswith("AuthenticationMiddleware")


def provides_auth(middleware: Middleware) -> bool:
    """Whether this may provide `scope["auth"]`: more than `is_authentication`, for a check that must not cry
    wolf."""
    cls: Any = middleware.cls
    name = getattr(cls, "__name__", type(cls).__name__)
    return is_authentication(middleware) or "auth" in name.lower() or "auth" in _words(cls)


def _session_first(middlewares: list[Middleware]) -> list[Middleware]:
    authentication = _first(middlewares, is_authentication)
    session = _first(middlewares, is_session)
    if authentication is None or session is None or session < authentication:
        return list(middlewares)
    logger.info(
        "%s runs before %s, although it was added first: the authentication reads the session",
        _name(middlewares[session]),
        _name(middlewares[authentication]),
    )
    rest = [*middlewares[:session], *middlewares[session + 1 :]]
    return [*rest[:authentication], middlewares[session], *rest[authentication:]]


def about_sessions(middleware: Middleware) -> bool:
    """A session, our watcher, and helpers such as the autoload middleware of starsessions."""
    return is_session(middleware) or "Session" in getattr(middleware.cls, "__name__", "")


def _after_helpers(middlewares: list[Middleware], index: int) -> int:
    """Past the helpers that follow a session middleware: only behind them the session is loaded."""
    while index < len(middlewares) and about_sessions(middlewares[index]):
        index += 1
    return index


def _with_watcher(middlewares: list[Middleware], watcher: Callable[[float], Middleware]) -> list[Middleware]:
    sessions = [index for index, middleware in enumerate(middlewares) if is_session(middleware)]
    inside = _after_helpers(middlewares, sessions[-1] + 1) if sessions else 0
    lifetime = _lifetime(middlewares[sessions[-1]]) if sessions else LONGEST_COOKIE
    return [*middlewares[:inside], watcher(lifetime), *middlewares[inside:]]


def _inside_session(middlewares: list[Middleware]) -> list[Middleware]:
    """Those whose class says `pyview_inside_session = True` go directly inside the watcher."""
    marked = [found for found in middlewares if getattr(found.cls, "pyview_inside_session", False)]
    rest = [found for found in middlewares if found not in marked]
    watcher = _first(rest, lambda found: found.cls is SessionTracker)
    return middlewares if watcher is None else [*rest[: watcher + 1], *marked, *rest[watcher + 1 :]]


def _lifetime(middleware: Middleware) -> float:
    """How long the cookie of a session middleware lives, in seconds."""
    cls: Any = middleware.cls
    default = STARLETTE_MAX_AGE if cls is SessionMiddleware else LONGEST_COOKIE
    given = argument(middleware, "max_age", default)
    return float(given) if isinstance(given, int | float) and given > 0 else LONGEST_COOKIE


def argument(middleware: Middleware, name: str, default: Any) -> Any:
    """What a middleware was given as `name`, whether by that name or by position."""
    if name in middleware.kwargs:
        return middleware.kwargs[name]
    cls: Any = middleware.cls
    try:
        given = inspect.signature(cls).bind_partial(None, *middleware.args, **middleware.kwargs)
    except (TypeError, ValueError):  # it will say so itself
        return default
    return given.arguments.get(name, default)


def _first(middlewares: list[Middleware], matches: Any) -> int | None:
    return next((index for index, middleware in enumerate(middlewares) if matches(middleware)), None)


def _name(middleware: Middleware) -> str:
    return getattr(middleware.cls, "__name__", repr(middleware.cls))


def _words(cls: Any) -> set[str]:
    """The string constants in the code that handles a request."""
    methods = (getattr(cls, name, None) for name in ("__call__", "dispatch"))
    codes = (getattr(method, "__code__", None) for method in methods)
    return {word for code in codes if code is not None for word in _constants(code)}


def _constants(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _constants(constant)
