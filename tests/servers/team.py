"""Application whose pages need all workers to act as one: broadcasts, presence, sign-in, navigation."""

import os
from typing import Any

from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.auth.sign_in import login, logout
from pyview.events import InfoEvent, event, info
from pyview.sessions import ServerSessionMiddleware, session_store_from_environment
from pyview.template.live_template import LiveTemplate

Socket = LiveViewSocket[dict[str, Any]]


class Backend(AuthenticationBackend):
    async def authenticate(self, conn: Any) -> Any:
        name = conn.session.get("user_id")
        return (AuthCredentials(["authenticated"]), SimpleUser(name)) if name else None


class Team(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        "{{ worker }} {{ user }} people={{ people }} text={{ text }}<button phx-click='write'>Write</button>",
        "team.html",
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        user = session["user_id"]
        socket.context = {"worker": os.getpid(), "user": user, "people": 0, "text": ""}
        await socket.subscribe("team")
        await socket.presence.subscribe("team")
        await socket.presence.track("team", user)
        self.count(socket)

    @event("write")
    async def write(self, socket: Socket, text: str) -> None:
        await socket.broadcast("team", text)

    @info("team")
    async def receive(self, event: InfoEvent, socket: Socket) -> None:
        socket.context["text"] = event.payload

    @info("presence_diff")
    async def people_changed(self, event: InfoEvent, socket: Socket) -> None:
        self.count(socket)

    def count(self, socket: Socket) -> None:
        socket.context["people"] = len(socket.presence.list("team"))


async def sign_in(request: Request) -> Response:
    login(request, request.path_params["name"])
    return PlainTextResponse("hello")


async def sign_out(request: Request) -> Response:
    logout(request)
    return PlainTextResponse("bye")


limited = PyView(security=SecurityConfig(max_sockets_per_address=3, join_timeout=60))

app = PyView()
app.add_middleware(ServerSessionMiddleware, store=session_store_from_environment(os.environ))
app.add_middleware(AuthenticationMiddleware, backend=Backend())
app.routes.append(Route("/login/{name}", sign_in, methods=["POST"]))
app.routes.append(Route("/logout", sign_out, methods=["POST"]))
group = app.live_session("team", requires="authenticated")
group.add_live_view("/", Team)
group.add_live_view("/other", Team)
