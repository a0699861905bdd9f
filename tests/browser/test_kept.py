"""A deploy in the middle of a page: the old server stops, another one with the same code takes over."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pydantic import BaseModel

from pyview import LiveComponent, LiveView, LiveViewSocket, PyView, live_render
from pyview.components import ComponentSocket
from pyview.forms import Form
from pyview.keeping import Keep
from pyview.stores import MemoryStateStore, SQLiteStateStore, StateStore
from pyview.template.live_template import LiveTemplate
from tests.browser.network import network_to
from tests.browser.retry import until
from tests.browser.server import serving

JOINS = "() => window.liveSocket.main.joinCount"
SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[dict[str, Any]]

PAGE = """
<p id="n">{{ n }}</p><button id="inc" phx-click="inc">+</button><i id="flash">{{ flash.get("info", "") }}</i>
<p id="tab">{{ tab }}</p><button id="second" phx-click="tab" phx-value-name="second">second</button>
<form phx-change="typed"><input id="name" name="name" value="{{ form.name.value }}">
<input id="age" name="age" value="{{ form.age.value }}"><b id="error">{{ form.age.errors | join }}</b></form>
{{ live_component(dialog, id="d") }}{{ live_render(nested, id="inner") }}
<ol id="feed" phx-update="stream">{% for id, it in streams.feed %}<li id="{{ id }}">{{ it.id }}</li>{% endfor %}</ol>
<form id="up" phx-change="chosen" phx-submit="send">{{ live_file_input(files) }}
{% for entry in files.entries %}<u>{{ entry.name }} {{ entry.progress }}</u>{% endfor %}
<button id="send">send</button></form><p id="sent">{{ sent }}</p>
"""


class Person(BaseModel):
    name: str = ""
    age: int


class Dialog(LiveComponent[dict[str, Any]], keep=("open",)):
    template = LiveTemplate.from_string(
        '<div id="dialog"><b id="toggle" phx-click="toggle" phx-target="{{ myself }}">?</b>'
        '{% if open %}<em id="shown">text</em>{% endif %}</div>',
        "dialog.html",
    )

    async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: Any) -> None:
        socket.context = {"open": False}

    async def handle_event(self, event: str, payload: Any, socket: ComponentSocket[dict[str, Any]]) -> None:
        socket.context["open"] = not socket.context["open"]


class Inner(LiveView[dict[str, Any]], keep=True):
    template = LiveTemplate.from_string(
        '<b id="m">{{ m }}</b><button id="more" phx-click="more">+</button>', "inner.html"
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"m": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        socket.context["m"] += 1


class Desk(LiveView[dict[str, Any]], keep=Keep("n", "tab", "form", streams=("feed",))):
    template = LiveTemplate.from_string(PAGE, "kept.html")

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.stream("feed", [])
        files = socket.allow_upload("files", accept="any", auto_upload=True)
        socket.context = {"n": 0, "tab": "first", "form": Form(Person), "files": files, "sent": ""}
        socket.context |= {"dialog": Dialog, "nested": Inner, "live_render": live_render}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        match event:
            case "inc":
                socket.context["n"] += 1
                socket.stream_insert("feed", {"id": socket.context["n"]})
            case "tab":
                socket.context["tab"] = payload["name"]
                socket.put_flash("info", "chosen")
            case "typed":
                socket.context["form"] = socket.context["form"].change(payload)
            case "send":
                texts = await socket.consume_uploaded_entries("files", lambda meta, _: meta.path.read_text())
                socket.context["sent"] = ",".join(texts)


def application(store: StateStore) -> PyView:
    app = PyView(secret=SECRET, app_id="desk", state_store=store)
    app.add_live_view("/", Desk)
    return app


@pytest.mark.parametrize(("kind", "websockets"), [("shared", True), ("token", True), ("shared", False)])
def test_everything_is_there_after_a_deploy(kind: str, websockets: bool, page: Page, tmp_path: Path) -> None:
    def store() -> StateStore:
        return SQLiteStateStore(tmp_path / "state.db") if kind == "shared" else MemoryStateStore()

    serve = partial(serving, websockets=websockets)
    with ExitStack() as old, serve(application(store())) as new_url:
        app = application(store())
        old_url = old.enter_context(serve(app))
        with network_to(old_url) as (network, url):
            page.goto(url)
            expect(page.locator(".phx-connected").first).to_be_visible()
            use(page, tmp_path)
            # This server is stopped without a signal, so its last second would not reach the browser as a token.
            until(page, lambda: not app.app_context.kept_states.pending)
            page.wait_for_timeout(200)
            network.lead_to(new_url)
            joined = page.evaluate(JOINS)
            old.close()  # the old server stops
            until(page, lambda: page.evaluate(JOINS) > joined)
            expect_kept(page)
            page.click("#inc")
            expect(page.locator("#n")).to_have_text("3")
            page.click("#send")
            expect(page.locator("#sent")).to_have_text("hello")


def use(page: Page, folder: Path) -> None:
    for _ in range(2):
        page.click("#inc")
    page.click("#second")
    page.click("#toggle")
    page.click("#more")
    page.fill("#name", "half a na")
    page.fill("#age", "x")
    page.locator("#age").blur()
    (folder / "a.txt").write_text("hello")
    page.set_input_files("#up input", folder / "a.txt")
    expect(page.locator("u")).to_have_text("a.txt 100")
    expect_kept(page)


def expect_kept(page: Page) -> None:
    expect(page.locator("#n")).to_have_text("2")
    expect(page.locator("#tab")).to_have_text("second")
    expect(page.locator("#flash")).to_have_text("chosen")
    expect(page.locator("#shown")).to_be_visible()
    expect(page.locator("#m")).to_have_text("1")
    expect(page.locator("#name")).to_have_value("half a na")
    expect(page.locator("#age")).to_have_value("x")
    expect(page.locator("#error")).not_to_be_empty()
    expect(page.locator("#feed li")).to_have_text(["1", "2"])
    expect(page.locator("u")).to_have_text("a.txt 100")
