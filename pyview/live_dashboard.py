"""The live dashboard: a page of the open views of an application, their users and their sizes."""

import os
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pyview.app import PyView
from pyview.auth.requires import Conditions
from pyview.auth.requires import requires as required
from pyview.events import InfoEvent
from pyview.live_view import LiveView
from pyview.middleware.log_redaction import RedactSecrets
from pyview.process.snapshot import ViewSnapshot
from pyview.socket.socket import LiveViewSocket
from pyview.template.live_template import LiveTemplate

# The page renders at each tick in the worker that it measures, so its own cost must stay small.
_MOST_ROWS = 200
_TICK = InfoEvent("tick")
_STATM = Path("/proc/self/statm")
_REDACT = RedactSecrets()

_PAGE = """\
<section class="pyview-dashboard">
<style>
.pyview-dashboard { max-width: 72rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
.pyview-dashboard dl { display: flex; flex-wrap: wrap; gap: 1rem 2rem; margin: 1rem 0; }
.pyview-dashboard dt { font-size: .85rem; opacity: .75; }
.pyview-dashboard dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.pyview-dashboard .scroll { overflow-x: auto; }
.pyview-dashboard table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.pyview-dashboard th, .pyview-dashboard td { padding: .35rem .75rem .35rem 0; text-align: left; white-space: nowrap; }
.pyview-dashboard th { font-size: .85rem; opacity: .75; font-weight: 600; }
.pyview-dashboard td.number, .pyview-dashboard th.number { text-align: right; }
.pyview-dashboard tbody tr { border-top: 1px solid rgb(128 128 128 / 30%); }
</style>
<h1>Live views</h1>
<dl>
<div><dt>Open views</dt><dd id="views">{{ numbers.views }}</dd></div>
<div><dt>Signed-in users</dt><dd id="users">{{ numbers.users }}</dd></div>
<div><dt>Waiting messages</dt><dd>{{ numbers.waiting }}</dd></div>
<div><dt>Memory</dt><dd>{{ numbers.megabytes }} MB</dd></div>
<div><dt>Loop delay</dt><dd>{{ numbers.delay }} ms</dd></div>
</dl>
<h2>By class</h2>
<ul>{% for name, count in classes %}<li>{{ name }}: {{ count }}</li>{% endfor %}</ul>
<h2>Each view</h2>
<form id="filter" phx-change="filter" phx-submit="filter">
<label>Show only <input name="text" value="{{ text }}" type="search" phx-debounce="200" autocomplete="off"></label>
</form>
<div class="scroll"><table>
<thead><tr><th>View</th><th>Page</th><th>User</th>
<th class="number">Waiting</th><th class="number">Components</th><th class="number">Timers</th></tr></thead>
<tbody id="rows">{% for row in rows %}
<tr><td>{{ row.view }}{% if row.nested %} (nested){% endif %}</td><td>{{ row.page }}</td><td>{{ row.user or "-" }}</td>
<td class="number">{{ row.waiting }}</td><td class="number">{{ row.components }}</td>
<td class="number">{{ row.timers }}</td></tr>{% endfor %}
</tbody></table></div>
{% if hidden %}<p>And {{ hidden }} more; use the filter to find them.</p>{% endif %}
</section>
"""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Totals of all views. `delay`: how late the last tick came, in milliseconds."""

    views: int
    users: int
    waiting: int
    megabytes: str
    delay: int


def live_views(app: PyView) -> list[ViewSnapshot]:
    """Return the open views of this worker, ordered by class and page.

    Secrets in the URLs of pages are removed, as in the logs of the server.
    """
    # A copy: a view may end while this reads the others.
    snapshots = (process.snapshot() for process in tuple(app.app_context.processes))
    shown = (_without_secrets(one) for one in snapshots if one is not None)
    return sorted(shown, key=lambda one: (one.view, one.page, one.user))


def _without_secrets(one: ViewSnapshot) -> ViewSnapshot:
    page = _REDACT.clean(one.page)
    return one if page == one.page else replace(one, page=page)


def live_dashboard(app: PyView, requires: Conditions, *, every: float = 1.0) -> type[LiveView[Any]]:
    """Return a view that shows the open views of `app` in this worker, and renders every `every` seconds.

    It shows the pages of each user, so `requires` is not optional. Its values are those of `@requires`:
    `app.add_live_view("/ops", live_dashboard(app, requires="admin"))`.
    """

    @required(requires)
    class LiveDashboard(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string(_PAGE, "live dashboard")

        async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
            socket.live_title = "Live views"
            self._text = ""
            self._last = time.monotonic()
            socket.schedule_info(_TICK, every)
            socket.context = self._shown(delay=0.0)

        async def handle_event(
            self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]
        ) -> None:
            if event == "filter" and isinstance(payload, dict):
                # Compared with every row at every tick, so the browser must not make it long.
                self._text = str(payload.get("text", ""))[:100]
                socket.context = self._shown(delay=0.0)

        async def handle_info(self, event: InfoEvent, socket: LiveViewSocket[dict[str, Any]]) -> None:
            now = time.monotonic()
            # A blocked event loop runs its timers late, so the lateness of the tick is the delay of the loop.
            delay, self._last = now - self._last - every, now
            socket.context = self._shown(delay)

        def _shown(self, delay: float) -> dict[str, Any]:
            views = live_views(app)
            text = self._text.casefold()
            wanted = [
                one
                for one in views
                if any(text in part.casefold() for part in (one.view, one.page, one.user))
            ]
            return {
                "numbers": _numbers(views, delay),
                "classes": sorted(Counter(one.view for one in views).items()),
                "text": self._text,
                "rows": wanted[:_MOST_ROWS],
                "hidden": max(0, len(wanted) - _MOST_ROWS),
            }

    # Otherwise logs and the page itself show `live_dashboard.<locals>.LiveDashboard`.
    LiveDashboard.__qualname__ = "LiveDashboard"
    return LiveDashboard


def _numbers(views: list[ViewSnapshot], delay: float) -> Numbers:
    return Numbers(
        views=len(views),
        users=len({one.user for one in views if one.user}),
        waiting=sum(one.waiting for one in views),
        megabytes=_megabytes(),
        delay=max(0, round(delay * 1000)),
    )


def _megabytes() -> str:
    """Return the resident memory of the worker in MB, "?" if the system has no /proc."""
    try:
        # proc(5): the second field of `statm` is the number of resident pages.
        pages = int(_STATM.read_text().split()[1])
    except OSError:
        return "?"
    return f"{pages * os.sysconf('SC_PAGE_SIZE') / 1e6:.0f}"
