"""The client alone with a minimal server: messages and retries when something fails."""

import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from markupsafe import Markup
from playwright.sync_api import Page, Request, expect
from playwright.sync_api import WebSocket as PageSocket
from starlette.applications import Starlette
from starlette.requests import Request as ServerRequest
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from pyview.template.root_template import RootTemplateContext, defaultRootTemplate
from pyview.transport.assets import ClientAssets
from tests.browser.retry import until

Serve = Callable[[ASGIApp], str]
STRICT_CSP = "default-src 'self'; script-src 'self'; style-src 'self'; base-uri 'none'"
ASSETS = ClientAssets()


def page_context(root_path: str = "") -> RootTemplateContext:
    return RootTemplateContext(
        id="abc",
        content="<p>first render</p>",
        title=None,
        csrf_token="the-token",
        session="signed",
        additional_head_elements=[],
        client_head=ASSETS.head(root_path),
    )


def live_page(head: str = "") -> Callable[[ServerRequest], Response]:
    def endpoint(request: ServerRequest) -> Response:
        document = defaultRootTemplate(head_content=head)(page_context())
        return HTMLResponse(document, headers={"Content-Security-Policy": STRICT_CSP})

    return endpoint


@dataclass
class Answers:
    """The server's replies to a join and to an event, and its pushes after a join."""

    join: dict[str, Any]
    status: str = "ok"
    pushes: Sequence[tuple[str, dict[str, Any]]] = ()
    event: dict[str, Any] = field(default_factory=dict)


def answer_with(answers: Answers) -> Callable[[WebSocket], Awaitable[None]]:
    async def endpoint(websocket: WebSocket) -> None:
        await websocket.accept()
        with suppress(WebSocketDisconnect):
            while True:
                await answer(websocket, answers, *await websocket.receive_json())

    return endpoint


async def answer(
    websocket: WebSocket, answers: Answers, join_ref: str, ref: str, topic: str, event: str, payload: object
) -> None:
    if event == "phx_join":
        reply = {"status": answers.status, "response": answers.join}
        await websocket.send_json([join_ref, ref, topic, "phx_reply", reply])
        for name, body in answers.pushes:
            await websocket.send_json([join_ref, None, topic, name, body])
    else:
        reply = {"status": "ok", "response": answers.event}
        await websocket.send_json([join_ref, ref, topic, "phx_reply", reply])


def joined(html: str) -> dict[str, Any]:
    return {"rendered": {"s": [html]}, "liveview_version": ASSETS.liveview_version}


LIVE = Answers(joined("<p>live</p>"))


def javascript(source: str) -> Callable[[ServerRequest], Response]:
    return lambda request: Response(source, media_type="text/javascript")


def make_app(*routes: BaseRoute, answers: Answers, head: str = "") -> Starlette:
    socket = WebSocketRoute("/live/websocket", answer_with(answers))
    return Starlette(routes=[Route("/", live_page(head)), socket, *routes, ASSETS.route()])


def test_a_page_becomes_live_under_a_strict_content_security_policy(page: Page, serve: Serve) -> None:
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text))
    page.goto(serve(make_app(answers=LIVE)))
    expect(page.locator("#phx-abc.phx-connected p")).to_have_text("live")
    expect(page.locator("#pyview-notice")).to_have_count(0)
    assert not warnings


def test_the_socket_gets_the_csrf_token_and_nothing_undefined(page: Page, serve: Serve) -> None:
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(serve(make_app(answers=LIVE)))
    expect(page.locator("#phx-abc.phx-connected")).to_be_visible()
    assert sockets[0].endswith("/live/websocket?_csrf_token=the-token&vsn=2.0.0")


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(Answers({"reason": "stale"}, "error"), id="stale"),
        pytest.param(Answers({"reason": "unauthorized"}, "error"), id="unauthorized"),
        pytest.param(Answers({"reason": "join crashed"}, "error"), id="crash"),
        pytest.param(Answers({"redirect": {"to": "/"}}, "error"), id="redirect to itself at the join"),
        pytest.param(Answers(joined(""), pushes=[("redirect", {"to": "/"})]), id="redirect to itself later"),
    ],
)
def test_a_page_that_reloads_repeatedly_stops_with_a_message(
    page: Page, serve: Serve, answers: Answers
) -> None:
    loads = count_documents(page)
    quick = Route(
        "/quick.js", javascript("window.LiveViewConfig = {reloadJitterMin: 10, reloadJitterMax: 20}")
    )
    page.goto(serve(make_app(quick, answers=answers, head='<script defer src="/quick.js"></script>')))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("goes on trying, slowly")
    page.wait_for_timeout(500)  # time for a further reload, which must not come
    assert len(loads) == 4, "the first load and three reloads"
    with page.expect_navigation():
        alert.get_by_role("link", name="Try again").click()
    expect(alert).to_be_visible()
    page.wait_for_timeout(200)  # the same
    assert len(loads) == 5, "the user's own reload, and none after it"


