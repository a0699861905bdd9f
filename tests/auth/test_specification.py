"""Sign-in of the specification: its documented code over HTTP, raw frames and the browser in memory."""

import logging
from typing import Any, TypedDict

import pytest
from jinja2 import DictLoader
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.websockets import WebSocket

from examples.auth_spec import app as example
from pyview import LiveView, LiveViewSocket, PyView
from pyview.auth import AuthProvider, AuthProviderFactory, requires
from pyview.testing import LiveClient
from tests.attack.target import SECRET, STALE, UNAUTHORIZED, attempt, joined, page_of

Socket = LiveViewSocket[dict[str, Any]]
PAGE = DictLoader({"page.html": "<p>{{ text }}</p>"})


class SessionAuthBackend(AuthenticationBackend):
    """The backend of the documentation: a visitor is `None`, administrators have one more scope."""

    async def authenticate(self, conn: Any) -> Any:
        user_id = conn.session.get("user_id")
        if user_id is None:
            return AuthCredentials([]), None
        if user_id == "deleted":
            raise LookupError("no such user")
        scopes = ["authenticated", "admin"] if user_id == "root" else ["authenticated"]
        return AuthCredentials(scopes), SimpleUser(user_id)


async def login(request: Request) -> Response:
    form = await request.form()
    request.session["user_id"] = form["username"]
    return RedirectResponse("/", status_code=303)


async def logout(request: Request) -> Response:
    request.session.clear()
    return RedirectResponse("/", status_code=303)


def application(*views: tuple[str, type[LiveView[Any]]]) -> PyView:
    """The two `add_middleware` lines in the documented order, the routes appended."""
    app = PyView(secret=SECRET, templates=PAGE)
    app.add_middleware(SessionMiddleware, secret_key="...")
    app.add_middleware(AuthenticationMiddleware, backend=SessionAuthBackend())
    app.routes.append(Route("/auth/login", login, methods=["POST"]))
    app.routes.append(Route("/auth/logout", logout, methods=["POST"]))
    for path, view in views:
        app.add_live_view(path, view)
    return app


class Page(LiveView[dict[str, Any]]):
    template = "page.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"text": session.get("user_id")}


async def sign_in(client: LiveClient, user: str) -> None:
    await client.post("/auth/login", data={"username": user})


class TestTheCompleteExample:
    """The complete example of the guide: sign in, redirect to the page, sign out, a stale page."""

    async def test_in_a_browser_from_sign_in_to_sign_out(self) -> None:
        async with LiveClient(example.app) as client:
            page = await client.open("/dashboard?a=1")
            assert page.path == "/login?next=%2Fdashboard%3Fa%3D1"
            await page.submit("form", {"username": "demo", "password": "wrong"})
            assert page.path == "/login?error=1"
            assert page.has_text("Invalid credentials")
            await page.submit("form", {"username": "demo", "password": "demo"})
            assert page.path == "/dashboard"
            assert page.connected
            assert page.has_text("demo")
            await page.submit("form[action='/auth/logout']")
            assert page.path == "/login"
            await page.open("/dashboard")
            assert page.path == "/login?next=%2Fdashboard"

    async def test_over_http_and_raw_frames(self) -> None:
        async with LiveClient(example.app) as client:
            response = await client.get("/dashboard?a=1", headers={"host": "testserver"})
            assert (response.status_code, response.headers["location"]) == (
                303,
                "/login?next=%2Fdashboard%3Fa%3D1",
            )
            response = await client.post("/auth/login", data={"username": "demo", "password": "demo"})
            assert (response.status_code, response.headers["location"]) == (303, "/dashboard")
            page = await page_of(client, "/dashboard")
            assert (await attempt(client, page))[0] == "ok"
            await client.post("/auth/logout")
            assert await attempt(client, page) == STALE

    async def test_the_script_that_makes_it_live_is_there(self) -> None:
        async with LiveClient(example.app) as client:
            await client.post("/auth/login", data={"username": "demo", "password": "demo"})
            html = (await client.get("/dashboard")).text
            sources = [part.split('"', 1)[0] for part in html.split('src="')[1:]]
            assert sources
            for source in sources:
                response = await client.get(source)
                assert response.status_code == 200
                assert "javascript" in response.headers["content-type"]


async def test_middlewares_are_reordered_and_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    app = application(("/", Page))
    with caplog.at_level(logging.INFO, "pyview"):
        async with LiveClient(app) as client:
            await sign_in(client, "alice")
            assert (await client.open("/")).find("p").text == "alice"
    assert caplog.text.count("SessionMiddleware runs before AuthenticationMiddleware") == 1


