"""The entries of a list in a form: which there are, in which order, and which is which wherever it has moved.

Beside the entries themselves, `rows[0][qty]=1`, a browser sends what is to be done with them, as to Ecto:
`rows_sort[]` has their indexes in the wanted order, where an index that there is no entry for stands for a new one;
`rows_drop[]` has the indexes of those to take away. `rows_move[]=2:0` is ours, for buttons: the third goes to the top.
"""

from collections.abc import Mapping
from itertools import count, islice
from typing import Any, Final

Params = Mapping[str, Any]
FormEntry = tuple[Params | None, str]
"""What was sent for an entry, None for a new one; and its key, digits that stay with it."""

MOST_NEW: Final = 16
"""How many entries one event may add to a list."""

MOST_MOVES: Final = 16
"""How many entries one event may move in a list."""

LONGEST_KEY: Final = 9

_ORDERS: Final = ("_sort", "_drop", "_move")


def names_list(params: Params, name: str) -> bool:
    """Whether a browser sent anything about the list."""
    return name in params or any(f"{name}{order}" in params for order in _ORDERS)


def is_order(name: str, list_name: str) -> bool:
    """Whether the field of that name says what is to be done with the entries of a list."""
    return any(name == f"{list_name}{order}" for order in _ORDERS)


def entries_of(params: Params, name: str, taken: int) -> list[FormEntry]:
    """The entries of a list, in order. New ones get a key that no other has, from `taken` on."""
    keys = _Keys(taken)
    sent = {index: (entry, keys.of(entry)) for index, entry in _by_index(params.get(name)).items()}
    sort, drop, moves = (_texts(params.get(f"{name}{order}")) for order in _ORDERS)
    # Indexes are those of the page, whatever else is ordered at the same time.
    dropped = set(drop)
    order = [index for index in _moved(_sorted(list(sent), sort), moves) if index not in dropped]
    new = (one for one in sort if one and one not in sent)
    found = [*(sent[index] for index in order), *((None, None) for _ in islice(new, MOST_NEW))]
    return [(entry, key or keys.new()) for entry, key in found]


def _by_index(sent: Any) -> dict[str, Params]:
    """`rows[0][x]` comes as a dict, in the order of the page; `rows[][x]` as a list."""
    items = sent.items() if isinstance(sent, Mapping) else enumerate(sent) if isinstance(sent, list) else ()
    return {str(index): entry for index, entry in items if isinstance(entry, Mapping)}


def _sorted(indexes: list[str], sort: list[str]) -> list[str]:
    """The indexes as they are sorted, those that are not named first."""
    known = set(indexes)
    named = dict.fromkeys(one for one in sort if one in known)
    return [*(one for one in indexes if one not in named), *named]


def _moved(order: list[str], moves: list[str]) -> list[str]:
    """The indexes after `moves` such as `"2:0"`, each as far from where its entry is by then; other texts move none."""
    places = tuple(order)
    for start, end in filter(None, map(_move, moves[:MOST_MOVES])):
        if start < len(places):
            moving = places[start]
            place = order.index(moving)
            order.insert(max(place + end - start, 0), order.pop(place))
    return order


def _move(text: str) -> tuple[int, int] | None:
    start, _, end = text.partition(":")
    return (int(start), int(end)) if _is_number(start) and _is_number(end) else None


class _Keys:
    """The keys of a list's entries: those that the page sends along, as far as they can be, and new ones."""

    def __init__(self, taken: int) -> None:
        self._seen = set[str]()
        self._numbers = count(taken)

    def of(self, entry: Params) -> str | None:
        """The key that an entry says it has; None when it has none, or that of another."""
        key = entry.get("_persistent_id")
        if not isinstance(key, str) or not _is_number(key) or key in self._seen:
            return None
        self._seen.add(key)
        return key

    def new(self) -> str:
        key = next(one for one in map(str, self._numbers) if one not in self._seen)
        self._seen.add(key)
        return key


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY


def _texts(sent: Any) -> list[str]:
    values = sent if isinstance(sent, list) else list(sent.values()) if isinstance(sent, Mapping) else [sent]
    return [one for one in values if isinstance(one, str)]
