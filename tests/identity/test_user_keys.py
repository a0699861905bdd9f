"""User keys in an application: users of any class are distinguished, and users without a key cannot sign in."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, BaseUser, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.auth import end_sessions, requires
from pyview.auth.remember import RememberMe, RememberMiddleware
from pyview.auth.user_key import UnknownUser
from pyview.sessions import MemorySessionStore, ServerSessionMiddleware
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.frames import connect, event, join, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"


class Account:
    """A user class with the given fields."""

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)


class ObjectId:
    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


class Named(BaseUser):
    """A user with a display name and no unique field."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def display_name(self) -> str:
        return self.name


def _same_name(name: str) -> Named:
    return Named("Ann Smith")


KNOWN: dict[str, Callable[[str], Any]] = {
    "user_id": lambda name: Account(user_id=name),
    "uid": lambda name: Account(uid=name),
    "uuid": lambda name: Account(uuid=name),
    "object id": lambda name: Account(id=ObjectId(name)),
    "sub": lambda name: {"sub": name, "name": "Ann Smith"},
    "one display name": lambda name: Account(id=name, display_name="Ann Smith"),
    "text": str,
}

UNKNOWN: dict[str, Callable[[str], Any]] = {
    "display name": _same_name,
    "no field": lambda name: Account(name=name),
    "address": lambda name: Account(id=object()),
    "empty": lambda name: SimpleUser(""),
    "mapping": lambda name: {"name": name},
    "true": lambda name: Account(id=True),
}

Shape = Callable[[str], Any]


class Backend(AuthenticationBackend):
    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    async def authenticate(self, conn: HTTPConnection) -> Any:
        name = conn.session.get("user_id")
        return None if name is None else (AuthCredentials(["authenticated"]), self.shape(name))


class HomeView(LiveView[Any]):
    template = LiveTemplate.from_string("<p>{{ who }}</p>", "home.html")

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = {"who": session.get("user_id", "nobody")}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None:
        await socket.redirect("/", session={"user_id": "ann"})


@requires("authenticated")
class MemberView(HomeView):
    pass


async def sign_in(request: Request) -> Response:
    """Overwrite the session, as the route of the specification does."""
    request.session["user_id"] = request.path_params["name"]
    return PlainTextResponse("hello")


async def visit(request: Request) -> Response:
    request.session["visited"] = True
    return PlainTextResponse("welcome")


async def show_user(request: Request) -> Response:
    return PlainTextResponse(request.session.get("user_id", "nobody"))


def host_app(backend: AuthenticationBackend, *, on_server: bool = True, **options: Any) -> PyView:
    app = PyView(secret=SECRET, **options)
    if on_server:
        app.add_middleware(ServerSessionMiddleware, store=MemorySessionStore())
    else:
        app.add_middleware(SessionMiddleware, secret_key=SECRET)
    app.add_middleware(AuthenticationMiddleware, backend=backend)
    app.routes.append(Route("/in/{name}", sign_in, methods=["POST"]))
    app.routes.append(Route("/visit", visit, methods=["POST"]))
    app.routes.append(Route("/who", show_user))
    app.add_live_view("/", HomeView)
    app.add_live_view("/members", MemberView)
    return app


@pytest.fixture(params=list(KNOWN))
def known(request: pytest.FixtureRequest) -> Backend:
    return Backend(KNOWN[request.param])


@pytest.fixture(params=list(UNKNOWN))
def unknown(request: pytest.FixtureRequest) -> Backend:
    return Backend(UNKNOWN[request.param])


def another(app: PyView, cookie: str = "") -> LiveClient:
    return LiveClient(app, cookies={"session": cookie} if cookie else {}, lifespan=False)


class TestKnownUsers:
    @pytest.mark.parametrize("on_server", [True, False])
    async def test_a_planted_cookie_signs_no_user_in(self, known: Backend, on_server: bool) -> None:
        app = host_app(known, on_server=on_server)
        async with LiveClient(app) as eve:
            await eve.post("/in/eve")
            planted = eve.cookies["session"]
            async with another(app, planted) as victim:
                await victim.post("/in/ann")
                assert (await victim.get("/who")).text == "ann"
                assert victim.cookies["session"] != planted
            assert (await eve.get("/who")).text == "nobody"

    async def test_ending_the_sessions_of_one_leaves_the_others(self, known: Backend) -> None:
        app = host_app(known)
        async with LiveClient(app) as ann, another(app) as bob:
            await ann.post("/in/ann")
            await bob.post("/in/bob")
            await end_sessions(app, known.shape("ann"))
            assert (await ann.get("/who")).text == "nobody"
            assert (await bob.get("/who")).text == "bob"

    async def test_the_plain_value_ends_the_sessions_too(self, known: Backend) -> None:
        app = host_app(known)
        async with LiveClient(app) as ann, another(app) as bob:
            await ann.post("/in/ann")
            await bob.post("/in/bob")
            await end_sessions(app, "ann")
            assert (await ann.get("/who")).text == "nobody"
            assert (await bob.get("/who")).text == "bob"

    @pytest.mark.parametrize("on_server", [True, False])
    async def test_another_user_of_the_browser_ends_the_open_page(
        self, known: Backend, on_server: bool
    ) -> None:
        async with LiveClient(host_app(known, on_server=on_server)) as client:
            await client.post("/in/ann")
            page = await client.open("/members")
            assert page.has_text("ann")
            await client.post("/in/bob")
            await page.wait_for(lambda page: page.has_text("bob"))


