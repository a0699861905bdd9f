"""How deeply JSON data is nested, without recursion."""

from typing import Any


def nested_deeper_than(data: Any, limit: int) -> bool:
    """True when lists and objects lie more than `limit` levels deep."""
    level = [data]
    for _ in range(limit + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(item: Any) -> Any:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()
