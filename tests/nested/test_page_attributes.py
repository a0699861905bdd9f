"""Attributes of the document that a view sets: in the first HTML, later changes, and removal with the view."""

from typing import Any

import pytest
from markupsafe import Markup

from pyview import LiveView, LiveViewSocket, PyView
from pyview.template.live_template import LiveTemplate
from pyview.template.root_template import PageAttributes, RootTemplateContext, defaultRootTemplate
from pyview.testing import LiveClient, ViewCrashed
from tests.nested.test_nested import outer_view

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[Any]


class Article(LiveView[Any]):
    template = LiveTemplate.from_string(
        "<h1>{{ n }}</h1><button phx-click='dark'>dark</button>"
        "<a href='/quiet' data-phx-link='redirect' data-phx-link-state='push'>quiet</a>"
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0}
        socket.live_title = "Über uns"
        socket.page.lang = "de"
        socket.page.body_class = "light"
        socket.page.meta("description", 'Wer "wir" sind')
        socket.page.meta("og:title", "Über uns")
        socket.page.link("canonical", "https://example.org/ueber")

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "dark":
            socket.page.body_class = "dark wide"
            socket.page.meta("description", None)
        elif event == "unsafe":
            socket.page.link("canonical", "javascript:alert(1)")
        elif event == "csrf":
            socket.page.meta("csrf-token", "x")
        elif event == "style":
            socket.page.link("stylesheet", "/x.css")  # type: ignore[arg-type]
        socket.context["n"] += 1


class Quiet(LiveView[Any]):
    template = LiveTemplate.from_string("<h1>quiet</h1>")


def app() -> PyView:
    made = PyView(secret=SECRET)
    made.rootTemplate = defaultRootTemplate(title="Site", title_prefix="My · ", title_suffix=" | X")
    made.add_live_view("/", Article)
    made.add_live_view("/quiet", Quiet)
    return made


async def test_the_first_page_has_the_attributes() -> None:
    async with LiveClient(app()) as client:
        html = (await client.get("/")).text
    assert '<html lang="de" data-pyview-lang="en">' in html
    assert '<body class="light" data-pyview-class="light">' in html
    assert '<meta name="description" content="Wer &#34;wir&#34; sind" data-pyview-page>' in html
    assert '<meta property="og:title" content="Über uns" data-pyview-page>' in html
    assert '<link rel="canonical" href="https://example.org/ueber" data-pyview-page>' in html
    assert "<title" in html
    assert 'data-prefix="My · " data-default="Site" data-suffix=" | X">My · Über uns | X</title>' in html


async def test_without_attributes_the_root_template_is_unchanged() -> None:
    async with LiveClient(app()) as client:
        html = (await client.get("/quiet")).text
    assert '<html lang="en">' in html
    assert "<body>" in html
    assert "data-pyview-page" not in html


async def test_changes_of_attributes_are_sent_once() -> None:
    async with LiveClient(app()) as client:
        page = await client.open("/")
        assert page.attributes["lang"] == "de"
        await page.click("button")
        assert page.attributes == {
            "lang": "de",
            "body_class": "dark wide",
            "meta": {"og:title": "Über uns"},
            "link": {"canonical": "https://example.org/ueber"},
        }
        page._tab.state.screen.attributes = {}
        await page.push("nothing")
        assert page.attributes == {}
        assert page.title == "My · Über uns | X"


async def test_another_view_starts_without_attributes() -> None:
    async with LiveClient(app()) as client:
        page = await client.open("/")
        await page.click("a")
        assert page.attributes == {}
        assert page.find("h1").text == "quiet"


@pytest.mark.parametrize("event", ["unsafe", "csrf", "style"])
async def test_a_forbidden_attribute_is_an_error(event: str) -> None:
    async with LiveClient(app()) as client:
        page = await client.open("/")
        with pytest.raises(ViewCrashed):
            await page.push(event)


async def test_a_nested_view_cannot_set_attributes_of_the_document() -> None:
    made = PyView(secret=SECRET)
    made.add_live_view("/", outer_view("{{ live_render(V) }}", V=Article))
    async with LiveClient(made) as client:
        with pytest.raises(
            ValueError, match="Article is nested, and the document belongs to the view around it"
        ):
            await client.get("/")


async def test_a_custom_root_template_places_the_attributes() -> None:
    def mine(context: RootTemplateContext) -> str:
        page = context.get("page", PageAttributes())
        return Markup("<html{}><body{}>{}").format(
            page.html_attributes("fr"),
            page.body_attributes(),
            Markup("").join(context["additional_head_elements"]),
        )

    made = app()
    made.rootTemplate = mine
    async with LiveClient(made) as client:
        html = (await client.get("/")).text
        assert html.startswith('<html lang="de" data-pyview-lang="fr"><body class="light"')
        assert '<meta name="description"' in html
        assert (await client.get("/quiet")).text.startswith('<html lang="fr"><body>')
