"""Nested views, as a browser joins them: independent of each other, and no longer on the page than their parent."""

import logging
from typing import Any, ClassVar

import pytest
from starlette.exceptions import HTTPException

from pyview import LiveView, LiveViewSocket, PyView, is_connected, live_render
from pyview.components import LiveComponent
from pyview.events import InfoEvent
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, NotConnected, PageError, ViewCrashed
from tests.asgi import eventually

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[Any]


def template(source: str) -> LiveTemplate:
    return LiveTemplate.from_string(source)


class Counter(LiveView[Any]):
    """The nested view, with a counter."""

    template = template(
        "<output>{{ who }}: {{ count }}</output><i>{{ flash.get('info', '') }}</i><button phx-click='add'>+</button>"
        "<button phx-click='break'>break</button><form id='f' phx-submit='say'><input name='text'></form>"
    )
    ended: ClassVar[list[str]] = []

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"count": 0, "who": session.get("who", "anonymous")}
        if is_connected(socket):
            await socket.subscribe("counters")

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
        if event == "break":
            raise RuntimeError("as asked")
        if event == "away":
            await socket.push_navigate("/other")
        elif event == "out":
            await socket.redirect("/other")
        elif event == "patch":
            await socket.push_patch("/", {"page": 2})
        elif event == "say":
            socket.context["who"] = payload["text"]
        else:
            socket.context["count"] += 1
        return {"count": socket.context["count"]}

    async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
        socket.context["count"] += 100

    async def disconnect(self, socket: Socket) -> None:
        self.ended.append(socket.context["who"])


class Parent(LiveView[Any]):
    """The outer view."""

    template = template(
        "<h1>{{ n }}</h1><button id='more' phx-click='more'>more</button>"
        "{% if shown %}{{ live_render(Counter, id='first', session={'who': 'Ada'}) }}{% endif %}"
        "<button id='toggle' phx-click='toggle'>toggle</button><button id='crash' phx-click='crash'>crash</button>"
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0, "shown": True, "Counter": Counter}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "crash":
            raise RuntimeError("as asked")
        if event == "toggle":
            socket.context["shown"] = not socket.context["shown"]
        socket.context["n"] += 1


class Other(LiveView[Any]):
    template = template("<h2>elsewhere</h2>")


def app_with(parent: type[LiveView[Any]] = Parent, other: type[LiveView[Any]] = Other) -> PyView:
    Counter.ended.clear()
    app = PyView(secret=SECRET)
    app.add_live_view("/", parent)
    app.add_live_view("/other", other)
    return app


def outer_view(source: str, **names: Any) -> type[LiveView[Any]]:
    """Return a view class with that template."""

    class Outer(Parent):
        template = LiveTemplate.from_string(source)

        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = {"n": 0, "Counter": Counter, **names}

    return Outer


async def test_the_first_page_contains_the_html_of_nested_views() -> None:
    async with LiveClient(app_with()) as client:
        html = (await client.get("/")).text
    assert "<output>Ada: 0</output>" in html
    assert 'id="first" data-phx-session="" data-phx-parent-id="phx-' in html


async def test_nested_views_are_independent() -> None:
    async with LiveClient(app_with()) as client:
        page = await client.open("/")
        first = page.child("first")
        await page.click("button", text="+")
        await page.click("button", text="+")
        await page.click("#more")
        assert (first.find("output").text, page.find("h1").text) == ("Ada: 2", "1")
        assert first.mounts == 1
        assert await first.push("add") == {"count": 3}
        await page.submit("#f", {"text": "Grace"})
        assert first.text.startswith("Grace: 3")


async def test_broadcasts_reach_nested_views() -> None:
    async with LiveClient(app := app_with()) as client:
        page = await client.open("/")
        await app.pubsub.broadcast("counters", "x")
        await page.settle()
        assert page.find("output").text == "Ada: 100"


async def test_a_nested_view_ends_with_its_element_and_mounts_again() -> None:
    async with LiveClient(app_with()) as client:
        page = await client.open("/")
        await page.click("button", text="+")
        await page.click("#toggle")
        await page.settle()
        assert Counter.ended == ["Ada"]
        assert not page.exists("output")
        await page.click("#toggle")
        assert page.find("output").text == "Ada: 0"


