"""The bookshelf on its own: ``uvicorn examples.tstrings.app:app``.

Its page is a template string, which is syntax of Python 3.14; on older ones the package future-tstrings brings it.
Without either, the application says so instead.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from examples.page import assets, page
from pyview import LiveView, PyView

HAS_TEMPLATE_STRINGS = sys.version_info >= (3, 14) or find_spec("future_tstrings") is not None


class MissingLiveView(LiveView[None]):
    """What an interpreter shows that cannot read the view's module."""

    template_file = "missing.html"


def shelf() -> type[LiveView[Any]]:
    """The view, if this Python can read it."""
    if not HAS_TEMPLATE_STRINGS:
        return MissingLiveView
    view: type[LiveView[Any]] = import_module("examples.tstrings.shelf").ShelfLiveView
    return view


app = PyView()
app.rootTemplate = page("Bookshelf")
app.mount("/assets", assets)
app.add_live_view("/", shelf())
