"""The name of an application, which decides about the keys of its tokens.

Applications that were given the same secret would otherwise accept each other's tokens. All workers of one application
have to find the same name, also while a new version replaces an old one. So it is made of what is the same for all of
them and seldom changes: the first live view, the key of the session, and where the application is mounted.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import Scope

from pyview.auth.middleware_order import argument, is_session
from pyview.routing.routes import LiveRoute, view_key


class Nameable(Protocol):
    """An application, as far as its name is concerned."""

    @property
    def live_routes(self) -> Sequence[LiveRoute]: ...
    @property
    def all_middleware(self) -> Sequence[Middleware]: ...


def application_name(
    app: Nameable, app_id: str | None, environ: Mapping[str, str], scope: Scope | None = None
) -> str:
    """Return the name of `app`: `PYVIEW_APP_ID`, and `app_id` or else what can be told of the application itself.

    `scope` is that of any request, before the application has put itself into it: it leads to the application that
    `app` is mounted in.
    """
    outer = (scope or {}).get("app")
    own: Any = (
        [app_id] if app_id is not None else [_first_view(app), _sessions(app, outer), mounts(app, outer)]
    )
    return json.dumps([environ.get("PYVIEW_APP_ID", "").strip(), own])


def check_app_id(app_id: object) -> None:
    """Raises `ValueError` for an `app_id` that names nothing."""
    if app_id is not None and not (isinstance(app_id, str) and app_id.strip()):
        raise ValueError(
            f"PyView(app_id={app_id!r}): expected a name such as 'shop', that no other application with the same "
            "secret has and that stays the same."
        )


def mounts(app: object, outer: object) -> list[str]:
    """Return the paths and hosts under which `outer` has `app`, as they are written there: for `/{tenant}` each tenant
    is the same application."""
    return sorted(_mounts(app, getattr(outer, "routes", ()), "", set()))


def _mounts(app: object, routes: Iterable[BaseRoute], prefix: str, seen: set[int]) -> Iterator[str]:
    for route in routes:
        inner = getattr(route, "_base_app", getattr(route, "app", None))
        if inner is None or id(route) in seen:
            continue
        seen.add(id(route))
        path = prefix + str(getattr(route, "path", getattr(route, "host", "")))
        if inner is app:
            yield path
        yield from _mounts(app, getattr(inner, "routes", ()), path, seen)


def _first_view(app: Nameable) -> list[str]:
    # Not all of them: a version with one more view would refuse the open pages of the one before.
    return [f"{route.path} {view_key(route.view_class)}" for route in app.live_routes[:1]]


def _sessions(app: Nameable, outer: object) -> list[str]:
    """Return one text for each session middleware. Who shares the key of a session shares its cookies, so that a token
    for both opens no door that a cookie does not open."""
    around: Sequence[Middleware] = getattr(outer, "user_middleware", ())
    found = filter(is_session, [*around, *app.all_middleware])
    return sorted({_described(middleware) for middleware in found})


def _described(middleware: Middleware) -> str:
    cookie = argument(middleware, "session_cookie", "session")
    key = str(argument(middleware, "secret_key", ""))
    return f"{cookie} {hashlib.sha256(key.encode()).hexdigest()}"
