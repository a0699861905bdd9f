"""Figures of Matplotlib. They are made without its module `pyplot`, which keeps every figure in memory."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from examples.plots.readings import SEASONS, Day


def means(days: Sequence[Day]) -> Any:
    """Return the mean temperature of each season."""
    figure = Figure(figsize=(8, 4))
    axes = figure.subplots()
    axes.bar(SEASONS, [_mean(days, season) for season in SEASONS], color="#096e89", label="Mean temperature")
    axes.set_ylabel("°C")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _mean(days: Sequence[Day], season: str) -> float:
    values = [day.temperature for day in days if day.season == season]
    return sum(values) / len(values)
