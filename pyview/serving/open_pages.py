"""What happens to the open pages of an application when its developer saves files."""

from typing import Any

from pyview.process.messages import PushToPage
from pyview.process.reloading import LOAD_EVENT, PROBLEM_EVENT
from pyview.serving.messages import StaticFilesChanged
from pyview.serving.server import live_apps


def count_pages(app: Any) -> int:
    """Return the number of open pages."""
    return sum(live.open_pages for live in live_apps(app))


def show_problem(app: Any, text: str | None) -> None:
    """Show `text` on every open page; None takes it away."""
    _push(app, PROBLEM_EVENT, {"id": "pyview dev", "text": text})


def reload_static_files(app: Any, changed: StaticFilesChanged) -> None:
    """Let every open page load style sheets again, or itself if another file has changed."""
    if changed.load:
        _push(app, LOAD_EVENT, {})


def _push(app: Any, event: str, payload: dict[str, Any]) -> None:
    for live in live_apps(app):
        for process in tuple(live.app_context.processes):
            process.post_soon(PushToPage(event, payload))
