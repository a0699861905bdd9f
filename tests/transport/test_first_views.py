"""First views: which pages go on with the view of their HTTP response, which mount again, what is kept meanwhile."""

import gc
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, ClassVar, Final
from weakref import ref

import pytest
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from pyview import (
    ConnectedLiveViewSocket,
    LiveComponent,
    LiveView,
    LiveViewSocket,
    PyView,
    SecurityConfig,
    UnconnectedSocket,
    is_connected,
    js,
    live_render,
    static_changed,
)
from pyview.auth import requires
from pyview.events import InfoEvent
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.asgi import eventually
from tests.frames import Page, connect, join, page_in

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
NAVIGATION: Final = MappingProxyType({"sec-fetch-dest": "document", "sec-fetch-mode": "navigate"})
NUMBER: ContextVar[int] = ContextVar("number", default=0)
Socket = LiveViewSocket[Any]
Act = Callable[[Socket], Awaitable[Any]]


class Counted(LiveView[Any]):
    """Counts its callbacks. Each test derives a class of its own."""

    template = LiveTemplate.from_string("<p>{{ n }}</p>", "counted.html")
    mounts: ClassVar[int] = 0
    ends: ClassVar[int] = 0

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.mounts = cls.ends = 0

    async def mount(self, socket: Socket, session: Any) -> None:
        type(self).mounts += 1
        socket.context = {"n": self.mounts}
        await self.more(socket)

    async def more(self, socket: Socket) -> Any:
        """Do nothing more, for subclasses."""

    async def disconnect(self, socket: Socket) -> None:
        type(self).ends += 1


def counted(act: Act, **attributes: Any) -> type[Counted]:
    """Return a view whose mount also does `act`."""

    async def more(self: Counted, socket: Socket) -> Any:
        return await act(socket)

    return type("View", (Counted,), {"more": more, **attributes})


def app_of(view: type[LiveView[Any]], **limits: Any) -> PyView:
    app = PyView(secret=SECRET, security=SecurityConfig(**limits))
    app.add_live_view("/", view)
    return app


async def nothing(socket: Socket) -> None:
    """Do nothing that a joined view would do otherwise."""


async def load(client: LiveClient, url: str = "/", **headers: str) -> Page:
    return page_in(await client.get(url, headers={**NAVIGATION, **headers}))


async def joined(client: LiveClient, page: Page, **changes: Any) -> Any:
    """Join the page, leave it, and return the response to the join."""
    async with connect(client, page) as socket:
        return await join(socket, page, **changes)


async def visited(view: type[Counted], **limits: Any) -> int:
    """Open the page of the view in a browser. Return the number of mounts."""
    async with LiveClient(app_of(view, **limits)) as client:
        page = await client.open("/")
        assert page.connected
    assert view.ends == 1
    return view.mounts


# Which mounts run once


@pytest.mark.parametrize("kind", ["bare", "upload", "stream"])
async def test_a_mount_that_would_do_the_same_runs_once(kind: str) -> None:
    async def act(socket: Socket) -> None:
        if kind == "upload":
            socket.context["upload"] = socket.allow_upload("files", accept="any", progress=lambda *_: None)
        elif kind == "stream":
            socket.stream("rows", [{"id": 1}])

    assert await visited(counted(act)) == 1


async def job() -> None:
    """A background task that ends at once."""


async def numbers_later() -> list[dict[str, int]]:
    return [{"id": 1}]


async def asks_the_class(socket: Socket) -> bool:
    return isinstance(socket, ConnectedLiveViewSocket)


async def asks_the_other_class(socket: Socket) -> bool:
    return isinstance(socket, UnconnectedSocket)


async def asks_by_attribute(socket: Socket) -> bool:
    return socket.connected


async def asks_by_function(socket: Socket) -> bool:
    return is_connected(socket)


async def reads_parameters(socket: Socket) -> Any:
    return socket.connect_params


async def reads_the_address(socket: Socket) -> Any:
    return socket.connect_info


async def asks_for_a_new_version(socket: Socket) -> bool:
    return static_changed(socket)


