"""Charts of all kinds: a minute of measurements that moves every second, bars that answer clicks, lines in a table."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, ClassVar, Literal, TypedDict, get_args

from examples.charts.figures import CHANGES, COUNTRIES, SALES, Load, Month, first_load, totals
from pyview import LiveView, LiveViewSocket
from pyview.events import InfoEvent, event, info

Kind = Literal["line", "area", "bar"]
CHANNELS = {"shop": "Shop", "online": "Online", "partners": "Partners"}


class ChartsContext(TypedDict):
    load: Load
    sales: Sequence[Month]
    channels: dict[str, str]
    lines: dict[str, list[float | None]]
    changes: dict[str, list[int]]
    countries: Sequence[str]
    kind: Kind
    kinds: Sequence[str]
    stacked: bool
    chosen: str


class ChartsLiveView(LiveView[ChartsContext]):
    random: ClassVar = Random()

    async def mount(self, socket: LiveViewSocket[ChartsContext], session: Any) -> None:
        socket.context = {
            "load": first_load(datetime.now(UTC), self.random),
            "sales": SALES,
            "channels": CHANNELS,
            "lines": {label: totals(SALES, name) for name, label in CHANNELS.items()},
            "changes": CHANGES,
            "countries": COUNTRIES,
            "kind": "bar",
            "kinds": get_args(Kind),
            "stacked": False,
            "chosen": "",
        }
        if socket.connected:
            socket.schedule_info(InfoEvent("second"), seconds=1)

    @info("second")
    async def measure(self, socket: LiveViewSocket[ChartsContext]) -> None:
        socket.context["load"] = socket.context["load"].later(self.random)

    @event
    async def show(self, socket: LiveViewSocket[ChartsContext], kind: Kind) -> None:
        socket.context["kind"] = kind

    @event
    async def stack(self, socket: LiveViewSocket[ChartsContext]) -> None:
        socket.context["stacked"] = not socket.context["stacked"]

    @event
    async def choose(self, socket: LiveViewSocket[ChartsContext], series: str, x: str, value: float) -> None:
        if series in CHANNELS.values() and any(x == month.name for month in SALES):
            socket.context["chosen"] = f"{series}, {x}: {value:g} thousand"
