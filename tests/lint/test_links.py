"""Rules about links: no route, a wrong method, patches that leave their view."""

import importlib
import sys
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Host, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles

from pyview import LiveView, PyView
from pyview.components import LiveComponent
from pyview.lint import lint
from pyview.template.live_template import LiveTemplate

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
numbers = count()
LinkFindings = list[tuple[str, int, str]]


class User(LiveView[Any]):
    template = LiveTemplate.from_string("user")


class Member(LiveView[Any]):
    template = LiveTemplate.from_string("member")


class Orders(HTTPEndpoint):
    def post(self, request: Any) -> PlainTextResponse:
        return PlainTextResponse("posted")


def answer(request: Any) -> PlainTextResponse:
    return PlainTextResponse("answer")


def routes() -> list[BaseRoute]:
    """Return routes of Starlette: pages, forms, and applications below a prefix."""
    shop = [Route("/", answer), Route("/items/{id:int}", answer), Route("/basket", answer, methods=["POST"])]
    return [
        Route("/about", answer),
        Route("/sign-in", answer, methods=["POST"]),
        Route("/orders", Orders),
        Route("/files/{path:path}", answer),
        Route("/by/{year:int}/{month:int}", answer),
        Route("/slashed/", answer),
        WebSocketRoute("/chat", answer),
        Mount("/static", StaticFiles(directory=Path(__file__).parent)),
        Mount("/shop", routes=shop),
        Mount("/guarded", routes=[Route("/in", answer)], middleware=[Middleware(Passing)]),
        Mount("/all", Router(default=answer)),  # type: ignore[arg-type]
        Mount("/t/{tenant}", Starlette(routes=[Route("/home", answer)])),
        Host("api.example.org", Starlette(routes=[Route("/v1", answer)])),
    ]


class Passing:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def app_of(view: type[LiveView[Any]], others: Sequence[BaseRoute]) -> PyView:
    """Return an application with `view` at / and /view/{tab}, two more views, and then the given routes."""
    app = PyView(secret=SECRET)
    app.add_live_view("/", view)
    app.add_live_view("/view/{tab}", view)
    app.add_live_view("/users/{id}", User)
    app.live_session("members").add_live_view("/members/{id}/edit", Member)
    app.routes.extend(others)
    return app


@pytest.fixture
def check(tmp_path: Path) -> Callable[[str], LinkFindings]:
    def check_template(template: str) -> LinkFindings:
        path = tmp_path / "view.html"
        path.write_text(template)
        view: Any = type("View", (LiveView,), {"template": LiveTemplate.from_file(path)})
        return link_findings(app_of(view, routes()))

    return check_template


def link_findings(app: Any) -> LinkFindings:
    found = [one for one in lint(app) if one.rule in ("unknown-link", "patch-leaves-view")]
    return [(one.rule, one.line, one.text) for one in found]


