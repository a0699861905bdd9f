"""One worker of an application. The workers share a secret and a store of revocations."""

import os
from typing import Any

from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView
from pyview.auth import login, logout, logout_everywhere, requires
from pyview.template.live_template import LiveTemplate

SECRET = os.environ.get("PYVIEW_SECRET", "t3st-s3cret-of-at-least-thirty-two-bytes")


class Backend(AuthenticationBackend):
    async def authenticate(self, conn: Any) -> Any:
        name = conn.session.get("user_id")
        return (AuthCredentials(["authenticated"]), SimpleUser(name)) if name else None


@requires("authenticated", status_code=401)
class Dashboard(LiveView[dict[str, str]]):
    template = LiveTemplate.from_string("<p>{{ name }}</p>", "dashboard.html")

    async def mount(self, socket: LiveViewSocket[dict[str, str]], session: Any) -> None:
        socket.context = {"name": session["user_id"]}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, str]]) -> None:
        """Do nothing; the reply shows that the view runs."""


async def sign_in(request: Request) -> Response:
    login(request, request.path_params["name"])
    return PlainTextResponse("hello")


async def sign_out(request: Request) -> Response:
    logout(request)
    return PlainTextResponse("bye")


async def everywhere(request: Request) -> Response:
    await logout_everywhere(request)
    return PlainTextResponse("bye")


app = PyView()
app.add_middleware(SessionMiddleware, secret_key=SECRET)
app.add_middleware(AuthenticationMiddleware, backend=Backend())
app.routes.append(Route("/login/{name}", sign_in, methods=["POST"]))
app.routes.append(Route("/logout", sign_out, methods=["POST"]))
app.routes.append(Route("/everywhere", everywhere, methods=["POST"]))
app.add_live_view("/", Dashboard)
