"""One worker of the application that the chaos suite restarts, kills and cuts off.

`CHAOS_MODEL=2` is the next deploy: one field of the state is new, one is gone, and one has another type.
"""

import os
from dataclasses import dataclass, field
from typing import Any

from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig, is_connected
from pyview.auth import login, requires
from pyview.events import event, info
from pyview.presence import PresenceDiff
from pyview.template.live_template import LiveTemplate

WORKER = os.environ.get("CHAOS_WORKER", "")
NEXT_DEPLOY = os.environ.get("CHAOS_MODEL") == "2"
FEED, USERS = "feed", "users"


class Backend(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser] | None:
        name = conn.session.get("user_id")
        return (AuthCredentials(["authenticated"]), SimpleUser(name)) if name else None


@dataclass
class BoardState:
    """State of the first deploy."""

    clicks: int = 0
    draft: str = ""
    level: int = 1
    old: str = "of the first deploy"


@dataclass
class NextBoardState:
    """State of the next deploy: no longer `old`, a list instead of the number `level`, and a new field."""

    clicks: int = 0
    draft: str = ""
    level: list[str] = field(default_factory=lambda: ["fresh"])
    added: str = "new"


State: Any = NextBoardState if NEXT_DEPLOY else BoardState


@requires("authenticated", status_code=401)
class Board(LiveView[State], keep=True):
    """Counts clicks and keeps a draft. Its reply to a click shows both, and the worker that answers."""

    template = LiveTemplate.from_string("<p>{{ clicks }} {{ draft }}</p>", "board.html")

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = State()
        if is_connected(socket):
            await socket.presence.track(USERS, session["user_id"], {"name": session["user_id"]})

    @event
    async def click(self, socket: LiveViewSocket[Any]) -> dict[str, Any]:
        socket.context.clicks += 1
        return {"clicks": socket.context.clicks, "draft": socket.context.draft, "worker": WORKER}

    @event
    async def write(self, socket: LiveViewSocket[Any], text: str) -> None:
        socket.context.draft = text


class Feed(LiveView[dict[str, Any]]):
    """Passes on every message of the feed, and publishes."""

    template = LiveTemplate.from_string("<p>{{ worker }}</p>", "feed.html")

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"worker": WORKER}
        if is_connected(socket):
            await socket.subscribe(FEED)

    @event
    async def publish(
        self, socket: LiveViewSocket[dict[str, Any]], name: str, number: int, keep: float
    ) -> None:
        await socket.broadcast(FEED, {"from": name, "number": number}, keep=keep)

    @info(FEED)
    async def passed_on(self, payload: dict[str, Any], socket: LiveViewSocket[dict[str, Any]]) -> None:
        await socket.push_event("number", payload)


class Watch(LiveView[dict[str, Any]]):
    """Reports every change of the list of users."""

    template = LiveTemplate.from_string("<p>{{ worker }}</p>", "watch.html")

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"worker": WORKER}
        if is_connected(socket):
            await socket.presence.subscribe(USERS)
            await self._report(socket, [], [])

    @info("presence_diff")
    async def changed(self, payload: PresenceDiff, socket: LiveViewSocket[dict[str, Any]]) -> None:
        await self._report(socket, list(payload.arrived), list(payload.left))

    async def _report(
        self, socket: LiveViewSocket[dict[str, Any]], arrived: list[str], left: list[str]
    ) -> None:
        pages = {key: len(user.metas) for key, user in socket.presence.list(USERS).items()}
        await socket.push_event("users", {"pages": pages, "arrived": arrived, "left": left})


async def sign_in(request: Request) -> Response:
    login(request, request.path_params["name"])
    return PlainTextResponse("signed in")


app = PyView(
    app_id="chaos",
    security=SecurityConfig(max_waiting_views_per_address=0),
)
# Signed cookies: a broker without files would lose sessions on the server with its data.
app.add_middleware(SessionMiddleware, secret_key=os.environ["PYVIEW_SECRET"])
app.add_middleware(AuthenticationMiddleware, backend=Backend())
app.routes.append(Route("/login/{name}", sign_in, methods=["POST"]))
app.add_live_view("/", Board)
app.add_live_view("/feed", Feed)
app.add_live_view("/watch", Watch)
