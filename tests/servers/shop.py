"""Application as it is deployed: secrets from the environment, a signed session, one guarded page."""

import os
from typing import Any

from starlette.authentication import AuthCredentials, AuthenticationBackend, BaseUser, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.auth import requires
from pyview.template.live_template import LiveTemplate


class SessionAuth(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        name = conn.session.get("user")
        return (AuthCredentials(["authenticated"]), SimpleUser(name)) if name else None


@requires("authenticated")
class Basket(LiveView[dict[str, str]]):
    template = LiveTemplate.from_string("<p>{{ user }}</p>", "basket.html")

    async def mount(self, socket: LiveViewSocket[dict[str, str]], session: Any) -> None:
        socket.context = {"user": session["user"]}


async def login(request: Request) -> Response:
    form = await request.form()
    request.session["user"] = form["user"]
    return RedirectResponse("/basket", status_code=303)


def shop() -> PyView:
    hosts = os.environ.get("HOSTS", "").split()
    app = PyView(security=SecurityConfig(allowed_hosts=hosts))
    app.add_middleware(
        SessionMiddleware,
        secret_key=os.environ["SESSION_SECRET"],
        https_only=os.environ.get("HTTPS_ONLY") == "1",
    )
    app.add_middleware(AuthenticationMiddleware, backend=SessionAuth())
    app.routes.append(Route("/login", login, methods=["POST"]))
    app.add_live_view("/basket", Basket)
    return app
