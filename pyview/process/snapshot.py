"""About how many bytes a value holds, from a look at a few of its parts.

What one running view is doing, for those who operate the application.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

_SAMPLE = 8
_DEPTH = 6
_CONTAINERS = (list, tuple, set, frozenset)


def footprint(value: Any, depth: int = _DEPTH) -> int:
    """An estimate in bytes. Of a collection, a few items stand for all of them; what is shared is counted twice."""
    size = sys.getsizeof(value, 64)
    if depth == 0 or isinstance(value, (str, bytes, int, float, type)):
        return size
    if isinstance(value, Mapping):
        return size + _of_all(value.values(), len(value), depth)
    if isinstance(value, _CONTAINERS):
        return size + _of_all(value, len(value), depth)
    state = getattr(value, "__dict__", None)
    return size + footprint(state, depth - 1) if isinstance(state, dict) else size


def _of_all(items: Iterable[Any], count: int, depth: int) -> int:
    sample = [footprint(item, depth - 1) for item in islice(items, _SAMPLE)]
    return sum(sample) * count // len(sample) if sample else 0


@dataclass(frozen=True, slots=True)
class ViewSnapshot:
    """One joined view at one moment.

    `view` is the name of its class, `page` the path and query it shows, `user` the display name of who is looking
    ("" for somebody who is not signed in). `waiting` messages are in its mailbox. `nested` says that it is no page of
    its own.
    """

    view: str
    page: str
    user: str
    waiting: int
    components: int
    timers: int
    nested: bool


def display_name_of(user: Any) -> str:
    """The name to show of a user; "" for one who is not signed in."""
    if not getattr(user, "is_authenticated", False):
        return ""
    try:
        return str(user.display_name)
    except (AttributeError, NotImplementedError):  # Starlette's own BaseUser asks for it and has none
        return type(user).__name__
