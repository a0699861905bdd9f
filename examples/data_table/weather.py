"""A table of a data frame, in groups with totals that the frame computes."""

import datetime
import math
from functools import cache
from random import Random
from typing import Any, TypedDict

import polars as pl

from pyview import LiveView, LiveViewSocket
from pyview.tables import DataTable, column, data_table

CITIES = {"Bergen": (8, 12), "Cairo": (22, 14), "Lima": (19, 5), "Nairobi": (19, 3), "Osaka": (16, 22)}
DAYS = 730
FIRST_DAY = datetime.date(2024, 1, 1)


@cache
def weather() -> pl.DataFrame:
    """Return a made-up day of weather in each row."""
    random = Random(3)
    rows = [_day(random, city, number) for city in CITIES for number in range(DAYS)]
    return pl.DataFrame(rows)


def _day(random: Random, city: str, number: int) -> dict[str, Any]:
    mean, spread = CITIES[city]
    season = math.sin((number - 105) * 2 * math.pi / 365)
    return {
        "city": city,
        "day": FIRST_DAY + datetime.timedelta(days=number),
        "warmest": round(mean + spread / 2 * season + random.uniform(-4, 6), 1),
        "rain": round(max(random.gauss(1, 5), 0), 1) or None,
        "sunny": random.random() < 0.5,
    }


class WeatherContext(TypedDict):
    weather: DataTable


class WeatherLiveView(LiveView[WeatherContext]):
    template_file = "weather.html"

    async def mount(self, socket: LiveViewSocket[WeatherContext], session: Any) -> None:
        socket.context = {
            "weather": await data_table(
                socket,
                "weather",
                weather(),
                columns=[
                    column("day"),
                    column("city", kind="choice", choices=CITIES, groupable=True),
                    column("warmest", "Warmest (°C)", format="{:.1f}", total="mean"),
                    column("rain", "Rain (mm)", format="{:,.1f}", total="sum"),
                    column("sunny", groupable=True),
                ],
                sort="-day",
                group="city",
                exports=["csv"],
            )
        }
