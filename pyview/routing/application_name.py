"""Name of an application, which its token keys are derived from.

Applications with the same secret would otherwise accept each other's tokens. All workers of one application must derive
the same name, also while a new version replaces an old one. It is therefore made of facts that all of them share and
that seldom change: the first live view, the key of the session, and the path that the application is mounted at.
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
    """An application. A Protocol, because the application imports this module."""

    @property
    def live_routes(self) -> Sequence[LiveRoute]: ...
    @property
    def all_middleware(self) -> Sequence[Middleware]: ...


def application_name(
    app: Nameable, app_id: str | None, environ: Mapping[str, str], scope: Scope | None = None
) -> str:
    """Return the name of `app`: `PYVIEW_APP_ID`, and `app_id` or else the facts about the application.

    `scope` is the scope of any request, before the application has put itself into it: it leads to the application
    that `app` is mounted in.
    """
    outer = (scope or {}).get("app")
    facts: list[Any]
    if app_id is not None:
        facts = [app_id]
    else:
        # Only the first view: a version with one more view must accept the open pages of the version before.
        first_view = [f"{route.path} {view_key(route.view_class)}" for route in app.live_routes[:1]]
        facts = [first_view, _session_keys(app, outer), mounts(app, outer)]
    return json.dumps([environ.get("PYVIEW_APP_ID", "").strip(), facts])


def check_app_id(app_id: object) -> None:
    """Raise `ValueError` for an `app_id` that is not a name."""
    if app_id is not None and not (isinstance(app_id, str) and app_id.strip()):
        raise ValueError(
            f"PyView(app_id={app_id!r}): expected a name such as 'shop', that no other application with the same "
            "secret has and that stays the same."
        )


def mounts(app: object, outer: object) -> list[str]:
    """Return the paths and hosts that `outer` mounts `app` at, as patterns: with `/{tenant}` every tenant has the same
    application."""
    return sorted(_mounts(app, getattr(outer, "routes", ()), "", set()))


def _mounts(app: object, routes: Iterable[BaseRoute], prefix: str, seen: set[int]) -> Iterator[str]:
    for route in routes:
        # With middleware of its own, `app` of a mount is the outermost of them.
        # Starlette keeps the application in `_base_app`.
        inner = getattr(route, "_base_app", getattr(route, "app", None))
        if inner is None or id(route) in seen:
            continue
        seen.add(id(route))  # applications may mount each other
        path = prefix + str(getattr(route, "path", getattr(route, "host", "")))
        if inner is app:
            yield path
        yield from _mounts(app, getattr(inner, "routes", ()), path, seen)


def _session_keys(app: Nameable, outer: object) -> list[str]:
    """Return one text for each session middleware.

    Applications with the same session key share their cookies, so a token that both accept gives no more access than
    the cookie does.
    """
    outer_middleware: Sequence[Middleware] = getattr(outer, "user_middleware", ())
    texts = set()
    for middleware in filter(is_session, [*outer_middleware, *app.all_middleware]):
        cookie = argument(middleware, "session_cookie", "session")
        key = str(argument(middleware, "secret_key", ""))
        texts.add(f"{cookie} {hashlib.sha256(key.encode()).hexdigest()}")
    return sorted(texts)
