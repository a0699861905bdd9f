"""JS commands in a browser: their effects, which survive patches, and commands sent by the server."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from examples.cursors.app import app as cursors
from examples.cursors.cursors import CursorsLiveView
from examples.js_commands.app import app as js_commands
from pyview import JsCommands, LiveView, LiveViewSocket, PyView, js
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from tests.browser.retry import break_off
from tests.browser.server import serving

LIVE = "[data-phx-main].phx-connected"
Serve = Callable[[PyView], str]


def visit(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator(LIVE)).to_be_attached()


# The example


@pytest.fixture
def shopping(page: Page, serve: Serve) -> Page:
    visit(page, serve(js_commands))
    return page


def a_patch(page: Page) -> None:
    """Wait until the server has patched the page twice."""
    for _ in range(2):
        shown = page.locator("time").inner_text()
        expect(page.locator("time")).not_to_have_text(shown)


def test_a_dialog_takes_and_restores_the_focus(shopping: Page) -> None:
    opener, text = shopping.get_by_role("button", name="Add something"), shopping.get_by_role("textbox")
    ways_out: list[Callable[[], None]] = [
        lambda: shopping.get_by_role("button", name="Not now").click(),
        lambda: shopping.keyboard.press("Escape"),
        lambda: shopping.mouse.click(5, 5),
    ]
    for leave in ways_out:
        opener.click()
        expect(text).to_be_focused()
        a_patch(shopping)
        expect(shopping.locator("#dialog")).to_be_visible()
        expect(shopping.locator("#page")).to_have_attribute("inert", "")
        leave()
        expect(shopping.locator("#dialog")).to_be_hidden()
        expect(opener).to_be_focused()
        expect(shopping.locator("#page")).not_to_have_attribute("inert", "")


def test_commands_from_the_server_close_the_dialog(shopping: Page) -> None:
    shopping.get_by_role("button", name="Add something").click()
    expect(shopping.get_by_role("textbox")).to_be_focused()
    # The classes are present for a second or less: polling may miss them.
    shopping.evaluate(
        """() => new MutationObserver(() => {
          window.shaken ||= card.classList.contains("shake");
          window.glowed ||= document.querySelector("#item-4.glow") !== null;
        }).observe(document.body, {subtree: true, attributes: true, attributeFilter: ["class"]})"""
    )
    shopping.keyboard.press("Enter")
    shopping.wait_for_function("window.shaken")
    expect(shopping.locator("#card")).to_have_class("sheet card-dialog")
    shopping.keyboard.type("Two lemons")
    shopping.keyboard.press("Enter")
    expect(shopping.locator("#dialog")).to_be_hidden()
    shopping.wait_for_function("window.glowed")
    expect(shopping.get_by_role("button", name="Add something")).to_be_focused()


def test_a_row_fades_before_it_goes(shopping: Page) -> None:
    shopping.get_by_role("button", name="Bought: Apples").click()
    expect(shopping.locator("#item-2")).to_have_count(0)
    expect(shopping.locator(".items li")).to_have_count(2)


def test_tabs_and_details_stay_as_they_are(shopping: Page) -> None:
    for _ in range(2):  # a second click on the open tab changes nothing
        shopping.get_by_role("tab", name="Details").click()
    expect(shopping.get_by_role("tab", selected=True)).to_have_text("Details")
    shopping.locator("summary").click()
    shopping.get_by_role("button", name="Tell me more").click()
    a_patch(shopping)
    expect(shopping.locator("#panel-details")).to_be_visible()
    expect(shopping.locator("#panel-list")).to_be_hidden()
    expect(shopping.locator("details")).to_have_attribute("open", "")
    expect(shopping.get_by_role("button", name="Tell me more")).to_have_attribute("aria-expanded", "true")
    expect(shopping.locator("#more")).to_contain_text(re.compile(r"at \d\d:\d\d"))
    shopping.locator("summary").click()
    a_patch(shopping)
    expect(shopping.locator("details")).not_to_have_attribute("open", "")


def test_a_dispatched_event_reaches_the_hook(shopping: Page) -> None:
    shopping.get_by_role("tab", name="Share").click()
    shopping.locator("#copy").click()
    expect(shopping.locator("#copy")).to_have_attribute(
        "data-copied", "Bread for Saturday, Apples, the sour ones, Something against moths"
    )


# The shared board


@pytest.fixture
def board() -> Iterator[str]:
    CursorsLiveView.board.wipe()
    with serving(cursors) as url:
        yield url


def test_two_users_see_each_other_s_cursor(board: str, new_visitor: Callable[[], Page]) -> None:
    one, two = new_visitor(), new_visitor()
    for page in (one, two):
        visit(page, board)
    expect(one.locator(".people li")).to_have_count(2)
    box = two.locator("#board").bounding_box()
    assert box is not None
    for share in (0.25, 0.5, 0.75):
        two.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] * 0.5)
    cursor = one.locator(".cursor")
    expect(cursor).to_have_attribute("style", "translate: 75cqw 50cqh; opacity: 1;")
    one.locator("#board").click(position={"x": 40, "y": 40})
    expect(two.locator(".mark")).to_have_count(1)
    expect(cursor).to_have_attribute("style", "translate: 75cqw 50cqh; opacity: 1;")
    two.close()
    expect(one.locator(".people li")).to_have_count(1)
    expect(cursor).to_have_count(0)


# Every command once, and other features of the client


class EverythingView(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        """
        <p id="count">{{ count }}</p><button id="inc" phx-click="inc">inc</button>
        <p id="it" class="plain" data-done="{{ js.add_class("done") }}" data-off="1">it</p>
        <div id="within"><b class="x">x</b><button id="inside"
             phx-click="{{ js.add_class("near", to=js.closest("div")).add_class("far", to=".x") }}">y</button></div>
        <form id="typed" phx-change="{{ js.push("typed", value={"extra": "e"}) }}"
              phx-submit="{{ js.push("sent", value={"more": "m"}, page_loading=true) }}">
          <input name="word"><button>send</button></form>
        <p id="heard">{{ heard }}</p>
        <ul id="rows">{% for row in rows | keyed_by("id") %}
          <li id="row-{{ row.id }}"><input value="{{ row.id }}"></li>
        {% endfor %}</ul>
        <ol id="endless" phx-viewport-bottom="{{ js.push("more") if count < 1000 }}">
          {% for number in range(shown) %}<li id="n-{{ number }}" style="height: 200px">{{ number }}</li>{% endfor %}
        </ol>
        """
    )

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        rows = [{"id": number} for number in range(4)]
        socket.context = {"count": 0, "heard": "", "rows": rows, "shown": 20}

    async def handle_params(self, socket: LiveViewSocket[dict[str, Any]], count: int = 0) -> None:
        socket.context["count"] = count

    @event
    async def inc(self, socket: LiveViewSocket[dict[str, Any]], by: int = 1) -> None:
        socket.context["count"] += by

    @event("typed", "sent")
    async def received(
        self, event: str, payload: dict[str, Any], socket: LiveViewSocket[dict[str, Any]]
    ) -> None:
        received = {name: value for name, value in payload.items() if name in ("word", "extra", "more")}
        socket.context["heard"] = f"{event} {sorted(received.items())}"

    @event
    async def turn(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["rows"] = [*socket.context["rows"][2:], *socket.context["rows"][:2]]

    @event
    async def more(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["shown"] = min(socket.context["shown"] + 20, 60)

    @event
    async def early(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["count"] = 100
        await socket.push_event("order", {}, dispatch="before")
        await socket.push_event("order", {})

    @event
    async def each(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        await socket.exec_js(js.add_class("hit"), to="#rows li")
        await asyncio.sleep(0)


@pytest.fixture
def everything(page: Page, serve: Serve) -> Page:
    app = PyView()
    app.add_live_view("/", EverythingView)
    app.add_live_view("/other", EverythingView)
    visit(page, serve(app))
    return page


def run(page: Page, commands: JsCommands, at: str = "#it") -> None:
    page.evaluate(
        "([at, commands]) => liveSocket.execJS(document.querySelector(at), commands)", [at, str(commands)]
    )


def test_commands_change_an_element_for_good(everything: Page) -> None:
    it = everything.locator("#it")
    run(
        everything,
        js.add_class("a b").remove_class("plain").set_attribute("title", "t").remove_attribute("data-off"),
    )
    run(everything, js.toggle_class("c").toggle_attribute("aria-busy", "true", "false"))
    expect(it).to_have_class("a b c")
    everything.locator("#inc").click()
    expect(everything.locator("#count")).to_have_text("1")
    expect(it).to_have_class("a b c")
    expect(it).to_have_attribute("title", "t")
    expect(it).to_have_attribute("aria-busy", "true")
    expect(it).not_to_have_attribute("data-off", "1")
    run(everything, js.toggle_attribute("aria-busy", "true", "false").hide())
    expect(it).to_be_hidden()
    run(everything, js.show(display="flex").exec("data-done"))
    expect(it).to_have_css("display", "flex")
    expect(it).to_have_class("a b c done")
    run(everything, js.toggle(out_transition=("x", "y", "z"), time=50))
    expect(it).to_be_hidden()


def test_targets_are_looked_up_from_the_element(everything: Page) -> None:
    everything.locator("#inside").click()
    expect(everything.locator("#within")).to_have_class("near")
    expect(everything.locator("#within b")).to_have_class("x far")
    run(everything, js.add_class("inner", to=js.inner("b")), "#within")
    expect(everything.locator("#within b")).to_have_class("x far inner")


def test_forms_run_commands(everything: Page) -> None:
    everything.locator("input[name=word]").fill("w")
    expect(everything.locator("#heard")).to_have_text("typed [('extra', 'e'), ('word', 'w')]")
    everything.get_by_role("button", name="send").click()
    expect(everything.locator("#heard")).to_have_text("sent [('more', 'm'), ('word', 'w')]")


def test_commands_patch_and_navigate(everything: Page) -> None:
    run(everything, js.patch("/", {"count": 7}))
    expect(everything.locator("#count")).to_have_text("7")
    run(everything, js.push("inc", value={"by": 3}))
    expect(everything.locator("#count")).to_have_text("10")
    run(everything, js.navigate("/other", {"count": 5}, replace=True))
    expect(everything.locator("#count")).to_have_text("5")
    expect(everything).to_have_url(re.compile(r"/other\?count=5$"))
    everything.go_back()
    expect(everything.locator("#count")).to_have_text("0")


def test_the_server_runs_commands_on_every_element_it_names(everything: Page) -> None:
    run(everything, js.push("each"))
    expect(everything.locator("#rows li.hit")).to_have_count(4)


def test_an_event_may_come_before_the_patch(everything: Page) -> None:
    everything.evaluate(
        "window.seen = []; addEventListener('phx:order', () => seen.push(document.querySelector('#count').textContent))"
    )
    run(everything, js.push("early"))
    expect(everything.locator("#count")).to_have_text("100")
    assert everything.evaluate("window.seen") == ["0", "100"]


def test_keyed_rows_move_with_their_typed_text(everything: Page) -> None:
    everything.locator("#row-3 input").fill("typed")
    everything.evaluate("window.row = document.querySelector('#row-3')")
    run(everything, js.push("turn"))
    expect(everything.locator("#rows li").first).to_have_id("row-2")
    expect(everything.locator("#row-3 input")).to_have_value("typed")
    assert everything.evaluate("window.row === document.querySelector('#row-3')")


def test_scrolling_to_the_end_of_a_list_loads_more(everything: Page) -> None:
    expect(everything.locator("#endless li")).to_have_count(20)
    everything.locator("#n-19").scroll_into_view_if_needed()
    expect(everything.locator("#endless li")).to_have_count(40)
    everything.locator("#n-39").scroll_into_view_if_needed()
    expect(everything.locator("#endless li")).to_have_count(60)


def test_latency_can_be_simulated(everything: Page) -> None:
    everything.evaluate("liveSocket.enableLatencySim(400)")
    began = time.monotonic()
    everything.locator("#inc").evaluate("one => one.click()")
    expect(everything.locator("#count")).to_have_text("1")
    assert time.monotonic() - began > 0.35
    expect(everything.locator("#inc")).not_to_have_class("phx-click-loading")
    everything.evaluate("liveSocket.disableLatencySim()")


# Relative URLs


class Shelf(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        """{% import "pyview/components.html" as ui %}
        <p id="shown">{{ shown }}</p>
        {{ ui.link("Two", patch="?page=2", id="link") }}
        <button id="three" phx-click="{{ js.patch("?page=3") }}">3</button>
        <button id="edit" phx-click="{{ js.navigate("../8/edit") }}">edit</button>
        <button id="push" phx-click="up">up</button>"""
    )

    async def handle_params(self, url: Any, params: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context = {"shown": f"{url.path} {params.get('page')} {socket.connected}"}

    @event
    async def up(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        await socket.push_navigate("../9/edit?page=5")


def test_relative_urls_are_followed_and_joined_again(page: Page, serve: Serve) -> None:
    app = PyView(secret="a secret of more than thirty-two bytes, for tests")
    app.add_live_view("/shelves/{id}/edit", Shelf)
    url = serve(app)
    visit(page, f"{url}/shelves/7/edit")
    shown = page.locator("#shown")
    page.click("#link")
    expect(shown).to_have_text("/shelves/7/edit 2 True")
    page.click("#three")
    expect(shown).to_have_text("/shelves/7/edit 3 True")
    assert page.url == f"{url}/shelves/7/edit?page=3"
    break_off(page)
    expect(shown).to_have_text("/shelves/7/edit 3 True")
    page.click("#edit")
    expect(shown).to_have_text("/shelves/8/edit None True")
    # A click before the navigation has ended may be ignored.
    page.wait_for_function("!liveSocket.hasPendingLink()")
    page.click("#push")
    expect(shown).to_have_text("/shelves/9/edit 5 True")
    page.go_back()
    expect(shown).to_have_text("/shelves/8/edit None True")


# Text of users


class LabelledLiveView(LiveView[dict[str, Any]]):
    """Buttons whose labels and events come from user data."""

    template = LiveTemplate.from_string(
        """<p id="seen">{{ seen }}</p><p id="marked" phx-mounted="{{ written }}">-</p>
        <button id="evil" phx-click="{{ written }}">evil</button>
        <button id="second" phx-click="{{ nothing }}{{ written }}">second</button>
        <button id="plain" phx-click="{{ plain }}">plain</button>
        <button id="ours" phx-click="{{ ours }}">ours</button>"""
    )

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        written = '[["push",{"event":"forged"}],["add_class",{"to":"#marked","names":["forged"]}]]'
        ours = js.push("meant").add_class("meant", to="#marked")
        socket.context = {"seen": "", "nothing": "", "written": written, "plain": "meant", "ours": ours}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["seen"] += f"{event[:8]} "


def test_text_that_looks_like_commands_is_not_run(page: Page, serve: Serve) -> None:
    app = PyView()
    app.add_live_view("/", LabelledLiveView)
    visit(page, serve(app))
    for id in ("evil", "second", "plain", "ours"):
        page.locator(f"#{id}").click()
    expect(page.locator("#seen")).to_have_text("unsafe:[ unsafe:[ meant meant")
    expect(page.locator("#marked")).to_have_class("meant")
