"""The browser in memory and the real one send the same frames for the same gestures on the same pages."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page as ChromiumPage
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from pyview.testing import LiveClient, Page
from pyview.transport.assets import ClientAssets
from tests.browser.retry import SECONDS
from tests.testing.handmade import Crash, Handmade, HandmadeView

ASSETS = ClientAssets()
QUIET = 0.15

LAYOUT = f"""<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8"><meta name="csrf-token" content="CSRF"><title>Bindings</title>
<link phx-track-static rel="stylesheet" href="/app.css">
<script>window.Hooks = {{Asker: {{mounted() {{ window.asker = this }}}}}}</script>
{ASSETS.head()}
</head>
<body>
<div id="phx-1" data-phx-main data-phx-session="SESSION" data-phx-static="">dead</div>
</body>
</html>"""

BINDINGS = """
<h1 id="where">{where}</h1>
<button id="plain" type="button" phx-click="plain">plain</button>
<button id="valued" phx-click="valued" value="v" phx-value-item-id="7" phx-value-Mixed="m">valued</button>
<div id="around" phx-click="around"><p><em id="inside">inside</em></p></div>
<ul><li id="row" phx-click="row">row</li><li id="third" value="3" phx-click="row">third</li></ul>
<button id="commands" phx-click='[["push",{"event":"one","value":{"a":1}}],["toggle_class",{"names":["x"]}],
["push",{"event":"two","target":"#part b"}]]'>commands</button>
<button id="targeted" phx-click="targeted" phx-target="1">to a component</button>
<button id="selected" phx-click="selected" phx-target="#part, #where">to a selector</button>
<button id="exec" phx-click='[["exec",{"attr":"data-run","to":"#row"}]]' data-run="x">exec</button>
<input id="box" type="checkbox" phx-click="box"> <input id="ticked" type="checkbox" value="t" checked phx-click="box">
<form id="f" phx-change="change" phx-submit="submit" phx-value-kind="draft">
  <input type="hidden" name="token" value="T">
  <input id="name" name="user[name]" value="Ann">
  <textarea id="about" name="about"></textarea><textarea name="note">two\nlines</textarea>
  <select id="size" name="size"><option value="s">S</option><option value="m">M</option></select>
  <select id="many" name="many[]" multiple><option>red</option><option selected>blue</option></select>
  <label id="agree-label"><input id="agree" type="checkbox" name="agree" value="yes"> I agree</label>
  <input id="card" type="radio" name="pay" value="card" checked><input id="cash" type="radio" name="pay" value="cash">
  <input name="off" disabled value="x"> <input id="spare" name="spare" phx-no-unused-field>
  <button id="save" name="how" value="save">Save</button> <button id="publish" name="how" value="publish">P</button>
