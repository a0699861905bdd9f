"""Redirects for one slash too many or too few: to the path alone, whatever the `Host` header is."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from pyview import LiveView, PyView
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient


class Page(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>here</p>")


async def saved(request: Request) -> Response:
    return PlainTextResponse("saved")


def site() -> PyView:
    app = PyView(routes=[Route("/save", saved, methods=["POST"])])
    app.add_live_view("/page", Page)
    app.add_live_view("/shelf/", Page)
    app.add_live_view("/{slug:path}/end", Page)
    return app


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/page/", "/page"),
        ("/shelf", "/shelf/"),
        ("/page/?a=1&b=%2F", "/page?a=1&b=%2F"),
        ("/a b/end/", "/a%20b/end"),
    ],
)
async def test_the_location_is_a_path(path: str, target: str) -> None:
    async with LiveClient(site()) as client:
        response = await client.get(path, headers={"host": "evil.example"})
    assert (response.status_code, response.headers["location"]) == (307, target)


async def test_the_page_is_shown() -> None:
    async with LiveClient(site()) as client:
        page = await client.open("/page/")
    assert (page.path, page.find("p").text) == ("/page", "here")


async def test_under_a_prefix() -> None:
    async with LiveClient(Starlette(routes=[Mount("/live", site())])) as client:
        page = await client.open("/live/page/")
    assert page.path == "/live/page"


async def test_an_unknown_path_is_not_found() -> None:
    async with LiveClient(site()) as client:
        assert [(await client.get(path)).status_code for path in ("/", "/no", "/no/", "/shelf/x/")] == [
            404
        ] * 4


@pytest.mark.parametrize("path", ["/x//evil.example/end/", "/%2Fevil.example/end/"])
async def test_no_redirect_leads_to_another_host(path: str) -> None:
    async with LiveClient(site()) as client:
        response = await client.get(path)
    assert not response.headers.get("location", "/here").startswith("//")
    assert "://" not in response.headers.get("location", "")


async def test_a_form_is_redirected_with_its_method() -> None:
    async with LiveClient(site()) as client:
        response = await client.post("/save/")
    assert (response.status_code, response.headers["location"]) == (307, "/save")