async def test_a_nested_view_ends_with_its_parent() -> None:
    async with LiveClient(app := app_with()) as client:
        page = await client.open("/")
        await page.close()
        await eventually(lambda: not app.app_context.processes)
        assert Counter.ended == ["Ada"]


async def test_a_crash_of_a_nested_view_does_not_affect_its_parent(caplog: pytest.LogCaptureFixture) -> None:
    async with LiveClient(app_with()) as client:
        page = await client.open("/")
        await page.click("#more")
        await page.click("button", text="+")
        with pytest.raises(ViewCrashed), caplog.at_level(logging.CRITICAL):
            await page.click("button", text="break")
        assert (page.find("h1").text, page.find("output").text) == ("1", "Ada: 0")
        await page.click("button", text="+")
        assert page.find("output").text == "Ada: 1"


async def test_a_crash_of_the_parent_ends_nested_views(caplog: pytest.LogCaptureFixture) -> None:
    async with LiveClient(app := app_with(), raise_crashes=False) as client:
        page = await client.open("/")
        await page.click("button", text="+")
        with caplog.at_level(logging.CRITICAL):
            await page.click("#crash")
        assert Counter.ended == ["Ada"]
        assert page.find("output").text == "Ada: 0"
        assert len(app.app_context.processes) == 2


async def test_the_client_stops_joining_a_view_that_cannot_be_mounted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Counter):
        tried: ClassVar[list[int]] = []

        async def mount(self, socket: Socket, session: Any) -> None:
            if is_connected(socket):
                self.tried.append(1)
                raise RuntimeError("not today")
            await Counter.mount(self, socket, session)

    parent = outer_view(
        "<h1>{{ n }}</h1><button id='more' phx-click='more'>x</button>{{ live_render(V) }}", V=Broken
    )
    async with LiveClient(app_with(parent), raise_crashes=False) as client:
        with caplog.at_level(logging.CRITICAL):
            page = await client.open("/")
        assert len(Broken.tried) == 4
        assert not page.child("live-broken").connected
        assert page.find("#live-broken output").text == "anonymous: 0"  # as the first page had it
        await page.click("#more")
        assert page.find("h1").text == "1"
        assert len(Broken.tried) == 4


async def test_views_nest_several_levels() -> None:
    inner = outer_view("<b>{{ n }}</b><button id='in' phx-click='more'>x</button>{{ live_render(Counter) }}")
    outer = outer_view("{{ live_render(Inner) }}<h1>{{ n }}</h1>", Inner=inner)
    async with LiveClient(app_with(outer)) as client:
        assert "<output>anonymous: 0</output>" in (await client.get("/")).text
        page = await client.open("/")
        await page.click("button", text="+")
        await page.click("#in")
        assert page.find("b").text == "1"
        assert page.child("live-outer-counter").find("output").text == "anonymous: 1"
        await page.close()
        await eventually(lambda: Counter.ended == ["anonymous"])


async def test_a_view_that_contains_itself_is_refused() -> None:
    class Mirror(Parent):
        template = LiveTemplate.from_string("{{ live_render(Mirror) }}")

        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = {"Mirror": Mirror}

    async with LiveClient(app_with(Mirror)) as client:
        with pytest.raises(RuntimeError, match="8 views deep"):
            await client.get("/")


async def test_two_nested_views_with_one_id_are_an_error() -> None:
    parent = outer_view("{{ live_render(Counter) }}{{ live_render(Counter) }}")
    async with LiveClient(app_with(parent)) as client:
        with pytest.raises(ValueError, match="two nested views of this page have the id 'live-counter'"):
            await client.get("/")


async def test_two_nested_views_with_one_id_are_an_error_in_a_live_page(
    caplog: pytest.LogCaptureFixture,
) -> None:
    parent = outer_view(
        "{{ live_render(Counter) }}{% if n %}{{ live_render(Counter) }}{% endif %}<button phx-click='more'>x</button>"
    )
    async with LiveClient(app_with(parent)) as client:
        page = await client.open("/")
        with pytest.raises(ViewCrashed):
            await page.click("button", text="x")
    assert "two nested views of this page have the id 'live-counter'" in caplog.text


