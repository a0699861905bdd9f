"""User values on their way into a frame: encoded at once, so that a bad one fails where it was made."""

from collections.abc import Mapping
from typing import Any

import orjson
from markupsafe import Markup


class UnencodableValue(TypeError):
    """A value that JSON cannot carry; the text names what it was for and its type."""


def encoded(value: Any, purpose: str) -> orjson.Fragment:
    """The value as JSON text that later changes to it cannot reach; see `json_text`."""
    return orjson.Fragment(json_text(value, purpose))


def json_text(value: Any, purpose: str) -> bytes:
    """The value as JSON, in UTF-8.

    Dataclasses, datetimes, UUIDs, enums, pydantic models and objects with `__json__()` are understood. Raises
    `UnencodableValue`.
    """
    try:
        return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS)
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
    if isinstance(value, Mapping):
        return dict(value)
    own = getattr(value, "__json__", None)
    if own is not None:
        return own()
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json")
    raise TypeError(f"type {type(value).__name__} is not JSON serializable")
