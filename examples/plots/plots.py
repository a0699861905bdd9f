"""Figures of Plotly, Altair and Matplotlib: they grow, change, and tell the view what a user clicks or selects.

The three packages are extras. A page without one of them says how to install it.
"""

import asyncio
import importlib
import importlib.util
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, ClassVar, TypedDict

from examples.plots.readings import Day, days, seconds
from pyview import LiveView, LiveViewSocket
from pyview.events import InfoEvent, event, info
from pyview.plots import Plot, Points, Ranges, draw

SECONDS = 60
MODULES = {"plotly": "plotly_figures", "altair": "altair_charts", "matplotlib": "matplotlib_figures"}


class PlotsContext(TypedDict):
    missing: list[str]
    wind: Plot | None
    weather: Any
    year: Any
    means: Any
    chosen: str
    selected: str


class PlotsLiveView(LiveView[PlotsContext]):
    random: ClassVar = Random(7)

    async def mount(self, socket: LiveViewSocket[PlotsContext], session: Any) -> None:
        installed = [name for name in MODULES if importlib.util.find_spec(name)]
        # To import one of them takes a second.
        self.made = {name: await asyncio.to_thread(_module, MODULES[name]) for name in installed}
        self.readings: Iterator[tuple[str, float]] = seconds(
            datetime.now(UTC) - timedelta(seconds=SECONDS), self.random
        )
        socket.context = {
            "missing": [name for name in MODULES if name not in installed],
            "wind": None,
            "weather": None,
            "year": None,
            "means": None,
            "chosen": "",
            "selected": "",
        }
        if "plotly" in self.made:
            socket.context["wind"] = Plot(self.made["plotly"].wind([*islice(self.readings, SECONDS)]))
        await self._show(socket, days(self.random))
        if socket.connected and "plotly" in self.made:
            socket.schedule_info(InfoEvent("second"), seconds=1)

    async def _show(self, socket: LiveViewSocket[PlotsContext], year: list[Day]) -> None:
        if "plotly" in self.made:
            socket.context["weather"] = self.made["plotly"].year(year)
        if "altair" in self.made:
            socket.context["year"] = self.made["altair"].year(year)
        if "matplotlib" in self.made:
            socket.context["means"] = await draw(self.made["matplotlib"].means(year))

    @info("second")
    async def measure(self, socket: LiveViewSocket[PlotsContext]) -> None:
        time, wind = next(self.readings)
        if socket.context["wind"] is not None:
            socket.context["wind"].extend({"x": [time], "y": [wind]}, keep=SECONDS)

    @event
    async def another_year(self, socket: LiveViewSocket[PlotsContext]) -> None:
        await self._show(socket, days(self.random))

    @event
    async def choose(self, socket: LiveViewSocket[PlotsContext], points: Points) -> None:
        if points:
            socket.context["chosen"] = f"{points[0].series}: {points[0].x} °C, {points[0].y} m/s"

    @event
    async def select(self, socket: LiveViewSocket[PlotsContext], ranges: Ranges) -> None:
        limits = [limit for limit in ranges.get("day", []) if isinstance(limit, float)]
        socket.context["selected"] = f"Days {limits[0]:.0f} to {limits[1]:.0f}" if len(limits) == 2 else ""


def _module(name: str) -> Any:
    return importlib.import_module(f"examples.plots.{name}")