async def sets_a_timer(socket: Socket) -> None:
    socket.schedule_info_once(InfoEvent("late"), 60)


async def repeats_a_timer(socket: Socket) -> None:
    socket.schedule_info(InfoEvent("tick"), 60)


async def reads_presence(socket: Socket) -> Any:
    return socket.presence.list("room")


async def starts_a_task(socket: Socket) -> None:
    socket.start_async("job", job)


async def loads_later(socket: Socket) -> None:
    socket.assign_async("later", job)


async def streams_later(socket: Socket) -> None:
    socket.stream_async("rows", numbers_later)


async def runs_a_generator(socket: Socket) -> None:
    socket.stream_runner  # noqa: B018


async def cancels_a_task(socket: Socket) -> None:
    socket.cancel_async("job")


CONNECTED_ONLY: list[Act] = [
    asks_the_class,
    asks_the_other_class,
    asks_by_attribute,
    asks_by_function,
    reads_parameters,
    reads_the_address,
    asks_for_a_new_version,
    sets_a_timer,
    repeats_a_timer,
    reads_presence,
    starts_a_task,
    loads_later,
    cancels_a_task,
    streams_later,
    runs_a_generator,
    lambda socket: socket.subscribe("topic"),
    lambda socket: socket.unsubscribe("topic"),
    lambda socket: socket.broadcast("topic", "hello"),
    lambda socket: socket.send_info(InfoEvent("hello")),
    lambda socket: socket.push_event("hello"),
    lambda socket: socket.exec_js(js.show("#menu")),
    lambda socket: socket.send_update(1),
]


async def no_info(self: Any, event: Any, socket: Socket) -> None:
    """Handle what the mount has sent."""


async def no_result(self: Any, name: str, result: Any, socket: Socket) -> None:
    """Handle the result of what the mount has started."""


@pytest.mark.parametrize("act", CONNECTED_ONLY)
async def test_a_mount_that_does_something_else_on_a_joined_socket_runs_again(act: Act) -> None:
    assert await visited(counted(act, handle_info=no_info, handle_async=no_result)) == 2


async def test_a_template_may_ask_too() -> None:
    class View(Counted):
        template = LiveTemplate.from_string(
            "<p>{{ 'live' if asked.connected else 'not yet' }}</p>", "asks.html"
        )

        async def more(self, socket: Socket) -> None:
            socket.context = {"asked": socket}

    async with LiveClient(app_of(View)) as client:
        page = await client.open("/")
        assert (page.text, View.mounts) == ("live", 2)


async def test_a_component_may_ask_too() -> None:
    class Asks(LiveComponent[Any]):
        template = LiveTemplate.from_string("<p>{{ live }}</p>", "component.html")

        async def mount(self, socket: Any, assigns: Any) -> None:
            socket.context = {"live": socket.connected}

    class View(Counted):
        template = LiveTemplate.from_string("{{ live_component(Asks, id=1) }}", "around.html")

        async def more(self, socket: Socket) -> None:
            socket.context = {"Asks": Asks}

    async with LiveClient(app_of(View)) as client:
        page = await client.open("/")
        assert (page.text, View.mounts) == ("True", 2)


async def test_a_hook_that_changes_the_page_after_its_first_render_runs_for_both_renders() -> None:
    async def once(socket: Socket) -> None:
        socket.context["n"] = "shown"

    async def attach(socket: Socket) -> None:
        socket.attach_hook("once", "after_render", once)

    View = counted(attach)
    async with LiveClient(app_of(View)) as client:
        page = await client.open("/")
        assert (page.text, View.mounts) == ("2", 2)


async def test_a_context_variable_that_the_mount_sets_is_set_in_the_task_of_the_view() -> None:
    async def act(socket: Socket) -> None:
        NUMBER.set(7)

    class View(counted(act)):  # type: ignore[misc]
        template = LiveTemplate.from_string("<p>{{ number() }}</p>", "variable.html")

        async def mount(self, socket: Socket, session: Any) -> None:
            await super().mount(socket, session)
            socket.context = {"number": NUMBER.get}

    async with LiveClient(app_of(View)) as client:
        page = await client.open("/")
        assert (page.text, View.mounts) == ("7", 2)


