"""A saved Python file in a real browser: another server takes over, and the page keeps what its user has done."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from pyview import LiveView, LiveViewSocket, PyView, live_render
from pyview.js import js
from pyview.stores import SQLiteStateStore
from pyview.template.live_template import LiveTemplate
from tests.browser.network import network_to
from tests.browser.retry import until
from tests.browser.server import serving

Socket = LiveViewSocket[dict[str, Any]]

FIELDS = """
<form id="sent" phx-change="typed"><input id="recovered"><input type="checkbox" id="agreed"></form>
<form phx-change="typed"><input name="nameless-form"></form>
<form phx-change="typed" phx-submit="send">{{ live_file_input(files) }}
{% for each in files.entries %}<s>{{ each.name }}</s>
{% endfor %}</form>
<form id="plain" phx-submit="save"><input name="title" value="old"><textarea name="text">old</textarea>
<select name="one"><option>a</option><option>b</option></select>
<select name="some" multiple><option>a</option><option>b</option><option>c</option></select>
<input type="radio" name="radio" value="1" checked><input type="radio" name="radio" value="2">
<input type="file" name="file"><input type="password" name="secret"></form>
<input class="loose"><p id="editable" contenteditable>old</p>
<details id="more"><summary>more</summary>text</details>
<dialog id="modal"><input name="inside"></dialog>
<div id="pop" popover>pop</div><div id="red">red</div>
<b id="mark" phx-click="{{ js.add_class('red', to='#red') }}">!</b>
<div id="scroller" style="height: 60px; overflow: auto"><div style="height: 900px"></div></div>
<div style="height: 3000px">{{ live_render(inner, id="inner") }}</div>
"""
FIRST = (
    f'<p id="n">{{{{ n }}}}</p><button id="inc" phx-click="inc">+</button><u phx-click="fail">!</u>{FIELDS}'
)
EDITED = f'<form><input name="new"></form><p id="edited">edited</p><p id="n">{{{{ n }}}}</p>{FIELDS}'


class Inner(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string('<input name="nested"><p id="m">{{ m }}</p><i phx-click="inc">+</i>')

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"m": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        socket.context["m"] += 1


def version(template: str, path: str = "/") -> Any:
    """Return the application as one version of its code has it, without its store."""

    class Desk(LiveView[dict[str, Any]]):
        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = {"n": 0, "js": js, "inner": Inner, "live_render": live_render}
            socket.context["files"] = socket.allow_upload("files", accept="any")

        async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
            if event in ("inc", "fail"):
                socket.context["n"] += 1
            if event == "fail":
                raise RuntimeError("the handler that the developer has just written")

    Desk.template = LiveTemplate.from_string(template, "desk.html")
    return path, Desk


class Restarts:
    """A page of an application whose server starts again with other versions."""

    def __init__(self, folder: Path, network: Any, url: str, stop: ExitStack) -> None:
        self._folder = folder
        self._network = network
        self._stop = stop
        self.url = url

    def start(self, path: str, view: Any) -> None:
        """Lead the page to a server with another version, and stop the server before."""
        with ExitStack() as stack:
            self._network.lead_to(stack.enter_context(served(self._folder, path, view)))
            self._stop.close()
            self._stop = stack.pop_all()

    def close(self) -> None:
        self._stop.close()


@contextmanager
def served(folder: Path, path: str, view: Any) -> Iterator[str]:
    store = SQLiteStateStore(folder / "state.db")
    app = PyView(
        secret="t3st-s3cret-of-at-least-thirty-two-bytes", app_id="kept", state_store=store, development=True
    )
    app.add_live_view(path, view)
    with serving(app) as url:
        yield url


@contextmanager
def restarting(folder: Path, path: str, view: Any) -> Iterator[Restarts]:
    with ExitStack() as stack:
        url = stack.enter_context(served(folder, path, view))
        with network_to(url) as (network, relay):
            restarts = Restarts(folder, network, relay, stack.pop_all())
            try:
                yield restarts
            finally:
                restarts.close()


def fill_in(page: Page) -> None:
    page.click("#inc")
    page.click("i")
    expect(page.locator("#m")).to_have_text("1")
    page.set_input_files("[name=files]", {"name": "b.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(page.locator("s")).to_have_text("b.txt")
    for field in (
        "#recovered",
        "[name=nameless-form]",
        "[name=text]",
        ".loose",
        "[name=secret]",
        "[name=nested]",
    ):
        page.fill(field, f"typed {field}")
    page.check("#agreed")
    page.check("[value='2']")
    page.select_option("[name=one]", "b")
    page.select_option("[name=some]", ["a", "c"])
    page.set_input_files("[name=file]", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"})
    page.click("#editable")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("new text")
    page.click("summary")
    page.click("#mark")
    page.evaluate("pop.showPopover(); scroller.scrollTop = 300")
    page.fill("[name=title]", "half a title")
    page.evaluate("document.querySelector('[name=title]').setSelectionRange(2, 5); scrollTo(0, 400)")


STATE = """() => {
  const fields = [...document.querySelectorAll("input:not([name=new], [name=files]), textarea, select")].map((field) =>
    [field.name, field.files ? field.files[0]?.name : field.value, field.checked,
     [...(field.selectedOptions ?? [])].map((each) => each.value).join()].join("|"));
  const { activeElement: focused } = document;
  const texts = ["#n", "#m", "s", "#editable"].map((each) => document.querySelector(each)?.textContent);
  return [...fields, ...texts, red.className,
    more.open, modal.matches(":modal"), modal.open, pop.matches(":popover-open"), scroller.scrollTop,
    focused.name, focused.selectionStart, focused.selectionEnd];
}"""


def test_what_the_user_has_done_stays_over_restarts_and_a_failure(page: Page, tmp_path: Path) -> None:
    with restarting(tmp_path, *version(FIRST)) as restarts:
        page.goto(restarts.url)
        expect(page.locator("[data-phx-main].phx-connected")).to_be_visible()
        until(
            page,
            lambda: page.evaluate(
                "performance.getEntriesByType('resource').some((each) => each.name.includes('development-'))"
            ),
        )
        fill_in(page)
        before, height = page.evaluate(STATE), page.evaluate("scrollY")
        restarts.start(*version(EDITED))
        expect(page.locator("#edited")).to_be_attached()
        until(page, lambda: page.evaluate(STATE) == before)
        assert page.evaluate("scrollY") > height / 2
        page.evaluate("pop.hidePopover(); modal.showModal()")
        page.fill("[name=inside]", "in the dialog")
        before = page.evaluate(STATE)
        restarts.start(*version(FIRST))
        expect(page.locator("#edited")).to_have_count(0)
        until(page, lambda: page.evaluate(STATE) == before)
        assert "in the dialog" in str(before)
        joined = page.evaluate("liveSocket.main.joinCount")
        page.evaluate("document.querySelector('[phx-click=fail]').click()")
        until(page, lambda: page.evaluate("liveSocket.main.joinCount") > joined)
        until(page, lambda: page.evaluate(STATE) == before)


def test_a_page_whose_route_is_gone_loads_once(page: Page, tmp_path: Path) -> None:
    loads: list[str] = []
    with restarting(tmp_path, *version(FIRST)) as restarts:
        page.goto(restarts.url)
        expect(page.locator("[data-phx-main].phx-connected")).to_be_visible()
        page.on(
            "request", lambda request: loads.append(request.url) if request.is_navigation_request() else None
        )
        restarts.start(*version(FIRST, "/elsewhere"))
        expect(page.locator("body")).to_contain_text("404")
    assert len(loads) == 1
