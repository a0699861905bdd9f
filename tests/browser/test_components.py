"""Live components in the real client: their HTML, their removal, and a large number of them."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from starlette.types import ASGIApp

from pyview import ComponentSocket, LiveComponent, LiveView, LiveViewSocket, PyView
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from tests.browser.retry import until
from tests.components import test_diffs
from tests.components.test_random_histories import NAMES, PAGE, mutated, some_context

Serve = Callable[[ASGIApp], str]
LIVE = "[data-phx-main].phx-connected"
STEPS = 40


def app_of(view: type[LiveView[Any]]) -> PyView:
    app = PyView()
    app.add_live_view("/", view)
    return app


def visit(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator(LIVE)).to_be_attached()


def shown(page: Page, selector: str) -> str:
    """Return the HTML below a selector, without the client's additions."""
    html: str = page.locator(selector).inner_html()
    without = re.sub(r' (data-phx-[\w-]+|phx-\w+-loading)="[^"]*"', "", html)
    return re.sub(r"\s+", " ", re.sub(r"<!--.*?-->", "", without)).strip()


def history(steps: int) -> list[dict[str, Any]]:
    rng = random.Random(5)
    contexts = [some_context(rng)]
    for _ in range(steps):
        contexts.append(mutated(rng, contexts[-1]))
    return contexts


def test_any_history_shows_the_same_as_a_loaded_page(page: Page, serve: Serve) -> None:
    contexts = history(STEPS)

    class Following(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string(
            '<button phx-click="next">next</button><output>{{ step }}</output>'
            + PAGE.replace("KEY", "|keyed_by('id')")
        )

        async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
            self.show(socket, 0)

        async def handle_params(self, socket: LiveViewSocket[dict[str, Any]], step: int = 0) -> None:
            self.show(socket, step)

        @event
        async def next(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
            self.show(socket, socket.context["step"] + 1)

        def show(self, socket: LiveViewSocket[dict[str, Any]], step: int) -> None:
            socket.context = {**NAMES, **contexts[step], "step": step}

    url = serve(app_of(Following))
    visit(page, url)
    loaded = page.context.browser.new_context(java_script_enabled=False).new_page()  # type: ignore[union-attr]
    for step in range(1, STEPS + 1):
        page.locator("button").click()
        expect(page.locator("output")).to_have_text(str(step))
        loaded.goto(f"{url}/?step={step}")
        assert shown(page, "main") == shown(loaded, "main"), contexts[step]
    loaded.context.close()


@pytest.mark.parametrize("place", range(len(test_diffs.PLACES)))
def test_a_component_and_the_page_change_together(page: Page, serve: Serve, place: int) -> None:
    class Listening(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string(
            f"<main><output>{{{{ received }}}}</output>{test_diffs.PLACES[place]}</main>"
        )

        async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
            socket.context = {**test_diffs.NAMES, "received": 0}

        @event
        async def received(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
            socket.context["received"] += 1

    visit(page, serve(app_of(Listening)))
    for n in range(1, 4):
        page.locator("button").first.click()
        expect(page.locator("output")).to_have_text(str(n))
        expect(page.locator("b").first).to_have_text(str(n))


class Item(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        '<li id="item-{{ id }}"><b>{{ count }}</b><button phx-click="add" phx-target="{{ myself }}">+</button></li>'
    )
    gone: list[Any]

    async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
        socket.context = {"count": 0}

    @event
    async def add(self, socket: ComponentSocket[dict[str, Any]]) -> None:
        socket.context["count"] += 1

    async def disconnect(self, socket: ComponentSocket[dict[str, Any]]) -> None:
        self.gone.append(socket.id)


class Group(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        '<ul id="group"><button id="fewer" phx-click="fewer" phx-target="{{ myself }}">fewer</button>'
        "{% for n in range(size) %}{{ live_component(Item, id=n) }}{% endfor %}</ul>"
    )

    @event
    async def fewer(self, socket: ComponentSocket[dict[str, Any]]) -> None:
        socket.context["size"] -= 1


class Grouped(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        '<button id="toggle" phx-click="toggle">toggle</button><button id="twice" phx-click="twice">twice</button>'
        "{% if open %}{{ live_component(Group, id=1, size=size) }}{% endif %}<output>{{ turns }}</output>"
    )
    size = 3

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        Item.gone = []
        socket.context = {"open": True, "size": self.size, "turns": 0}

    @event
    async def toggle(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["open"] = not socket.context["open"]
        socket.context["turns"] += 1

    @event
    async def twice(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        """Remove the components, and show them again before the client has reported the removal."""
        await self.toggle(socket)
        socket.schedule_info_once("back")

    async def handle_info(self, event: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        await self.toggle(socket)


def counts(page: Page) -> list[str]:
    return page.locator("li b").all_inner_texts()


def click_item(page: Page, n: int, expected: int) -> None:
    page.locator(f"#item-{n} button").click()
    expect(page.locator(f"#item-{n} b")).to_have_text(str(expected))


def wait_until_gone(page: Page, ids: list[int]) -> None:
    """Wait until the client has reported that these components are gone."""
    until(page, lambda: sorted(Item.gone) == ids)


def test_events_reach_nested_components_and_only_they_change(page: Page, serve: Serve) -> None:
    visit(page, serve(app_of(Grouped)))
    page.evaluate("document.querySelector('#item-0').marked = true")
    click_item(page, 1, 1)
    click_item(page, 1, 2)
    assert counts(page) == ["0", "2", "0"]
    assert page.evaluate("document.querySelector('#item-0').marked")


def test_components_that_have_gone_end_and_come_back_new(page: Page, serve: Serve) -> None:
    visit(page, serve(app_of(Grouped)))
    click_item(page, 2, 1)
    page.locator("#fewer").click()
    expect(page.locator("li")).to_have_count(2)
    wait_until_gone(page, [2])
    page.locator("#toggle").click()
    wait_until_gone(page, [0, 1, 2])
    page.locator("#toggle").click()
    expect(page.locator("li")).to_have_count(3)
    assert counts(page) == ["0", "0", "0"]
    click_item(page, 2, 1)


def test_components_that_come_back_at_once_go_on(page: Page, serve: Serve) -> None:
    visit(page, serve(app_of(Grouped)))
    for turn in range(1, 6):
        click_item(page, 1, turn)
        page.locator("#twice").click()
        expect(page.locator("output")).to_have_text(str(2 * turn))
        expect(page.locator("li")).to_have_count(3)
        assert counts(page) in (["0", str(turn), "0"], ["0", "0", "0"])
        if counts(page)[1] == "0":  # if the client was faster, it is a new component, which works as well
            click_item(page, 1, 1)
            break


def test_a_thousand_components(page: Page, serve: Serve) -> None:
    class Many(Grouped):
        size = 1000

    visit(page, serve(app_of(Many)))
    expect(page.locator("li")).to_have_count(1000)
    click_item(page, 999, 1)
    page.locator("#toggle").click()
    expect(page.locator("li")).to_have_count(0)
    page.locator("#toggle").click()
    expect(page.locator("li")).to_have_count(1000)
    click_item(page, 0, 1)
