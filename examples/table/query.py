"""The URL parameters of the table: search, order and page."""

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
    """The state of the table in its URL, so that a link or a reload shows the same rows.

    ``sort`` is a key of :data:`SORT_KEYS`, with a leading minus for descending order.
    """

    q: str = ""
    sort: str = "-number"
    page: int = 1

    @classmethod
    def from_url(cls, q: str, sort: str, page: int) -> "Query":
        """Return a valid query for values from the URL, which the user may have edited."""
        known = sort.removeprefix("-") in SORT_KEYS
        return cls(q=q.strip()[:80], sort=sort if known else cls.sort, page=max(page, 1))

    @property
    def params(self) -> dict[str, str | int]:
        """Parameters that differ from their defaults."""
        plain = Query()
        return {name: value for name, value in vars(self).items() if value != getattr(plain, name)}

    @property
    def href(self) -> str:
        """Link relative to the page, so that it works under any mount prefix."""
        return "?" + urlencode(self.params)

    def sorted_by(self, column: str) -> "Query":
        """Return the query sorted by this column, or in reverse order if it is already."""
        return replace(self, sort=f"-{column}" if self.sort == column else column, page=1)

    def on_page(self, page: int) -> "Query":
        return replace(self, page=page)

    def direction(self, column: str) -> str:
        """Return the value of ``aria-sort`` for the heading of a column."""
        if self.sort.removeprefix("-") != column:
            return "none"
        return "descending" if self.sort.startswith("-") else "ascending"


@dataclass(frozen=True)
class Page:
    """One page of the matching rows."""

    rows: tuple[Order, ...]
    number: int
    count: int
    found: int


def select(orders: Sequence[Order], query: Query) -> Page:
    """Return a page of the matching, sorted rows; the last page if the number is too high."""
    words = query.q.casefold().split()
    found = [order for order in orders if all(word in order.words for word in words)]
    found.sort(key=SORT_KEYS[query.sort.removeprefix("-")], reverse=query.sort.startswith("-"))
    count = max(1, -(-len(found) // PAGE_SIZE))
    number = min(query.page, count)
    start = (number - 1) * PAGE_SIZE
    return Page(tuple(found[start : start + PAGE_SIZE]), number, count, len(found))
