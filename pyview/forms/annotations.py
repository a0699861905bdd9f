"""What an annotation says once its wrappers are off: the types, whether None is among them, and the constraints."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

_MANY = (list, set, frozenset, Sequence)


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """`types` without None, which makes it `optional`. `constraints` is the metadata of every `Annotated` in it."""

    types: tuple[Any, ...]
    optional: bool
    constraints: tuple[Any, ...]

    @property
    def only(self) -> Any:
        """The one type it is; None for a choice of several."""
        return self.types[0] if len(self.types) == 1 else None


def unwrap(annotation: Any) -> Unwrapped:
    """Takes off `Annotated`, `| None`, `NewType` and `type X = ...`."""
    annotation, constraints = _bare(annotation)
    if get_origin(annotation) not in (Union, UnionType):
        return Unwrapped(() if annotation is NoneType else (annotation,), annotation is NoneType, constraints)
    parts = [unwrap(part) for part in get_args(annotation)]
    return Unwrapped(
        types=tuple(one for part in parts for one in part.types),
        optional=any(part.optional for part in parts),
        constraints=(*constraints, *(one for part in parts for one in part.constraints)),
    )


def _bare(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    constraints: tuple[Any, ...] = ()
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *found = get_args(annotation)
            constraints = (*constraints, *found)
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        else:
            return annotation, constraints


def item_of(annotation: Any) -> Any:
    """The annotation of the items of a list, set or `tuple[X, ...]`; None for what is no such collection."""
    origin, args = get_origin(annotation) or annotation, get_args(annotation)
    if origin is tuple:
        return args[0] if len(args) == 2 and args[1] is Ellipsis else None
    if origin in _MANY:
        return args[0] if args else Any
    return None


def choices_of(annotation: Any) -> tuple[Any, ...]:
    """The values of a `Literal`, the members of an enumeration; none for any other type."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(annotation)
    return ()


def is_model(annotation: Any) -> bool:
    """Whether it is a pydantic model."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
