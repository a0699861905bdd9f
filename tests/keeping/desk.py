"""Applications of several workers with one view that keeps its state, for tests of a page that returns."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypedDict

from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.stores import StateStore
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from pyview.testing.page import Page

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"


class State(TypedDict):
    n: int
    loaded: int


class Desk(LiveView[State], keep=("n",)):
    template = LiveTemplate.from_string(
        '<p id="n">{{ n }}</p><p id="loaded">{{ loaded }}</p><button phx-click="inc">+</button>', "desk.html"
    )

    async def mount(self, socket: LiveViewSocket[State], session: Any) -> None:
        socket.context = {"n": 0, "loaded": 7}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[State]) -> None:
        socket.context["n"] += 1
        socket.context["loaded"] += 1


class SessionUsers(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser] | None:
        user = conn.session.get("user")
        return None if user is None else (AuthCredentials(["authenticated"]), SimpleUser(user))


async def sign_in(request: Request) -> Response:
    request.session["user"] = request.path_params["user"]
    return PlainTextResponse("ok")


async def sign_out(request: Request) -> Response:
    request.session.clear()
    return PlainTextResponse("ok")


def worker(
    store: StateStore | None = None,
    view: Any = Desk,
    app_id: str = "desk",
    *,
    development: bool | None = None,
    **limits: Any,
) -> PyView:
    """Return the application as one worker has it."""
    sessions = Middleware(SessionMiddleware, secret_key=SECRET)
    users = Middleware(AuthenticationMiddleware, backend=SessionUsers())
    app = PyView(
        secret=SECRET,
        app_id=app_id,
        state_store=store,
        development=development,
        middleware=[sessions, users],
        security=SecurityConfig(**limits),
    )
    app.add_live_view("/", view)
    app.add_route("/in/{user}", sign_in)
    app.add_route("/out", sign_out)
    return app


class Relay:
    """A proxy without stickiness: what reaches it goes to the worker `current`."""

    def __init__(self, *workers: PyView) -> None:
        self.workers = workers
        self.current = workers[0]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.current(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[LiveClient]:
        """Run all workers. Yield a browser in front of the relay."""
        async with AsyncExitStack() as stack:
            for app in self.workers:
                await stack.enter_async_context(LiveClient(app))
            yield await stack.enter_async_context(LiveClient(self, lifespan=False))

    async def move(self, page: Page, worker: int) -> None:
        """Let a page lose its connection, and join again at another worker."""
        old = self.current
        await page.drop()
        await old.app_context.kept_states.flush()
        self.current = self.workers[worker]
        await page.reconnect()


def shown(page: Page) -> list[str]:
    return [page.find("#n").text, page.find("#loaded").text]
