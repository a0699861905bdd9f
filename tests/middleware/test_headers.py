"""Security headers of every response, unless the application sets them itself."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pyview.auth.audit import Audit
from pyview.config import SecurityConfig
from pyview.middleware.headers import SecurityHeaders, cache_control
from pyview.middleware.outermost import Outermost
from pyview.middleware.request_checks import RequestChecks
from tests.asgi import browser


async def plain(request: Request) -> PlainTextResponse:
    return PlainTextResponse("x")


async def framed(request: Request) -> PlainTextResponse:
    return PlainTextResponse("x", headers={"content-security-policy": "frame-ancestors *"})


@pytest.fixture
def app() -> Starlette:
    routes = [Route("/plain", plain), Route("/framed", framed)]
    checks = RequestChecks(SecurityConfig(), Audit(), frozenset)
    return Starlette(
        routes=routes, middleware=[Middleware(Outermost, checks=checks, headers=SecurityHeaders())]
    )


@pytest.mark.parametrize("path", ["/plain", "/missing"])
async def test_no_sniffing_no_framing_no_referrer(app: Starlette, path: str) -> None:
    async with browser(app) as client:
        headers = (await client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["content-security-policy"] == "frame-ancestors 'self'"


async def test_headers_of_the_application_are_kept(app: Starlette) -> None:
    async with browser(app) as client:
        headers = (await client.get("/framed")).headers
    assert headers.get_list("content-security-policy") == ["frame-ancestors *"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("protected", "session", "expected"),
    [
        (False, False, "max-age=0, private, must-revalidate"),
        (True, False, "no-store"),
        (False, True, "no-store"),
        (True, True, "no-store"),
    ],
)
def test_pages_of_a_session_are_not_stored(protected: bool, session: bool, expected: str) -> None:
    assert cache_control(protected=protected, session=session) == expected