async def test_many_nested_views_on_one_page() -> None:
    parent = outer_view("{% for who in users %}{{ live_render(Counter, id=who, session={'who': who}) }}{% endfor %}",
                   users=["a", "b", "c"])  # fmt: skip
    async with LiveClient(app_with(parent)) as client:
        page = await client.open("/")
        await page.child("b").push("add")
        assert [one.text for one in page.find_all("output")] == ["a: 0", "b: 1", "c: 0"]


async def test_push_navigate_navigates_the_whole_page() -> None:
    async with LiveClient(app_with()) as client:
        page = await client.open("/")
        await page.child("first").push("away")
        assert page.path == "/other"
        assert page.find("h2").text == "elsewhere"
        assert Counter.ended == ["Ada"]


async def test_redirect_redirects_the_whole_page() -> None:
    async with LiveClient(app_with()) as client:
        page = await client.open("/")
        await page.child("first").push("out")
        assert page.path == "/other"


async def test_push_patch_of_a_nested_view_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    async with LiveClient(app_with()) as client:
        page = await client.open("/")
        with pytest.raises(ViewCrashed):
            await page.child("first").push("patch")
    assert "nested and has no URL of its own" in caplog.text


async def test_handle_params_of_a_nested_view_is_not_called() -> None:
    class Asked(Counter):
        async def handle_params(self, url: Any, params: Any, socket: Socket) -> None:
            raise AssertionError("a nested view has no URL")

    async with LiveClient(app_with(outer_view("{{ live_render(V) }}", V=Asked))) as client:
        page = await client.open("/?page=2")
        assert page.child("live-asked").connected


async def test_a_redirect_in_mount_is_the_response_of_the_page() -> None:
    class Leaving(Counter):
        async def mount(self, socket: Socket, session: Any) -> None:
            socket.put_flash("info", "moved")
            await socket.redirect("/other")

    other = outer_view("<h2>{{ flash.get('info', '') }}</h2>")
    async with LiveClient(app_with(outer_view("{{ live_render(V) }}", V=Leaving), other)) as client:
        page = await client.open("/")
        assert page.path == "/other"
        assert page.find("h2").text == "moved"


async def test_an_http_error_in_mount_is_the_response_of_the_page() -> None:
    class Missing(Counter):
        async def mount(self, socket: Socket, session: Any) -> None:
            raise HTTPException(404)

    async with LiveClient(app_with(outer_view("{{ live_render(V) }}", V=Missing))) as client:
        assert (await client.get("/")).status_code == 404


async def test_a_flash_message_in_mount_belongs_to_the_nested_view() -> None:
    class Greeting(Counter):
        async def mount(self, socket: Socket, session: Any) -> None:
            await Counter.mount(self, socket, session)
            if not is_connected(socket):
                socket.put_flash("info", "hello")

    async with LiveClient(app_with(outer_view("{{ live_render(V) }}", V=Greeting))) as client:
        html = (await client.get("/")).text
        assert "<i>hello</i>" in html


async def test_nested_views_rejoin_after_a_lost_connection() -> None:
    async with LiveClient(app_with()) as client:
        page = await client.open("/")
        await page.click("button", text="+")
        await page.click("#more")
        await page.drop()
        await page.reconnect()
        await page.click("button", text="+")
        assert (page.child("first").find("output").text, page.find("h1").text) == ("Ada: 2", "1")
        assert Counter.ended == []
    assert Counter.ended == ["Ada"]


