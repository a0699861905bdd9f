"""Events of plots: what a handler gets when a user clicks, points at or selects something."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictStr

# Strict: a handler reads text from forms, too, and would take a number for a text or a text for a number.
Value = StrictBool | StrictFloat | StrictStr | None
"""A value of a point, or a limit of a range: text, number or bool, as the browser sends it."""

_Text = Annotated[str, Field(max_length=1000)]


class PlotPoint(BaseModel):
    """A point of a plot. It comes from the browser: check it before you trust it.

    `series` is the name of the trace, `trace` its number, `index` the number of the point in it; Altair has neither
    number. `x` and `y` are the values on the axes. `data` are the fields of the row (Altair), or the point's
    `customdata` as "customdata" (Plotly).
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    series: _Text = ""
    trace: int | None = None
    index: int | None = None
    x: Value = None
    y: Value = None
    data: dict[_Text, Value] = Field(default_factory=dict, max_length=100)


Points = Annotated[list[PlotPoint], Field(max_length=1000)]
"""Parameter `points` of a handler: the points that were clicked, pointed at or selected; at most 1,000."""

Ranges = Annotated[dict[_Text, list[Value]], Field(max_length=20)]
"""Parameter `ranges` of a handler: of each axis (Plotly) or field (Altair) the limits, or the chosen values."""
