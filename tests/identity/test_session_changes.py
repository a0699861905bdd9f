"""A view changes the session: sign-in, sign-out and a choice of language, with and without leaving the page."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from pyview import LiveView, LiveViewSocket, PyView
from pyview.auth import requires
from pyview.sessions import MemorySessionStore, ServerSessionMiddleware, SessionStore
from pyview.sessions.change import SessionNotWritable
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
HTML = """
<p id="who">{{ who }}</p> <p id="lang">{{ lang }}</p> <p id="n">{{ n }}</p> <p>{{ flash.info }}</p>
<form id="login" phx-submit="login"><input name="user"><button>Sign in</button></form>
<button phx-click="count">+</button>
"""


class Harness:
    """An application with one page. `action` is the action of the next click."""

    def __init__(self, *, sessions: bool | SessionStore = True, authentication: bool = True) -> None:
        self.mounts: Counter[str] = Counter()
        self.errors: list[Exception] = []
        self.action: Any = None
        self.app = app = PyView(secret=SECRET)
        if sessions is True:
            app.add_middleware(SessionMiddleware, secret_key=SECRET)
        elif sessions is not False:
            app.add_middleware(ServerSessionMiddleware, store=sessions)
        if authentication:
            app.add_middleware(AuthenticationMiddleware, backend=Backend())
        app.routes.append(Route("/session", session_of_request))
        app.add_live_view("/", self._view("home"))
        if authentication:
            app.add_live_view("/in", requires("authenticated", redirect="/")(self._view("in")))

    def _view(self, name: str) -> type[LiveView[Any]]:
        harness = self

        class View(LiveView[Any]):
            template = LiveTemplate.from_string(HTML, "page.html")

            async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
                if socket.connected:
                    harness.mounts[name] += 1
                lang = session.get("lang", "en")
                socket.context = {"who": session.get("user", "nobody"), "lang": lang, "n": 0}

            async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None:
                if event == "count":
                    socket.context["n"] += 1
                elif event == "login":
                    socket.put_flash("info", "Welcome")
                    await socket.redirect("/in", session={"user": payload["user"]})
                else:
                    await harness.action(socket)

        return View


class Backend(AuthenticationBackend):
    async def authenticate(self, conn: Any) -> Any:
        name = conn.session.get("user") if "session" in conn.scope else None
        return None if name is None else (AuthCredentials(["authenticated"]), SimpleUser(name))


async def session_of_request(request: Request) -> Response:
    return JSONResponse({key: value for key, value in request.session.items() if key[0] != "_"})


async def stored(client: LiveClient) -> Any:
    return (await client.get("/session")).json()


async def test_a_login_form_signs_in_and_the_next_page_is_live() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        await page.submit("#login", {"user": "ada"})
        assert page.path == "/in"
        assert page.connected
        assert page.find("#who").text == "ada"
        assert page.has_text("Welcome")
        assert await stored(client) == {"user": "ada"}
        assert "httponly" in page_cookie(client).lower()
        await page.click("button", "+")
        assert page.find("#n").text == "1"
    assert harness.app.app_context.processes == set()


def page_cookie(client: LiveClient) -> str:
    """Return the kind of the session's cookie."""
    cookie = next(cookie for cookie in client.cookies.jar if cookie.name == "session")
    return " ".join(cookie._rest)  # type: ignore[attr-defined]


async def test_update_session_keeps_the_page() -> None:
    harness = Harness()

    async def choose(socket: Any) -> None:
        socket.context["lang"] = "de"
        await socket.update_session({"lang": "de"})

    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        await page.click("button", "+")
        harness.action = choose
        await page.push("choose")
        assert page.find("#lang").text == "de"
        assert page.find("#n").text == "1"
        assert harness.mounts == {"home": 1}
        assert page.events == []
        assert await stored(client) == {"lang": "de"}
        await page.click("button", "+")
        assert page.find("#n").text == "2"


async def test_the_socket_knows_the_new_session_and_joins_again_with_it() -> None:
    harness = Harness()
    seen: list[Any] = []

    async def choose(socket: Any) -> None:
        seen.append(dict(socket.session))
        await socket.update_session({"lang": "de", "theme": None})

    harness.action = choose
    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        for _ in range(3):
            await page.push("choose")
        assert seen == [{}, {"lang": "de"}, {"lang": "de"}]
        await page.drop()
        await page.reconnect()
        assert page.connected
        assert harness.mounts == {"home": 1}  # the view had waited
        await page.push("choose")
        assert seen[3:] == [{"lang": "de"}]


async def test_values_are_changed_added_and_removed() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        for values in ({"a": 1, "b": [1, {"c": None}]}, {"a": None, "d": "é"}, {"b": {"x": 1.5}, "no": None}):
            harness.action = lambda socket, values=values: socket.update_session(values)
            await page.push("change")
        assert await stored(client) == {"b": {"x": 1.5}, "d": "é"}
        assert harness.mounts == {"home": 1}


