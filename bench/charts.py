"""Cost of live charts: `python -m bench.charts`, in a real browser.

A page shows 50 charts with 60 points each. Every chart changes once a second: all in one render, or each in a render of
its own. Prints the CPU time of the server in per cent of one core, the bytes per second that it sends, and the longest
task of the browser.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psutil
from jinja2 import DictLoader
from playwright.sync_api import Browser, sync_playwright

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.events import InfoEvent, info
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.server import serving

CHARTS, POINTS, SECONDS = 50, 60, 10
TEMPLATE = """\
{% import "pyview/components.html" as ui %}
{% for machine in machines | keyed_by("name") %}
<div>{{ ui.chart(machine.name, machine.load, x=machine.times, label=machine.name, unit="%", low=0, high=100,
                 hover=whole, table=whole, height=120) }}</div>
{% endfor %}
"""
WATCH = """() => {
  window.tasks = [];
  new PerformanceObserver(list => window.tasks.push(...list.getEntries().map(each => each.duration)))
    .observe({type: "longtask"});
  window.bytes = 0;
  liveSocket.getSocket().conn.addEventListener("message", ({data}) => window.bytes += data.length);
}"""


@dataclass(frozen=True)
class Machine:
    """The load of a machine in the last minute. Immutable, so that a render skips the machines without changes."""

    name: str
    times: tuple[datetime, ...]
    load: tuple[float, ...]

    def later(self, load: float) -> "Machine":
        return replace(
            self, times=(*self.times[1:], self.times[-1] + timedelta(seconds=1)), load=(*self.load[1:], load)
        )


class ChartsLiveView(LiveView[dict[str, Any]]):
    template = "charts.html"
    together = True
    whole = True
    random = Random(1)

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        start = datetime(2026, 1, 1, 12, tzinfo=UTC)
        times = tuple(start + timedelta(seconds=i) for i in range(POINTS))
        loads = [tuple(self.random.random() * 100 for _ in range(POINTS)) for _ in range(CHARTS)]
        socket.context = {
            "machines": [Machine(f"machine-{i}", times, load) for i, load in enumerate(loads)],
            "whole": self.whole,
        }
        if socket.connected and self.together:
            socket.schedule_info(InfoEvent("all"), seconds=1)
        elif socket.connected:
            for number in range(CHARTS):
                socket.schedule_info_once(InfoEvent("begin", number), seconds=number / CHARTS)

    @info("all")
    async def move_all(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        for number in range(CHARTS):
            self._move(socket, number)

    @info("begin")
    async def begin(self, socket: LiveViewSocket[dict[str, Any]], payload: int) -> None:
        socket.schedule_info(InfoEvent("one", payload), seconds=1)

    @info("one")
    async def move_one(self, socket: LiveViewSocket[dict[str, Any]], payload: int) -> None:
        self._move(socket, payload)

    def _move(self, socket: LiveViewSocket[dict[str, Any]], number: int) -> None:
        machines = socket.context["machines"]
        machines[number] = machines[number].later(self.random.random() * 100)


@contextmanager
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    environment: dict[str, str | float | bool] = {**os.environ, **chromium.environment}
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium.executable, args=FLAGS, env=environment, headless=True
        )
        yield launched
        launched.close()


def measure(launched: Browser, *, together: bool, whole: bool) -> str:
    """Return a line with the figures of one page."""
    kind = type("Charts", (ChartsLiveView,), {"together": together, "whole": whole})
    app = PyView(
        templates=DictLoader({"charts.html": TEMPLATE}), security=SecurityConfig(allowed_hosts=["127.0.0.1"])
    )
    app.add_live_view("/", kind)
    process = psutil.Process()
    with serving(app) as url:
        page = launched.new_page()
        page.goto(url)
        page.wait_for_selector("[data-phx-main].phx-connected")
        page.wait_for_timeout(2500)
        page.evaluate(WATCH)
        before, started = sum(process.cpu_times()[:2]), time.monotonic()
        page.wait_for_timeout(SECONDS * 1000)
        cpu, passed = sum(process.cpu_times()[:2]) - before, time.monotonic() - started
        longest = max(page.evaluate("window.tasks"), default=0)
        sent = page.evaluate("window.bytes")
        page.close()
    name = ("in one render" if together else "one by one") + (", with titles and tables" if whole else "")
    task = f"{longest:.0f} ms" if longest else "none over 50 ms"
    return (
        f"{name:<40} {100 * cpu / passed:5.1f} % CPU  {sent / passed / 1000:6.1f} kB/s  longest task: {task}"
    )


def main() -> None:
    # In development, each render looks if the files of templates have changed.
    os.environ["PYVIEW_ENV"] = "production"
    os.environ.setdefault("PYVIEW_SECRET", secrets.token_hex(32))
    print(f"{CHARTS} charts of {POINTS} points, each changed once a second")
    with browser() as launched:
        for together in (False, True):
            for whole in (False, True):
                print(measure(launched, together=together, whole=whole))


if __name__ == "__main__":
    main()
