"""A view changes the session in a real browser: sign-in, and a language."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Page, Request, Response, expect
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import Response as ServerResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from pyview import LiveView, LiveViewSocket, PyView
from pyview.auth import requires
from pyview.template.live_template import LiveTemplate
from pyview.template.root_template import defaultRootTemplate

Serve = Callable[[ASGIApp], str]
SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
GREETINGS = {"en": "Hello", "de": "Guten Tag"}


class SignInView(LiveView[Any]):
    template = LiveTemplate.from_string(
        """
        <form id="sign-in" phx-submit="sign-in">
          <p role="alert">{{ error }}</p>
          <input name="user" value="{{ user }}" aria-label="Name">
          <input name="password" type="password" aria-label="Password">
          <button>Sign in</button>
        </form>
        """,
        "sign_in.html",
    )

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = {"error": "", "user": ""}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None:
        if payload["password"] != "pw":
            socket.context = {"error": "That was not right.", "user": payload["user"]}
            return
        socket.put_flash("info", "Welcome")
        await socket.redirect("/home", session={"user": payload["user"]})


@requires("authenticated", redirect="/")
class HomeView(LiveView[Any]):
    template = LiveTemplate.from_string(
        """
        <p id="who">{{ name }}</p><p id="flash">{{ flash.info }}</p>
        <button phx-click="count">{{ n }}</button><button phx-click="out">Sign out</button>
        """,
        "home.html",
    )

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = {"name": session["user"], "n": 0}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None:
        if event == "out":
            await socket.clear_session()
            await socket.redirect("/")
        else:
            socket.context["n"] += 1


class GreetingView(LiveView[Any]):
    template = LiveTemplate.from_string(
        """
        <p id="greeting">{{ greeting }}</p><p id="known">{{ known }}</p>
        <button phx-click="count">{{ n }}</button>
        <button phx-click="de">Deutsch</button><button phx-click="en">English</button>
        <button phx-click="known">Known</button><button phx-click="sign-in">Sign in here</button>
        """,
        "greeting.html",
    )

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        lang = session.get("lang", "en")
        socket.context = {"greeting": GREETINGS[lang], "known": session.get("user", "?"), "n": 0}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None:
        if event in GREETINGS:
            socket.context["greeting"] = GREETINGS[event]
            await socket.update_session({"lang": event})
        elif event == "known":
            socket.context["known"] = socket.session.get("lang", "?")
        elif event == "sign-in":
            await socket.update_session({"user": "ada"})
        else:
            socket.context["n"] += 1


class Backend(AuthenticationBackend):
    async def authenticate(self, conn: Any) -> Any:
        name = conn.session.get("user")
        return None if name is None else (AuthCredentials(["authenticated"]), SimpleUser(name))


def make_app() -> PyView:
    app = PyView(secret=SECRET)
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    app.add_middleware(AuthenticationMiddleware, backend=Backend())
    app.add_live_view("/", SignInView)
    app.add_live_view("/home", HomeView)
    app.add_live_view("/greeting", GreetingView)
    return app


def expect_live(page: Page) -> None:
    expect(page.locator("[data-phx-main].phx-connected")).to_be_visible()


def sign_in(page: Page, address: str) -> None:
    page.goto(address)
    expect_live(page)
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("That was not right.")
    page.get_by_label("Password").fill("pw")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#who")).to_have_text("ada")


# Chromium on a very busy machine stores a script's cookie only when the cookies are read.
LATE_COOKIES = """
const { get, set } = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
const waiting = [];
Object.defineProperty(Document.prototype, "cookie", {
  get() {
    waiting.splice(0).forEach((cookie) => set.call(this, cookie));
    return get.call(this);
  },
  set(cookie) { waiting.push(cookie); },
});
"""


def test_a_flash_message_reaches_the_next_page_when_its_cookie_is_stored_late(
    page: Page, serve: Serve
) -> None:
    page.add_init_script(LATE_COOKIES)
    sign_in(page, serve(make_app()))
    expect(page.locator("#flash")).to_have_text("Welcome")
    page.reload()
    expect(page.locator("#who")).to_have_text("ada")
    expect(page.locator("#flash")).to_have_text("")


def test_a_login_form_signs_in_and_the_next_page_is_live(page: Page, serve: Serve) -> None:
    address = serve(make_app())
    sign_in(page, address)
    assert page.url == f"{address}/home"
    expect(page.locator("#flash")).to_have_text("Welcome")
    expect_live(page)
    page.get_by_role("button", name="0").click()
    expect(page.get_by_role("button", name="1")).to_be_visible()
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["session"]["httpOnly"]
    assert cookies["pyview-browser"]["httpOnly"]


def test_signing_out_in_one_tab_ends_the_other(page: Page, serve: Serve) -> None:
    address = serve(make_app())
    sign_in(page, address)
    other = page.context.new_page()
    other.goto(f"{address}/home")
    expect_live(other)
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#sign-in")).to_be_visible()
    expect(other.locator("#sign-in")).to_be_visible()
    assert page.url == f"{address}/"
    assert "session" not in {cookie["name"] for cookie in page.context.cookies()}


def test_a_language_is_switched_in_place(page: Page, serve: Serve) -> None:
    address = serve(make_app())
    loads, sockets = watch(page)
    page.goto(f"{address}/greeting")
    expect_live(page)
    page.get_by_role("button", name="0").click()
    with page.expect_response(f"{address}/live/session/pass"):
        page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("#greeting")).to_have_text("Guten Tag")
    expect(page.get_by_role("button", name="1")).to_be_visible()
    page.get_by_role("button", name="Known").click()
    expect(page.locator("#known")).to_have_text("de")
    assert (len(loads), len(sockets)) == (1, 1), "the page goes on, on its socket"
    page.reload()
    expect(page.locator("#greeting")).to_have_text("Guten Tag")


def test_after_a_session_change_the_page_reconnects_without_a_reload(page: Page, serve: Serve) -> None:
    address = serve(make_app())
    loads, _ = watch(page)
    page.goto(f"{address}/greeting")
    expect_live(page)
    with page.expect_response(f"{address}/live/session/pass"):
        page.get_by_role("button", name="Deutsch").click()
    page.get_by_role("button", name="Known").click()
    expect(page.locator("#known")).to_have_text("de")
    page.evaluate("liveSocket.disconnect(() => liveSocket.connect())")
    expect(page.locator("#known")).to_have_text("?")
    expect(page.locator("#greeting")).to_have_text("Guten Tag")
    expect_live(page)
    assert len(loads) == 1


def test_signing_in_on_the_page_itself_loads_it_once(page: Page, serve: Serve) -> None:
    loads, _ = watch(page)
    page.goto(f"{serve(make_app())}/greeting")
    expect_live(page)
    page.get_by_role("button", name="Sign in here").click()
    expect(page.locator("#known")).to_have_text("ada")
    expect_live(page)
    assert len(loads) == 2


def test_it_works_under_a_prefix_and_with_an_own_script(page: Page, serve: Serve) -> None:
    app = make_app()
    script = 'import { start } from "/shop/live/assets/pyview.js"; start({ hooks: {} });'
    app.routes.append(Route("/app.js", lambda request: ServerResponse(script, media_type="text/javascript")))
    app.rootTemplate = defaultRootTemplate(head_content='<script type="module" src="/shop/app.js"></script>')
    loads, _ = watch(page)
    page.goto(f"{serve(Starlette(routes=[Mount('/shop', app)]))}/shop/greeting")
    expect_live(page)
    with page.expect_response("**/shop/live/session/pass"):
        page.get_by_role("button", name="Deutsch").click()
    page.get_by_role("button", name="Known").click()
    expect(page.locator("#known")).to_have_text("de")
    assert len(loads) == 1


def test_a_refused_change_reloads_the_page(page: Page, serve: Serve) -> None:
    loads, _ = watch(page)
    address = serve(make_app())
    page.goto(f"{address}/greeting")
    expect_live(page)
    page.context.clear_cookies()
    refused: list[Response] = []
    page.on("response", lambda response: refused.append(response) if response.status >= 400 else None)
    with page.expect_event("load"):
        page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("#greeting")).to_have_text("Hello")
    expect_live(page)
    assert [(found.status, found.url) for found in refused] == [(403, f"{address}/live/session")]
    assert len(loads) == 2


def test_without_scripts_nothing_changes(new_context: Callable[..., BrowserContext], serve: Serve) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{serve(make_app())}/greeting")
    expect(page.locator("#greeting")).to_have_text("Hello")


def watch(page: Page) -> tuple[list[Request], list[Any]]:
    """Record the documents that are loaded and the sockets that are opened from now on."""
    loads: list[Request] = []
    sockets: list[Any] = []
    page.on("request", lambda request: loads.append(request) if request.resource_type == "document" else None)
    page.on("websocket", lambda socket: sockets.append(socket))
    return loads, sockets