# Objects that end with the request


def numbers() -> Iterator[int]:
    yield from (1, 2)


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection


@pytest.mark.parametrize("kind", ["connection", "cursor", "method", "closure", "generator"])
async def test_a_view_with_an_object_that_may_end_is_mounted_again_and_the_log_says_why(
    kind: str, database: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    async def act(socket: Socket) -> None:
        held: dict[str, Callable[[], Any]] = {
            "connection": lambda: database,
            "cursor": database.cursor,
            "method": lambda: database.execute,
            "closure": lambda: lambda: database,
            "generator": numbers,
        }
        socket.context["held"] = [held[kind]()]

    view = counted(act)
    with caplog.at_level(logging.INFO, "pyview"):
        async with LiveClient(app_of(view)) as client:
            await client.open("/")
            await client.open("/")
    assert view.mounts == 4
    assert len([line for line in caplog.messages if "mounted twice" in line]) == 1


@pytest.mark.parametrize("attributes", [{}, {"__slots__": ("held",)}], ids=["attribute", "slot"])
async def test_what_a_view_itself_holds_is_looked_at(
    attributes: dict[str, Any], database: sqlite3.Connection
) -> None:
    class Holding(Counted):
        async def mount(self, socket: Socket, session: Any) -> None:
            await super().mount(socket, session)
            setattr(self, "held", database)  # noqa: B010  a slot or an attribute

    assert await visited(type("View", (Holding,), attributes)) == 2


async def test_a_value_that_cannot_be_looked_at_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    class Lazy(Mapping[str, int]):
        def __getitem__(self, key: str) -> int:
            raise RuntimeError("the session is closed")

        def __iter__(self) -> Iterator[str]:
            return iter("a")

        def __len__(self) -> int:
            return 1

    async def act(socket: Socket) -> None:
        socket.context["held"] = Lazy()

    assert await visited(counted(act)) == 2
    assert "the state of a View cannot be read" in caplog.text


async def test_a_class_may_vouch_for_its_objects_and_may_turn_it_off(database: sqlite3.Connection) -> None:
    async def act(socket: Socket) -> None:
        socket.context["held"] = database

    assert await visited(counted(act, mount_once=True)) == 1
    assert await visited(counted(nothing, mount_once=False)) == 2


# Which pages are kept


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"sec-fetch-dest": "document"}, 1),
        ({"sec-fetch-dest": "iframe"}, 1),
        ({}, 0),
        ({"sec-fetch-dest": "empty"}, 0),
        ({"sec-fetch-dest": "document", "sec-purpose": "prefetch;prerender"}, 0),
        ({"sec-fetch-dest": "document", "purpose": "prefetch"}, 0),
    ],
)
async def test_only_what_a_browser_loads_as_a_document_is_kept(headers: dict[str, str], kept: int) -> None:
    app = app_of(counted(nothing))
    async with LiveClient(app) as client:
        await client.get("/", headers=headers)
        assert len(app._first_views) == kept
        await client.head("/", headers=headers)
        assert len(app._first_views) == kept


async def test_an_application_may_turn_it_off() -> None:
    assert await visited(counted(nothing), first_view_grace=0) == 2
    assert await visited(counted(nothing), max_first_views=0) == 2


async def test_the_oldest_is_dropped_beyond_the_number_and_the_size() -> None:
    async def large(socket: Socket) -> None:
        socket.context["text"] = "x" * 50_000

    for view, limit in (
        (counted(nothing), {"max_first_views": 3}),
        (counted(large), {"max_first_view_bytes": 200_000}),
    ):
        app = app_of(view, **limit)
        async with LiveClient(app) as client:
            pages = [await load(client) for _ in range(10)]
            assert len(app._first_views) == 3
            assert app._first_views.bytes <= 200_000
            await joined(client, pages[0])
            assert view.mounts == 11
            await joined(client, pages[-1])
            assert view.mounts == 11


