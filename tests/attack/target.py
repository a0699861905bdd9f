"""The application under attack: sign-in by form, changing roles, views that count their calls."""

import zlib
from base64 import b64decode, urlsafe_b64decode
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from jinja2 import DictLoader
from starlette.authentication import AuthCredentials, AuthenticationBackend, BaseUser, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.auth import requires
from pyview.testing import LiveClient, RawSocket

SECRET = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="
TEMPLATES = DictLoader({"who.html": "<p>user={{ user }} name={{ name }} n={{ n }}</p>"})


@dataclass
class AppState:
    """The roles of the users, and a counter of the calls of each view."""

    roles: dict[str, list[str]] = field(default_factory=lambda: {"alice": [], "bob": [], "root": ["admin"]})
    calls: Counter[str] = field(default_factory=Counter)

    def mounts(self, view: str) -> int:
        """Return how often `view` was mounted over a socket."""
        return self.calls[f"{view}.mount"]


class SessionAuth(AuthenticationBackend):
    def __init__(self, state: AppState) -> None:
        self.state = state

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        name = conn.session.get("user")
        if name is None:
            return None
        return AuthCredentials(["authenticated", *self.state.roles[name]]), SimpleUser(name)


async def login(request: Request) -> Response:
    form = await request.form()
    request.session["user"] = form["user"]
    request.session["oauth_token"] = "oauth-S3CRET"
    return RedirectResponse("/dashboard", status_code=303)


async def logout(request: Request) -> Response:
    request.session.clear()
    return RedirectResponse("/", status_code=303)


async def login_page(request: Request) -> Response:
    return PlainTextResponse("sign in")


def view(state: AppState, name: str) -> type[LiveView[Any]]:
    """Return a view that counts its calls under `name` and shows the user."""

    class Who(LiveView[dict[str, Any]]):
        template = "who.html"

        async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
            if socket.connected:
                state.calls[f"{name}.mount"] += 1
            socket.context = {"user": session.get("user"), "name": name, "n": 0}

        async def handle_event(
            self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]
        ) -> None:
            state.calls[f"{name}.event.{event}"] += 1
            socket.context["n"] += 1

    Who.__qualname__ = f"Who.{name}"
    return Who


def target(state: AppState, security: SecurityConfig | None = None, **options: Any) -> PyView:
    app = PyView(templates=TEMPLATES, secret=SECRET, security=security, **options)
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    app.add_middleware(AuthenticationMiddleware, backend=SessionAuth(state))
    app.routes.append(Route("/login", login_page, methods=["GET"]))
    app.routes.append(Route("/auth/login", login, methods=["POST"]))
    app.routes.append(Route("/auth/logout", logout, methods=["POST"]))
    app.routes.append(Route("/plain", login_page))
    guard = requires("authenticated", redirect="/login")
    app.add_live_view("/", view(state, "home"))
    app.add_live_view("/dashboard", guard(view(state, "dashboard")))
    app.add_live_view("/admin", requires(["authenticated", "admin"])(view(state, "admin")))
    app.add_live_view("/items/{item}", view(state, "item"))
    app.add_live_view("/items/admin", guard(view(state, "shadowed")))
    app.add_live_view("/{slug}", view(state, "slug"))
    return app


@dataclass(frozen=True)
class PageOf:
    """The tokens of a loaded page."""

    url: str
    html: str
    id: str
    session: str
    csrf: str

    @property
    def topic(self) -> str:
        return f"lv:{self.id}"

    def join(self, **changes: Any) -> dict[str, Any]:
        """Return the payload of the page's join."""
        params = {"_csrf_token": self.csrf, "_mounts": 0, "_mount_attempts": 0}
        payload = {"url": f"http://testserver{self.url}", "params": params, "session": self.session}
        return payload | {"static": None, "sticky": False} | changes


async def page_of(client: LiveClient, url: str) -> PageOf:
    """Load `url` over HTTP, without joining."""
    response = await client.get(url)
    assert response.status_code == 200, (url, response.status_code)
    return PageOf(
        url,
        response.text,
        attribute(response.text, "data-phx-main", "id"),
        attribute(response.text, "data-phx-main", "data-phx-session"),
        attribute(response.text, 'name="csrf-token"', "content"),
    )


def attribute(html: str, marker: str, name: str) -> str:
    """Return attribute `name` of the first tag that contains `marker`."""
    tag = next(tag for tag in html.split("<") if marker in tag.partition(">")[0])
    return tag.split(f'{name}="', 1)[1].split('"', 1)[0]


async def sign_in(client: LiveClient, user: str) -> None:
    response = await client.post("/auth/login", data={"user": user})
    assert response.status_code == 303


async def sign_out(client: LiveClient) -> None:
    await client.post("/auth/logout")


async def joined(socket: RawSocket, topic: str, payload: Any, ref: str = "4") -> Any:
    """Send a join and return its reply: `("ok" | "error", response)`."""
    await socket.send_frame([ref, ref, topic, "phx_join", payload])
    return await answer(socket, ref)


async def answer(socket: RawSocket, ref: str) -> tuple[str, Any]:
    """Return the reply to `ref`; skip pushes before it."""
    while True:
        frame = await socket.receive_frame()
        if frame[3] == "phx_reply" and frame[1] == ref:
            return frame[4]["status"], frame[4]["response"]


async def attempt(client: LiveClient, page: PageOf, **changes: Any) -> Any:
    """Join `page` on a new socket with the client's cookies, and return the reply."""
    async with client.raw_socket() as socket:
        return await joined(socket, page.topic, page.join(**changes))


STALE = ("error", {"reason": "stale"})
UNAUTHORIZED = ("error", {"reason": "unauthorized"})
UNMATCHED = ("error", {"reason": "unmatched topic"})


def decodings(html: str) -> list[bytes]:
    """Return the page and the decoded form of everything in it that may be base64 or zlib."""
    found = [html.encode()]
    for word in html.replace('"', " ").replace("'", " ").replace(".", " ").split():
        padded = word + "=" * (-len(word) % 4)
        for decode in (b64decode, urlsafe_b64decode):
            try:
                raw = decode(padded)
            except ValueError:
                continue
            found.append(raw)
            try:
                found.append(zlib.decompress(raw))
            except zlib.error:
                continue
    return found
