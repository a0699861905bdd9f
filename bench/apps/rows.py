"""The table's data: 100 rows, and what its total must be after a number of bumps."""

from dataclasses import dataclass

COUNT = 100
NAMES = ["Bolt", "Nut", "Washer", "Screw", "Bracket"]


@dataclass(frozen=True)
class Row:
    """One line of the table; the price is in cents."""

    id: int
    name: str
    price: int
    qty: int


def frozen_rows() -> list[Row]:
    return [Row(n, f"{NAMES[n % 5]} M{n}", 100 + 7 * n, 1 + n % 9) for n in range(COUNT)]


def dict_rows() -> list[dict[str, int | str]]:
    return [{"id": row.id, "name": row.name, "price": row.price, "qty": row.qty} for row in frozen_rows()]


def total_after(bumps: int) -> int:
    """The sum of price times quantity, when each bump made the next row one cent dearer."""
    rows = frozen_rows()
    rounds, rest = divmod(bumps, COUNT)
    start = sum(row.price * row.qty for row in rows)
    return start + rounds * sum(row.qty for row in rows) + sum(row.qty for row in rows[:rest])
