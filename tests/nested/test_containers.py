"""Containers of pages and nested views, and the values that a root template receives."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from markupsafe import Markup

from pyview import LiveView, LiveViewSocket, PyView, RootTemplateContext, live_render
from pyview.template.container import Container, container_of
from pyview.template.live_template import LiveTemplate
from pyview.template.root_template import live_element
from pyview.testing import LiveClient
from tests.auth.users import UserBackend, make_app
from tests.frames import connect, join, load

NASTY = '"><script>alert(1)</script>'


def page(**names: Any) -> type[LiveView[Any]]:
    return type("View", (LiveView,), {"template": LiveTemplate.from_string("<p>{{ 1 }}</p>"), **names})


def app_of(**views: Any) -> PyView:
    app = PyView()
    for path, view in views.items():
        app.add_live_view("/" if path == "home" else f"/{path}", view)
    return app


async def shown(app: PyView, path: str = "/") -> Any:
    async with LiveClient(app) as client:
        return (await client.open(path)).find("[data-phx-main]")


async def test_container_of_a_class_is_the_element_of_its_page() -> None:
    view = page(container=("main", {"class": "wide", "data-note": NASTY, "hidden": None, "inert": True}))
    async with LiveClient(app_of(home=view)) as client:
        html = (await client.get("/")).text
        assert '<main id="phx-' in html
        assert (
            ' class="wide" data-note="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;" inert="" data-phx-main'
            in html
        )
        assert "hidden" not in html.partition("<main")[2].partition(">")[0]
        found = (await client.open("/")).find("main")
        assert (found["class"], found["data-note"]) == ("wide", NASTY)
        assert found.find("p").text == "1"


async def test_container_of_the_route_precedes_class_and_live_session() -> None:
    app = PyView()
    group = app.live_session("shop", container=("section", {"class": "shop"}))
    group.add_live_view("/plain", page())
    group.add_live_view("/own", page(container="article"))
    group.add_live_view("/route", page(container="article"), container=("aside", {"class": "route"}))
    app.add_live_view("/none", page())
    app.add_live_view("/app", page(), container="main")
    for path, tag in (
        ("plain", "section"),
        ("own", "article"),
        ("route", "aside"),
        ("none", "div"),
        ("app", "main"),
    ):
        assert (await shown(app, f"/{path}")).name == tag, path


async def test_live_navigation_replaces_the_element_of_the_page() -> None:
    first, second = (
        page(container=("main", {"class": "a", "data-a": "1"})),
        page(container=("section", {"class": "b"})),
    )
    app = app_of(home=first, second=second, third=page())
    async with LiveClient(app) as client:
        opened = await client.open("/")
        await opened.navigate("/second")
        found = opened.find("[data-phx-main]")
        assert (found.name, found["class"], found.get("data-a")) == ("section", "b", None)
        await opened.navigate("/third")
        assert opened.find("[data-phx-main]").name == "div"
        raw = await load(client, "/")
        async with connect(client, raw) as socket:
            _, response = await join(socket, raw, redirect="http://testserver/second", url=None)
            assert response["container"] == ["section", {"class": "b"}]


async def test_container_of_live_render_precedes_the_class() -> None:
    inner = page(container=("section", {"class": "inner"}))
    outer = page(
        template=LiveTemplate.from_string(
            "{{ live_render(V, id='a') }}{{ live_render(V, id='b', container=('aside', {'class': n})) }}"
        ),
        mount=_with(V=inner, n=NASTY),
    )
    async with LiveClient(app_of(home=outer)) as client:
        opened = await client.open("/")
        a, b = opened.find("#a"), opened.find("#b")
        assert (a.name, a["class"], b.name, b["class"]) == ("section", "inner", "aside", NASTY)
        assert a.find("p").text == "1"


def _with(**names: Any) -> Any:
    async def mount(self: Any, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = names

    return mount


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        (("div", {"id": "x"}), ValueError, "'id' cannot be set"),
        (("div", {"data-phx-session": "x"}), ValueError, "data-phx-* belongs to the client"),
        (("div", {"data-phx-main": True}), ValueError, "data-phx-*"),
        (("div", {'a" onclick': "x"}), ValueError, "cannot be set"),
        (("div", {"CLASS": "x"}), ValueError, "cannot be set"),
        (("div", {1: "x"}), ValueError, "cannot be set"),
        (("div", {"class": ["a"]}), TypeError, "expected the attribute 'class' to be text"),
        ("img", ValueError, "expected an HTML tag that can hold a page"),
        ("script", ValueError, "expected an HTML tag that can hold a page"),
        ("div class=x", ValueError, "expected an HTML tag"),
        ("", ValueError, "expected an HTML tag"),
        (("div",), TypeError, "expected a tag, or a tag with attributes"),
        (("div", "class"), TypeError, "expected a tag, or a tag with attributes"),
        (7, TypeError, "expected a tag"),
    ],
)
def test_an_invalid_container_raises_at_start(given: Any, error: type[Exception], text: str) -> None:
    app = PyView()
    with pytest.raises(error) as of_class:
        app.add_live_view("/", page(container=given))
    assert text in str(of_class.value)
    assert "View.container" in str(of_class.value)
    with pytest.raises(error, match=r"live_session\('shop', container\)"):
        app.live_session("shop", container=given)
    with pytest.raises(error, match=r"add_live_view\('/', \.\.\., container\)"):
        app.add_live_view("/", page(), container=given)
    with pytest.raises(error, match=r"live_render\(container\)"):
        live_render(page(), container=given)


def test_a_plain_element() -> None:
    assert container_of("div", "here") == Container()
    assert Container().element("a", [("main", None)], "<b>") == '<div id="a" data-phx-main><b></div>'


def document(context: RootTemplateContext) -> str:
    """Root template that renders all values it receives."""
    seen: Mapping[str, Any] = context["session_data"]
    view, user = context["view"], context["user"]
    parts = (view.__qualname__, context["path"], user.display_name, seen.get("theme"), seen.get("shared"))
    said = Markup('<nav data-said="{}">{}</nav>').format(" ".join(map(str, parts)), user.is_authenticated)
    return f'<!DOCTYPE html><meta name="csrf-token" content="{context["csrf_token"]}">{said}{live_element(context)}'


async def test_a_root_template_receives_path_user_session_and_view() -> None:
    app = make_app(UserBackend(), {"/": page()})
    app.rootTemplate = document
    group = app.live_session("shop", session={"shared": "<of the group>"}, container="main")
    group.add_live_view("/shop/{id}", page(__qualname__="Shop"))
    async with LiveClient(app) as client:
        first = (await client.get("/?a=secret")).text
        assert '<nav data-said="View /  None None">False</nav><div id="phx-' in first
        await client.post("/in/ann")
        answer = await client.get("/shop/a%20b?x=1")
        assert (
            'data-said="Shop /shop/a%20b ann None &lt;of the group&gt;">True</nav><main id="phx-'
            in answer.text
        )
        assert answer.headers["cache-control"] == "no-store"
        opened = await client.open("/shop/7")
        assert opened.find("main p").text == "1"


async def test_a_page_contains_nothing_of_the_session_by_default() -> None:
    app = make_app(UserBackend(), {"/": page()})
    app.live_session("shop", session={"shared": "known to views"}).add_live_view("/shop", page())
    async with LiveClient(app) as client:
        await client.post("/in/ann")
        html = (await client.get("/shop")).text
        assert "known to views" not in html
        assert "ann" not in re.sub(r"data-phx-\w+=\"[^\"]*\"|content=\"[^\"]*\"|src=\"[^\"]*\"", "", html)


async def test_the_session_of_a_root_template_is_read_only() -> None:
    caught: list[Exception] = []

    def writing(context: RootTemplateContext) -> str:
        data: Any = context["session_data"]
        try:
            data["user_id"] = "root"
        except Exception as error:
            caught.append(error)
        return document(context)

    app = make_app(
        UserBackend(),
        {"/": page()},
    )
    app.rootTemplate = writing
    async with LiveClient(app) as client:
        await client.get("/")
    assert len(caught) == 1
