"""Contexts of every kind - dict, TypedDict, dataclass, pydantic model, plain object: their names, types and values."""

import typing
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar, cast, get_args, get_origin, get_type_hints, is_typeddict

from pydantic import BaseModel

# `ReadOnly` is new in Python 3.13.
_QUALIFIERS: Final = tuple(
    getattr(typing, name) for name in ("NotRequired", "ReadOnly", "Required") if hasattr(typing, name)
)
MISSING: Final = object()


def context_type(cls: type) -> Any:
    """Return `Count` for `class CountView(LiveView[Count])`; None for a class that names no context."""
    for base in cls.__mro__:
        for generic in getattr(base, "__orig_bases__", ()):
            origin = get_origin(generic)
            if isinstance(origin, type) and hasattr(origin, "mount"):
                found = get_args(generic)[0]
                return None if isinstance(found, TypeVar) or found is Any else found
    return None


def hints_of(context: Any) -> dict[str, Any] | None:
    """Return the names of a type of contexts with their annotations; None if the names are not known.

    They are not known for a dict, and while an annotation names a class that is defined later.
    """
    if isinstance(context, type) and issubclass(context, BaseModel):
        open_ended = context.model_config.get("extra") == "allow"
        found = {name: info.rebuild_annotation() for name, info in context.model_fields.items()}
        return None if open_ended else found
    if not is_typeddict(context) and not is_dataclass(context):
        return None
    names = [each.name for each in fields(cast(Any, context))] if is_dataclass(context) else None
    return _selected(_annotations(context), names)


def annotations_of(context: Any) -> Mapping[str, Any]:
    """Return the annotations of a type of contexts, as far as they are known."""
    known = hints_of(context)
    if known is not None:
        return known
    plain = isinstance(context, type) and not issubclass(context, Mapping)
    return (_annotations(context) or {}) if plain else {}


def names_in(context: Any) -> list[str]:
    """Return the names of a context that have a value."""
    if isinstance(context, Mapping):
        return [name for name in context if isinstance(name, str)]
    if isinstance(context, BaseModel):
        return [*type(context).model_fields, *(context.model_extra or ())]
    if is_dataclass(context):
        return [each.name for each in fields(context)]
    return [name for name in getattr(context, "__dict__", ()) if not name.startswith("_")]


def value_in(context: Any, name: str) -> Any:
    """Return the value of a name, `MISSING` without one."""
    if isinstance(context, Mapping):
        return context.get(name, MISSING)
    return getattr(context, name, MISSING)


def with_values(context: Any, values: Mapping[str, Any]) -> Any:
    """Return the context with these values: the same object, or a copy of one that is frozen.

    Raises `TypeError`, `ValueError` and `AttributeError` for a context that takes no values.
    """
    if not values:
        return context
    if isinstance(context, dict):
        context.update(values)
        return context
    if isinstance(context, BaseModel) and context.model_config.get("frozen"):
        return context.model_copy(update=dict(values))
    if is_dataclass(context) and cast(Any, context).__dataclass_params__.frozen:
        return replace(cast(Any, context), **values)
    for name, value in values.items():
        setattr(context, name, value)
    return context


def _annotations(context: Any) -> dict[str, Any] | None:
    try:
        hints = get_type_hints(get_origin(context) or context, include_extras=True)
    except (NameError, TypeError, AttributeError):
        return None
    return {name: _unqualified(hint) for name, hint in hints.items()}


def _unqualified(hint: Any) -> Any:
    while get_origin(hint) in _QUALIFIERS:
        hint = get_args(hint)[0]
    return hint


def _selected(hints: dict[str, Any] | None, names: Iterable[str] | None) -> dict[str, Any] | None:
    if hints is None or names is None:
        return hints
    return {name: hints[name] for name in names if name in hints}
