"""The fields of dataclasses, pydantic models and TypedDicts: types that a client fills by several names."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_origin, get_type_hints

from pydantic import AliasChoices, AliasPath, BaseModel

from pyview.binding.shape import Shape, members, shape_of
from pyview.binding.signature import marker_in

Fields = tuple[tuple[str, Shape | None], ...]
"""The names by which a model is filled, and whether each takes one value or several."""


def fields_of(annotation: Any, repeats: bool) -> Fields:
    """The fields of a model, or of all models of a union; none for any other type.

    Raises `TypeError` for a field that only the server may fill.
    """
    shapes: dict[str, Shape | None] = {}
    for member in members(annotation):
        model = get_origin(member) or member
        if isinstance(model, type):
            shapes.update((name, shape_of(hint, repeats)) for name, hint in _fields(model))
    return tuple(shapes.items())


def _fields(model: type) -> Iterator[tuple[str, Any]]:
    if is_dataclass(model):
        hints = _client_hints(model)
        yield from ((field.name, hints[field.name]) for field in fields(model) if field.init)
    elif issubclass(model, BaseModel):
        hints = _client_hints(model)
        for name, info in model.model_fields.items():
            yield from ((known_as, hints[name]) for known_as in (name, *_aliases(info.validation_alias)))
    elif is_typed_dict(model):
        yield from _client_hints(model).items()


def is_typed_dict(model: type) -> bool:
    """Of `typing` or `typing_extensions`: before Python 3.12 pydantic only knows the latter's."""
    return issubclass(model, dict) and hasattr(model, "__required_keys__")


def _client_hints(model: type) -> dict[str, Any]:
    """The annotations of a model. A client fills all its fields: a `Session` among them would be forged."""
    hints = get_type_hints(model, include_extras=True)
    for name, hint in hints.items():
        if marker_in(hint) is not None:
            raise TypeError(f"field `{name}` of {model.__qualname__} is marked to come from the server")
    return hints


def _aliases(alias: str | AliasPath | AliasChoices | None) -> Iterator[str]:
    if isinstance(alias, str):
        yield alias
    elif isinstance(alias, AliasPath):
        yield str(alias.path[0])
    elif isinstance(alias, AliasChoices):
        for choice in alias.choices:
            yield from _aliases(choice)
