"""What somebody has touched: the client marks the other fields with an empty twin, `_unused_email` beside `email`."""

from collections.abc import Mapping
from typing import Any

PREFIX = "_unused_"


def is_used(params: Mapping[str, Any], name: str) -> bool:
    """Whether the field was sent and has no mark, or any of the fields in it has none."""
    return name in params and f"{PREFIX}{name}" not in params and _is_used_value(params[name])


def _is_used_value(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(is_used(value, name) for name in value if not name.startswith("_"))
    if isinstance(value, list):
        return not value or any(map(_is_used_value, value))
    return True


def is_all_used(value: Any) -> bool:
    """Whether nothing in it has a mark."""
    if isinstance(value, Mapping):
        return all(not name.startswith(PREFIX) and is_all_used(one) for name, one in value.items())
    return all(map(is_all_used, value)) if isinstance(value, list) else True
