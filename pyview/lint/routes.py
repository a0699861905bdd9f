"""Routes that no request reaches, because an earlier one takes them all."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from starlette.convertors import Convertor
from starlette.routing import BaseRoute, Match

from pyview.lint.finding import Finding
from pyview.lint.sources import place_of
from pyview.routing.routes import LiveRoute

_SAMPLES = {
    "integer": (1, 4711),
    "float": (1.5, 2.25),
    "path": ("sample-a", "sample-a/b"),
    "uuid": ("0ba9c1cf-e1d1-4bd5-8d5c-0c1b1f1e2d3a",),
}
_TEXTS = ("sample-a", "sample-b")


def unreachable_routes(routes: Sequence[BaseRoute]) -> Iterator[Finding]:
    for index, route in enumerate(routes):
        if isinstance(route, LiveRoute):
            earlier = _taking_all_of(route, routes[:index])
            if earlier is not None:
                file, line = place_of(route.view_class)
                text = (
                    f"nobody reaches {route.view_class.__qualname__} at {route.path!r}: {described(earlier)} comes "
                    "first and takes all of it. Add the more particular route before"
                )
                yield Finding(file, line, "unreachable-route", text)


def _taking_all_of(route: LiveRoute, earlier: Sequence[BaseRoute]) -> BaseRoute | None:
    paths = _samples(route)
    return next((one for one in earlier if all(_takes(one, path) for path in paths)), None)


def _samples(route: LiveRoute) -> list[str]:
    convertors = route.param_convertors
    choices = [_values(convertor) for convertor in convertors.values()]
    filled = (dict(zip(convertors, values, strict=True)) for values in product(*choices))
    return [str(route.url_path_for(route.name, **values)) for values in filled]


def _values(convertor: Convertor[Any]) -> tuple[Any, ...]:
    kind = type(convertor).__name__.removesuffix("Convertor").lower()
    return _SAMPLES.get(kind, _TEXTS)


def _takes(route: BaseRoute, path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": [], "path_params": {}}
    return route.matches(scope)[0] is Match.FULL


def described(route: BaseRoute) -> str:
    """How a finding calls a route."""
    view = f" ({route.view_class.__qualname__})" if isinstance(route, LiveRoute) else ""
    return f"{getattr(route, 'path', type(route).__name__)!r}{view}"