IMPORTED = '{% import "pyview/components.html" as ui %}{% from "pyview/components.html" import link as to %}'


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<a href='/abuot'></a>", "href=\"/abuot\": no route has this path; did you mean '/about'?"),
        ("<a href='/about/more?a=b#c'></a>", 'href="/about/more": no route has this path'),
        ("<area href='/x'><link href='/y'>", 'href="/x": no route has this path'),
        (
            "<a\n href='/usr/{{ user.id }}'></a>",
            "href=\"/usr/{}\": no route has this path; did you mean '/users/{id}'?",
        ),
        ("<a href='/users/{{ user.id }}/edit'></a>", 'href="/users/{}/edit": no route has this path'),
        ("<a href='/members/{{ user.id }}'></a>", 'href="/members/{}": no route has this path'),
        ("<a href='/abuot{{ query }}'></a>", 'href="/abuot...": no route has this path'),
        ("<a href='/abuot{% if a %}/b{% endif %}'></a>", 'href="/abuot..."'),
        ("<a href='/shop/items/x'></a>", 'href="/shop/items/x": no route has this path'),
        (
            "<a href='/shop/itms/{{ a }}'></a>",
            'href="/shop/itms/{}": no route has this path; did you mean \'/shop/items/',
        ),
        ("<a href='/by/{{ year }}/may'></a>", 'href="/by/{}/may": no route has this path'),
        ("<a href='/chat'></a>", 'href="/chat": no route has this path'),
        ("<a href='/guarded/out'></a>", 'href="/guarded/out": no route has this path'),
        (
            "<a href='/t/a/hme'></a>",
            "href=\"/t/a/hme\": no route has this path; did you mean '/t/{tenant}/home'?",
        ),
        ("<a href='/t/{{ a }}/{{ b }}/home'></a>", 'href="/t/{}/{}/home": no route has this path'),
        ("<form id='a' action='/nowhere'></form>", 'action="/nowhere": no route has this path'),
        ("<button formaction='/nowhere'></button>", 'formaction="/nowhere"'),
        (
            "<form method='post' action='/about'></form>",
            'action="/about": the route of this path does not accept POST, only GET',
        ),
        (
            "<form action='/sign-in'></form>",
            'action="/sign-in": the route of this path does not accept GET, only POST',
        ),
        (
            "<form action='/orders'></form>",
            'action="/orders": the route of this path does not accept GET, only POST',
        ),
        (
            "<form method='POST' action='/users/{{ id }}'></form>",
            'action="/users/{}": the route of this path does not accept POST',
        ),
        (
            "<input type='submit' formmethod='post' formaction='/about'>",
            'formaction="/about": the route of this path does not accept',
        ),
        (
            "<a href='/about' data-method='delete'></a>",
            'href="/about": the route of this path does not accept POST, only GET',
        ),
        ("{{ ui.link('a', navigate='/b') }}", 'link(navigate="/b"): no route has this path'),
        ("{{ ui.link('a', '/b') }}", 'link(href="/b"): no route has this path'),
        (
            "{% call to(patch='/b/' ~ c.id ~ '/d') %}e{% endcall %}",
            'link(patch="/b/{}/d"): no route has this path',
        ),
        (
            "{{ ui.link('a', href='/about', method='post') }}",
            'link(href="/about"): the route of this path does not accept POST',
        ),
        (
            "{% call ui.form(a, action='/about') %}{% endcall %}",
            'form(action="/about"): the route of this path does not accept POST',
        ),
        (
            "<b phx-click=\"{{ js.push('a').navigate('/b') }}\"></b>",
            'js.navigate("/b"): no route has this path',
        ),
    ],
)
def test_a_link_without_a_route(check: Callable[[str], LinkFindings], markup: str, text: str) -> None:
    [(rule, line, found), *_] = check(f"{IMPORTED}\n{markup}")
    assert rule == "unknown-link"
    assert line == 2 + markup.count("\n")
    assert found.startswith(text)


def test_the_home_page_is_never_suggested(check: Callable[[str], LinkFindings]) -> None:
    assert check("<a href='/x'></a>") == [("unknown-link", 1, 'href="/x": no route has this path')]


