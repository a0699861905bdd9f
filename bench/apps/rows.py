"""Data of the table: 100 rows, and their expected total after a number of bumps."""

from dataclasses import dataclass
from typing import Any

COUNT = 100
NAMES = ["Bolt", "Nut", "Washer", "Screw", "Bracket"]


@dataclass(frozen=True)
class Row:
    """Row of the table. The price is in cents."""

    id: int
    name: str
    price: int
    qty: int


def frozen_rows() -> list[Row]:
    return [Row(n, f"{NAMES[n % 5]} M{n}", 100 + 7 * n, 1 + n % 9) for n in range(COUNT)]


def dict_rows() -> list[dict[str, Any]]:
    return [
        {"id": n, "name": f"{NAMES[n % 5]} M{n}", "price": 100 + 7 * n, "qty": 1 + n % 9}
        for n in range(COUNT)
    ]


def total_after(bumps: int) -> int:
    """Return the total after `bumps` events, each of which adds one cent to the price of the next row."""
    rows = frozen_rows()
    rounds, rest = divmod(bumps, COUNT)
    start = sum(row.price * row.qty for row in rows)
    return start + rounds * sum(row.qty for row in rows) + sum(row.qty for row in rows[:rest])
