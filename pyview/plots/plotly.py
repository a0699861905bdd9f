"""Figures of Plotly: each trace is a part, the layout is one."""

import re
from functools import cache
from typing import Any, Final

from pyview.plots.figure import LAYOUT, Spec, comes_from, package
from pyview.plots.json import json_of

# Plotly reads some tags in texts. A link, for instance in a name that a user has chosen, would lead to another site.
_LINK: Final = re.compile(rb"<(?=/?a[\s>])", re.IGNORECASE)


class PlotlyFigures:
    """`plotly.graph_objects.Figure`, also of `plotly.express`."""

    name = "plotly"

    def made(self, figure: Any) -> bool:
        return comes_from(figure, "plotly") and hasattr(figure, "to_plotly_json")

    def spec(self, figure: Any) -> Spec:
        data, layout = _content(figure)
        parts = {str(i): _without_links(json_of(trace)) for i, trace in enumerate(data)}
        parts[LAYOUT] = _without_links(json_of({k: v for k, v in layout.items() if not _is_default(k, v)}))
        return Spec(parts)

    def may_have_changed(self, figure: Any) -> bool:
        return True  # `figure.data[0].y = ...` is the usual way to change one


def _content(figure: Any) -> tuple[Any, Any]:
    # Without the copies of `to_plotly_json`, which take longer than all the rest: a render looks at every figure.
    data, layout = getattr(figure, "_data", None), getattr(figure, "_layout", None)
    if isinstance(data, list) and isinstance(layout, dict):
        return data, layout
    found = figure.to_plotly_json()
    return found["data"], found["layout"]


def _without_links(text: bytes) -> bytes:
    return _LINK.sub(b"&lt;", text)


def _is_default(name: str, value: Any) -> bool:
    # The default template is 7 KB of colours, which would hide those of the page.
    return name == "template" and value == _default_template()


@cache
def _default_template() -> Any:
    templates = package("plotly.io", "plotly").templates
    return templates[templates.default].to_plotly_json() if templates.default else {}
