"""The routes of an application as rows: those of its live views, and with `every` all others too."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from pyview.app import PyView
from pyview.cli.guards import guard_of, requirements_text
from pyview.events import event_requirements
from pyview.routing.live_session import DEFAULT_NAME
from pyview.routing.routes import LiveRoute


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One route. `guard` is "" if everyone may see the page; `events` are those that ask for more, with what."""

    address: str
    view: str
    guard: str = ""
    group: str = ""
    events: dict[str, str] = field(default_factory=dict)


def route_rows(app: Any, *, every: bool = False, prefix: str = "") -> Iterator[RouteRow]:
    """Yield the routes of `app`, and of the applications mounted in it, in the order in which they are tried."""
    live = app.live_routes if isinstance(app, PyView) else ()
    for route in getattr(app, "routes", ()):
        if isinstance(app, PyView) and isinstance(route, LiveRoute) and route in live:
            yield _live_row(route, app, prefix)
        elif isinstance(route, Mount) and route.routes:
            yield from route_rows(route.app, every=every, prefix=prefix + route.path)
        elif every:
            yield _plain_row(route, prefix)


def _live_row(route: LiveRoute, app: PyView, prefix: str) -> RouteRow:
    view = route.view_class
    action = f" ({route.action})" if route.action else ""
    return RouteRow(
        prefix + route.path,
        f"{view.__module__}.{view.__qualname__}{action}",
        guard_of(route, app),
        "" if route.live_session.name == DEFAULT_NAME else route.live_session.name,
        _guarded_events(view),
    )


def _guarded_events(view: type[Any]) -> dict[str, str]:
    requirements = event_requirements(view)
    if requirements is None:
        return {}
    named = {event: requirements_text(needed) for event, needed in requirements.by_name.items() if needed}
    others = {"(other events)": requirements_text(requirements.others)} if requirements.others else {}
    return named | others


def _plain_row(route: BaseRoute, prefix: str) -> RouteRow:
    path = f"{prefix}{getattr(route, 'path', '')}" or "/"
    if isinstance(route, Mount):
        return RouteRow(path, f"mount of {_name(route.app)}")
    kind = ", ".join(sorted(route.methods or ())) if isinstance(route, Route) else "socket"
    endpoint = route.endpoint if isinstance(route, Route | WebSocketRoute) else route
    return RouteRow(path, f"{kind or 'any method'}: {_name(endpoint)}")


def _name(endpoint: Any) -> str:
    named = endpoint if hasattr(endpoint, "__qualname__") else type(endpoint)
    return f"{named.__module__}.{named.__qualname__}"
