"""A snapshot of a running view for operators, and an estimate of the bytes that a value holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from sys import getsizeof
from types import NoneType
from typing import Any

# A few items and levels only: many views are measured at once when a network breaks down.
_SAMPLE = 8
_SPREAD = 4
_DEPTH = 6
_CONTAINERS = (list, tuple, set, frozenset)
_ATOMS = frozenset({str, bytes, int, float, bool, NoneType})
_ROWS = frozenset({dict})


def footprint(value: Any, depth: int = _DEPTH) -> int:
    """Return an estimate in bytes. A few items stand for a whole collection; shared objects are counted twice."""
    size = getsizeof(value, 64)
    # A class is shared by all of its objects, so it does not count.
    if depth == 0 or isinstance(value, (str, bytes, int, float, type)):
        return size
    if isinstance(value, _CONTAINERS):
        return size + _of_all(value, len(value), depth)
    # The built-in class first: the check of an abstract class takes several times as long.
    if isinstance(value, dict) or isinstance(value, Mapping):  # noqa: SIM101
        return size + _of_all(value.values(), len(value), depth)
    state = getattr(value, "__dict__", None)
    return size + footprint(state, depth - 1) if isinstance(state, dict) else size


def _of_all(items: Iterable[Any], count: int, depth: int) -> int:
    sample = _sample_of(items, count)
    if not sample:
        return 0
    kinds = {*map(type, sample)}
    # Most items are texts and numbers, or dicts of them: without a call for each, it takes a third of the time.
    if kinds <= _ATOMS:
        return sum(map(getsizeof, sample)) * count // len(sample)
    size = _of_plain_rows(sample) if kinds == _ROWS else None
    if size is None:
        size = sum([footprint(item, depth - 1) for item in sample])
    return size * count // len(sample)


def _sample_of(items: Iterable[Any], count: int) -> Sequence[Any]:
    if count > _SAMPLE and type(items) in (list, tuple):
        # Items of a list are alike, so half as many do, if they are not all from its start: the first may be small.
        return items[:: count // _SPREAD]  # type: ignore[no-any-return,index]  # a list or a tuple
    return [*islice(items, _SAMPLE)]


def _of_plain_rows(rows: Sequence[dict[Any, Any]]) -> int | None:
    """Return the bytes of dicts that hold a few texts and numbers, None if they hold more."""
    if max(map(len, rows)) > _SAMPLE:
        return None
    values = [*chain.from_iterable(map(dict.values, rows))]
    if not _ATOMS.issuperset(map(type, values)):
        return None
    return sum(map(getsizeof, rows)) + sum(map(getsizeof, values))


@dataclass(frozen=True, slots=True)
class ViewSnapshot:
    """One joined view at one moment.

    `view` is the name of its class, `page` its path and query, `user` the display name of its user ("" for one who is
    not signed in). `waiting` counts the messages in its mailbox. `nested`: it stands inside another view. `detached`:
    its connection was lost, and it waits for its page.
    """

    view: str
    page: str
    user: str
    waiting: int
    components: int
    timers: int
    nested: bool
    detached: bool = False


def display_name_of(user: Any) -> str:
    """Return the name to show of a user; "" for one who is not signed in."""
    if not getattr(user, "is_authenticated", False):
        return ""
    try:
        return str(user.display_name)
    except (AttributeError, NotImplementedError):  # Starlette's BaseUser raises it
        return type(user).__name__