class TestUnknownUsers:
    @pytest.mark.parametrize("on_server", [True, False])
    async def test_the_sign_in_is_an_error_that_says_what_to_do(
        self, unknown: Backend, on_server: bool
    ) -> None:
        async with LiveClient(host_app(unknown, on_server=on_server)) as client:
            with pytest.raises(UnknownUser, match="has no unique field"):
                await client.post("/in/ann")
            assert "session" not in client.cookies
            assert (await client.get("/who")).text == "nobody"

    @pytest.mark.parametrize("on_server", [True, False])
    async def test_the_session_of_before_ends(self, unknown: Backend, on_server: bool) -> None:
        app = host_app(unknown, on_server=on_server)
        async with LiveClient(app, raise_server_exceptions=False) as eve:
            await eve.post("/visit")
            planted = eve.cookies["session"]
            async with LiveClient(
                app, cookies={"session": planted}, lifespan=False, raise_server_exceptions=False
            ) as victim:
                assert (await victim.post("/in/ann")).status_code == 500
            assert (await eve.get("/who")).text == "nobody"
            page = await eve.open("/")
            assert page.has_text("nobody")

    async def test_an_error_page_of_the_application_saves_nothing(self, unknown: Backend) -> None:
        async def sorry(request: Request, error: Exception) -> Response:
            return PlainTextResponse("sorry", 500)

        app = host_app(unknown, on_server=False, exception_handlers={UnknownUser: sorry})
        async with LiveClient(app, raise_server_exceptions=False) as client:
            await client.post("/visit")
            planted = client.cookies["session"]
            assert (await client.post("/in/ann")).status_code == 500
            async with another(app, planted) as thief:
                assert (await thief.get("/who")).text == "nobody"
                assert (await thief.get("/")).status_code == 200

    async def test_a_view_cannot_sign_them_in_either(
        self, unknown: Backend, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with LiveClient(host_app(unknown), raise_server_exceptions=False) as client:
            page = await client.open("/")
            await page.push("sign_in")
            assert (await client.get("/who")).text == "nobody"
        assert "has no unique field" in caplog.text

    async def test_they_are_not_remembered(self, unknown: Backend) -> None:
        async def content(user: str) -> dict[str, str]:
            return {"user_id": user}

        remember = RememberMe(content)

        async def remembered(request: Request) -> Response:
            request.session["user_id"] = "ann"
            await remember.remember(request, "ann")
            return PlainTextResponse("hello")

        app = host_app(unknown)
        app.add_middleware(RememberMiddleware, remember=remember)
        app.routes.append(Route("/remembered", remembered, methods=["POST"]))
        async with LiveClient(app) as client:
            with pytest.raises(UnknownUser):
                await client.post("/remembered")
            assert not client.cookies

    async def test_ending_their_sessions_is_refused(self, unknown: Backend) -> None:
        with pytest.raises(UnknownUser):
            await end_sessions(host_app(unknown), unknown.shape("ann"))


async def test_a_host_application_refuses_them_too(unknown: Backend) -> None:
    app = PyView(secret=SECRET)
    app.add_live_view("/", HomeView)
    outer = Starlette(routes=[Route("/in/{name}", sign_in, methods=["POST"]), Mount("/live", app)])
    outer.add_middleware(SessionMiddleware, secret_key=SECRET)
    outer.add_middleware(AuthenticationMiddleware, backend=unknown)
    app.authenticate_with(outer)
    async with LiveClient(outer) as client:
        assert (await client.get("/live/")).status_code == 200
        with pytest.raises(UnknownUser):
            await client.post("/in/ann")
        assert "session" not in client.cookies


class Headers(AuthenticationBackend):
    """Signs in by a header, without a session: only the pages can find the missing key."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    async def authenticate(self, conn: HTTPConnection) -> Any:
        name = conn.headers.get("x-user")
        return None if name is None else (AuthCredentials(["authenticated"]), self.shape(name))


@pytest.mark.parametrize("path", ["/", "/members"])
@pytest.mark.parametrize("shape", UNKNOWN.values(), ids=UNKNOWN)
async def test_a_page_for_a_user_without_a_key_fails(shape: Shape, path: str) -> None:
    async with LiveClient(host_app(Headers(shape)), headers={"x-user": "ann"}) as client:
        with pytest.raises(UnknownUser, match="has no unique field"):
            await client.get(path)


async def test_a_user_who_loses_the_key_is_signed_out_of_open_pages(
    caplog: pytest.LogCaptureFixture,
) -> None:
    backend = Headers(SimpleUser)
    app = host_app(backend, on_server=False, security=SecurityConfig(auth_recheck=0.0))
    async with LiveClient(app, headers={"x-user": "ann"}) as client:
        page = await load(client, "/members")
        async with connect(client, page) as socket:
            assert (await join(socket, page))[0] == "ok"
            backend.shape = _same_name
            await socket.send_frame(event(page, "5", "sign_in"))
            assert (await socket.receive_frame())[4]["response"] == {
                "redirect": {"to": "/members", "status": 302}
            }
        async with connect(client, page) as again:
            assert await join(again, page) == ["error", {"reason": "stale"}]
    assert "a socket counts as signed out" in caplog.text
