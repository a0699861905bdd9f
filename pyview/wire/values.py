"""User values on their way into a frame: encoded at once, so that a bad one fails where it was made."""

from typing import Any

import orjson
from markupsafe import Markup


class UnencodableValue(TypeError):
    """A value that JSON cannot carry; the text names what it was for and its type."""


def encoded(value: Any, purpose: str) -> orjson.Fragment:
    """The value as JSON text that later changes to it cannot reach.

    Dataclasses, datetimes, UUIDs, enums and pydantic models are understood. Raises `UnencodableValue`.
    """
    try:
        return orjson.Fragment(orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS))
    except (TypeError, ValueError) as error:
        raise UnencodableValue(
            f"{purpose} needs JSON data, got {type(value).__name__}: {error}. "
            "Send dicts, lists, text, numbers, dataclasses or pydantic models."
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, Markup):
        return str.__str__(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json")
    raise TypeError(f"type {type(value).__name__} is not JSON serializable")
