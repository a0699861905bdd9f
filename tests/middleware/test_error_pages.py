"""Error pages for users and for developers."""

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, FileSystemLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from pyview import LiveView, LiveViewSocket, PyView
from pyview.middleware.errors import ErrorPage
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
HTML = {"accept": "text/html,application/xhtml+xml"}
Socket = LiveViewSocket[dict[str, Any]]
TEMPLATES = DictLoader(
    {
        "fine.html": "<p>fine</p>",
        "bad.html": "<p>one</p>\n<p>{{ 1 / zero }}</p>\n",
        "error.html": "<h1>Own {{ error.status }} {{ error.phrase }} {{ error.correlation_id }}</h1>",
        "broken.html": "{{ 1 / 0 }}",
    }
)


class Failing(LiveView[dict[str, Any]]):
    template = "fine.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        raise RuntimeError("the <secret> password")


class Teapot(LiveView[dict[str, Any]]):
    template = "fine.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        if socket.connected or "dead" in str(session):
            raise HTTPException(418, "no <coffee>", headers={"x-tea": "green"})


class Missing(Teapot):
    async def mount(self, socket: Socket, session: Any) -> None:
        raise HTTPException(404, headers={"x-tea": "green"})


class BadTemplate(LiveView[dict[str, Any]]):
    template = "bad.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"zero": 0}


def make_app(**options: Any) -> PyView:
    app = PyView(**{"secret": SECRET, "templates": TEMPLATES, **options})
    for view in (Failing, Teapot, Missing, BadTemplate):
        app.add_live_view(f"/{view.__name__.lower()}", view)
    return app


def client_of(app: PyView) -> LiveClient:
    return LiveClient(app, raise_server_exceptions=False)


async def test_an_error_page_links_to_the_start_page_of_its_application() -> None:
    inner = PyView()
    outer = Starlette(routes=[Mount("/shop", inner)])
    async with LiveClient(outer) as client:
        missing = await client.get("/shop/nowhere", headers=HTML)
        assert '<a href="/shop/">Go to the start page</a>' in missing.text
        assert "<a " not in (await client.get("/shop/", headers=HTML)).text


async def test_a_failure_shows_the_error_id_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with client_of(make_app()) as client:
        response = await client.get("/failing", headers=HTML)
    assert response.status_code == 500
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "password" not in response.text
    number = re.search(r"error id: ([0-9a-f]{8})<", response.text)
    assert number
    [record] = [record for record in caplog.records if number[1] in record.getMessage()]
    assert record.levelno == logging.ERROR
    assert record.exc_info
    assert "/failing: GET crashed" in record.getMessage()


async def test_clients_that_do_not_accept_html_get_text() -> None:
    async with client_of(make_app()) as client:
        failed, missing = await client.get("/failing"), await client.get("/missing")
    assert re.fullmatch(r"Internal Server Error \(error id [0-9a-f]{8}\)", failed.text)
    assert (missing.status_code, missing.text, missing.headers["x-tea"]) == (404, "Not Found", "green")


@pytest.mark.parametrize("path", ["/missing", "/nowhere"])
async def test_the_status_and_headers_of_an_http_exception_are_kept(path: str) -> None:
    async with client_of(make_app()) as client:
        response = await client.get(path, headers=HTML)
    assert response.status_code == 404
    assert "<h1>Not Found</h1>" in response.text
    assert "<p>Error 404</p>" in response.text


async def test_a_live_page_keeps_its_status(caplog: pytest.LogCaptureFixture) -> None:
    """The join fails with a status, so the client loads the page again, which answers with it."""
    async with client_of(make_app()) as client:
        page = await client.open("/teapot")
        assert page.status == 418


async def test_a_template_of_the_application(caplog: pytest.LogCaptureFixture) -> None:
    async with client_of(make_app(error_page="error.html")) as client:
        missing, failed = (
            await client.get("/nowhere", headers=HTML),
            await client.get("/failing", headers=HTML),
        )
    assert missing.text == "<h1>Own 404 Not Found </h1>"
    assert re.fullmatch(r"<h1>Own 500 Internal Server Error [0-9a-f]{8}</h1>", failed.text)


async def test_a_function_of_the_application() -> None:
    async def page(error: ErrorPage) -> str:
        return f"{error.status} at {error.path}"

    async with client_of(make_app(error_page=page)) as client:
        assert (await client.get("/nowhere", headers=HTML)).text == "404 at /nowhere"


async def test_an_error_page_that_fails_itself() -> None:
    async with client_of(make_app(error_page="broken.html")) as client:
        response = await client.get("/nowhere", headers=HTML)
    assert (response.status_code, "<h1>Not Found</h1>" in response.text) == (404, True)


async def test_handlers_of_starlette_come_first() -> None:
    async def own(request: Request, error: Exception) -> PlainTextResponse:
        return PlainTextResponse("mine", 500 if not isinstance(error, HTTPException) else error.status_code)

    async with client_of(make_app(exception_handlers={500: own, 404: own})) as client:
        for path, status in (("/failing", 500), ("/nowhere", 404)):
            response = await client.get(path, headers=HTML)
            assert (response.status_code, response.text) == (status, "mine")


async def test_developers_see_the_line_of_their_template(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("<p>one</p>\n<p>{{ 1 / zero }}</p>\n<p>three</p>\n")
    app = make_app(debug=True, templates=FileSystemLoader(tmp_path))
    async with client_of(app) as client:
        response = await client.get("/badtemplate", headers=HTML)
    assert response.status_code == 500
    assert (
        '<span class="kind">ZeroDivisionError</span>: <span class="message">division by zero' in response.text
    )
    assert f">{tmp_path}/bad.html:2</a>" in response.text
    assert "<mark><i>   2</i>  &lt;p&gt;{{ 1 / zero }}&lt;/p&gt;</mark>" in response.text


async def test_a_template_from_a_string_has_no_lines_to_show() -> None:
    template = LiveTemplate.from_string("<p>one</p>\n{{ 1 / 0 }}", "page.html")
    app = make_app(debug=True)
    app.add_live_view("/text", type("Text", (LiveView,), {"template": template}))
    async with client_of(app) as client:
        response = await client.get("/text", headers=HTML)
    assert "<h2>page.html:2</h2>\n</section>" in response.text


async def test_developers_see_the_line_of_a_syntax_error(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("<p>one</p>\n{% if %}\n")
    async with client_of(make_app(debug=True, templates=FileSystemLoader(tmp_path))) as client:
        response = await client.get("/badtemplate", headers=HTML)
    assert f">{tmp_path}/bad.html:2</a>" in response.text


async def test_developers_see_the_line_of_their_handler() -> None:
    async with client_of(make_app(debug=True)) as client:
        response = await client.get("/failing", headers=HTML)
    assert '<span class="message">the &lt;secret&gt; password</span>' in response.text
    assert f"vscode://file{__file__}:" in response.text
    assert "raise RuntimeError" in response.text


async def test_a_response_that_has_started_is_not_followed_by_an_error_page() -> None:
    async def half() -> AsyncIterator[str]:
        yield "half"
        raise RuntimeError("in the middle")

    async def endpoint(request: Request) -> Response:
        return StreamingResponse(half())

    app = make_app()
    app.routes.append(Route("/half", endpoint, methods=["GET"]))
    async with client_of(app) as client:
        assert (await client.get("/half", headers=HTML)).status_code == 200
