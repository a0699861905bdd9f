"""Tests of relative URLs in links, JS commands and handlers."""

from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView, js
from pyview.components import LiveComponent
from pyview.navigation import UnsafeURL
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient

Socket = LiveViewSocket[dict[str, Any]]

LINKS = """{% import "pyview/components.html" as ui %}
<p>{{ path }} {{ page }}</p>
{{ ui.link("Two", patch="?page=2", id="two") }}
{{ ui.link("Up", navigate="../9/edit", id="up") }}
<a id="raw" href="edit?page=4" data-phx-link="patch" data-phx-link-state="push">raw</a>
<button id="js" phx-click="{{ js.patch("?", {"page": 3}) }}">js</button>
<button id="go" phx-click="{{ js.navigate("./edit#top") }}">go</button>
{{ live_render(Inner, id="inner") }}
{{ live_component(Part, id=1) }}"""


class Inner(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>inner</p>")

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        await socket.push_navigate(event)


class Part(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        '<p><button phx-click="x" phx-target="{{ myself }}">part</button></p>'
    )

    async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
        await socket.push_patch("?page=7")


class Desk(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(LINKS)

    async def handle_params(self, url: Any, params: Any, socket: Socket) -> None:
        if params.get("to"):
            await getattr(socket, params.get("by"))(params.get("to"))
        socket.context = {"path": url.path, "page": params.get("page") or "1", "Inner": Inner, "Part": Part}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        await getattr(socket, event)(*payload["args"])


def desk() -> PyView:
    app = PyView()
    for path in ("/desks/{id}", "/desks/{id}/edit", "/desks/{id}/more/{rest:path}", "/desks/"):
        app.add_live_view(path, Desk)
    return app


async def test_links_and_commands_count_from_the_page() -> None:
    async with LiveClient(desk()) as client:
        page = await client.open("/desks/7?old=1")
        await page.click("#two")
        assert (page.path, page.find("p").text) == ("/desks/7?page=2", "/desks/7 2")
        await page.click("#js")
        assert (page.path, page.find("p").text) == ("/desks/7?page=3", "/desks/7 3")
        await page.click("#raw")
        assert (page.path, page.find("p").text) == ("/desks/edit?page=4", "/desks/edit 4")
        page = await client.open("/desks/7/more/")
        await page.click("#go")
        assert page.find("p").text == "/desks/7/more/edit 1"
        page = await client.open("/desks/7/edit")
        await page.click("#up")
        assert page.find("p").text == "/desks/9/edit 1"


WISHES = [
    ("/desks/7?old=1", "?page=2", "/desks/7?page=2"),
    ("/desks/7?old=1", "#top", "/desks/7?old=1#top"),
    ("/desks/7?old=1", "8", "/desks/8"),
    ("/desks/7?old=1", "./8?page=2", "/desks/8?page=2"),
    ("/desks/7/edit", "../8", "/desks/8"),
    ("/desks/7/edit", "../../../../desks/8", "/desks/8"),
    ("/desks/7/more/a", "b/c#x", "/desks/7/more/b/c#x"),
    ("/desks/7", "./a:b", "/desks/a:b"),
]


@pytest.mark.parametrize(("start", "to", "there"), WISHES)
@pytest.mark.parametrize("by", ["push_patch", "push_navigate", "redirect", "replace_patch"])
async def test_what_a_handler_asks_for_counts_from_the_page(by: str, start: str, to: str, there: str) -> None:
    async with LiveClient(desk()) as client:
        page = await client.open(start)
        await page.push(by, {"args": [to]})
        assert page.path == there


@pytest.mark.parametrize("by", ["push_patch", "push_navigate", "redirect"])
async def test_during_the_first_render_it_is_a_redirect_to_the_whole_path(by: str) -> None:
    async with LiveClient(desk()) as client:
        answer = await client.get(f"/desks/7/edit?by={by}&to=../8%3Fpage%3D2", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (302, "/desks/8?page=2")


async def test_a_nested_view_and_a_component_count_from_the_page_as_it_is_now() -> None:
    async with LiveClient(desk()) as client:
        page = await client.open("/desks/7")
        await page.push("push_patch", {"args": ["/desks/9/edit?a=1"]})
        await page.click("button", "part")
        assert page.path == "/desks/9/edit?page=7"
        await page.child("inner").push("../8", {})
        assert page.path == "/desks/8"


UNSAFE = [
    *("//evil.example", "/\\evil.example", "\\\\evil.example"),
    *("javascript:alert(1)", "JavaScript:x", "data:text/html,x", "a:b", "https://evil.example", "https:evil"),
    *(" //evil.example", "\u00a0x", "?a\nb", "?a\tb", "#\x00", "a\\b", "x ", "", "\t//evil.example"),
]


@pytest.mark.parametrize("address", UNSAFE)
async def test_what_could_leave_the_site_is_refused_wherever_the_page_is(address: str) -> None:
    refused: list[str] = []

    class Wary(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string("<p></p>")

        async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
            for ask in (socket.push_navigate, socket.redirect):
                with pytest.raises(UnsafeURL, match="expected a path on this site"):
                    await ask(address)
                refused.append(address)
            if address:
                with pytest.raises(UnsafeURL, match="expected a path on this site"):
                    await socket.push_patch(address)

    app = PyView()
    app.add_live_view("/", Wary)
    app.add_live_view("/a", Wary)
    async with LiveClient(app) as client:
        for start in ("/", "/a", "/a?b=//c"):
            await (await client.open(start)).push("try")
    assert len(refused) == 6


@pytest.mark.parametrize("address", UNSAFE)
def test_links_and_commands_refuse_the_same(address: str) -> None:
    link = LiveTemplate.from_string('{% import "pyview/components.html" as ui %}{{ ui.link("a", patch=to) }}')
    with pytest.raises(UnsafeURL, match="expected a path on this site"):
        link.render({"to": address})
    for command in (js.patch, js.navigate):
        with pytest.raises(UnsafeURL, match="expected a path on this site"):
            command(address)
