"""An application for authorization tests: sign-in by a route, roles that can change, a list of called handlers."""

import time
from typing import Any

from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView
from pyview.auth import login
from pyview.sessions.tracking import SIGNED_IN_AT
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, RawSocket
from tests.frames import Page, connect, join, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"

ROLES = {
    "ann": ["authenticated"],
    "eve": ["authenticated", "editor"],
    "root": ["authenticated", "admin"],
    "boss": ["authenticated", "admin", "editor"],
}


class UserBackend(AuthenticationBackend):
    """Users of an application, and the handlers that were called. A test may remove roles at any time."""

    def __init__(self) -> None:
        self.roles = dict(ROLES)
        self.done: list[str] = []
        self.checks = 0

    async def authenticate(self, conn: HTTPConnection) -> Any:
        self.checks += 1
        name = conn.session.get("user_id", "")
        roles = self.roles.get(name)
        return None if roles is None else (AuthCredentials(roles), SimpleUser(name))

    def note(self, what: str) -> None:
        self.done.append(what)


class Shown(LiveView[dict[str, Any]]):
    """A view that shows how many handlers were called on it."""

    template = LiveTemplate.from_string("<p>n={{ n }}</p>", "shown.html")

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"n": 0}


async def sign_in(request: Request) -> Response:
    """`POST /in/{name}`"""
    login(request, request.path_params["name"])
    return PlainTextResponse("hello")


async def sign_out(request: Request) -> Response:
    request.session.clear()
    return PlainTextResponse("bye")


async def grow_old(request: Request) -> Response:
    """`POST /age/{seconds}`: move the sign-in that far into the past."""
    request.session[SIGNED_IN_AT] = time.time() - request.path_params["seconds"]
    return PlainTextResponse("older")


async def door(request: Request) -> Response:
    return PlainTextResponse("a page to sign in on")


def make_app(users: UserBackend, views: dict[str, type[LiveView[Any]]], **options: Any) -> PyView:
    """Return an application with `views` by path, and public pages at /login and /sudo."""
    app = PyView(secret=SECRET, **options)
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    app.add_middleware(AuthenticationMiddleware, backend=users)
    app.routes.append(Route("/in/{name}", sign_in, methods=["POST"]))
    app.routes.append(Route("/out", sign_out, methods=["POST"]))
    app.routes.append(Route("/age/{seconds:float}", grow_old, methods=["POST"]))
    app.routes.append(Route("/login", door, name="login_page"))
    app.routes.append(Route("/sudo", door))
    for path, view in views.items():
        app.add_live_view(path, view)
    return app


async def open_as(client: LiveClient, name: str | None, path: str) -> tuple[RawSocket, Page]:
    """Sign in, load a page and join it."""
    if name is not None:
        await client.post(f"/in/{name}")
    page = await load(client, path)
    socket = await connect(client, page).connect()
    assert (await join(socket, page))[0] == "ok"
    return socket, page


async def both_doors(app: PyView, name: str | None, path: str) -> tuple[Any, Any]:
    """Return the answers of HTTP and of a live navigation from /open: `(status, location)`, `(status, response)`."""
    async with LiveClient(app) as client:
        if name is not None:
            await client.post(f"/in/{name}")
        response = await client.get(path)
        page = await load(client, "/open")
        frame = page.join("4", redirect=f"http://testserver{path}")
        del frame[4]["url"]
        async with connect(client, page) as socket:
            await socket.send_frame(frame)
            reply = (await socket.receive_frame())[4]
        return (response.status_code, response.headers.get("location")), (reply["status"], reply["response"])


async def may_see(app: PyView, name: str | None, path: str) -> bool:
    """Return True if the user may see the page, which must be the same over HTTP and the socket."""
    (status, _), (joined, _) = await both_doors(app, name, path)
    assert (status == 200) is (joined == "ok"), (status, joined)
    return bool(status == 200)


def guarded(*decorators: Any) -> type[LiveView[Any]]:
    """Return a view with `decorators`, top to bottom."""
    view: Any = type("Guarded", (Shown,), {"__module__": __name__})
    for decorate in reversed(decorators):
        view = decorate(view)
    found: type[LiveView[Any]] = view
    return found
