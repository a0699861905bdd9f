"""Search of a view's state for objects that may end with the request: database sessions, cursors, files, iterators.

The view of a first page goes on after its request only if it holds none. The search looks at everything that its state
refers to. It need not know the classes: an object that can be closed, entered, awaited or used up may end.
"""

import gc
import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final, TypeAlias
from weakref import ReferenceType

from pyview.components.component import LiveComponent
from pyview.live_view import LiveView
from pyview.routing.routes import LiveRoute, NestedRoute
from pyview.socket.socket import LiveViewSocket
from pyview.uploads.config import UploadConfig

MOST_OBJECTS: Final = 20_000
"""Objects of one view to look at. The search for more would take longer than most mounts."""

_ENDING: Final = ("__next__", "__await__", "__enter__", "__aenter__", "close", "aclose")
_CONTAINERS: Final = frozenset({dict, list, tuple, set, frozenset})
# Methods that users give to a view and its parts, such as `close`, are no sign. Before Python 3.13 a path could be
# entered, which did nothing.
_LASTING: Final = (LiveView, LiveComponent, UploadConfig, PurePath)
# The application or the framework keeps these: what they refer to is not the view's.
_SHARED: Final = (type, ModuleType, LiveViewSocket, LiveRoute, NestedRoute, logging.Logger)

_Parts: TypeAlias = Callable[[Any], Iterable[object]]
"""Returns what an object refers to, if the garbage collector would name more than that."""


def request_bound(roots: Iterable[object]) -> str | None:
    """Return a description of an object below `roots` that may end with the request, None if there is none."""
    # Values that the garbage collector does not track, such as text and numbers, refer to nothing.
    level = [*filter(gc.is_tracked, roots)]
    parts: dict[type, _Parts | None] = {}
    seen: set[int] = set()
    while level:
        seen.update(map(id, level))
        if len(seen) > MOST_OBJECTS:
            return f"more than {MOST_OBJECTS} objects"
        kinds = {*map(type, level)}
        # Containers alone, as most levels are, take two thirds of the time without the look at each kind.
        if kinds <= _CONTAINERS:
            below = gc.get_referents(*level)
        else:
            for kind in kinds.difference(parts):
                if _may_end(kind):
                    return f"an object of the class {kind.__module__}.{kind.__qualname__}"
                parts[kind] = _parts_of(kind)
            below = _below(level, {kind: parts[kind] for kind in kinds})
        # Each once: a hundred rows refer to their class a hundred times.
        found = {id(each): each for each in filter(gc.is_tracked, below)}
        level = [each for key, each in found.items() if key not in seen]
    return None


def _below(level: list[object], parts: Mapping[type, _Parts | None]) -> list[object]:
    special = {kind: part for kind, part in parts.items() if part is not None}
    # Rows of a table have one class, and most levels no special one: then no object is looked at in Python.
    if not special:
        return gc.get_referents(*level)
    below = gc.get_referents(*[each for each in level if type(each) not in special])
    for each in level:
        if type(each) in special:
            below += special[type(each)](each)
    return below


def _may_end(kind: type) -> bool:
    if kind in _CONTAINERS or issubclass(kind, (*_SHARED, *_LASTING)):
        return False
    # Callable, because a record of prices may have a field `close`.
    return issubclass(kind, ReferenceType) or any(callable(getattr(kind, name, None)) for name in _ENDING)


def _parts_of(kind: type) -> _Parts | None:
    if kind in _CONTAINERS:
        return None
    if issubclass(kind, _SHARED):
        return _none
    if issubclass(kind, FunctionType | BuiltinFunctionType):
        return _of_function if issubclass(kind, FunctionType) else _of_builtin
    # Rows of SQLAlchemy refer to their session even when it is closed, and nothing of them can be loaded any more.
    if hasattr(kind, "_sa_class_manager"):
        return _of_mapped
    if hasattr(kind, "_sa_adapter"):
        return _of_collection
    return _of_row if kind.__module__ == "sqlalchemy.engine.row" else None


def _none(value: Any) -> Iterable[object]:
    return ()


def _of_function(function: Any) -> Iterable[object]:
    # Its globals are those of its module.
    return function.__closure__, function.__defaults__, function.__kwdefaults__


def _of_builtin(function: Any) -> Iterable[object]:
    return (function.__self__,)


def _of_mapped(mapped: Any) -> Iterable[object]:
    """Return the session that an object can still load attributes with, and its attributes."""
    values = [value for name, value in vars(mapped).items() if not name.startswith("_sa_")]
    return mapped._sa_instance_state.session, *values


def _of_collection(collection: Any) -> Iterable[object]:
    return collection.values() if isinstance(collection, Mapping) else list(collection)


def _of_row(row: Any) -> Iterable[object]:
    return row.values() if isinstance(row, Mapping) else tuple(row)
