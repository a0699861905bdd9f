"""Charts of Altair."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from examples.plots.readings import SEASONS, Day


def year(days: Sequence[Day]) -> Any:
    """Return the temperature of each day, with a part that the user can select."""
    rows = [{"day": day.number, "season": day.season, "temperature": day.temperature} for day in days]
    return (
        alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call]
        .mark_circle(size=40)
        .encode(
            x=alt.X("day:Q", title="Day"),
            y=alt.Y("temperature:Q", title="°C"),
            color=alt.Color("season:N", title="Season", sort=[*SEASONS]),
            tooltip=["season:N", "temperature:Q"],
        )
        .add_params(alt.selection_interval(name="days", encodings=["x"]))
    )