HASTY = (
    "window.LiveViewConfig = {reloadJitterMin: 10, reloadJitterMax: 20, maxReloads: 2, failsafeJitter: 400}"
)


@pytest.mark.parametrize("reason", ["join crashed", "stale"])
def test_a_page_that_stopped_reloading_recovers_by_itself(page: Page, serve: Serve, reason: str) -> None:
    answers = Answers({"reason": reason}, "error")
    loads = count_documents(page)
    joins: list[str] = []

    def listen(socket: PageSocket) -> None:
        socket.on("framesent", lambda text: joins.append(str(text)) if "phx_join" in str(text) else None)

    page.on("websocket", listen)
    quick = Route("/quick.js", javascript(HASTY))
    page.goto(serve(make_app(quick, answers=answers, head='<script defer src="/quick.js"></script>')))
    expect(page.get_by_role("alert")).to_be_visible()
    assert len(loads) == 3, "the first load, and as many reloads as maxReloads says"
    before = len(joins)
    until(page, lambda: len(joins) >= before + 3)  # slowly, without an end
    expect(page.get_by_role("alert")).to_be_visible()
    answers.status, answers.join = LIVE.status, LIVE.join
    expect(page.locator("#phx-abc.phx-connected p")).to_have_text("live")
    expect(page.get_by_role("alert")).to_have_count(0)
    count = len(joins)
    page.wait_for_timeout(1000)  # time for a further join, which must not come
    assert len(joins) == count, "it tries no more"
    assert (len(loads) == 3) == (reason == "join crashed"), (
        "a view that failed is joined again in the same page"
    )


def test_a_page_that_stopped_reloading_waits_for_a_working_server(page: Page, serve: Serve) -> None:
    answers, down = Answers({"reason": "stale"}, "error"), threading.Event()
    app = make_app(
        Route("/quick.js", javascript(HASTY)), answers=answers, head='<script defer src="/quick.js"></script>'
    )

    async def failing_app(scope: Scope, receive: Receive, send: Send) -> None:
        if down.is_set() and scope["type"] == "http":
            await Response("down", 503)(scope, receive, send)
        else:
            await app(scope, receive, send)

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method) if request.method == "HEAD" else None)
    page.goto(serve(failing_app))
    expect(page.get_by_role("alert")).to_be_visible()
    down.set()
    until(page, lambda: len(asked) >= 2)
    expect(page.get_by_role("alert")).to_be_visible()
    answers.status, answers.join = LIVE.status, LIVE.join
    down.clear()
    expect(page.locator("#phx-abc.phx-connected p")).to_have_text("live")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("window.LiveViewConfig = {...quick, messages};", id="LiveViewConfig"),
        pytest.param(
            'import { start } from "/live/assets/pyview.js"; start({...quick, messages});', id="start"
        ),
    ],
)
def test_the_messages_can_be_configured(page: Page, serve: Serve, source: str) -> None:
    words = """
        const quick = {reloadJitterMin: 10, reloadJitterMax: 20};
        const messages = {reloads: {text: "Keine Verbindung.", action: "Nochmal"}};
    """
    app = make_app(
        Route("/app.js", javascript(words + source)),
        answers=Answers({"reason": "stale"}, "error"),
        head='<script type="module" src="/app.js"></script>',
    )
    page.goto(serve(app))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Keine Verbindung.")
    expect(alert.get_by_role("link", name="Nochmal")).to_be_visible()


def test_a_reload_by_the_user_is_never_stopped(page: Page, serve: Serve) -> None:
    answers = Answers(joined('<button phx-click="save">Save</button>'), event={"redirect": {"to": "/"}})
    loads = count_documents(page)
    page.goto(serve(make_app(answers=answers)))
    for _ in range(6):
        expect(page.locator("#phx-abc.phx-connected")).to_be_visible()
        with page.expect_navigation():
            page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert len(loads) == 7