async def test_several_changes_of_one_callback_are_one() -> None:
    harness = Harness()

    async def change(socket: Any) -> None:
        await socket.update_session({"a": 1, "b": 2})
        await socket.update_session({"b": 3, "a": None})
        await socket.redirect("/", session={"c": 4})

    harness.action = change
    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        await page.push("change")
        assert await stored(client) == {"b": 3, "c": 4}
        assert harness.mounts == {"home": 2}


async def test_sign_in_on_the_page_reloads_it() -> None:
    harness = Harness()
    harness.action = lambda socket: socket.update_session({"user": "ada"})
    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        await page.push("sign in")
        assert page.path == "/"
        assert page.find("#who").text == "ada"
        assert harness.mounts == {"home": 2}


async def test_another_user_ends_the_pages_of_the_first() -> None:
    harness = Harness()
    async with LiveClient(harness.app) as client:
        page, other = await client.open("/"), await client.open("/")
        await page.submit("#login", {"user": "ada"})
        await other.reload()
        copied = client.cookies["session"]
        harness.action = lambda socket: socket.redirect("/in", session={"user": "bob"})
        await page.push("switch")
        assert page.find("#who").text == "bob"
        await other.wait_for(lambda page: page.find("#who").text == "bob")
    async with LiveClient(harness.app, cookies={"session": copied}) as thief:
        assert (await thief.open("/in")).path == "/?next=%2Fin"


@pytest.mark.parametrize("leave", [True, False])
async def test_clear_session_ends_the_session_everywhere(leave: bool) -> None:
    harness = Harness()

    async def sign_out(socket: Any) -> None:
        await socket.clear_session()
        if leave:
            await socket.redirect("/")

    async with LiveClient(harness.app) as client:
        page, other = await client.open("/"), await client.open("/")
        await page.submit("#login", {"user": "ada"})
        await other.open("/in")
        copied = client.cookies["session"]
        harness.action = sign_out
        await page.push("sign out")
        assert await stored(client) == {}
        await page.wait_for(lambda page: page.path in ("/", "/?next=%2Fin") and page.connected)
        assert page.find("#who").text == "nobody"
        await other.wait_for(lambda page: page.path == "/?next=%2Fin")
    async with LiveClient(harness.app, cookies={"session": copied}) as thief:
        assert await stored(thief) == {}


async def test_clear_session_and_sign_in_create_a_new_session() -> None:
    harness = Harness()

    async def sign_in_afresh(socket: Any) -> None:
        await socket.clear_session()
        await socket.redirect("/in", session={"user": "ada"})

    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        await page.submit("#login", {"user": "ada"})
        harness.action = lambda socket: socket.update_session({"lang": "de"})
        await page.push("choose")
        copied = client.cookies["session"]
        harness.action = sign_in_afresh
        await page.push("again")
        assert page.connected
        assert await stored(client) == {"user": "ada"}
    async with LiveClient(harness.app, cookies={"session": copied}) as thief:
        assert await stored(thief) == {}


async def test_a_live_navigation_after_a_change_loads_the_page() -> None:
    harness = Harness()

    async def sign_in(socket: Any) -> None:
        await socket.update_session({"user": "ada"})
        await socket.push_navigate("/in")

    harness.action = sign_in
    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        await page.push("sign in")
        assert page.path == "/in"
        assert page.find("#who").text == "ada"


async def test_a_patch_together_with_a_change() -> None:
    harness = Harness()

    async def choose(socket: Any) -> None:
        await socket.update_session({"lang": "de"})
        await socket.push_patch("/?lang=de")

    harness.action = choose
    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        await page.push("choose")
        assert page.path == "/?lang=de"
        assert await stored(client) == {"lang": "de"}
        assert harness.mounts == {"home": 1}


async def test_a_change_during_another_one_follows_it() -> None:
    """Two messages to the view before the browser has answered: both changes are applied, in order."""
    harness = Harness()
    counts = iter(range(1, 3))

    async def choose(socket: Any) -> None:
        n = next(counts)
        await socket.update_session({"last": n, f"n{n}": n})

    harness.action = choose
    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        await asyncio.gather(page.push("one"), page.push("two"))
        await page.settle(0.05)
        assert await stored(client) == {"last": 2, "n1": 1, "n2": 2}
        assert harness.mounts == {"home": 1}


async def test_a_sign_in_during_a_change_follows_it() -> None:
    harness = Harness()
    harness.action = lambda socket: socket.update_session({"lang": "de"})
    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        await asyncio.gather(page.push("choose"), page.submit("#login", {"user": "ada"}))
        await page.wait_for(lambda page: page.path == "/in" and page.connected)
        assert await stored(client) == {"user": "ada", "lang": "de"}


async def test_it_works_after_a_live_navigation() -> None:
    harness = Harness()
    harness.action = lambda socket: socket.update_session({"lang": "de"})
    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        await page.submit("#login", {"user": "ada"})
        await page.navigate("/")
        await page.push("choose")
        assert await stored(client) == {"user": "ada", "lang": "de"}
        await page.navigate("/in")
        assert page.find("#lang").text == "de"
        assert harness.mounts == {"home": 2, "in": 2}


