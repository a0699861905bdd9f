"""The table with frozen dataclasses: a changed row is a new object."""

from dataclasses import replace
from typing import Any, TypedDict

from bench.apps.rows import COUNT, Row, frozen_rows, total_after
from pyview import LiveView, LiveViewSocket


class Stock(TypedDict):
    rows: list[Row]
    total: int
    turn: int


class FrozenTable(LiveView[Stock]):
    async def mount(self, socket: LiveViewSocket[Stock], session: Any) -> None:
        socket.context = {"rows": frozen_rows(), "total": total_after(0), "turn": 0}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Stock]) -> None:
        stock = socket.context
        row = stock["rows"][stock["turn"]]
        stock["rows"][stock["turn"]] = replace(row, price=row.price + 1)
        stock["total"] += row.qty
        stock["turn"] = (stock["turn"] + 1) % COUNT
