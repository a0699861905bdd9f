"""The counter behind a sign-in: signed session, `@requires`, and rechecks of the user."""

from pathlib import Path
from typing import Any

from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.apps.counter import Counter
from pyview import PyView
from pyview.auth import requires
from pyview.config import SecurityConfig
from pyview.template.live_template import LiveTemplate

SIGN_IN = "/sign-in"
SECRET = "0123456789abcdef0123456789abcdef0123456789abcdef"


class SessionAuth(AuthenticationBackend):
    async def authenticate(self, conn: Any) -> Any:
        name = conn.session.get("username")
        return (AuthCredentials(["authenticated"]), SimpleUser(name)) if name else (AuthCredentials([]), None)


async def sign_in(request: Request) -> Response:
    request.session["username"] = "ada"
    return Response()


async def ready(request: Request) -> Response:
    return Response()


@requires("authenticated")
class GuardedCounter(Counter):
    template = LiveTemplate.from_file(Path(__file__).with_name("counter.html"))


app = PyView(
    routes=[Route(SIGN_IN, sign_in), Route("/ready", ready)],
    production=True,
    secret=SECRET,
    security=SecurityConfig(allowed_hosts=["127.0.0.1"], rate=1_000_000),
)
app.add_middleware(SessionMiddleware, secret_key=SECRET[::-1], https_only=True)
app.add_middleware(AuthenticationMiddleware, backend=SessionAuth())
app.add_live_view("/guarded", GuardedCounter)
