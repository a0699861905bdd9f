"""One middleware around all others: an open socket and a page pass no more than needed."""

from typing import Any

import httpx
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pyview import PyView
from pyview.middleware.outermost import Outermost


async def crash(request: Request) -> PlainTextResponse:
    raise ValueError("broken")


def app_with(**options: Any) -> PyView:
    return PyView(routes=[Route("/crash", crash)], secret="a" * 16 + "b" * 8 + "0123456789", **options)


async def answer(app: PyView) -> httpx.Response:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        return await client.get("/crash")


async def test_a_failure_is_answered_with_the_headers_of_every_response() -> None:
    app = app_with()
    response = await answer(app)
    assert response.status_code == 500
    assert "broken" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    assert isinstance(app.middleware_stack, Outermost)


async def test_an_application_that_handles_failures_itself_has_starlette_s_middleware() -> None:
    async def handled(request: Request, error: Exception) -> PlainTextResponse:
        return PlainTextResponse(f"handled: {error}", 500)

    app = app_with(exception_handlers={Exception: handled})
    response = await answer(app)
    assert (response.status_code, response.text) == (500, "handled: broken")
    assert isinstance(app.middleware_stack, ServerErrorMiddleware)
