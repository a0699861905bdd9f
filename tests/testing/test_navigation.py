"""Links, patches, redirects and history of the testing client, compared with the JavaScript client."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from pyview.testing import LiveClient, PageError, ProtocolError, TooManyReloads
from tests.testing.handmade import Handmade, HandmadeView, Refusal

LINKS = """<h1>{where}</h1>
<a data-phx-link="patch" data-phx-link-state="push" href="?page=2">two</a>
<a data-phx-link="patch" data-phx-link-state="replace" href="/list?page=3"><b>three</b></a>
<a data-phx-link="redirect" data-phx-link-state="push" href="/other">other</a>
<a href="#top">top</a>
<a href="https://example.org/away">away</a>"""


class List(HandmadeView):
    """Shows the query of its URL. The name of an event is the key of its answer."""

    def rendered(self) -> dict[str, Any]:
        before, after = LINKS.split("{where}")
        url = self.payload.get("url") or self.payload["redirect"]
        return {
            "s": [before, after],
            "0": f"{type(self).__name__} {urlsplit(url).query}",
            "t": type(self).__name__,
        }

    async def live_patch(self, url: str) -> dict[str, Any]:
        if urlsplit(url).path != "/list":
            return {"link_redirect": True}
        return {"diff": {"0": f"List {urlsplit(url).query}"}}

    async def event(self, payload: dict[str, Any]) -> dict[str, Any]:
        name, value = payload["event"], payload["value"]
        if name == "push_patch":
            await self.push("live_patch", {"kind": "push", "to": value["to"]})
            return {"diff": {"0": "patched"}}
        if name.startswith("push:"):
            await self.push(name[5:], value)
            return {}
        return {name: value} if value else {}


class Other(List):
    async def join(self) -> dict[str, Any]:
        return {**await super().join(), "container": ["section", {"class": "target", "id": "ignored"}]}


class Private(List):
    async def join(self) -> dict[str, Any]:
        raise Refusal(reason="unauthorized")


class Gone(List):
    async def join(self) -> dict[str, Any]:
        raise Refusal(redirect={"to": "/plain", "flash": "FLASH"}, events=[["bye", {"n": 1}]])


class Guarded(List):
    async def join(self) -> dict[str, Any]:
        raise Refusal(redirect={"to": "/other"})


class Moved(List):
    async def join(self) -> dict[str, Any]:
        raise Refusal(live_redirect={"to": "/other", "kind": "replace", "flash": "FLASH"})


class Patched(List):
    async def join(self) -> dict[str, Any]:
        return {**await super().join(), "live_patch": {"kind": "replace", "to": "/list?page=9"}}


class Failing(List):
    async def join(self) -> dict[str, Any]:
        raise Refusal(reason="reload", status=404, token="T")


async def hop(request: Request) -> Response:
    return RedirectResponse("/list?from=hop")


async def out(request: Request) -> Response:
    return RedirectResponse("https://login.example/authorize?client=1")


async def cookies(request: Request) -> Response:
    return HTMLResponse(f"<p>{request.cookies}</p>")


def server() -> Handmade:
    views = {"/list": List, "/other": Other, "/private": Private, "/guarded": Guarded}
    ways = {"/gone": Gone, "/moved": Moved, "/patched": Patched, "/failing": Failing}
    routes = [Route("/hop", hop), Route("/out", out), Route("/cookies", cookies)]
    return Handmade({**views, **ways}, routes)


def messages(handmade: Handmade) -> list[str]:
    return [frame[3] for frame in handmade.got]


async def test_a_patch_link_sends_new_params_to_the_same_view() -> None:
    handmade = server()
    async with LiveClient(handmade.app()) as client:
        page = await client.open("/list?page=1")
        await page.click("a", text="two")
        assert (page.path, page.find("h1").text) == ("/list?page=2", "List page=2")
        await page.click("b")
        assert (page.path, page.find("h1").text) == ("/list?page=3", "List page=3")
        await page.back()
        assert (page.path, page.find("h1").text) == ("/list?page=1", "List page=1")
        await page.forward()
        assert page.path == "/list?page=3"
    assert messages(handmade) == ["phx_join", "live_patch", "live_patch", "live_patch", "live_patch"]
    assert handmade.got[1][4] == {"url": "http://testserver/list?page=2"}


async def test_a_navigate_link_joins_another_view_on_the_same_socket() -> None:
    handmade = server()
    async with LiveClient(handmade.app()) as client:
        page = await client.open("/list?page=1")
        await page.click("a", text="other")
        assert page.path == "/other"
        assert page.title == "Handmade: Other"
        assert page.find("#phx-1").name == "section"
        assert page.find("#phx-1").get("class") == "target"
        assert page.find("#phx-1")["data-phx-session"] == "SESSION-/list"
        await page.back()
        assert (page.path, page.find("h1").text) == ("/list?page=1", "List page=1")
    first, second, third = handmade.joins
    assert messages(handmade) == ["phx_join", "phx_leave", "phx_join", "phx_leave", "phx_join"]
    assert len(handmade.handshakes) == 1
    assert second["redirect"] == "http://testserver/other"
    assert "url" not in second
    assert second["session"] == first["session"] == "SESSION-/list"
    assert second["params"]["_live_referer"] == "http://testserver/list?page=1"
    assert second["params"]["_mounts"] == 0
    assert third["redirect"] == "http://testserver/list?page=1"


async def test_the_server_patches_during_an_event() -> None:
    async with LiveClient(server().app()) as client:
        page = await client.open("/list")
        await page.push("push_patch", {"to": "/list?page=4"})
        assert (page.path, page.find("h1").text) == ("/list?page=4", "patched")
        await page.back()
        assert page.path == "/list"


async def test_a_patch_to_another_view_becomes_a_navigation() -> None:
    async with LiveClient(server().app()) as client:
        page = await client.open("/list")
        await page.patch("/other")
        assert (page.path, page.title) == ("/other", "Handmade: Other")


@pytest.mark.parametrize("name", ["live_redirect", "push:live_redirect"])
async def test_the_server_navigates(name: str) -> None:
    handmade = server()
    async with LiveClient(handmade.app()) as client:
        page = await client.open("/list")
        await page.push(name, {"kind": "push", "to": "/other", "flash": "FLASH"})
        await page.settle()
        assert page.path == "/other"
        assert "__phoenix_flash__" not in client.cookies
    assert handmade.joins[1]["flash"] == "FLASH"
    assert len(handmade.loads) == 1


@pytest.mark.parametrize("name", ["redirect", "push:redirect"])
async def test_the_server_redirects_with_a_full_load(name: str) -> None:
    handmade = server()
    async with LiveClient(handmade.app()) as client:
        page = await client.open("/list")
        await page.push(name, {"to": "/cookies", "flash": "FLASH", "status": 302})
        await page.settle()
        assert page.text == "{'__phoenix_flash__': 'FLASH'}"
    assert handmade.closed_with == [1000]


async def test_http_redirects_are_followed() -> None:
    async with LiveClient(server().app()) as client:
        page = await client.open("/hop#part")
        assert page.url == "http://testserver/list?from=hop#part"


async def test_a_page_outside_the_application_is_not_loaded() -> None:
    async with LiveClient(server().app()) as client:
        page = await client.open("/out")
        assert (page.url, page.status) == ("https://login.example/authorize?client=1", None)
        with pytest.raises(PageError, match="outside the application"):
            page.response  # noqa: B018
        page = await client.open("/list")
        await page.click("a", text="top")
        assert page.connected
        await page.click("a", text="away")
        assert page.url == "https://example.org/away"


async def test_a_refused_navigation_loads_the_page_a_limited_number_of_times() -> None:
    handmade = server()
    async with LiveClient(handmade.app()) as client:
        page = await client.open("/list")
        with pytest.raises(TooManyReloads, match=r"/private was loaded 3 times.*'unauthorized'"):
            await page.navigate("/private")
    assert [urlsplit(url).path for url in handmade.loads] == ["/list", "/private", "/private", "/private"]


async def test_a_join_that_redirects() -> None:
    async with LiveClient(server().app()) as client:
        page = await client.open("/gone")
        assert page.text == "plain & simple"
        assert page.events == [("bye", {"n": 1})]
        assert client.cookies["__phoenix_flash__"] == "FLASH"


async def test_a_navigation_that_is_redirected() -> None:
    async with LiveClient(server().app()) as client:
        page = await client.open("/list")
        await page.navigate("/guarded")
        assert (page.path, page.title) == ("/other", "Handmade: Other")
        await page.back()
        assert page.path == "/list"


async def test_a_join_that_navigates() -> None:
    handmade = server()
    async with LiveClient(handmade.app()) as client:
        page = await client.open("/moved")
        assert (page.path, page.title) == ("/other", "Handmade: Other")
    assert handmade.joins[1]["flash"] == "FLASH"


async def test_a_join_that_patches() -> None:
    async with LiveClient(server().app()) as client:
        page = await client.open("/patched")
        assert page.path == "/list?page=9"


async def test_a_join_that_asks_for_a_reload_brings_its_token() -> None:
    async with LiveClient(server().app()) as client:
        with pytest.raises(TooManyReloads, match="'reload'"):
            await client.open("/failing")


async def test_a_navigation_that_leaves_the_origin_is_an_error() -> None:
    async with LiveClient(server().app()) as client:
        page = await client.open("/list")
        with pytest.raises(ProtocolError, match="cannot leave the origin"):
            await page.navigate("https://example.org/")
        with pytest.raises(ProtocolError, match="`kind` push or replace"):
            await page.push("live_redirect", {"to": "/other"})
