"""Serve the bookshelf alone: ``pyview dev examples.tstrings.app:app``.

Its template is a template string, which needs Python 3.14 or the package future-tstrings. Without either, the page
explains this.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from examples.page import assets, page
from pyview import LiveView, PyView

HAS_TEMPLATE_STRINGS = sys.version_info >= (3, 14) or find_spec("future_tstrings") is not None


class MissingLiveView(LiveView[None]):
    """Page for an interpreter that cannot import the view."""

    template_file = "missing.html"


def shelf() -> type[LiveView[Any]]:
    """Return the view, or its replacement if this Python cannot import it."""
    if not HAS_TEMPLATE_STRINGS:
        return MissingLiveView
    view: type[LiveView[Any]] = import_module("examples.tstrings.shelf").ShelfLiveView
    return view


app = PyView()
app.rootTemplate = page("Bookshelf")
app.mount("/assets", assets)
app.add_live_view("/", shelf())