@pytest.mark.parametrize(
    "markup",
    [
        "<a href='/'></a><a href='/about'></a><a href='/about/'></a><a href='/slashed'></a><a href=' /about?a#b'></a>",
        "<a href='/users/7'></a><a href='/users/{{ a.b[0].id|urlencode }}'></a><a href='/users/a-{{ b }}'></a>",
        "<a href='/view/{{ tab }}'></a><a href='/{{ a }}'></a><a href='/{{ a }}/{{ b }}'></a>",
        "<a href='/about{{ query }}'></a><a href='/about{% if a %}?b{% endif %}'></a><a href='/ab{{ a }}'></a>",
        "<a href='/members{{ path }}'></a><a href='/members/{{ path }}'></a><a href='/members/{{ a ~ b }}'></a>",
        "<a href='/by/{{ year }}/5'></a><a href='/by/{{ year }}/{{ month }}'></a><a href='/files/a/b'></a>",
        "<a href='/files/{{ a }}/b'></a><a href='/static/none.css'></a><link href='/static/{{ a }}/b'>",
        "<a href='/shop'></a><a href='/shop/'></a><a href='/shop/items/7'></a><a href='/shop/items/{{ a }}'></a>",
        "<a href='/guarded/in'></a><a href='/all/b/c'></a><a href='/t/a/home'></a><a href='/t/{{ a }}/home'></a>",
        "<a href='/v1'></a><a href='/about' title='/x'></a>",
        "<a href='https://a.b/c'></a><a href='//a.b/c'></a><a href='mailto:a@b'></a><a href='c'></a><a href></a>",
        "<a href='#a'></a><a href='?b'></a><a href='../c'></a><a href='/a/../b'></a><a href='{{ a }}'></a>",
        "<a href='{{ a }}/b'></a><a href='{% if a %}/b{% else %}/c{% endif %}'></a><img src='/x'>",
        "<form method='post' action='/sign-in'></form><form method='post' action='/orders'></form>",
        "<form action='/about'></form><form method='{{ a }}' action='/about'></form><form action></form>",
        "<form {{ a }} action='/sign-in'></form><form method='dialog' action='/x'></form>",
        "<form {% if a %}method='post'{% endif %} action='/sign-in'></form>",
        "<button formaction='/sign-in'></button><button formmethod='post' formaction='/sign-in'></button>",
        "<a href='/sign-in' data-method='post'></a><a href='/about' data-method='get'></a>",
        "{{ ui.link('a', href='/about') }}{{ ui.link('/x', navigate='/users/' + id) }}{{ ui.link('a', patch='/') }}",
        "{{ ui.link('a', patch='?page=2') }}{{ ui.link('a', navigate='../edit') }}{{ ui.link('a', href='#top') }}",
        "<b phx-click=\"{{ js.patch('?page=2').navigate('./edit') }}\"></b>",
        "{{ ui.link('a', href='/sign-in', method='post') }}{{ ui.link('a', href='/about', method=b) }}",
        "{{ ui.link('a', href=none, navigate='/about') }}{{ ui.link('a', href=b) }}{{ other.link('a', '/x') }}",
        "{% call ui.form(a, action='/sign-in') %}{% endcall %}",
        "{% call ui.form(a, 'get', action='/about') %}{% endcall %}",
        '<b phx-click="{{ js.navigate(\'/about\') }}"></b><b phx-click="{{ js.patch(a) }}"></b>',
        "<a href='/x'></a>{# pyview: ignore[unknown-link] #}",
    ],
)
def test_valid_and_unknown_links_are_not_reported(check: Callable[[str], LinkFindings], markup: str) -> None:
    assert check(f"{IMPORTED}\n{markup}") == []


