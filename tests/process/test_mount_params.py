"""Tests of parameters of `mount`: from the URL, over HTTP and on the socket alike, and never server data."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from pyview import Depends, LiveView, LiveViewSocket, PyView, live_render
from pyview.binding import Params, SignatureError
from pyview.depends import FromClient
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, ViewCrashed
from tests.asgi import eventually
from tests.auth.users import UserBackend, make_app

Socket = LiveViewSocket[dict[str, Any]]
SHOWN = LiveTemplate.from_string("<p>{{ shown }}</p><button phx-click='go' phx-value-to='/x/1'>go</button>")


def which_tenant(tenant: FromClient[str] = "own", limit: int = 5) -> str:
    return f"{tenant} {limit}"


class Shelf(LiveView[dict[str, Any]]):
    template = SHOWN

    async def mount(
        self,
        socket: Socket,
        session: Any,
        id: int,
        params: Params,
        page: FromClient[int] = 1,
        tags: list[str] = [],  # noqa: B006
        tenant: str = Depends(which_tenant),
    ) -> None:
        user = getattr(socket.user, "username", "")
        socket.context = {"shown": f"{id} {page} {tags} {params.get('q')} {tenant} {dict(session)} {user}"}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        await socket.push_navigate(payload["to"])


def app_with(view: type[LiveView[Any]] = Shelf, *routes: Route) -> PyView:
    app = make_app(UserBackend(), {"/x/{id}": view})
    app.routes.extend(routes)
    return app


async def test_mount_has_the_parameters_of_path_and_query_on_both_doors() -> None:
    async with LiveClient(app_with()) as client:
        query = "/x/7?page=3&tags=a&tags=b&q=z&tenant=acme&limit=99"
        expected = "7 3 ['a', 'b'] z acme 5 {}"
        assert expected in (await client.get(query)).text.replace("&#39;", "'")
        page = await client.open(query)
        assert page.connected
        assert page.find("p").text.strip() == expected
        await page.push("go", {"to": "/x/8?page=4"})
        assert page.find("p").text.strip() == "8 4 [] None own 5 {}"


@pytest.mark.parametrize("query", ["/x/seven", "/x/7?page=three"])
async def test_what_does_not_fit_is_a_bad_request_on_both_doors(query: str) -> None:
    async with LiveClient(app_with()) as client:
        assert (await client.get(query)).status_code == 400
        page = await client.open("/x/7")
        await page.push("go", {"to": query})
        await eventually(lambda: page.status == 400)


async def test_a_view_that_is_mounted_again_has_the_parameters_of_the_present_address() -> None:
    class Paged(LiveView[dict[str, Any]]):
        template = SHOWN

        async def mount(self, socket: Socket, session: Any, page: int = 1) -> None:
            socket.context = {"shown": page}

        async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
            if event == "crash":
                raise RuntimeError("as asked")
            await socket.push_patch("/x/7", {"page": 5})

    async with LiveClient(app_with(Paged)) as client:
        page = await client.open("/x/7?page=3")
        await page.push("go", {})
        assert page.find("p").text == "3"
        with pytest.raises(ViewCrashed):
            await page.push("crash", {})
        await page.wait_for(lambda page: page.find("p").text == "5")


FORGED = (
    "session[user_id]=3&session=x&user[name]=root&user=root&socket=x&auth[scopes][]=admin&auth=x&url=//evil"
    "&_session=x&self=x&view=x&resources=x"
)


async def test_no_query_fills_what_is_the_servers() -> None:
    class Who(LiveView[dict[str, Any]]):
        template = SHOWN

        async def mount(
            self, socket: Socket, session: Any, user: Any, auth: Any, url: Any, _who: Any = 0
        ) -> None:
            name = getattr(user, "username", "")
            socket.context = {
                "shown": [dict(session), name, auth.scopes, url.path, isinstance(socket, LiveViewSocket)]
            }

    async with LiveClient(app_with(Who)) as client:
        page = await client.open(f"/x/7?{FORGED}")
        assert page.find("p").text == "[{}, '', [], '/x/7', True]"
        await client.post("/in/ann")
        page = await client.open(f"/x/7?{FORGED}")
        assert "'ann'" in page.find("p").text
        assert "root" not in page.find("p").text


class Inner(LiveView[dict[str, Any]]):
    """A view that is used as a page and nested, where it has no URL."""

    template = SHOWN

    async def mount(
        self, socket: Socket, session: Any, params: Params, page: int = 1, sort: str | None = None
    ) -> None:
        socket.context = {"shown": f"{page} {sort} {len(params)} {session.get('page')}"}


class Needy(LiveView[dict[str, Any]]):
    template = SHOWN

    async def mount(self, socket: Socket, session: Any, page: int) -> None:
        socket.context = {"shown": page}


def around(view: type[LiveView[Any]], sticky: bool) -> type[LiveView[Any]]:
    class Outer(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string(
            "{{ live_render(view, id='inner', sticky=sticky, session={'page': 9}) }}"
        )

        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = {"view": view, "sticky": sticky}

    return Outer


@pytest.mark.parametrize("sticky", [False, True])
async def test_a_nested_view_has_no_url_and_keeps_its_defaults(sticky: bool) -> None:
    async with LiveClient(app_with(around(Inner, sticky))) as client:
        assert "<p>1 None 0 9</p>" in (await client.get("/x/7?page=3&sort=up")).text
        page = await client.open("/x/7?page=3&sort=up")
        assert page.child("inner").find("p").text == "1 None 0 9"


async def within_starlette(view: type[LiveView[Any]]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        shown = await live_render(request, view)
        return HTMLResponse(f"<html><head>{shown.head}</head><body>{shown}</body></html>")

    return endpoint


async def test_a_view_in_a_page_of_starlette_has_no_url_either() -> None:
    route = Route("/plain", await within_starlette(Inner))
    async with LiveClient(app_with(Shelf, route)) as client:
        page = await client.open("/plain?page=3")
        assert page.find("p").text == "1 None 0 None"


@pytest.mark.parametrize("sticky", [False, True])
async def test_a_view_that_needs_a_parameter_cannot_be_nested(sticky: bool) -> None:
    app = app_with(around(Needy, sticky), Route("/plain", await within_starlette(Needy)))
    async with LiveClient(app) as client:
        line = Needy.mount.__code__.co_firstlineno
        for path in ("/x/7?page=3", "/plain?page=3"):
            with pytest.raises(
                SignatureError, match="`page` cannot be filled when Needy is nested"
            ) as refusal:
                await client.get(path)
            assert f"Needy.mount ({__file__}:{line})" in str(refusal.value)
            assert "pass the value in live_render(..., session={...})" in str(refusal.value)


def test_what_mount_cannot_have_is_an_error_when_the_view_is_added() -> None:
    class Wrong(LiveView[Any]):
        async def mount(self, socket: Any, session: Any, event: str = "none") -> None: ...

    class Form(LiveView[Any]):
        async def handle_event(self, socket: Any, user: dict[str, str]) -> None: ...

    app, line = PyView(), Wrong.mount.__code__.co_firstlineno
    with pytest.raises(
        SignatureError, match=r"Wrong\.mount .*`event` is a reserved name, but mount has no such value"
    ) as refusal:
        app.add_live_view("/", Wrong)
    assert f"{__file__}:{line}" in str(refusal.value)
    with pytest.raises(SignatureError, match="`user` is reserved for the signed-in user, and is no dict"):
        app.add_live_view("/", Form)
