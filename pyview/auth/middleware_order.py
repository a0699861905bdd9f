"""Order of the middlewares that find the user.

Starlette runs the middleware that was added last first. Code that adds the session before the authentication, which is
how most people write it, would therefore authenticate without a session. So a session middleware inside an
authentication middleware moves just outside it, and a class with `pyview_inside_session = True` moves directly inside
the session. Nothing else is ever moved.
"""

import inspect
import logging
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware

from pyview.auth.audit import record_session_event
from pyview.sessions.session import LONGEST_COOKIE
from pyview.sessions.tracking import SessionTracker

logger = logging.getLogger("pyview")

STARLETTE_MAX_AGE = 14 * 86400.0  # seconds: the default of SessionMiddleware


def plain_tracker(cookie_lifetime: float) -> Middleware:
    """Return a tracker that gives sessions their ids and revokes nothing."""
    return Middleware(SessionTracker, report=record_session_event, max_age=cookie_lifetime)


def order_middleware(
    user_middleware: list[Middleware], make_tracker: Callable[[float], Middleware] = plain_tracker
) -> list[Middleware]:
    """Return `user_middleware` with the session outside the authentication and a session tracker inside it.

    Lists are outermost first. `make_tracker` takes the lifetime of the session's cookie in seconds. Without a session
    middleware the tracker comes first: a host application may have the session.
    """
    return _inside_session(_with_tracker(_session_first(user_middleware), make_tracker))


# Kinds of middleware


def is_session(middleware: Middleware) -> bool:
    """Return True if this provides `scope["session"]`.

    That is Starlette's `SessionMiddleware`, a subclass of it, a class with `pyview_session = True`, or a class with
    "Session" in its name whose `__call__` or `dispatch` mentions the key "session".
    """
    cls: Any = middleware.cls
    if not inspect.isclass(cls) or cls is SessionTracker:
        return False
    if getattr(cls, "pyview_session", False):
        return True
    return issubclass(cls, SessionMiddleware) or ("Session" in cls.__name__ and "session" in _words(cls))


def is_tracker(middleware: Middleware) -> bool:
    cls: Any = middleware.cls
    return cls is SessionTracker


def is_session_related(middleware: Middleware) -> bool:
    """Return True for a session, a tracker, and helpers such as the autoload middleware of starsessions."""
    return is_session(middleware) or "Session" in getattr(middleware.cls, "__name__", "")


def is_authentication(middleware: Middleware) -> bool:
    """Return True if this provides `scope["auth"]` from the session.

    That is Starlette's `AuthenticationMiddleware`, a subclass of it, or a class whose name ends like it.
    """
    cls: Any = middleware.cls
    if not inspect.isclass(cls):
        return False
    return issubclass(cls, AuthenticationMiddleware) or cls.__name__.endswith("AuthenticationMiddleware")


def provides_auth(middleware: Middleware) -> bool:
    """Return True if this may provide `scope["auth"]`.

    Accepts more than `is_authentication`: a check at start-up must not fail for an application that is correct.
    """
    cls: Any = middleware.cls
    name = getattr(cls, "__name__", type(cls).__name__)
    return is_authentication(middleware) or "auth" in name.lower() or "auth" in _words(cls)


def argument(middleware: Middleware, name: str, default: Any) -> Any:
    """Return the argument `name` of a middleware, passed by keyword or by position."""
    if name in middleware.kwargs:
        return middleware.kwargs[name]
    cls: Any = middleware.cls
    try:
        given = inspect.signature(cls).bind_partial(None, *middleware.args, **middleware.kwargs)
    except (TypeError, ValueError):  # wrong arguments: the class raises a better error when it is created
        return default
    return given.arguments.get(name, default)


# Steps of the ordering


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


def _with_tracker(
    middlewares: list[Middleware], make_tracker: Callable[[float], Middleware]
) -> list[Middleware]:
    sessions = [index for index, middleware in enumerate(middlewares) if is_session(middleware)]
    if not sessions:
        return [make_tracker(LONGEST_COOKIE), *middlewares]
    index = sessions[-1] + 1
    # Helpers may follow a session middleware, and the session is loaded only behind them.
    while index < len(middlewares) and is_session_related(middlewares[index]):
        index += 1
    return [*middlewares[:index], make_tracker(_lifetime(middlewares[sessions[-1]])), *middlewares[index:]]


def _inside_session(middlewares: list[Middleware]) -> list[Middleware]:
    """Move classes with `pyview_inside_session = True` directly inside the tracker."""
    marked = [one for one in middlewares if getattr(one.cls, "pyview_inside_session", False)]
    rest = [one for one in middlewares if one not in marked]
    tracker = _first(rest, is_tracker)
    return middlewares if tracker is None else [*rest[: tracker + 1], *marked, *rest[tracker + 1 :]]


def _lifetime(middleware: Middleware) -> float:
    """Return the lifetime of a session middleware's cookie in seconds."""
    cls: Any = middleware.cls
    default = STARLETTE_MAX_AGE if cls is SessionMiddleware else LONGEST_COOKIE
    given = argument(middleware, "max_age", default)
    return float(given) if isinstance(given, int | float) and given > 0 else LONGEST_COOKIE


def _first(middlewares: list[Middleware], matches: Callable[[Middleware], bool]) -> int | None:
    return next((index for index, middleware in enumerate(middlewares) if matches(middleware)), None)


def _name(middleware: Middleware) -> str:
    return getattr(middleware.cls, "__name__", repr(middleware.cls))


# Reading the code of a class that nothing else identifies


def _words(cls: Any) -> set[str]:
    """Return the string constants in the code that handles a request."""
    methods = (getattr(cls, name, None) for name in ("__call__", "dispatch"))
    codes = (getattr(method, "__code__", None) for method in methods)
    return {word for code in codes if code is not None for word in _constants(code)}


def _constants(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _constants(constant)
