"""The entries of a list in a form: their order, their keys, and changes of the list.

Beside the entries themselves, `rows[0][qty]=1`, a form sends changes of the list, with the names of Ecto: `rows_sort[]`
contains the indexes in the wanted order, where an index without an entry stands for a new one; `rows_drop[]` contains
the indexes to remove. `rows_move[]=2:0` is our addition, for buttons: it moves the third entry to the top.
"""

from collections.abc import Mapping
from itertools import count, islice
from typing import Any, Final

Params = Mapping[str, Any]
FormEntry = tuple[Params | None, str]
"""Parameters of an entry, None for a new one; and its key: digits that identify it even when it moves."""

MAX_NEW: Final = 16
"""Maximum number of entries that one event may add to a list."""

MAX_MOVES: Final = 16
"""Maximum number of entries that one event may move in a list."""

MAX_KEY_LENGTH: Final = 9
"""Maximum digits of a key or index from the client, because each is converted to an int."""

_ORDERS: Final = ("_sort", "_drop", "_move")


def names_list(params: Params, name: str) -> bool:
    """Return True if the parameters contain the list or a change of it."""
    return name in params or any(f"{name}{order}" in params for order in _ORDERS)


def is_order(name: str, list_name: str) -> bool:
    """Return True if `name` is that of a control which changes the list `list_name`."""
    return any(name == f"{list_name}{order}" for order in _ORDERS)


def entries_of(params: Params, name: str, taken: int) -> list[FormEntry]:
    """Return the entries of a list in order. New ones get unused keys, from `taken` on."""
    keys = _EntryKeys(taken)
    sent = {index: (entry, keys.of(entry)) for index, entry in _by_index(params.get(name)).items()}
    sort, drop, moves = (_texts(params.get(f"{name}{order}")) for order in _ORDERS)
    # All indexes refer to the page before the event, even if it drops, sorts and moves at the same time.
    dropped = set(drop)
    order = [index for index in _moved(_sorted(list(sent), sort), moves) if index not in dropped]
    new = (one for one in sort if one and one not in sent)
    found = [*(sent[index] for index in order), *((None, None) for _ in islice(new, MAX_NEW))]
    return [(entry, key or keys.new()) for entry, key in found]


def _by_index(sent: Any) -> dict[str, Params]:
    """Return entries by index. `rows[0][x]` is decoded to a dict in the order of the page, `rows[][x]` to a list."""
    items = sent.items() if isinstance(sent, Mapping) else enumerate(sent) if isinstance(sent, list) else ()
    return {str(index): entry for index, entry in items if isinstance(entry, Mapping)}


def _sorted(indexes: list[str], sort: list[str]) -> list[str]:
    """Return the indexes in the order of `sort`; indexes that it does not name come first."""
    known = set(indexes)
    named = dict.fromkeys(one for one in sort if one in known)
    return [*(one for one in indexes if one not in named), *named]


def _moved(order: list[str], moves: list[str]) -> list[str]:
    """Apply moves such as `"2:0"` to the indexes in place. Invalid texts are ignored.

    Each move is relative: an earlier move may have shifted the entry, so it goes by `end - start` from where it is now.
    """
    original = tuple(order)
    for start, end in filter(None, map(_move, moves[:MAX_MOVES])):
        if start < len(original):
            index = order.index(original[start])
            order.insert(max(index + end - start, 0), order.pop(index))
    return order


def _move(text: str) -> tuple[int, int] | None:
    start, _, end = text.partition(":")
    return (int(start), int(end)) if _is_number(start) and _is_number(end) else None


class _EntryKeys:
    """Keys of a list's entries: those that the page sends, if they are valid and unique, and new ones."""

    def __init__(self, taken: int) -> None:
        self._seen = set[str]()
        self._numbers = count(taken)

    def of(self, entry: Params) -> str | None:
        """Return the key that the page sends for an entry; None if it is missing, invalid or used already."""
        key = entry.get("_persistent_id")
        # Keys are part of the ids of inputs, so a key that was sent twice must not identify two entries.
        if not isinstance(key, str) or not _is_number(key) or key in self._seen:
            return None
        self._seen.add(key)
        return key

    def new(self) -> str:
        """Return an unused key."""
        key = next(one for one in map(str, self._numbers) if one not in self._seen)
        self._seen.add(key)
        return key


def _is_number(text: str) -> bool:
    # int() and isdecimal() accept the digits of all scripts: one key would have several spellings.
    return text.isascii() and text.isdecimal() and len(text) <= MAX_KEY_LENGTH


def _texts(sent: Any) -> list[str]:
    values = sent if isinstance(sent, list) else list(sent.values()) if isinstance(sent, Mapping) else [sent]
    return [one for one in values if isinstance(one, str)]
