"""Figures of Plotly."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from examples.plots.readings import SEASONS, Day


def wind(readings: Sequence[tuple[str, float]]) -> Any:
    """Return the wind of the last seconds, a line that grows."""
    times, values = zip(*readings, strict=True)
    line = go.Scatter(x=[*times], y=[*values], name="Wind", mode="lines")
    return go.Figure(line, go.Layout(yaxis={"title": "m/s", "range": [0, 15]}))


def year(days: Sequence[Day]) -> Any:
    """Return temperature and wind of all days, a trace for each season."""
    figure = go.Figure(layout=go.Layout(xaxis={"title": "°C"}, yaxis={"title": "m/s"}))
    for season in SEASONS:
        own = [day for day in days if day.season == season]
        figure.add_scatter(
            x=[day.temperature for day in own], y=[day.wind for day in own], name=season, mode="markers"
        )
    return figure