async def test_a_view_that_is_larger_than_all_may_be_is_not_kept() -> None:
    async def large(socket: Socket) -> None:
        socket.context["text"] = "x" * 50_000

    app = app_of(counted(large), max_first_view_bytes=40_000)
    async with LiveClient(app) as client:
        await load(client)
        assert (len(app._first_views), app._first_views.bytes) == (0, 0)


async def test_a_view_whose_page_never_joins_is_freed_without_a_callback() -> None:
    made: list[ref[Socket]] = []

    async def note(socket: Socket) -> None:
        made.append(ref(socket))

    view = counted(note)
    app = app_of(view, first_view_grace=0.05)
    async with LiveClient(app) as client:
        for _ in range(20):
            await load(client)
        await eventually(lambda: len(app._first_views) == 0)
        assert app._first_views.bytes == 0
        gc.collect()
        assert [each for each in made if each() is not None] == []
    assert (view.mounts, view.ends) == (20, 0)


async def test_a_page_that_joins_too_late_mounts_again() -> None:
    view = counted(nothing)
    app = app_of(view, first_view_grace=0.05)
    async with LiveClient(app) as client:
        page = await load(client)
        await eventually(lambda: len(app._first_views) == 0)
        assert (await joined(client, page))[0] == "ok"
    assert (view.mounts, view.ends) == (2, 1)


# Which joins go on


async def test_the_second_tab_of_one_page_mounts_its_own_view() -> None:
    view = counted(nothing)
    async with LiveClient(app_of(view)) as client:
        page = await load(client)
        first, second = await joined(client, page), await joined(client, page)
    assert [each[1]["rendered"]["0"] for each in (first, second)] == ["1", "2"]
    assert (view.mounts, view.ends) == (2, 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://testserver/?page=2"},
        {"url": "http://testserver/#part"},
        {"url": None, "redirect": "http://testserver/"},
    ],
)
async def test_another_url_mounts_again(changes: dict[str, Any]) -> None:
    view = counted(nothing)
    async with LiveClient(app_of(view)) as client:
        assert (await joined(client, await load(client), **changes))[0] == "ok"
    assert view.mounts == 2


@pytest.mark.parametrize("mounts", [1, None, "0", False])
async def test_only_the_first_join_of_a_page_goes_on(mounts: object) -> None:
    view = counted(nothing)
    async with LiveClient(app_of(view)) as client:
        page = await load(client)
        params = {"_csrf_token": page.csrf, "_mounts": mounts}
        assert (await joined(client, page, params=params))[0] == "ok"
    # False equals 0 in Python, and a browser that sends it gets its own view.
    assert view.mounts == (1 if mounts is False else 2)


@pytest.mark.parametrize(("same", "mounts"), [(True, 1), (False, 2)])
async def test_a_page_under_another_nonce_mounts_again(same: bool, mounts: int) -> None:
    view = counted(nothing)
    app = app_of(view, content_security_policy="script-src 'nonce-{nonce}'")
    async with LiveClient(app) as client:
        response = await client.get("/", headers=dict(NAVIGATION))
        page = page_in(response)
        nonce = response.headers["content-security-policy"].partition("nonce-")[2].rstrip("'")
        params = {"_csrf_token": page.csrf, "_mounts": 0, "_csp_nonce": nonce if same else "another"}
        assert (await joined(client, page, params=params))[0] == "ok"
    assert view.mounts == mounts


# Users


def signed_app(view: type[LiveView[Any]]) -> PyView:
    """An application where `/in/<name>` signs in, `/out` signs out and `/set/<value>` changes the session."""
    app = app_of(view)

    async def sign_in(request: Request) -> Response:
        request.session["user"] = request.path_params["name"]
        return PlainTextResponse("in")

    async def sign_out(request: Request) -> Response:
        request.session.clear()
        return PlainTextResponse("out")

    async def change(request: Request) -> Response:
        request.session["theme"] = request.path_params["value"]
        return PlainTextResponse("changed")

    app.add_route("/in/{name}", sign_in, methods=["POST"])
    app.add_route("/out", sign_out, methods=["POST"])
    app.add_route("/set/{value}", change, methods=["POST"])
    app.add_middleware(SessionMiddleware, secret_key="k" * 32)
    return app