async def test_it_works_without_an_authentication() -> None:
    harness = Harness(authentication=False)
    harness.action = lambda socket: socket.update_session({"user": "ada"})
    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        await page.push("sign in")
        assert harness.mounts == {"home": 1}
        await page.reload()
        assert page.find("#who").text == "ada"


async def test_it_works_under_a_prefix() -> None:
    harness = Harness()
    async with LiveClient(Starlette(routes=[Mount("/shop", harness.app)])) as client:
        page = await client.open("/shop/")
        harness.action = lambda socket: socket.update_session({"lang": "de"})
        await page.push("choose")
        assert harness.mounts == {"home": 1}
        harness.action = lambda socket: socket.redirect("/shop/in", session={"user": "ada"})
        await page.push("sign in")
        assert page.path == "/shop/in"
        assert page.find("#who").text == "ada"
        assert page.find("#lang").text == "de"


@pytest.mark.parametrize("authentication", [True, False])
async def test_it_changes_the_session_of_the_host_application(authentication: bool) -> None:
    harness = Harness(sessions=False, authentication=authentication)
    outer = Starlette(routes=[Mount("/shop", harness.app)])
    outer.add_middleware(SessionMiddleware, secret_key=SECRET)
    async with LiveClient(outer) as client:
        page = await client.open("/shop/")
        harness.action = lambda socket: socket.redirect("/shop/", session={"user": "ada"})
        await page.push("sign in")
        assert page.find("#who").text == "ada"
        harness.action = lambda socket: socket.update_session({"lang": "de"})
        await page.push("choose")
        assert page.find("#lang").text == "de"
        assert harness.mounts == {
            "home": 3
        }  # the host application cannot be re-checked: only a new page gets the new session


async def test_it_changes_a_server_side_session() -> None:
    harness = Harness(sessions=MemorySessionStore())
    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        harness.action = lambda socket: socket.update_session({"lang": "de"})
        await page.push("choose")
        await page.push("choose")
        assert await stored(client) == {"lang": "de"}
        assert harness.mounts == {"home": 1}
        await page.submit("#login", {"user": "ada"})
        assert page.path == "/in"
        assert page.find("#who").text == "ada"
        await page.push("choose")
        harness.action = lambda socket: socket.clear_session()
        copied = client.cookies["session"]
        await page.push("sign out")
        await page.wait_for(lambda page: page.path == "/?next=%2Fin" and page.connected)
    async with LiveClient(harness.app, cookies={"session": copied}) as thief:
        assert await stored(thief) == {}


@pytest.mark.parametrize("values", [{"a": object()}, {"a": float("nan")}, {"a": {1, 2}}, {1: "a"}])
async def test_values_that_are_not_json_raise(values: Any) -> None:
    await expect_refused(lambda socket: socket.update_session(values), TypeError)


@pytest.mark.parametrize("values", [{"_pv_sid": "x"}, {"a": "x" * 20_000}])
async def test_too_large_values_and_reserved_names_raise(values: Any) -> None:
    await expect_refused(lambda socket: socket.redirect("/", session=values), ValueError)


async def test_a_refused_redirect_changes_nothing() -> None:
    await expect_refused(lambda socket: socket.redirect("//evil", session={"a": 1}), ValueError)


async def test_without_a_session_middleware_it_raises() -> None:
    harness = Harness(sessions=False, authentication=False)
    messages = await expect_refused(
        lambda socket: socket.update_session({"a": 1}), SessionNotWritable, harness
    )
    assert "add_middleware(SessionMiddleware" in messages


async def expect_refused(action: Any, error: type[Exception], harness: Harness | None = None) -> str:
    """Expect that the view gets `error` and the session stays unchanged. Return the error's text."""
    harness = harness or Harness()
    messages: list[str] = []

    async def attempt(socket: Any) -> None:
        with pytest.raises(error) as raised:
            await action(socket)
        messages.append(str(raised.value))

    harness.action = attempt
    async with LiveClient(harness.app) as client:
        page = await client.open("/")
        await page.push("try")
        assert page.connected
        assert "session" not in client.cookies
    return messages[0]


@pytest.mark.parametrize("callback", ["mount", "handle_params"])
@pytest.mark.parametrize("connected", [False, True])
async def test_in_mount_the_session_cannot_be_changed(callback: str, connected: bool) -> None:
    messages: list[str] = []

    async def attempt(self: Any, *arguments: Any) -> None:
        socket = arguments[0] if callback == "mount" else arguments[2]
        if socket.connected is connected:
            with pytest.raises(SessionNotWritable) as raised:
                await socket.update_session({"a": 1})
            messages.append(str(raised.value))

    template = LiveTemplate.from_string("<p>here</p>", "here.html")
    view = type("View", (LiveView,), {callback: attempt, "template": template})
    app = PyView(secret=SECRET)
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    app.add_live_view("/", view)
    async with LiveClient(app) as client:
        assert (await client.open("/")).connected
        assert "session" not in client.cookies
    assert "handle_event" in messages[0]
