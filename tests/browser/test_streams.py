"""Streams in the real client: the page shows the items of the model, as in the testing client."""

import re
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from playwright.sync_api import Page, expect
from starlette.types import ASGIApp

from pyview import LiveView, PyView
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from tests.browser.retry import until
from tests.streams import test_components, test_nested
from tests.streams.law import CYCLES, Insert, Item, Model, Operation

Serve = Callable[[ASGIApp], str]

TEMPLATE = LiveTemplate.from_string(
    """<button phx-click="next">next</button><output>{{ done }}</output>
    <ul id="rows" phx-update="stream">{% for dom_id, row in streams.rows %}<li id="{{ dom_id }}">
    {% if row.text == "a" %}<b>{{ row.text }}</b>{% else %}{{ row.text }}{% endif %}</li>{% endfor %}</ul>"""
)


def plan_of(sequences: int) -> list[list[Operation]]:
    """Return the callbacks of several random sequences for one page."""
    cycles: list[list[Operation]] = []

    @seed(7)
    @settings(max_examples=sequences, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(CYCLES)
    def collect(sequence: list[list[Operation]]) -> None:
        cycles.extend(sequence)

    collect()
    return cycles


def app_of(plan: list[list[Operation]]) -> PyView:
    class Rows(LiveView[dict[str, Any]]):
        template = TEMPLATE

        async def mount(self, socket: Any, session: Any) -> None:
            socket.context = {"done": 0}
            self.stream = socket.stream("rows")

        @event
        async def next(self, socket: Any) -> None:
            for operation in plan[socket.context["done"]]:
                operation.on(self.stream)
            socket.context["done"] += 1

    app = PyView()
    app.add_live_view("/", Rows)
    return app


def rows(page: Page) -> list[tuple[int, str]]:
    found: list[list[str]] = page.evaluate(
        "[...document.querySelectorAll('#rows > *')].map(one => [one.id, one.textContent.trim()])"
    )
    return [(int(re.sub(r"\D", "", dom_id)), text) for dom_id, text in found]


def play(page: Page, serve: Serve, plan: list[list[Operation]]) -> list[list[tuple[int, str]]]:
    """Run the callbacks; return the text of the page after each."""
    page.goto(serve(app_of(plan)))
    expect(page.locator("[data-phx-main].phx-connected")).to_be_attached()
    seen = []
    for n in range(len(plan)):
        page.locator("button").click()
        expect(page.locator("output")).to_have_text(str(n + 1))
        seen.append(rows(page))
    return seen


def test_the_page_shows_the_items_of_the_model(page: Page, serve: Serve) -> None:
    plan = plan_of(25)
    model = Model()
    for cycle, shown in zip(plan, play(page, serve, plan), strict=True):
        model.take(cycle)
        assert shown == model.rows, cycle


def test_a_limit_comes_last(page: Page, serve: Serve) -> None:
    """The real client does the same as the testing client in tests/streams/test_law.py."""
    plan: list[list[Operation]] = [
        [Insert(Item(1, "a")), Insert(Item(2, "b"))],
        [Insert(Item(3, "c"), at=0, limit=2), Insert(Item(2, "B"))],
    ]
    assert play(page, serve, plan)[-1] == [(3, "c"), (1, "a")]


def push(page: Page, event: str, **value: Any) -> None:
    """Send an event of the main view, as a JS command does."""
    command = [["push", {"event": event, "value": value}]]
    page.evaluate(
        "command => liveSocket.execJS(document.querySelector('[data-phx-main] > *'), JSON.stringify(command))",
        command,
    )


def served(page: Page, serve: Serve, view: type[LiveView[Any]]) -> None:
    app = PyView()
    app.add_live_view("/", view)
    page.goto(serve(app))
    expect(page.locator("[data-phx-main].phx-connected")).to_be_attached()


def test_components_as_items_and_streams_of_components(page: Page, serve: Serve) -> None:
    served(page, serve, test_components.Page)
    items = page.locator("#rows > li")
    expect(items).to_have_count(3)
    page.locator("#inc-rows-1").click()
    expect(items.nth(1)).to_contain_text("y:1")
    push(page, "change", title="t", insert="w3", at=0)
    expect(items.nth(0)).to_contain_text("w:0")
    page.locator("#inc-rows-3").click()
    expect(items.nth(0)).to_contain_text("w:1")
    push(page, "change", title="t", delete=1, insert="Y1", at=0)
    expect(items.nth(0)).to_contain_text("Y:1")
    push(page, "change", title="t", delete=0)
    expect(items).to_have_count(3)
    page.locator("#add-a").click()
    expect(page.locator("#log-a > li")).to_have_text(["a0", "a1"])
    page.locator("#add-a").click()
    expect(page.locator("#log-a > li")).to_have_text(["a0", "a1", "a2"])
    expect(page.locator("#log-b > li")).to_have_text(["b0"])


def test_views_as_items(page: Page, serve: Serve) -> None:
    test_nested.Gauge.ended.clear()
    served(page, serve, test_nested.Panel)
    push(page, "add", name="c")
    expect(page.locator("#gauges b")).to_have_text(["c 0", "a 0", "b 0"])
    push(page, "remove", name="a")
    expect(page.locator("#gauges b")).to_have_text(["c 0", "b 0"])
    until(page, lambda: test_nested.Gauge.ended == ["a"])
    push(page, "add", name="a")
    expect(page.locator("#gauges b")).to_have_text(["a 0", "c 0", "b 0"])
    expect(page.locator("#gauges [data-phx-session].phx-connected")).to_have_count(3)
