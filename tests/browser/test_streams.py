"""The real client and streams: what a page shows is what a plain list would be, as in the testing client."""

import re
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from playwright.sync_api import Page, expect
from starlette.types import ASGIApp

from pyview import LiveView, PyView
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from tests.streams.law import CYCLES, Insert, Item, Model, Operation

Serve = Callable[[ASGIApp], str]

TEMPLATE = LiveTemplate.from_string(
    """<button phx-click="next">next</button><output>{{ done }}</output>
    <ul id="rows" phx-update="stream">{% for dom_id, row in streams.rows %}<li id="{{ dom_id }}">
    {% if row.text == "a" %}<b>{{ row.text }}</b>{% else %}{{ row.text }}{% endif %}</li>{% endfor %}</ul>"""
)


def plan_of(sequences: int) -> list[list[Operation]]:
    """Callbacks of several random sequences, one after the other on one page."""
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
    """What the page shows after each callback."""
    page.goto(serve(app_of(plan)))
    expect(page.locator("[data-phx-main].phx-connected")).to_be_attached()
    seen = []
    for n in range(len(plan)):
        page.locator("button").click()
        expect(page.locator("output")).to_have_text(str(n + 1))
        seen.append(rows(page))
    return seen


def test_the_page_shows_what_a_list_would_hold(page: Page, serve: Serve) -> None:
    plan = plan_of(40)
    model = Model()
    for cycle, shown in zip(plan, play(page, serve, plan), strict=True):
        model.take(cycle)
        assert shown == model.rows, cycle


def test_a_limit_has_the_last_word(page: Page, serve: Serve) -> None:
    """What the testing client is said to do in tests/streams/test_law.py."""
    plan: list[list[Operation]] = [
        [Insert(Item(1, "a")), Insert(Item(2, "b"))],
        [Insert(Item(3, "c"), at=0, limit=2), Insert(Item(2, "B"))],
    ]
    assert play(page, serve, plan)[-1] == [(3, "c"), (1, "a")]
