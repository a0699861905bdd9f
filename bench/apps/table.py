"""Table of 100 dicts. `bump` adds one cent to the price of the next row."""

from typing import Any, TypedDict

from bench.apps.rows import COUNT, dict_rows
from pyview import LiveView, LiveViewSocket


class Stock(TypedDict):
    rows: list[dict[str, Any]]
    total: int
    turn: int


class Table(LiveView[Stock]):
    async def mount(self, socket: LiveViewSocket[Stock], session: Any) -> None:
        rows = dict_rows()
        socket.context = {"rows": rows, "total": sum(row["price"] * row["qty"] for row in rows), "turn": 0}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Stock]) -> None:
        stock = socket.context
        row = stock["rows"][stock["turn"]]
        row["price"] += 1
        stock["total"] += row["qty"]
        stock["turn"] = (stock["turn"] + 1) % COUNT
