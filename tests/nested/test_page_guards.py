"""The guards of a page apply to the views nested in it."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.authentication import requires as starlette_requires
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig, live_render
from pyview.auth import AuthProvider, AuthProviderFactory, public, requires
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, RawSocket
from tests.asgi import eventually
from tests.auth.users import Shown, UserBackend, make_app
from tests.frames import Page, connect, join, page_in
from tests.nested.test_tokens import STALE, join_inner, tokens_in

Socket = LiveViewSocket[Any]
UNAUTHORIZED = ("error", {"reason": "unauthorized"})
AT_ONCE = SecurityConfig(auth_recheck=0.0)
FREQUENT_CHECKS = SecurityConfig(auth_interval=0.05)


class Inner(LiveView[Any]):
    """A view without its own guard."""

    template = LiveTemplate.from_string("<i>{{ n }}</i><button phx-click='add'>+</button>", "inner.html")

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "rename":
            await socket.update_session({"theme": "dark"})
        socket.context["n"] += 1


class Outer(LiveView[Any]):
    """A page with a nested view (w) and a sticky one (s)."""

    inside: type[LiveView[Any]] = Inner
    template = LiveTemplate.from_string(
        "<h1>outer</h1>{{ live_render(V, id='w') }}{{ live_render(V, id='s', sticky=True) }}", "outer.html"
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"V": self.inside}

    async def handle_params(self, socket: Socket) -> None:
        """Allow patches of the page."""


@requires("admin")
class Guarded(Outer):
    pass


@requires("admin", redirect="/login")
class Sending(Outer):
    pass


@pytest.fixture
def users() -> UserBackend:
    return UserBackend()


def lose_role(users: UserBackend) -> None:
    users.roles["root"] = ["authenticated"]


async def open_tokens(client: LiveClient, path: str = "/", name: str | None = "root") -> Any:
    """Join a page. Return its socket, the page, and the tokens of its nested views by id."""
    if name is not None:
        await client.post(f"/in/{name}")
    page = page_in(await client.get(path))
    socket = await connect(client, page).connect()
    status, response = await join(socket, page)
    assert status == "ok", response
    return socket, page, tokens_in(json.dumps(response["rendered"]).replace('\\"', '"'))


async def push(socket: RawSocket, dom_id: str, ref: str, name: str = "add") -> Any:
    """Send an event to the view of an element and return the response."""
    await socket.send_frame(
        ["9", ref, f"lv:{dom_id}", "event", {"type": "click", "event": name, "value": {}}]
    )
    while True:
        frame = await socket.receive_frame()
        if frame[1] == ref:
            return frame[4]["response"]


@pytest.fixture(params=["w", "s"])
def which(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestLivePage:
    async def test_events_are_refused_after_access_is_lost(self, users: UserBackend, which: str) -> None:
        async with LiveClient(make_app(users, {"/": Guarded}, security=AT_ONCE)) as client:
            socket, page, tokens = await open_tokens(client)
            assert (await join_inner(socket, page, which, tokens[which]))[0] == "ok"
            assert "diff" in await push(socket, which, "10")
            lose_role(users)
            assert await push(socket, which, "11") == {"redirect": {"to": "/", "status": 302}}

    async def test_the_view_ends_after_access_is_lost(self, users: UserBackend, which: str) -> None:
        app = make_app(users, {"/": Guarded}, security=FREQUENT_CHECKS)
        async with LiveClient(app) as client:
            socket, page, tokens = await open_tokens(client)
            assert (await join_inner(socket, page, which, tokens[which]))[0] == "ok"
            await socket.send_frame(["4", "20", page.topic, "phx_leave", {}])
            if which == "s":
                assert len(app.app_context.processes) == 1
            lose_role(users)
            await eventually(lambda: not app.app_context.processes)

    async def test_the_token_is_refused_after_access_is_lost(self, users: UserBackend) -> None:
        async with LiveClient(make_app(users, {"/": Guarded})) as client:
            _, page, tokens = await open_tokens(client)
            async with connect(client, page) as other:
                assert (await join_inner(other, page, "s", tokens["s"]))[0] == "ok"
            lose_role(users)
            async with connect(client, page) as other:
                assert await join_inner(other, page, "s", tokens["s"]) == UNAUTHORIZED
            users.roles["root"] = ["admin"]
            async with connect(client, page) as other:
                assert (await join_inner(other, page, "s", tokens["s"]))[0] == "ok"

    async def test_the_token_of_the_first_page_is_checked_too(self, users: UserBackend) -> None:
        async with LiveClient(make_app(users, {"/": Guarded})) as client:
            await client.post("/in/root")
            response = await client.get("/")
            page, token = page_in(response), tokens_in(response.text)["s"]
            lose_role(users)
            async with connect(client, page) as socket:
                assert await join_inner(socket, page, "s", token) == UNAUTHORIZED

    async def test_a_refused_view_is_redirected_like_the_page(self, users: UserBackend) -> None:
        async with LiveClient(make_app(users, {"/": Sending})) as client:
            _, page, tokens = await open_tokens(client)
            lose_role(users)
            async with connect(client, page) as other:
                answer = await join_inner(other, page, "s", tokens["s"])
                assert answer == ("error", {"redirect": {"to": "/login?next=%2F", "status": 302}})

    async def test_a_view_inside_a_sticky_view_is_checked_too(self, users: UserBackend) -> None:
        class Middle(Outer):
            template = LiveTemplate.from_string("{{ live_render(V, id='w') }}", "middle.html")

        @requires("admin")
        class Page_(Outer):
            inside = Middle
            template = LiveTemplate.from_string("{{ live_render(V, id='s', sticky=True) }}", "page.html")

        async with LiveClient(make_app(users, {"/": Page_}, security=AT_ONCE)) as client:
            socket, page, tokens = await open_tokens(client)
            status, response = await join_inner(socket, page, "s", tokens["s"])
            assert status == "ok"
            inner = tokens_in(json.dumps(response["rendered"]).replace('\\"', '"'))
            assert (await join_inner(socket, page, "w", inner["w"]))[0] == "ok"
            assert "diff" in await push(socket, "w", "10")
            lose_role(users)
            assert "redirect" in await push(socket, "w", "11")

    async def test_the_first_page_is_checked_after_live_navigation(self, users: UserBackend) -> None:
        app = make_app(users, {"/": Guarded, "/open": Outer}, security=AT_ONCE)
        async with LiveClient(app) as client:
            await client.post("/in/root")
            page = await client.open("/")
            await page.navigate("/open")
            await page.child("s").push("add")
            assert page.child("s").mounts == 1
            assert page.child("s").find("i").text == "1"
            lose_role(users)
            loaded = page.response
            await page.child("s").push("add")
            assert page.response is not loaded
            assert page.path == "/open"
            assert page.child("s").find("i").text == "0"

    async def test_the_token_of_an_unguarded_page_does_not_rejoin_the_view_of_a_guarded_one(
        self, users: UserBackend
    ) -> None:
        """Both tokens are for the same element of the same page, so a rejoining client could send either of them."""
        app = make_app(users, {"/": Guarded, "/open": Outer})
        async with LiveClient(app) as client:
            await client.post("/in/root")
            page = await client.open("/")
            await page.child("s").push("add")
            await page.navigate("/open")
            [stays] = [
                one
                for one in app.app_context.processes
                if one.can_wait and not one.mount_context.routed and one.mount_context.target.sticky
            ]
            opened = [one.mount_context for one in app.app_context.processes if one.mount_context.routed]
            visit = stays.mount_context
            assert stays.belongs_to(visit, complete=True)
            target = visit.target._replace(
                page_guard=opened[0].nested_page_guard.with_guards_only({"app": app})
            )
            assert not stays.belongs_to(visit._replace(target=target), complete=True)

    async def test_a_renewed_cookie_does_not_change_the_checks(self, users: UserBackend) -> None:
        async with LiveClient(make_app(users, {"/": Guarded}, security=AT_ONCE)) as client:
            await client.post("/in/root")
            page = await client.open("/")
            await page.child("s").push("rename")
            await page.settle()
            await page.child("s").push("add")
            assert page.child("s").mounts == 1
            lose_role(users)
            await page.child("s").push("add")
            assert page.status == 403

    async def test_an_unguarded_page_is_not_checked(self, users: UserBackend) -> None:
        app = make_app(users, {"/": Outer}, security=AT_ONCE)
        async with LiveClient(app) as client:
            socket, page, tokens = await open_tokens(client, name=None)
            assert (await join_inner(socket, page, "s", tokens["s"]))[0] == "ok"
            assert len(app._identity_monitor) == 0
            before = users.checks
            await push(socket, "s", "10")
            assert users.checks == before

    async def test_the_token_of_a_removed_route_is_stale(self, users: UserBackend) -> None:
        @requires("admin")
        class Gone(Outer):
            pass

        app = make_app(users, {"/": Gone})
        async with LiveClient(app) as client:
            _, page, tokens = await open_tokens(client)
            app.router.routes[:] = [route for route in app.routes if getattr(route, "path", "") != "/"]
            async with connect(client, page) as other:
                assert await join_inner(other, page, "s", tokens["s"]) == ("error", STALE)


class Keyed(AuthProvider):
    """Requires a key in the query that matches the path."""

    allowed = "a"

    async def has_required_auth(self, websocket: Any) -> bool:
        return (websocket.query_params.get("key"), websocket.path_params.get("name")) == ("k", self.allowed)

    def wrap(self, func: Any) -> Any:
        return func


async def test_a_provider_receives_the_url_of_the_page(users: UserBackend) -> None:
    View: Any = type("View", (Outer,), {"__module__": __name__})
    provider = Keyed()
    AuthProviderFactory.set(View, provider)
    async with LiveClient(make_app(users, {"/of/{name}": View})) as client:
        _, page, tokens = await open_tokens(client, "/of/a?key=k", None)
        async with connect(client, page) as other:
            assert (await join_inner(other, page, "s", tokens["s"]))[0] == "ok"
        provider.allowed = "b"
        async with connect(client, page) as other:
            assert await join_inner(other, page, "s", tokens["s"]) == UNAUTHORIZED


async def test_classes_created_by_a_function_are_distinguished_by_the_url(users: UserBackend) -> None:
    def made(*decorators: Callable[[Any], Any]) -> Any:
        view: Any = type("Made", (Outer,), {"__module__": __name__})
        for decorate in decorators:
            view = decorate(view)
        return view

    app = make_app(
        users, {"/admin": made(requires("admin")), "/open": made(), "/edit": made(requires("editor"))}
    )
    users.roles["root"] = ["admin"]
    async with LiveClient(app) as client:
        _, page, tokens = await open_tokens(client, "/open", None)
        async with connect(client, page) as other:
            assert (await join_inner(other, page, "s", tokens["s"]))[0] == "ok"
        _, page, tokens = await open_tokens(client, "/admin", "root")
        async with connect(client, page) as other:
            assert (await join_inner(other, page, "s", tokens["s"]))[0] == "ok"
        lose_role(users)
        async with connect(client, page) as other:
            assert await join_inner(other, page, "s", tokens["s"]) == UNAUTHORIZED


@starlette_requires("admin")
async def decorated(request: Request) -> Response:
    return await embedding(request)


async def by_hand(request: Request) -> Response:
    if "admin" not in request.auth.scopes:
        return PlainTextResponse("no", 403)
    return await embedding(request)


async def embedding(request: Request) -> Response:
    view = await live_render(request, Inner, id="s")
    return HTMLResponse(f"<html><head>{view.head}</head><body>{view}</body></html>")


@pytest.fixture(params=[decorated, by_hand], ids=["decorated", "by hand"])
async def route(request: pytest.FixtureRequest) -> Any:
    return request.param


def plain(users: UserBackend, endpoint: Any, **options: Any) -> PyView:
    app = make_app(users, {"/live": Shown}, **options)
    app.routes.append(Route("/", endpoint))
    return app


def embedded_in(html: str) -> tuple[Page, str]:
    """Return the page and the token of the view in it."""
    [token] = tokens_in(html).values()
    csrf = html.partition('name="csrf-token" content="')[2].partition('"')[0]
    return Page("http://testserver/", "", "", "", csrf), token


class TestStarlettePage:
    @pytest.fixture
    async def client(self, users: UserBackend, route: Any) -> AsyncIterator[LiveClient]:
        async with LiveClient(plain(users, route, security=AT_ONCE)) as client:
            await client.post("/in/root")
            yield client

    async def test_events_are_refused_after_access_is_lost(
        self, users: UserBackend, client: LiveClient
    ) -> None:
        page = await client.open("/")
        await page.child("s").push("add")
        assert page.child("s").find("i").text == "1"
        lose_role(users)
        await page.child("s").push("add")
        assert page.status == 403

    async def test_the_token_is_refused_after_access_is_lost(
        self, users: UserBackend, client: LiveClient
    ) -> None:
        page, token = embedded_in((await client.get("/")).text)
        async with connect(client, page) as socket:
            assert (await join_inner(socket, page, "s", token, sticky=False))[0] == "ok"
        lose_role(users)
        async with connect(client, page) as socket:
            assert await join_inner(socket, page, "s", token, sticky=False) == UNAUTHORIZED

    async def test_an_additional_scope_changes_nothing(self, users: UserBackend, client: LiveClient) -> None:
        page = await client.open("/")
        users.roles["root"] = ["authenticated", "admin", "editor"]
        await page.child("s").push("add")
        assert page.child("s").find("i").text == "1"
        assert page.child("s").mounts == 1

    async def test_the_refusal_is_in_the_audit_trail(
        self, users: UserBackend, client: LiveClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        page, token = embedded_in((await client.get("/")).text)
        lose_role(users)
        async with connect(client, page) as socket:
            await join_inner(socket, page, "s", token, sticky=False)
        assert any(getattr(record, "event", "") == "auth.denied" for record in caplog.records)


async def test_the_view_of_a_starlette_page_ends_after_access_is_lost(users: UserBackend) -> None:
    app = plain(users, decorated, security=FREQUENT_CHECKS)
    async with LiveClient(app) as client:
        await client.post("/in/root")
        page, token = embedded_in((await client.get("/")).text)
        async with connect(client, page) as socket:
            assert (await join_inner(socket, page, "s", token, sticky=False))[0] == "ok"
            lose_role(users)
            await eventually(lambda: not app.app_context.processes)


async def test_default_requires_does_not_apply_to_a_starlette_page(users: UserBackend) -> None:
    Open: Any = public(type("Open", (Inner,), {"__module__": __name__}))

    async def endpoint(request: Request) -> Response:
        view = await live_render(request, Open, id="s")
        return HTMLResponse(f"<html><head>{view.head}</head><body>{view}</body></html>")

    async with LiveClient(plain(users, endpoint, default_requires="admin")) as client:
        page = await client.open("/")
        await page.child("s").push("add")
        assert page.child("s").find("i").text == "1"


async def test_default_requires_of_the_page_applies_to_a_public_nested_view(users: UserBackend) -> None:
    Open: Any = public(type("Open", (Inner,), {"__module__": __name__}))
    Page_: Any = type("Page_", (Outer,), {"inside": Open, "__module__": __name__})
    async with LiveClient(make_app(users, {"/": Page_}, default_requires="admin")) as client:
        _, page, tokens = await open_tokens(client)
        lose_role(users)
        async with connect(client, page) as other:
            assert await join_inner(other, page, "s", tokens["s"]) == UNAUTHORIZED
