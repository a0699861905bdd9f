"""Filters of the plot component. A figure is sent beside the page, in an event: the page keeps only digests of it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from jinja2 import Undefined
from markupsafe import Markup

from pyview.plots.known import library_of
from pyview.plots.matplotlib import Drawing
from pyview.plots.plot import Plot
from pyview.plots.scripts import script_of
from pyview.plots.shown import Shown
from pyview.template.compiler.purity import pure
from pyview.template.tree.nodes import RenderPass
from pyview.template.tree.output import Live
from pyview.wire.message import encoded

PLOT_EVENT: Final = "pyview:plot"
"""Event with what has changed in a plot. The client keeps it until the plot's element exists."""


class PlotContent(Live):
    """The content of a plot: an event for the script in the browser. In the page it is nothing."""

    __slots__ = ("_figure", "_id")

    def __init__(self, figure: Any, id: str) -> None:
        self._figure = figure
        self._id = id

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        shown = previous if type(previous) is Shown else Shown()
        message = shown.message(self._figure)
        host = render_pass.host
        if message is not None and host is not None:
            host.queue_event(PLOT_EVENT, encoded({"id": self._id, **message}, PLOT_EVENT))
        return shown, None if shown is previous else ""

    async def html(self, host: Any) -> str:
        return ""

    # Nothing has to be awaited, so no mark stands for it in a page that is rendered to text.
    def __html__(self) -> str:
        return ""


class Picture(Live):
    """The picture of a drawing. The page keeps its digest only."""

    __slots__ = ("_alt", "_drawing", "_height")

    def __init__(self, drawing: Drawing, alt: str, height: int) -> None:
        self._drawing = drawing
        self._alt = alt
        self._height = height

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        now = _PictureShown((self._drawing.digest, self._alt, self._height))
        if type(previous) is _PictureShown and previous == now:
            return previous, None
        return now, str(self._markup())

    async def html(self, host: Any) -> str:
        return self.__html__()

    def __html__(self) -> str:
        return str(self._markup())

    def _markup(self) -> Markup:
        return Markup('<img src="{}" alt="{}" height="{}">').format(
            self._drawing.url, self._alt, self._height
        )


class _PictureShown(tuple[str, str, int]):
    """Element of a drawing in a page: digest, text and height."""

    __slots__ = ()


@pure
def plotted(figure: Any, id: str) -> PlotContent:
    """Return the content of a plot."""
    return PlotContent(figure, id)


@pure
def picture(drawing: Drawing, alt: str, height: int) -> Picture:
    """Return the picture of a drawing."""
    return Picture(drawing, alt, height)


@pure
def is_drawing(figure: Any) -> bool:
    """Return True for what `draw` has returned. Raises `TypeError` for a name that is not set."""
    if isinstance(figure, Undefined):
        raise TypeError(f"expected a figure for ui.plot; {figure._undefined_name!r} is not set")
    return isinstance(figure, Drawing)


@pure
def plot_script(figure: Any) -> str:
    """Return the name of the script that draws the figure. Raises `TypeError`, `PackageMissing`."""
    library = figure.library if isinstance(figure, Plot) else library_of(figure)
    return script_of(library.name).name


# With a prefix, so that they hide no filter of an application.
FILTERS: Final[Mapping[str, Any]] = MappingProxyType(
    {"ui.plotted": plotted, "ui.picture": picture, "ui.is_drawing": is_drawing, "ui.plot_script": plot_script}
)
"""The functions as filters of templates."""