class TestPatches:
    @pytest.mark.parametrize(
        ("markup", "text"),
        [
            (
                "<a href='/users/7' data-phx-link='patch'></a>",
                "href=\"/users/7\" leads out of View, to '/users/{id}'",
            ),
            ("<a href='/users/{{ id }}' data-phx-link='patch'></a>", 'href="/users/{}" leads out of View'),
            ("<a href='/about' data-phx-link='patch'></a>", "href=\"/about\" leads out of View, to '/about'"),
            ("{{ ui.link('a', patch='/users/7') }}", 'link(patch="/users/7") leads out of View'),
            ("<b phx-click=\"{{ js.patch('/users/7') }}\"></b>", 'js.patch("/users/7") leads out of View'),
        ],
    )
    def test_a_patch_that_leaves_its_view(
        self, check: Callable[[str], LinkFindings], markup: str, text: str
    ) -> None:
        [(rule, line, found)] = check(f"{IMPORTED}\n{markup}")
        assert (rule, line) == ("patch-leaves-view", 2)
        assert found.startswith(text)

    @pytest.mark.parametrize(
        "markup",
        [
            "<a href='/?a=b' data-phx-link='patch'></a><a href='/view/b' data-phx-link='patch'></a>",
            "<a href='/view/{{ tab }}' data-phx-link='patch'></a><a href='/{{ a }}/b' data-phx-link='patch'></a>",
            "<a href='/users/7' data-phx-link='redirect'></a><a href='/users/7' data-phx-link='{{ a }}'></a>",
            "<a href='/users/7' {% if a %}data-phx-link='patch'{% endif %}></a>",
            "<a href='/static/{{ a }}' data-phx-link='patch'></a>",
        ],
    )
    def test_a_patch_that_stays_or_may_stay(self, check: Callable[[str], LinkFindings], markup: str) -> None:
        assert check(markup) == []

    def test_a_shared_template_is_checked_for_all_of_its_views(self, tmp_path: Path) -> None:
        (tmp_path / "nav.html").write_text("<a href='/one' data-phx-link='patch'></a>")
        template = LiveTemplate.from_file(tmp_path / "nav.html")
        one, two = (type(name, (LiveView,), {"template": template}) for name in ("One", "Two"))
        app = PyView(secret=SECRET)
        app.add_live_view("/one", one)
        app.add_live_view("/two", two)
        assert link_findings(app) == []

    def test_a_component_may_be_on_any_page(self, tmp_path: Path) -> None:
        (tmp_path / "star.html").write_text("<p><a href='/users/7' data-phx-link='patch'></a></p>")
        template = LiveTemplate.from_string("{{ live_component(Star, id='a') }}")
        star = type("Star", (LiveComponent,), {"template": LiveTemplate.from_file(tmp_path / "star.html")})
        module: Any = type(sys)("with_star")
        view: Any = type("View", (LiveView,), {"template": template, "__module__": module.__name__})
        module.Star = star
        sys.modules[module.__name__] = module
        try:
            assert link_findings(app_of(view, [])) == []
        finally:
            del sys.modules[module.__name__]

    def test_a_patch_into_another_live_session_leaves_the_view(self, tmp_path: Path) -> None:
        (tmp_path / "view.html").write_text("<a href='/in' data-phx-link='patch'></a>")
        view: Any = type("View", (LiveView,), {"template": LiveTemplate.from_file(tmp_path / "view.html")})
        app = PyView(secret=SECRET)
        app.add_live_view("/out", view)
        app.live_session("inside").add_live_view("/inner", User)
        assert [rule for rule, _, _ in link_findings(app)] == ["unknown-link"]
        app.live_session("other").add_live_view("/in", User)
        assert [rule for rule, _, _ in link_findings(app)] == ["patch-leaves-view"]


class TestHandlers:
    HANDLER = (
        "from pyview import LiveView\nfrom pyview.template.live_template import LiveTemplate\n"
        "class View(LiveView):\n    template = LiveTemplate.from_string('view')\n"
        "    async def handle_event(self, event, payload, socket):\n        {}\n"
    )

    @pytest.fixture
    def handle(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], LinkFindings]:
        monkeypatch.syspath_prepend(tmp_path)

        def check_handler(code: str) -> LinkFindings:
            name = f"leading_{next(numbers)}"
            (tmp_path / f"{name}.py").write_text(self.HANDLER.format(code))
            return link_findings(app_of(importlib.import_module(name).View, routes()))

        return check_handler

    @pytest.mark.parametrize(
        ("code", "text"),
        [
            (
                "await socket.push_navigate('/abuot')",
                'push_navigate("/abuot"): no route has this path; did you mean',
            ),
            ("await socket.replace_navigate(path='/x')", 'replace_navigate("/x"): no route has this path'),
            ("await socket.push_patch('/x')", 'push_patch("/x"): no route has this path'),
            ("await socket.redirect('/x', status=303)", 'redirect("/x"): no route has this path'),
            (
                "await self.socket.redirect('/sign-in')",
                'redirect("/sign-in"): the route of this path does not accept GET',
            ),
            (
                "await socket.push_navigate(f'/usr/{self.id}')",
                'push_navigate("/usr/{}"): no route has this path',
            ),
            ("await socket.push_navigate('/x/' + self.id)", 'push_navigate("/x/{}"): no route has this path'),
            ("await socket.push_patch('/users/7')", 'push_patch("/users/7") leads out of View'),
        ],
    )
    def test_a_push_without_a_route_or_out_of_the_view(
        self, handle: Callable[[str], LinkFindings], code: str, text: str
    ) -> None:
        [(_, line, found)] = handle(code)
        assert line == 6
        assert found.startswith(text)

    @pytest.mark.parametrize(
        "code",
        [
            "await socket.push_navigate('/about')",
            "await socket.push_navigate(f'/users/{id}')",
            "await socket.push_patch('?page=2')",
            "await socket.push_navigate('../edit')",
            "await socket.redirect('edit#top')",
            "await socket.push_patch('/view/' + event)",
            "await socket.push_patch(params={'a': 1})",
            "await socket.redirect(external='https://a.b/c')",
            "await socket.redirect(self.home)",
            "await client.redirect('/x')",
            "await socket.push_navigate('/x')  # pyview: ignore",
        ],
    )
    def test_a_valid_or_unknown_push(self, handle: Callable[[str], LinkFindings], code: str) -> None:
        assert handle(code) == []


