"""Unions of plain types: `int | str` is the first of its types that a value fits, from left to right.

Text is all that a URL or a form brings. pydantic's own choice would be the type that needs no conversion, so that
`"5"` were a text for `int | str`. Unions of models keep that choice, which looks at their fields.
"""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic_core import CoreConfig, SchemaValidator

_MODELS: Final = frozenset({"model", "dataclass", "typed-dict", "definition-ref"})
_DATA: Final = frozenset({"default", "metadata", "expected", "serialization"})
"""Parts of a schema that are no schemas."""


def validator_of(adapter: TypeAdapter[Any], config: CoreConfig | None) -> Any:
    """Return pydantic's validator for a type, with its unions tried from left to right."""
    schema = adapter.core_schema
    ordered = _ordered(schema)
    return adapter.validator if ordered is schema else SchemaValidator(ordered, config)


def _ordered(schema: Any) -> Any:
    """Return the schema itself where there is nothing to change: most have no union."""
    if isinstance(schema, dict):
        return _ordered_dict(schema)
    if isinstance(schema, list | tuple):
        found = [_ordered(part) for part in schema]
        return type(schema)(found) if _differ(found, schema) else schema
    return schema


def _ordered_dict(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("type") == "model":
        return schema
    parts = {key: value if key in _DATA else _ordered(value) for key, value in schema.items()}
    if schema.get("type") == "union" and "mode" not in schema and not any(map(_is_model, schema["choices"])):
        return {**parts, "mode": "left_to_right"}
    return parts if _differ(parts.values(), schema.values()) else schema


def _differ(new: Iterable[Any], old: Iterable[Any]) -> bool:
    return any(one is not other for one, other in zip(new, old, strict=True))


def _is_model(choice: Any) -> bool:
    schema = choice[0] if isinstance(choice, tuple) else choice
    return schema.get("type") in _MODELS or ("schema" in schema and _is_model(schema["schema"]))
