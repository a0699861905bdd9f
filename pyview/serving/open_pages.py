"""Messages to the open pages of an application when its developer saves files."""

import time
from pathlib import Path
from typing import Any, Final

from pyview.failures.failure import Failure
from pyview.process.failure_display import show_on_all_pages
from pyview.process.messages import PushToPage
from pyview.process.reloading import LOAD_EVENT
from pyview.serving.messages import StaticFilesChanged
from pyview.serving.server import live_apps

_STYLES_EVENT: Final = "pyview:styles"
"""The event that makes a browser load style sheets again."""


def count_pages(app: Any) -> int:
    """Return the number of open pages."""
    return sum(live.open_pages for live in live_apps(app))


def show_problem(app: Any, failure: Failure | None) -> None:
    """Show `failure` on every open page; None takes it away."""
    for live in live_apps(app):
        show_on_all_pages(live.app_context, failure)


def reload_static_files(app: Any, changed: StaticFilesChanged) -> None:
    """Let every open page load style sheets again, or itself if another file has changed."""
    if changed.load:
        _push(app, LOAD_EVENT, {})
    else:
        names = [Path(path).name for path in changed.paths]
        _push(app, _STYLES_EVENT, {"names": names, "stamp": str(time.time_ns())})


def _push(app: Any, event: str, payload: dict[str, Any]) -> None:
    for live in live_apps(app):
        for process in tuple(live.app_context.processes):
            process.post_soon(PushToPage(event, payload))
