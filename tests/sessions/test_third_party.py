"""A third-party session middleware (starsessions): pages, sockets and sign-out work."""

from typing import Any

from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starsessions import InMemoryStore, SessionAutoloadMiddleware, SessionMiddleware

from pyview import LiveView, LiveViewSocket, PyView
from pyview.auth import requires
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.frames import connect, event, join, load


class Backend(AuthenticationBackend):
    async def authenticate(self, conn: Any) -> Any:
        name = conn.session.get("user_id")
        return (AuthCredentials(["authenticated"]), SimpleUser(name)) if name else None


@requires("authenticated")
class Dashboard(LiveView[dict[str, str]]):
    template = LiveTemplate.from_string("<p>{{ name }}</p>", "dashboard.html")

    async def mount(self, socket: LiveViewSocket[dict[str, str]], session: Any) -> None:
        socket.context = {"name": session["user_id"]}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, str]]) -> None:
        """Do nothing."""


async def sign_in(request: Request) -> Response:
    request.session["user_id"] = "alice"
    return PlainTextResponse("hello")


async def sign_out(request: Request) -> Response:
    request.session.clear()
    return PlainTextResponse("bye")


def make_app(store: InMemoryStore) -> PyView:
    app = PyView(secret="t3st-s3cret-of-at-least-thirty-two-bytes")
    app.add_middleware(AuthenticationMiddleware, backend=Backend())
    app.add_middleware(SessionAutoloadMiddleware)
    app.add_middleware(SessionMiddleware, store=store, cookie_https_only=False, lifetime=3600)
    app.routes.append(Route("/login", sign_in, methods=["POST"]))
    app.routes.append(Route("/logout", sign_out, methods=["POST"]))
    app.add_live_view("/dash", Dashboard)
    return app


async def test_sign_in_live_page_and_sign_out() -> None:
    app = make_app(InMemoryStore())
    async with LiveClient(app) as client:
        assert (await client.get("/dash")).status_code == 403
        await client.post("/login")
        held = dict(client.cookies)
        async with LiveClient(app, cookies=held) as other_tab:
            assert (await other_tab.get("/dash")).status_code == 200
        page = await load(client, "/dash")
        socket = await connect(client, page).connect()
        assert (await join(socket, page))[0] == "ok"
        await socket.send_frame(event(page, "5", "still here"))
        assert (await socket.receive_frame())[4]["status"] == "ok"
        await client.post("/logout")
        assert (await socket.receive_frame())[3] == "redirect"
        assert await socket.wait_closed() == 4001
    async with LiveClient(app, cookies=held) as thief:
        assert (await thief.get("/dash")).status_code == 403
