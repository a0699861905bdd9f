"""The libraries whose figures a page can show."""

from typing import Any, Final

from pyview.plots.altair import AltairCharts
from pyview.plots.figure import Library, comes_from
from pyview.plots.plotly import PlotlyFigures

LIBRARIES: Final[tuple[Library, ...]] = (PlotlyFigures(), AltairCharts())


def library_of(figure: Any) -> Library:
    """Return the library that made the figure. Raises `TypeError` if none did."""
    for library in LIBRARIES:
        if library.made(figure):
            return library
    if comes_from(figure, "matplotlib"):
        raise TypeError(
            "ui.plot shows a figure of Matplotlib as a picture, which takes time to draw. Draw it in a handler: "
            'from pyview.plots import draw; socket.context["sales"] = await draw(figure)'
        )
    raise TypeError(
        f"ui.plot shows figures of Plotly and Altair, a Plot, or what draw(figure) returns; got {type(figure).__name__}"
    )