async def test_a_view_without_template_names_the_expected_file(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Secretive(LiveView[dict[str, Any]]):
        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = {"password": "hunter2"}

    async with LiveClient(application(("/", Secretive))) as client:
        page = await client.open("/")
        assert page.connected
        assert page.has_text("Secretive")
        assert page.has_text("test_specification.html")
        assert not page.has_text("hunter2")
    assert [record.levelno for record in caplog.records if "has no template" in record.getMessage()][:1] == [
        logging.WARNING
    ]


async def test_a_missing_scope_is_forbidden_over_http_and_socket() -> None:
    guarded = requires("authenticated")(type("Settings", (Page,), {}))
    async with LiveClient(application(("/settings", guarded), ("/", Page))) as client:
        assert (await client.get("/settings")).status_code == 403
        page = await page_of(client, "/")
        payload = page.join(redirect="http://testserver/settings")
        del payload["url"]
        async with client.raw_socket() as socket:
            assert await joined(socket, page.topic, payload) == UNAUTHORIZED
            assert socket.open


async def test_status_code_401_and_an_empty_view() -> None:
    @requires("authenticated", status_code=401)
    class ProtectedLiveView(LiveView[dict[str, Any]]):
        pass

    async with LiveClient(application(("/protected", ProtectedLiveView))) as client:
        assert (await client.get("/protected")).status_code == 401
        await sign_in(client, "alice")
        assert (await client.get("/protected")).status_code == 200
        assert (await client.open("/protected")).connected


@pytest.mark.parametrize("how", ["list", "stacked", "inherited"])
async def test_all_scopes_are_needed(how: str) -> None:
    view: type[Page] = type("Admin", (Page,), {})
    if how == "list":
        requires(["authenticated", "admin"])(view)
    elif how == "stacked":
        requires("authenticated")(requires("admin")(view))
    else:
        view = requires("authenticated")(type("Sub", (requires("admin")(view),), {}))
    async with LiveClient(application(("/admin", view), ("/", Page))) as client:
        statuses = []
        for user in ("", "alice", "root"):
            if user:
                await sign_in(client, user)
            statuses.append((await client.get("/admin")).status_code)
        assert statuses == [403, 403, 200]
        assert (await attempt(client, await page_of(client, "/admin")))[0] == "ok"


async def test_the_session_is_equal_and_read_only_over_http_and_socket() -> None:
    seen: list[tuple[bool, type, dict[str, Any]]] = []
    refused: list[str] = []

    class Writes(LiveView[dict[str, Any]]):
        template = "page.html"

        async def mount(self, socket: Socket, session: dict[str, Any]) -> None:
            seen.append((socket.connected, type(session), dict(session)))
            try:
                session["visits"] = session.get("visits", 0) + 1
            except TypeError as error:
                refused.append(str(error))

    async with LiveClient(application(("/", Writes))) as client:
        await sign_in(client, "alice")
        await client.open("/")
    http, socket = seen
    assert (http[0], socket[0]) == (False, True)
    assert http[1:] == socket[1:]
    assert issubclass(http[1], dict)
    assert http[2] == {"user_id": "alice"}
    assert len(refused) == 2
    assert "Starlette route" in refused[0]


async def test_a_session_write_that_is_not_caught_raises_type_error() -> None:
    class Writes(LiveView[dict[str, Any]]):
        template = "page.html"

        async def mount(self, socket: Socket, session: dict[str, Any]) -> None:
            session["visits"] = 1

    async with LiveClient(application(("/", Writes))) as client:
        with pytest.raises(TypeError, match="read-only"):
            await client.get("/")
        assert not client.cookies


async def test_routes_added_before_and_after_live_views() -> None:
    app = PyView(secret=SECRET, templates=PAGE)
    app.add_middleware(SessionMiddleware, secret_key="...")
    app.add_live_view("/", Page)
    app.routes.append(Route("/auth/login", login, methods=["POST"]))
    app.add_live_view("/auth/{rest}", Page)
    async with LiveClient(app) as client:
        assert (await client.post("/auth/login", data={"username": "a"})).status_code == 303
        assert (await client.open("/")).find("p").text == "a"
        assert (await client.open("/auth/other")).connected


class APIKeyAuthProvider(AuthProvider):
    """As documented, with the import that its users add."""

    def __init__(self, required_key: str):
        self.required_key = required_key

    async def has_required_auth(self, websocket: WebSocket) -> bool:
        api_key = websocket.query_params.get("api_key")
        return api_key == self.required_key

    def wrap(self, func: Any) -> Any:
        async def wrapped(request: Request) -> Any:
            api_key = request.query_params.get("api_key")
            if api_key != self.required_key:
                return Response("Unauthorized", status_code=401)
            return await func(request)

        return wrapped


@pytest.mark.parametrize("set_first", [True, False])
async def test_a_custom_provider_over_http_and_socket(set_first: bool) -> None:
    class APIProtectedView(LiveView[dict[str, Any]]):
        pass

    app = PyView(secret=SECRET)
    if set_first:
        AuthProviderFactory.set(APIProtectedView, APIKeyAuthProvider("secret-key"))
    app.add_live_view("/api/dashboard", APIProtectedView)
    if not set_first:
        AuthProviderFactory.set(APIProtectedView, APIKeyAuthProvider("secret-key"))

    async with LiveClient(app) as client:
        for url in ("/api/dashboard", "/api/dashboard?api_key=wrong"):
            response = await client.get(url)
            assert (response.status_code, response.text) == (401, "Unauthorized")
        assert (await client.open("/api/dashboard?api_key=secret-key")).connected
        page = await page_of(client, "/api/dashboard?api_key=secret-key")
        for url in ("/api/dashboard", "/api/dashboard?api_key=wrong"):
            assert await attempt(client, page, url=f"http://testserver{url}") == UNAUTHORIZED
        async with client.raw_socket(params={"vsn": "2.0.0", "api_key": "secret-key"}) as socket:
            bare = page.join(url="http://testserver/api/dashboard")
            assert (await joined(socket, page.topic, bare))[0] == "ok"


async def test_a_failing_provider_refuses_access(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(APIKeyAuthProvider):
        async def has_required_auth(self, websocket: WebSocket) -> bool:
            raise LookupError("no database")

    view: type[Page] = type("Guarded", (Page,), {})
    app = application(("/guarded", view), ("/", Page))
    AuthProviderFactory.set(view, Broken("secret-key"))
    async with LiveClient(app) as client:
        page = await page_of(client, "/guarded?api_key=secret-key")
        assert await attempt(client, page) == UNAUTHORIZED
    assert "Broken failed; access to Guarded is denied" in caplog.text


async def test_the_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYVIEW_SECRET", SECRET)
    pages = []
    for _ in range(2):
        app = PyView(templates=PAGE)
        app.add_live_view("/", Page)
        async with LiveClient(app) as client:
            pages.append(await page_of(client, "/"))
            assert (await attempt(client, pages[0]))[0] == "ok"


async def test_a_missing_form_field_is_an_error_of_the_route() -> None:
    async with LiveClient(application(("/", Page)), raise_server_exceptions=False) as client:
        assert (await client.post("/auth/login", data={})).status_code == 500


async def test_a_failing_backend_refuses_access() -> None:
    guarded = requires("authenticated")(type("Guarded", (Page,), {}))
    app = application(("/guarded", guarded), ("/", Page))
    async with LiveClient(app, raise_server_exceptions=False) as client:
        page = await page_of(client, "/")
        await sign_in(client, "deleted")
        assert (await client.get("/guarded")).status_code == 500
        socket = client.raw_socket()
        with pytest.raises(LookupError):
            await socket.connect()
        assert socket.status == 500
        assert page.html


async def test_an_anonymous_browser_has_an_unauthenticated_user() -> None:
    class Who(LiveView[dict[str, Any]]):
        template = "page.html"

        async def mount(self, socket: Socket, session: Any) -> None:
            user = socket.user
            socket.context = {"text": f"{user.is_authenticated} [{user.display_name}]"}

    async with LiveClient(application(("/", Who))) as client:
        page = await client.open("/")
        assert page.connected
        assert page.find("p").text == "False []"
        await sign_in(client, "alice")
        assert (await client.open("/")).find("p").text == "True [alice]"


async def test_the_session_is_read_as_in_the_guide() -> None:
    class DashboardContext(TypedDict):
        user_id: str | None
        username: str | None

    class DashboardLiveView(LiveView[DashboardContext]):
        template = "page.html"

        async def mount(self, socket: LiveViewSocket[DashboardContext], session: Any) -> None:
            socket.context = {"user_id": session.get("user_id"), "username": session.get("username")}
            if socket.context["user_id"]:
                socket.context["text"] = "notified"  # type: ignore[typeddict-unknown-key]

    app = PyView(secret=SECRET, templates=PAGE)
    app.add_middleware(SessionMiddleware, secret_key="your-secret-key")
    app.routes.append(Route("/auth/login", login, methods=["POST"]))
    app.add_live_view("/", DashboardLiveView)
    async with LiveClient(app) as client:
        assert (await client.open("/")).find("p").text == ""
        await sign_in(client, "1")
        assert (await client.open("/")).find("p").text == "notified"