def count_documents(page: Page) -> Sequence[Request]:
    loads: list[Request] = []

    def count(request: Request) -> None:
        if request.resource_type == "document":
            loads.append(request)

    page.on("request", count)
    return loads


def test_hooks_and_settings_on_the_window_are_used(page: Page, serve: Serve) -> None:
    app = make_app(
        Route("/hooks.js", javascript(HOOKS)),
        answers=Answers(joined('<p id="greeting" phx-hook="Greeting"></p>')),
        head='<script defer src="/hooks.js"></script>',
    )
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(serve(app))
    expect(page.locator("#greeting")).to_have_text("said the hook")
    assert "zone=Oslo" in sockets[0]


HOOKS = """
window.Hooks = {Greeting: {mounted() { this.el.textContent = "said the hook"; }}};
window.LiveViewConfig = {params: {zone: "Oslo"}};
"""


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            """
            import { start } from "/live/assets/pyview.js";
            start({hooks: {Own: {mounted() { this.el.textContent = "own"; }}}});
            """,
            id="start",
        ),
        pytest.param(
            """
            import { LiveSocket, Socket } from "/live/assets/pyview.js";
            const hooks = {Own: {mounted() { this.el.textContent = "own"; }}};
            new LiveSocket("/live", Socket, {hooks}).connect();
            """,
            id="LiveSocket",
        ),
    ],
)
def test_an_own_app_js_needs_no_bundler(page: Page, serve: Serve, source: str) -> None:
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    app = make_app(
        Route("/app.js", javascript(source)),
        answers=Answers(joined('<p id="p" phx-hook="Own"></p>')),
        head='<script type="module" src="/app.js"></script>',
    )
    page.goto(serve(app))
    expect(page.locator("#p")).to_have_text("own")
    expect(page.locator("#pyview-notice")).to_have_count(0)
    assert len(sockets) == 1, "the page did not start a second socket of its own"


def test_a_script_that_does_not_load_shows_a_message(page: Page, serve: Serve) -> None:
    page.route("**/*.js", lambda route: route.abort())
    page.goto(serve(make_app(answers=LIVE)))
    notice = page.locator("#pyview-notice")
    expect(notice).to_be_hidden()
    page.evaluate("document.getAnimations().forEach(animation => animation.finish())")
    expect(notice).to_be_visible()
    expect(notice).to_contain_text("its script has not loaded")


def test_without_javascript_the_page_shows_a_message(new_context: Callable[..., Any], serve: Serve) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(serve(make_app(answers=LIVE)))
    expect(page.get_by_text("first render")).to_be_visible()
    expect(page.locator(".pyview-noscript")).to_contain_text("it needs JavaScript")
    expect(page.locator("#pyview-notice")).to_be_hidden()


def test_a_page_that_links_the_package_static_script_is_live_too(page: Page, serve: Serve) -> None:
    def old_page(request: ServerRequest) -> Response:
        head = Markup('<script defer src="/static/assets/app.js"></script>')
        return HTMLResponse(defaultRootTemplate()(page_context() | {"client_head": head}))

    static = Mount("/static", StaticFiles(packages=[("pyview", "static")]))
    socket = WebSocketRoute("/live/websocket", answer_with(LIVE))
    page.goto(serve(Starlette(routes=[Route("/", old_page), socket, static])))
    expect(page.locator("#phx-abc.phx-connected p")).to_have_text("live")


def test_a_slow_navigation_is_shown_by_a_bar_and_a_quick_one_is_not(page: Page, serve: Serve) -> None:
    page.goto(serve(make_app(answers=LIVE)))
    loading = page.locator("html[data-pyview-loading]")
    expect(page.locator("#phx-abc.phx-connected")).to_be_visible()
    page.evaluate(PAGE_LOADING, ["start", "stop"])
    page.wait_for_timeout(400)  # longer than the delay of the bar
    expect(loading).to_have_count(0)
    page.evaluate(PAGE_LOADING, ["start"])
    expect(loading).to_have_count(1)
    page.evaluate(PAGE_LOADING, ["stop"])
    expect(loading).to_have_count(0)


PAGE_LOADING = """stages => stages.forEach(stage =>
    window.dispatchEvent(new CustomEvent("phx:page-loading-" + stage, {detail: {kind: "redirect"}})))"""