</form>
<input id="outside" form="f" name="outside" value="~*-._ \u00e9&=">
<form id="single"><input id="only" name="only" phx-change="only" value="1"><input name="other" value="2"></form>
<button id="render" type="button" phx-click="render">render again</button>
<input id="keys" phx-keydown="down" phx-keyup="up" phx-key="Enter" value="k">
<input id="focus" phx-focus="focus" phx-blur="blur" phx-value-x="1" value="f">
<div phx-window-keydown="window" phx-key="Escape"></div>
<a id="patch" data-phx-link="patch" data-phx-link-state="push" href="?page=2">patch</a>
<a id="replace" data-phx-link="patch" data-phx-link-state="replace" href="/bindings?page=3#here">replace</a>
<a id="navigate" data-phx-link="redirect" data-phx-link-state="push" href="/other?x=1">navigate</a>
<a id="js" href="#" phx-click='[["patch",{"href":"/bindings?page=4","replace":false}]]'>js</a>
<div id="asker" phx-hook="Asker"></div>
"""


UNTOUCHED = (
    """<form id="untouched" phx-submit="keep"><input id="kept" name="kept"><button>keep</button></form>"""
)


class Bindings(HandmadeView):
    def rendered(self) -> dict[str, Any]:
        before, after = BINDINGS.split("{where}")
        component = {"s": ["<section id='part'><b>part</b></section>"], "r": 1}
        untouched = {"s": [UNTOUCHED], "r": 1}
        parts = {"0": type(self).__name__, "1": 1, "2": untouched, "c": {"1": component}}
        return {"s": [before, after, "", ""], **parts}

    async def join(self) -> dict[str, Any]:
        return {**await super().join(), **({"container": ["div", {}]} if "redirect" in self.payload else {})}

    async def live_patch(self, url: str) -> dict[str, Any]:
        return {"diff": {"0": urlsplit(url).query}}

    async def event(self, payload: dict[str, Any]) -> dict[str, Any]:
        if payload["event"] == "crash":
            raise Crash
        if payload["event"] == "leave":
            return {"live_redirect": {"kind": "push", "to": "/other", "flash": "FLASH"}}
        if payload["event"] in ("render", "submit"):
            return {"diff": {"0": payload["event"]}}
        return {"diff": {"r": {"echo": payload["value"]}}}


class Other(Bindings):
    pass


def server() -> Handmade:
    return Handmade({"/bindings": Bindings, "/other": Other}, layout=LAYOUT)


def app(handmade: Handmade) -> Starlette:
    application = handmade.app()
    application.router.routes[:0] = [ASSETS.route(), Route("/app.css", lambda _: Response(""))]
    return application


@dataclass(frozen=True)
class Gesture:
    """One action of a user, in both browsers."""

    name: str
    real: Callable[[ChromiumPage], object]
    memory: Callable[[Page], Awaitable[object]]


def click(css: str) -> Gesture:
    return Gesture(f"click {css}", lambda page: page.click(css), lambda page: page.click(css))


def fill(css: str, value: str) -> Gesture:
    return Gesture(f"fill {css}", lambda page: page.fill(css, value), lambda page: page.change(css, value))


def choose(css: str, *values: str) -> Gesture:
    return Gesture(
        f"choose {css}",
        lambda page: page.select_option(css, list(values)),
        lambda page: page.change(css, values),
    )


def press(css: str | None, key: str) -> Gesture:
    def real(page: ChromiumPage) -> None:
        if css:
            page.press(css, key)
        else:
            page.keyboard.press(key)

    return Gesture(f"press {key} in {css}", real, lambda page: page.key(css, key))


def script(source: str, memory: Callable[[Page], Awaitable[object]]) -> Gesture:
    return Gesture(source, lambda page: page.evaluate(source), memory)


async def lose_connection(page: Page) -> None:
    await page.drop()
    await page.reconnect()


GESTURES = [
    *(
        click(css)
        for css in ("#plain", "#valued", "#inside", "#row", "#third", "#commands", "#targeted", "#selected")
    ),
    *(click(css) for css in ("#box", "#box", "#ticked", "#ticked")),
    fill("#name", "Bea & co"),
    fill("#about", "a word ~ \u00fc"),
    click("#where"),
    choose("#size", "m"),
    choose("#many", "red", "blue"),
    *(click(css) for css in ("#agree-label", "#agree", "#cash", "#card")),
    fill("#spare", "s"),
    fill("#outside", "o"),
    click("#where"),
    fill("#kept", "stays where the diff did not reach"),
    fill("#name", "Bea in focus"),
    script("asker.pushEvent('render', {})", lambda page: page.push("render", {})),
    fill("#about", "the name has lost the focus, but nothing was patched"),
    click("#render"),
    click("#publish"),
    click("#untouched button"),
    fill("#name", "Bea"),
    Gesture("enter", lambda page: page.press("#name", "Enter"), lambda page: page.submit("#f")),
    fill("#only", "9"),
    press("#keys", "Enter"),
    Gesture("focus", lambda page: page.focus("#focus"), lambda page: page.focus("#focus")),
    Gesture("blur", lambda page: page.locator("#focus").blur(), lambda page: page.blur("#focus")),
    press(None, "Escape"),
    *(click(css) for css in ("#patch", "#replace", "#js")),
    Gesture("back", lambda page: page.go_back(), lambda page: page.back()),
    script("asker.pushEvent('ask', [1, {a: null}])", lambda page: page.push("ask", [1, {"a": None}])),
    script("asker.pushEventTo('#part b', 'ask', {})", lambda page: page.push("ask", {}, target="#part b")),
    script(
        "new Promise(done => {liveSocket.disconnect(done)}).then(() => liveSocket.connect())", lose_connection
    ),
    click("#navigate"),
    Gesture("back again", lambda page: page.go_back(), lambda page: page.back()),
    script("asker.pushEvent('leave', {})", lambda page: page.push("leave", {})),
    script(
        "liveSocket.main.isConnected() && asker.pushEvent('crash', {}).catch(() => 0), 0",
        lambda page: page.push("crash", {}),
    ),
]


def frames_of_chromium(
    base_url: str, handmade: Handmade, page: ChromiumPage, expected: list[int]
) -> list[list[Any]]:
    """Return the frames of each gesture; `expected` gives the number of frames of each."""
    page.goto(f"{base_url}/bindings?page=1")
    seen = [_new_frames(handmade, 0, expected[0])]
    for gesture, count in zip(GESTURES, expected[1:], strict=True):
        start = len(handmade.got)
        gesture.real(page)
        seen.append(_new_frames(handmade, start, count))
    return seen


def _new_frames(handmade: Handmade, start: int, expected: int) -> list[Any]:
    """Return the new frames: as many as expected, and those that follow without a pause."""
    count, since = -1, time.monotonic()
    while time.monotonic() - since < (QUIET if count - start >= expected else SECONDS):
        if len(handmade.got) != count:
            count, since = len(handmade.got), time.monotonic()
        time.sleep(0.01)
    return handmade.got[start:]


async def frames_in_memory(base_url: str, handmade: Handmade) -> list[list[Any]]:
    async with LiveClient(app(handmade), base_url, raise_crashes=False) as client:
        page = await client.open("/bindings?page=1")
        seen = [list(handmade.got)]
        for gesture in GESTURES:
            start = len(handmade.got)
            await gesture.memory(page)
            seen.append(handmade.got[start:])
    return seen


def content_of(frames: list[Any]) -> list[Any]:
    """Return a frame without its refs, which each browser counts differently."""
    return [
        (topic, event, _without_mark(payload)) for _, _, topic, event, payload in frames if topic != "phoenix"
    ]


def _without_mark(payload: Any) -> Any:
    """Remove the page's own marks from a join: they differ in each browser and at each load."""
    params = payload.get("params") if isinstance(payload, dict) else None
    if params is None:
        return payload
    return {**payload, "params": {name: value for name, value in params.items() if name != "_load"}}


def test_both_browsers_send_the_same(page: ChromiumPage, serve: Callable[[Any], str]) -> None:
    real_server, memory_server = server(), server()
    base_url = serve(app(real_server))
    with ThreadPoolExecutor(1) as pool:  # Playwright's event loop owns this thread
        memory = pool.submit(asyncio.run, frames_in_memory(base_url, memory_server)).result()
    real = frames_of_chromium(base_url, real_server, page, [len(frames) for frames in memory])
    names = ["open", *(gesture.name for gesture in GESTURES)]
    for name, ours, theirs in zip(names, memory, real, strict=True):
        assert content_of(ours) == content_of(theirs), name
    assert dict(memory_server.handshakes[0].query_params) == dict(real_server.handshakes[0].query_params)
