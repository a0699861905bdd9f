"""What the address of the table says: which rows, in which order, which page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from examples.table.orders import Order

PAGE_SIZE = 12
SORT_KEYS: dict[str, Callable[[Order], Any]] = {
    "number": lambda order: order.number,
    "customer": lambda order: order.customer.casefold(),
    "product": lambda order: order.product,
    "placed": lambda order: (order.placed, order.number),
    "total": lambda order: order.cents,
    "status": lambda order: order.status,
}


@dataclass(frozen=True)
class Query:
    """The state of the table that belongs into the address, so that a link or a reload shows the same rows.

    ``sort`` is a key of :data:`SORT_KEYS`, with a leading minus for descending order.
    """

    q: str = ""
    sort: str = "-number"
    page: int = 1

    @classmethod
    def tame(cls, q: str, sort: str, page: int) -> "Query":
        """A query of values that anybody may have typed into the address."""
        known = sort.removeprefix("-") in SORT_KEYS
        return cls(q=q.strip()[:80], sort=sort if known else cls.sort, page=max(page, 1))

    @property
    def params(self) -> dict[str, str | int]:
        """The values that differ from an empty address."""
        plain = Query()
        return {name: value for name, value in vars(self).items() if value != getattr(plain, name)}

    @property
    def href(self) -> str:
        """A link relative to the table's own address, wherever the application is mounted."""
        return "?" + urlencode(self.params)

    def sorted_by(self, column: str) -> "Query":
        """The same rows by this column; a second time, the other way round."""
        return replace(self, sort=f"-{column}" if self.sort == column else column, page=1)

    def on_page(self, page: int) -> "Query":
        return replace(self, page=page)

    def direction(self, column: str) -> str:
        """The value of ``aria-sort`` for a column's heading."""
        if self.sort.removeprefix("-") != column:
            return "none"
        return "descending" if self.sort.startswith("-") else "ascending"


@dataclass(frozen=True)
class Page:
    """One page of the rows that a query found."""

    rows: tuple[Order, ...]
    number: int
    count: int
    found: int


def select(orders: Sequence[Order], query: Query) -> Page:
    """Search, sort and cut; a page beyond the last one is the last one."""
    words = query.q.casefold().split()
    found = [order for order in orders if all(word in order.words for word in words)]
    found.sort(key=SORT_KEYS[query.sort.removeprefix("-")], reverse=query.sort.startswith("-"))
    count = max(1, -(-len(found) // PAGE_SIZE))
    number = min(query.page, count)
    start = (number - 1) * PAGE_SIZE
    return Page(tuple(found[start : start + PAGE_SIZE]), number, count, len(found))