async def test_a_view_goes_on_for_its_own_session_only() -> None:
    view = counted(nothing)
    app = signed_app(view)
    async with LiveClient(app) as ann, LiveClient(app, lifespan=False) as eve:
        await ann.post("/in/ann")
        await eve.post("/in/eve")
        page = await load(ann)
        assert await joined(eve, page) == ["error", {"reason": "stale"}]
        assert len(app._first_views) == 1
        assert (await joined(ann, page))[0] == "ok"
    assert view.mounts == 1


async def test_a_visitor_goes_on_in_the_browser_that_got_the_page() -> None:
    view = counted(nothing)
    app = signed_app(view)
    async with LiveClient(app) as visitor, LiveClient(app, lifespan=False) as other:
        page = await load(visitor)
        assert (await joined(other, page))[1]["rendered"]["0"] == "2"
        assert (await joined(visitor, page))[1]["rendered"]["0"] == "1"


async def test_a_sign_out_before_the_join_counts() -> None:
    view = counted(nothing)
    app = signed_app(view)
    async with LiveClient(app) as client:
        await client.post("/in/ann")
        page = await load(client)
        await client.post("/out")
        assert await joined(client, page) == ["error", {"reason": "stale"}]
    assert (view.mounts, view.ends) == (1, 0)


async def test_a_role_that_is_lost_before_the_join_counts() -> None:
    allowed = True

    def may_see(identity: Any, view: Any) -> bool:
        return allowed

    class View(Counted):
        pass

    requires(may_see)(View)
    async with LiveClient(signed_app(View)) as client:
        await client.post("/in/ann")
        page = await load(client)
        allowed = False
        assert (await joined(client, page))[0] == "error"
    assert View.ends == 0


async def test_a_session_that_has_changed_before_the_join_is_read_again() -> None:
    class View(Counted):
        template = LiveTemplate.from_string("<p>{{ theme }}</p>", "theme.html")

        async def more(self, socket: Socket) -> None:
            socket.context = {"theme": socket.session.get("theme", "none")}

    async with LiveClient(signed_app(View)) as client:
        await client.post("/in/ann")
        page = await load(client)
        await client.post("/set/dark")
        assert (await joined(client, page))[1]["rendered"]["0"] == "dark"


# Views inside


class Inner(Counted):
    pass


class Around(Counted):
    template = LiveTemplate.from_string("<p>{{ n }}</p>{{ live_render(Inner) }}", "outer.html")

    async def more(self, socket: Socket) -> None:
        socket.context |= {"live_render": live_render, "Inner": Inner}


async def test_nested_views_go_on_as_well() -> None:
    Inner.mounts = Inner.ends = Around.mounts = 0
    async with LiveClient(app_of(Around)) as client:
        page = await client.open("/")
        assert page.connected
        assert (Around.mounts, Inner.mounts) == (1, 1)
    assert Inner.ends == 1


async def test_a_view_in_a_plain_page_goes_on() -> None:
    Inner.mounts = Inner.ends = 0
    app = PyView(secret=SECRET)

    async def plain(request: Request) -> Response:
        embedded = await app.embed(request, live_render(Inner))
        return HTMLResponse(f"<html><head>{embedded.head}</head><body>{embedded}</body></html>")

    app.add_route("/plain", plain)
    async with LiveClient(app) as client:
        await client.open("/plain")
        assert Inner.mounts == 1
    assert Inner.ends == 1


async def test_a_mount_that_fails_keeps_nothing() -> None:
    async def fail(socket: Socket) -> None:
        raise RuntimeError("as asked")

    app = app_of(counted(fail))
    async with LiveClient(app, raise_server_exceptions=False) as client:
        assert (await client.get("/", headers=dict(NAVIGATION))).status_code == 500
        assert len(app._first_views) == 0