async def test_a_view_with_its_own_content_type_may_contain_nested_views() -> None:
    class ByHand(Parent):
        async def render(self, assigns: Any, meta: Any) -> Any:
            return await LiveView.render(self, assigns, meta)

    async with LiveClient(app_with(ByHand)) as client:
        page = await client.open("/")
        await page.click("button", text="+")
        await page.click("#more")
        assert (page.find("output").text, page.find("h1").text) == ("Ada: 1", "1")
        assert page.child("first").mounts == 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"id": "phx-1"}, ValueError, "with which the ids of whole pages begin"),
        ({"id": 'a"b'}, ValueError, "expected a letter"),
        ({"container": "<b>"}, ValueError, "expected an HTML tag"),
        ({"container": ("p", {"data-phx-session": "x"})}, ValueError, "cannot be set"),
    ],
)
def test_invalid_arguments_of_live_render_raise(options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        live_render(Counter, **options)


def test_live_render_expects_a_view() -> None:
    with pytest.raises(TypeError, match="expected a subclass of LiveView"):
        live_render("Counter")  # type: ignore[call-overload]


@pytest.mark.parametrize("session", [{"x": object()}, {"x": "y" * 20_000}])
async def test_a_session_that_is_no_json_or_too_large_is_an_error(
    session: Any, caplog: pytest.LogCaptureFixture
) -> None:
    parent = outer_view("{{ live_render(Counter, session=session) }}", session=session)
    async with LiveClient(app_with(parent)) as client:
        with caplog.at_level(logging.CRITICAL), pytest.raises(PageError):
            await client.open("/")


async def test_container_sets_the_element() -> None:
    parent = outer_view("{{ live_render(Counter, container=('section', {'class': 'a \"b\"'})) }}")
    async with LiveClient(app_with(parent)) as client:
        assert (
            '<section id="live-counter" class="a &#34;b&#34;" data-phx-session=""'
            in (await client.get("/")).text
        )
        page = await client.open("/")
        assert page.find("section")["class"] == 'a "b"'
        assert page.child("live-counter").connected


@pytest.mark.parametrize(("inside", "fits"), [(31, True), (32, False)])
async def test_more_views_than_one_socket_may_carry_are_an_error(inside: int, fits: bool) -> None:
    users = [f"p{n}" for n in range(inside)]
    parent = outer_view("{% for who in users %}{{ live_render(Counter, id=who) }}{% endfor %}", users=users)
    async with LiveClient(app_with(parent)) as client:
        if fits:
            page = await client.open("/")
            assert all(page.child(who).connected for who in users)
        else:
            with pytest.raises(RuntimeError, match="one socket carries 32 with"):
                await client.get("/")


async def test_renders_do_not_send_the_element_again() -> None:
    """The element is the same at each render, so it is not sent again."""
    async with LiveClient(app_with()) as client:
        page = await client.open("/")
        before = page.find("#first")["data-phx-session"]
        await page.click("#more")
        assert page.find("#first")["data-phx-session"] == before


async def test_child_raises_for_an_unknown_id() -> None:
    async with LiveClient(app_with()) as client:
        page = await client.open("/")
        with pytest.raises(PageError, match="joined: first"):
            await page.child("second").push("add")
        with pytest.raises(NotConnected):
            await (await client.open("/nowhere")).push("add")


async def test_a_component_may_contain_a_nested_view() -> None:
    class Panel(LiveComponent[Any]):
        template = LiveTemplate.from_string(
            "<section><b>{{ n }}</b><button id='p' phx-click='p' phx-target='{{ myself }}'>p</button>"
            "{{ live_render(Counter) }}</section>"
        )

        async def mount(self, socket: Any, assigns: Any) -> None:
            socket.context = {"n": 0, "Counter": Counter}

        async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
            socket.context["n"] += 1

    parent = outer_view("{{ live_component(Panel, id='p') }}", Panel=Panel)
    async with LiveClient(app_with(parent)) as client:
        assert "<output>anonymous: 0</output>" in (await client.get("/")).text
        page = await client.open("/")
        await page.click("button", text="+")
        await page.click("#p")
        assert (page.find("b").text, page.find("output").text) == ("1", "anonymous: 1")


async def test_removed_elements_use_no_memory() -> None:
    parent = outer_view("{{ live_render(Counter, id='c' ~ n) }}<button id='more' phx-click='more'>x</button>")
    async with LiveClient(app := app_with(parent)) as client:
        page = await client.open("/")
        for n in range(1, 20):
            await page.click("#more")
            assert page.child(f"c{n}").connected
        await page.settle()
        [children] = [one.children for one in app.app_context.processes if one.children is not None]
        assert len(children._containers) == 1
        assert len(app.app_context.processes) == 2
