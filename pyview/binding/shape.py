"""One value or several: what a URL or form sends, and what an annotation wants."""

from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, NotRequired, Required, Union, get_args, get_origin

COLLECTIONS = (list, set, tuple, frozenset)


@dataclass(frozen=True, slots=True)
class Shape:
    """`gathers`: a single value becomes a list of one. `picks`: of several values, the first is meant."""

    gathers: bool
    picks: bool

    def __call__(self, value: Any) -> Any:
        if self.gathers and value is not None and not isinstance(value, list | dict):
            return [value]
        if self.picks and isinstance(value, list) and value:
            return value[0]
        return value


def shape_of(annotation: Any, repeats: bool) -> Shape | None:
    """What to do with a value for `annotation`; None for nothing.

    `repeats`: every value comes in a list, wanted or not, because its name may be repeated.
    """
    wants = [_is_collection(member) for member in members(annotation) if member is not NoneType]
    shape = Shape(gathers=bool(wants) and all(wants), picks=repeats and not any(wants))
    return shape if shape.gathers or shape.picks else None


def members(annotation: Any) -> tuple[Any, ...]:
    """The types of a union, or the one type; what only says something about a type is taken off."""
    origin = get_origin(annotation)
    if origin in (Annotated, Required, NotRequired):
        return members(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return tuple(member for part in get_args(annotation) for member in members(part))
    return (annotation,)


def _is_collection(annotation: Any) -> bool:
    return (get_origin(annotation) or annotation) in COLLECTIONS