class TestMounted:
    def outer(self, tmp_path: Path, template: str, **options: Any) -> Starlette:
        (tmp_path / "view.html").write_text(template)
        view: Any = type("View", (LiveView,), {"template": LiveTemplate.from_file(tmp_path / "view.html")})
        inner = app_of(view, [])
        return Starlette(routes=[Route("/out", answer), Mount("/in", inner)], **options)

    def test_paths_count_from_the_root_of_the_outer_application(self, tmp_path: Path) -> None:
        outer = self.outer(tmp_path, "<a href='/out'></a><a href='/in/'></a>\n<a href='/users/7'></a>")
        assert [(rule, line) for rule, line, _ in link_findings(outer)] == [("unknown-link", 2)]

    def test_patches_are_followed_below_the_prefix(self, tmp_path: Path) -> None:
        links = ("/in/view/a", "/in/view/{{ b }}", "/in{{ b }}", "/in/{{ b }}/c", "/in/users/{{ b }}")
        markup = "\n".join(f"<a href='{to}' data-phx-link='patch'></a>" for to in links)
        assert [(rule, line) for rule, line, _ in link_findings(self.outer(tmp_path, markup))] == [
            ("patch-leaves-view", 5)
        ]

    def test_nothing_is_reported_if_something_else_may_answer(self, tmp_path: Path) -> None:
        outer = self.outer(tmp_path, "<a href='/x'></a>")
        outer.router.default = answer  # type: ignore[assignment]
        assert link_findings(outer) == []


PARTS = st.sampled_from(["a", "b", "7", "{x}", "{y:int}", "{z:path}", ""])
PATHS = st.lists(PARTS, min_size=1, max_size=3, unique_by=lambda part: part if "{" in part else object())


@given(
    st.lists(PATHS, min_size=1, max_size=3),
    st.lists(st.sampled_from(["a", "b", "7", "c"]), max_size=3),
    st.data(),
)
def test_a_pattern_matches_every_route_that_one_of_its_paths_matches(
    tmp_path_factory: pytest.TempPathFactory, paths: list[list[str]], parts: list[str], data: st.DataObject
) -> None:
    """No false alarm: a pattern is not reported if a route matches one of its possible paths."""
    with_placeholders = [data.draw(st.sampled_from([part, "{{ v }}"])) for part in parts]
    links = ["/" + "/".join(parts), "/" + "/".join(with_placeholders)]
    page = tmp_path_factory.getbasetemp() / "links.html"
    page.write_text("\n".join(f"<a href='{link}'></a>" for link in links))
    view: Any = type("View", (LiveView,), {"template": LiveTemplate.from_file(page)})
    app = PyView(secret=SECRET)
    app.add_live_view("/of/the/view/itself", view)
    app.routes.extend(Route("/" + "/".join(path), answer) for path in paths)
    found = {line for rule, line, _ in link_findings(app)}
    assert 2 not in found or 1 in found
