"""Live views in pages of Starlette routes."""

from typing import Any

import pytest
from jinja2 import Environment
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route

from pyview import PyView, live_render
from pyview.auth import requires
from pyview.testing import LiveClient, ViewCrashed
from tests.auth.users import UserBackend, make_app
from tests.nested.test_nested import Counter, Other, Socket

PAGE = Environment(autoescape=True).from_string(
    "<html><head><title>Plain</title>{{ a.head }}{{ b.head }}</head>"
    "<body><h1>A page</h1>{{ a }}<hr>{{ b }}</body></html>"
)


async def page(request: Request) -> Response:
    who = request.query_params.get("who", "Ada")
    a = await live_render(request, Counter, session={"who": who})
    b = await live_render(request, Counter, id="b", session={"who": "Grace"}, container="section")
    return HTMLResponse(PAGE.render(a=a, b=b))


def app_with(endpoint: Any = page) -> PyView:
    Counter.ended.clear()
    app = make_app(UserBackend(), {"/other": Other})
    app.routes.append(Route("/", endpoint))
    return app


@pytest.mark.parametrize("name", [None, "ann"])
async def test_embedded_views_are_live_independently(name: str | None) -> None:
    async with LiveClient(app_with()) as client:
        if name:
            await client.post(f"/in/{name}")
        shown = await client.open("/")
        await shown.child("b").push("add")
        assert shown.find("section output").text == "Grace: 1"
        assert shown.child("live-counter").find("output").text == "Ada: 0"
        assert (shown.find("h1").text, shown.title) == ("A page", "Plain")
        await shown.click("section button", text="+")
        assert shown.find("section output").text == "Grace: 2"


async def test_the_page_contains_the_html_of_embedded_views() -> None:
    async with LiveClient(app_with()) as client:
        html = (await client.get("/", params={"who": "<script>"})).text
    assert "<output>Grace: 0</output>" in html
    assert "<output>&lt;script&gt;: 0</output>" in html


async def test_embedded_views_rejoin_after_a_crash_and_a_lost_connection() -> None:
    async with LiveClient(app_with()) as client:
        shown = await client.open("/")
        with pytest.raises(ViewCrashed):
            await shown.child("b").push("break")
        await shown.drop()
        await shown.reconnect()
        await shown.child("b").push("add")
        assert shown.find("section output").text.startswith("Grace: ")


async def test_embedded_views_navigate_the_page() -> None:
    async with LiveClient(app_with()) as client:
        shown = await client.open("/")
        await shown.child("b").push("out")
        assert shown.path == "/other"


async def test_a_guarded_page_is_not_cached() -> None:
    Secret = requires("admin")(type("Secret", (Counter,), {"__module__": __name__}))

    async def secret(request: Request) -> Response:
        return HTMLResponse(str(await live_render(request, Secret)), headers=dict(request.query_params))

    app = app_with(secret)
    app.routes.append(Route("/public", page))
    async with LiveClient(app) as client:
        public = "max-age=0, private, must-revalidate"
        assert (await client.get("/public")).headers["cache-control"] == public
        await client.post("/in/root")
        assert (await client.get("/")).headers["cache-control"] == "no-store"
        assert (await client.get("/public")).headers["cache-control"] == "no-store"
        assert (await client.get("/?cache-control=private")).headers["cache-control"] == "private"


async def test_a_user_without_access_to_an_embedded_view_cannot_see_the_page() -> None:
    Secret = requires("admin")(type("Secret", (Counter,), {"__module__": __name__}))
    Door = requires("admin", redirect="/login")(type("Door", (Counter,), {"__module__": __name__}))

    async def endpoint(request: Request) -> Response:
        view = Door if "door" in request.query_params else Secret
        return HTMLResponse(str(await live_render(request, view)))

    async with LiveClient(app_with(endpoint)) as client:
        assert (await client.get("/")).status_code == 403
        sent = await client.get("/?door=1", follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=%2F%3Fdoor%3D1")
        await client.post("/in/root")
        assert (await client.get("/")).status_code == 200


async def test_a_redirect_of_an_embedded_view_is_the_response() -> None:
    class Leaving(Counter):
        async def mount(self, socket: Socket, session: Any) -> None:
            socket.put_flash("info", "moved")
            await socket.redirect("/other")

    async def endpoint(request: Request) -> Response:
        return HTMLResponse(str(await live_render(request, Leaving)))

    async with LiveClient(app_with(endpoint)) as client:
        sent = await client.get("/", follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (302, "/other")
        assert "__phoenix_flash__" in sent.headers["set-cookie"]


async def test_an_embedded_view_is_markup() -> None:
    async def endpoint(request: Request) -> Response:
        return HTMLResponse(Markup("<p>{}</p>").format(await live_render(request, Counter)))

    async with LiveClient(app_with(endpoint)) as client:
        assert '<p><div id="live-counter" data-phx-session="' in (await client.get("/")).text


async def test_a_route_of_another_application_raises() -> None:
    async def endpoint(request: Request) -> Response:
        return HTMLResponse(str(await live_render(request, Counter)))

    outer = Starlette(routes=[Route("/plain", endpoint), Mount("/", app_with())])
    async with LiveClient(outer, lifespan=False) as client:
        with pytest.raises(TypeError, match="Add the route to the PyView application"):
            await client.get("/plain")


async def test_an_embedded_view_cannot_be_sticky() -> None:
    async def endpoint(request: Request) -> Response:
        return HTMLResponse(str(await live_render(request, Counter, sticky=True)))  # type: ignore[call-overload]

    async with LiveClient(app_with(endpoint)) as client:
        with pytest.raises(ValueError, match="no live navigation"):
            await client.get("/")
