"""A model of streams: a plain list that gives the items a page must show after a series of operations.

In one callback, a reset cancels all operations before it and empties the list; deletions come next; then insertions
in order. An item that is inserted twice keeps its first position and gets its last content.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from pyview.stream import Stream


@dataclass(frozen=True)
class Item:
    id: int
    text: str


@dataclass(frozen=True)
class Insert:
    item: Item
    at: int = -1
    limit: int | None = None
    update_only: bool = False

    def on(self, stream: Stream[Item]) -> None:
        stream.insert(self.item, at=self.at, limit=self.limit, update_only=self.update_only)


@dataclass(frozen=True)
class Delete:
    id: int

    def on(self, stream: Stream[Item]) -> None:
        stream.delete_by_id(f"rows-{self.id}")


@dataclass(frozen=True)
class Reset:
    def on(self, stream: Stream[Item]) -> None:
        stream.reset()


Operation = Insert | Delete | Reset


@dataclass
class Model:
    """The list of ids and texts."""

    rows: list[tuple[int, str]] = field(default_factory=list)

    def take(self, operations: Sequence[Operation]) -> None:
        """Apply the operations of one callback."""
        resets = [i for i, each in enumerate(operations) if isinstance(each, Reset)]
        valid = operations[resets[-1] :] if resets else operations
        gone = (
            {row[0] for row in self.rows} if resets else {one.id for one in valid if isinstance(one, Delete)}
        )
        gone &= {row[0] for row in self.rows}
        self.rows = [row for row in self.rows if row[0] not in gone]
        for insert in _merged(valid):
            self._insert(insert, was_there=insert.item.id in gone)

    def _insert(self, insert: Insert, *, was_there: bool) -> None:
        row = (insert.item.id, insert.item.text)
        ids = [each[0] for each in self.rows]
        if insert.item.id in ids:
            self.rows[ids.index(insert.item.id)] = row
            return
        if insert.update_only and not was_there:
            return
        self.rows.insert(len(self.rows) if insert.at == -1 else insert.at, row)
        if insert.limit is not None:
            self.rows = self.rows[: insert.limit] if insert.limit > 0 else self.rows[insert.limit :]


def _merged(operations: Iterable[Operation]) -> list[Insert]:
    waiting: dict[int, Insert] = {}
    for each in operations:
        if isinstance(each, Delete):
            waiting.pop(each.id, None)
        elif isinstance(each, Insert):
            first = waiting.get(each.item.id)
            if first is not None and not first.update_only:
                waiting[each.item.id] = Insert(each.item, first.at, first.limit, first.update_only)
            else:
                waiting.pop(each.item.id, None)
                waiting[each.item.id] = each
    return list(waiting.values())


IDS = st.integers(1, 7)
TEXTS = st.sampled_from(["a", "b", "<c>", "&"])
ITEMS = st.builds(Item, IDS, TEXTS)
PLACES = st.sampled_from([-1, -1, 0, 0, 1, 2, 5, 50])
INSERTS = st.builds(Insert, ITEMS, PLACES, st.none(), st.booleans() | st.just(False))
OPERATIONS: st.SearchStrategy[Operation] = st.one_of(
    INSERTS, INSERTS, INSERTS, st.builds(Delete, IDS), st.builds(Delete, IDS), st.builds(Reset)
)
LIMITS = st.sampled_from([1, 2, 3, -1, -2, -3])
LIMITED = st.builds(Insert, ITEMS, PLACES, LIMITS, st.just(False))
# The client does not insert an item again that a limit removes in the same message: see test_a_limit_comes_last.
BULKS = st.lists(LIMITED, max_size=5, unique_by=lambda insert: insert.item.id)
CYCLES = st.lists(
    st.lists(OPERATIONS, max_size=6)
    | LIMITED.map(lambda one: [one])
    | BULKS.map(lambda bulk: [Reset(), *bulk]),
    min_size=1,
    max_size=8,
)


def single(cycles: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Return the same operations, each in its own callback."""
    return [[operation] for cycle in cycles for operation in cycle]
