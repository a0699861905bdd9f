"""Opening, reading and clicking with the testing client."""

from typing import Any

import pytest

from pyview.testing import ElementNotFound, LiveClient, PageError
from tests.testing.handmade import Handmade, HandmadeView

BUTTONS = """
<output>{count}</output>
<button id="inc" phx-click="inc">+</button>
<button id="add" phx-click="add" phx-value-amount="5" phx-value-item-id="a" value="v">add five</button>
<div id="card" phx-click="card"><span>inside the <b>card</b></span></div>
<button disabled phx-click="never">Never</button>
<button phx-click='[["push",{"event":"add","value":{"amount":7}}],["hide",{"to":"#card"}]]'>seven</button>
<ul><li id="row" phx-click="row">row</li></ul>
<input type="checkbox" id="box" phx-click="box">
"""

MENU = '<button phx-click="open">open</button><div phx-click-away="away">a <b>menu</b></div>'


class Counter(HandmadeView):
    def rendered(self) -> dict[str, Any]:
        before, after = BUTTONS.split("{count}")
        return {"s": [before, after], "0": "0", "t": "Count"}

    async def event(self, payload: dict[str, Any]) -> dict[str, Any]:
        value = payload["value"]
        amount = {"inc": 1, "add": int(value.get("amount", 0))}.get(payload["event"], 0)
        self.state["count"] = self.state.get("count", 0) + amount
        return {"diff": {"0": str(self.state["count"])}} if amount else {}


class Menu(HandmadeView):
    def rendered(self) -> dict[str, Any]:
        return {"s": [MENU]}


def sent(server: Handmade) -> list[Any]:
    return [frame[4] for frame in server.got if frame[3] == "event"]


async def test_a_page_is_the_document_with_its_live_view() -> None:
    server = Handmade({"/count": Counter})
    async with LiveClient(server.app()) as client:
        page = await client.open("/count?x=1#top")
        assert page.status == 200
        assert page.url == "http://testserver/count?x=1#top"
        assert page.path == "/count?x=1#top"
        assert page.title == "Handmade: Count"
        assert '<title data-prefix="Handmade: " data-default="Welcome">Handmade: Count</title>' in page.html
        assert "<p>dead</p>" not in page.html
        assert page.html.endswith("</main>\n<footer>foot</footer>\n</body>\n</html>")
        assert page.connected
        assert page.find("output").text == "0"
        assert page.find("footer").text == "foot"
        assert page.version == "1.2.0"


async def test_the_join_has_the_payload_of_the_javascript_client() -> None:
    server = Handmade({"/count": Counter})
    async with LiveClient(server.app(), cookies={"who": "me"}) as client:
        await client.open("/count?x=1#top")
    handshake = server.handshakes[0]
    assert dict(handshake.query_params) == {"_csrf_token": "CSRF", "vsn": "2.0.0"}
    assert handshake.cookies == {"who": "me"}
    assert handshake.headers["origin"] == "http://testserver"
    assert handshake.scope["subprotocols"] == []
    join_ref, ref, topic, event, payload = server.got[0]
    assert (join_ref, topic, event) == (ref, "lv:phx-1", "phx_join")
    assert (
        len(payload["params"].pop("_load")) == 8
    )  # our own client's: it tells one load of the page from another
    assert payload == {
        "url": "http://testserver/count?x=1#top",
        "params": {
            "_csrf_token": "CSRF",
            "_mounts": 0,
            "_mount_attempts": 0,
            "_track_static": ["http://testserver/assets/app.css"],
        },
        "session": "SESSION-/count",
        "static": "STATIC",
        "sticky": False,
    }


async def test_a_click_sends_an_event_and_shows_the_answer() -> None:
    server = Handmade({"/count": Counter})
    async with LiveClient(server.app()) as client:
        page = await client.open("/count")
        await page.click("#inc")
        await page.click(text="+")
        assert page.find("output").text == "2"
    assert sent(server)[0] == {"type": "click", "event": "inc", "value": {"value": ""}}


async def test_the_payload_of_a_click() -> None:
    server = Handmade({"/count": Counter})
    async with LiveClient(server.app()) as client:
        page = await client.open("/count")
        for css in ("#add", "#card b", "#row", "#box"):
            await page.click(css)
        await page.click(text="seven")
    values = [(payload["event"], payload["value"]) for payload in sent(server)]
    assert values == [
        ("add", {"amount": "5", "item-id": "a", "value": "v"}),
        ("card", {}),  # the closest element with phx-click, around what was clicked
        ("row", {"value": 0}),  # an <li> has a number for a value
        ("box", {"value": "on"}),  # a box is checked before the click is heard; unchecked it would have none
        ("add", {"value": "", "amount": 7}),  # commands that only change the looks do nothing here
    ]


async def test_a_click_outside_is_a_click_away() -> None:
    server = Handmade({"/menu": Menu})
    async with LiveClient(server.app()) as client:
        page = await client.open("/menu")
        await page.click("button")
        await page.click("div b")
    assert [payload["event"] for payload in sent(server)] == ["away", "open"]


async def test_a_disabled_button_cannot_be_clicked() -> None:
    async with LiveClient(Handmade({"/count": Counter}).app()) as client:
        page = await client.open("/count")
        with pytest.raises(PageError, match=r"cannot click a disabled element.*Never"):
            await page.click("button", text="Never")


async def test_an_error_lists_the_elements_of_the_page() -> None:
    async with LiveClient(Handmade({"/count": Counter}).app()) as client:
        page = await client.open("/count")
        with pytest.raises(
            ElementNotFound, match=r"(?s)no element on the page matches 'button#dec'.*<button id=\"inc\""
        ):
            await page.click("button#dec")
        with pytest.raises(ElementNotFound, match=r"(?s)expected one element for 'button', got 4.*seven"):
            await page.click("button")
        assert not page.exists("#dec")
        assert [found.text for found in page.find_all("button", text="add five")] == ["add five"]
        assert page.has_text("inside the  card")


async def test_a_page_that_is_not_live() -> None:
    async with LiveClient(Handmade({"/count": Counter}).app()) as client:
        page = await client.open("/plain")
        assert (page.status, page.connected, page.text) == (200, False, "plain & simple")
        missing = await client.open("/missing")
        assert missing.status == 404
        with pytest.raises(PageError, match="not a live page"):
            await page.push("anything")


async def test_a_plain_link_loads_its_page() -> None:
    server = Handmade({"/count": Counter})
    async with LiveClient(server.app()) as client:
        page = await client.open("/count")
        await page.click("nav a", text="Plain")
        assert page.text == "plain & simple"
        assert page.response.headers["content-type"].startswith("text/plain")
    assert [frame[3] for frame in server.got] == ["phx_join", "phx_leave"]


async def test_plain_requests_share_the_cookies() -> None:
    async with LiveClient(Handmade({}).app()) as client:
        response = await client.get("/plain")
        assert response.text == "plain & simple"
