"""Keys, focus, targets and JavaScript commands of the testing client."""

from typing import Any

import pytest

from pyview.testing import ElementNotFound, LiveClient, PageError, ProtocolError
from tests.testing.handmade import Handmade, HandmadeView

PAGE = """
<input id="field" phx-keydown="down" phx-keyup="up" value="v">
<input id="search" phx-keyup="search" phx-key="Enter">
<input id="watched" phx-focus="came" phx-blur="went">
<div phx-window-keydown="escape" phx-key="Escape" phx-window-focus="back"></div>
<button id="inside" phx-click="own" phx-target="{cid}">in the component</button>
<button id="selector" phx-click="selected" phx-target="#part b">by selector</button>
<button id="nowhere" phx-click="lost" phx-target="#missing">nowhere</button>
<button id="gone" phx-click="lost" phx-target="9">gone</button>
<button id="two" phx-click='[["push",{"event":"one"}],["push",{"event":"two","value":{"n":2}}]]'>two</button>
<button id="run" phx-click='[["exec",{"attr":"data-do","to":"#row"}]]'>run</button>
<p id="row" data-do='[["push",{"event":"done","value":{"id":3}}]]'><button id="closest"
  phx-click='[["exec",{"attr":"data-do","to":{"closest":"#row"}}]]'>closest</button></p>
<button id="press" phx-click='[["dispatch",{"event":"click","to":"#two"}]]'>press another</button>
<button id="patch" phx-click='[["patch",{"href":"/page?x=1","replace":true}]]'>patch</button>
<button id="navigate" phx-click='[["navigate",{"href":"/page?y=1","replace":false}]]'>navigate</button>
<button id="looks" phx-click='[["hide",{"to":"#row"}],["add_class",{"names":["x"]}]]'>looks</button>
<button id="unknown" phx-click='[["explode",{}]]'>unknown</button>
<button id="wrong" phx-click='["push"]'>wrong</button>
"""


class Bindings(HandmadeView):
    def rendered(self) -> dict[str, Any]:
        before, after = PAGE.split("{cid}")
        component = {"s": ["<section id='part'><b>part</b></section>"], "r": 1}
        return {"s": [before, after, ""], "0": "1", "1": 1, "c": {"1": component}}


class Session:
    """One page, and the events that it has sent."""

    def __init__(self) -> None:
        self.server = Handmade({"/page": Bindings})

    def sent(self) -> list[tuple[Any, ...]]:
        events = [frame[4] for frame in self.server.got if frame[3] == "event"]
        return [
            (
                payload["type"],
                payload["event"],
                payload["value"],
                *([payload["cid"]] if "cid" in payload else []),
            )
            for payload in events
        ]


@pytest.fixture
def session() -> Session:
    return Session()


async def test_keys_go_to_the_element_or_else_to_the_window(session: Session) -> None:
    async with LiveClient(session.server.app()) as client:
        page = await client.open("/page")
        await page.key("#field", "a")
        await page.key("#search", "a", events=("keyup",))
        await page.key("#search", "Enter", events=("keyup",))
        await page.key(None, "Escape", events=("keydown",))
        await page.key(None, "a")
        with pytest.raises(PageError, match="no binding handles the key"):
            await page.key("#row", "a", events=("keyup",))
    assert session.sent() == [
        ("keydown", "down", {"key": "a", "value": "v"}),
        ("keyup", "up", {"key": "a", "value": "v"}),
        ("keyup", "search", {"key": "Enter", "value": ""}),
        ("keydown", "escape", {"key": "Escape"}),
    ]


async def test_focus_of_an_element_and_of_the_window(session: Session) -> None:
    async with LiveClient(session.server.app()) as client:
        page = await client.open("/page")
        await page.focus("#watched")
        await page.blur("#watched")
        await page.focus(None)
        with pytest.raises(PageError, match="no binding handles blur"):
            await page.blur("#field")
    assert session.sent() == [
        ("focus", "came", {"value": ""}),
        ("blur", "went", {"value": ""}),
        ("focus", "back", {}),
    ]


async def test_events_go_to_components(session: Session) -> None:
    async with LiveClient(session.server.app()) as client:
        page = await client.open("/page")
        await page.click("#inside")
        await page.click("#selector")
        await page.push("hook", {"x": 1}, target="#part b")
        await page.push("hook", {"x": 2}, target=1)
        with pytest.raises(ElementNotFound, match="phx-target '#missing'"):
            await page.click("#nowhere")
        with pytest.raises(ElementNotFound, match="no component 9"):
            await page.click("#gone")
    assert session.sent() == [
        ("click", "own", {"value": ""}, 1),
        ("click", "selected", {"value": ""}, 1),
        ("hook", "hook", {"x": 1}, 1),
        ("hook", "hook", {"x": 2}, 1),
    ]


async def test_javascript_commands(session: Session) -> None:
    async with LiveClient(session.server.app()) as client:
        page = await client.open("/page")
        for css in ("#two", "#run", "#closest", "#press", "#looks"):
            await page.click(css)
        await page.click("#patch")
        assert page.path == "/page?x=1"
        await page.click("#navigate")
        assert page.path == "/page?y=1"
        with pytest.raises(ProtocolError, match="no JS command 'explode'"):
            await page.click("#unknown")
        with pytest.raises(ProtocolError, match=r"a JS command is \[op, \{arguments\}\]"):
            await page.click("#wrong")
    both = [("click", "one", {"value": ""}), ("click", "two", {"value": "", "n": 2})]
    done = ("click", "done", {"id": 3})
    assert session.sent() == [*both, done, done, *both]
