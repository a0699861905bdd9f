"""An application whose view offers files, to users that sign in."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response

from pyview import LiveView, LiveViewSocket, PyView
from pyview.auth import requires
from pyview.template.live_template import LiveTemplate

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[Any]
ROLES: dict[str, set[str]] = {}
"""The roles of users; a test takes some away."""


class Backend(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser] | None:
        name = conn.session.get("name")
        return None if name is None else (AuthCredentials(sorted(ROLES.get(name, ()))), SimpleUser(name))


async def sign_in(request: Request) -> Response:
    request.session["name"] = request.path_params["name"]
    return PlainTextResponse("signed in")


async def sign_out(request: Request) -> Response:
    request.session.clear()
    return PlainTextResponse("signed out")


def page_of(offers: Mapping[str, Callable[[Socket], Any]]) -> type[LiveView[Any]]:
    """Return a view with one event for each of `offers`."""

    class Files(LiveView[Any]):
        template = LiveTemplate.from_string("<p>{{ name }}</p>", "files.html")

        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = {"name": str(session.get("name", ""))}

        async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
            offers[event](socket)

    return Files


def application(offers: Mapping[str, Callable[[Socket], Any]], **options: Any) -> PyView:
    """Return an application with an open page at `/` and one for the role "export" at `/guarded`."""
    app = PyView(secret=SECRET, **options)
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    app.add_middleware(AuthenticationMiddleware, backend=Backend())
    view = page_of(offers)
    app.add_live_view("/", view)
    app.add_live_view("/guarded", requires("export")(page_of(offers)))
    app.add_route("/sign-in/{name}", sign_in)
    app.add_route("/sign-out", sign_out)
    return app
