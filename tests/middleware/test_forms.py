"""Forms of other sites are refused. Requests of this site's pages, and of programs, pass unchanged."""

import logging
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import Message

from pyview.auth.audit import Audit
from pyview.config import SecurityConfig
from pyview.middleware.headers import SecurityHeaders
from pyview.middleware.origin import check_form
from pyview.middleware.outermost import Outermost
from pyview.middleware.request_checks import RequestChecks
from tests.asgi import browser, http_scope

UNSAFE = ["POST", "PUT", "PATCH", "DELETE"]
CONFIG = SecurityConfig(
    allowed_origins=["https://friend.example"], cross_site_paths=["/webhooks/*", "/auth/callback"]
)


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse((await request.body()).decode())


def site(config: SecurityConfig = CONFIG) -> Starlette:
    paths = ["/form", "/webhooks/pay/1", "/webhooks", "/auth/callback", "/auth/callback/more"]
    routes = [Route(path, echo, methods=["GET", *UNSAFE]) for path in paths]
    checks = RequestChecks(config, Audit(), frozenset)
    return Starlette(
        routes=routes, middleware=[Middleware(Outermost, checks=checks, headers=SecurityHeaders())]
    )


async def status(headers: Mapping[str, str], path: str = "/form", method: str = "POST") -> int:
    async with browser(site()) as client:
        response = await client.request(method, path, headers=dict(headers), content=b"a=1")
    assert (response.text == "a=1") is (response.status_code == 200)
    return response.status_code


OURS = [
    pytest.param({}, id="neither header: a program, or a browser of long ago"),
    pytest.param({"sec-fetch-site": "same-origin"}, id="a page of this origin"),
    pytest.param({"sec-fetch-site": "none"}, id="the address bar"),
    pytest.param({"origin": "http://testserver"}, id="plain http, where browsers send no Sec-Fetch-Site"),
    pytest.param({"origin": "http://testserver:80"}, id="the default port, said aloud"),
    pytest.param({"sec-fetch-site": "same-origin", "origin": "null"}, id="a page without referrer"),
    pytest.param(
        {"sec-fetch-site": "same-origin", "origin": "https://public.example"},
        id="behind a proxy that does not pass the Host on",
    ),
    pytest.param({"sec-fetch-site": "same-site", "origin": "https://friend.example"}, id="an allowed origin"),
    pytest.param({"origin": "https://friend.example"}, id="an allowed origin, by Origin alone"),
]
THEIRS = [
    pytest.param({"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, id="another site"),
    pytest.param({"sec-fetch-site": "cross-site"}, id="another site that hides its origin"),
    pytest.param({"sec-fetch-site": "cross-site", "origin": "null"}, id="a sandboxed frame"),
    pytest.param({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, id="contradiction"),
    pytest.param({"sec-fetch-site": "same-site", "origin": "http://sub.testserver"}, id="a subdomain"),
    pytest.param(
        {"sec-fetch-site": "same-site", "origin": "http://testserver"}, id="same host, http to https"
    ),
    pytest.param({"sec-fetch-site": ""}, id="an empty header"),
    pytest.param({"sec-fetch-site": "same-origin, cross-site"}, id="two answers"),
    pytest.param({"origin": "https://evil.example"}, id="another site, by Origin alone"),
    pytest.param({"origin": "http://testserver:8000"}, id="another port"),
    pytest.param({"origin": "http://sub.testserver"}, id="a subdomain, by Origin alone"),
    pytest.param({"origin": "null"}, id="null"),
    pytest.param({"origin": ""}, id="an empty origin"),
]


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize("headers", OURS)
async def test_requests_of_this_site_pass_with_their_body(headers: Mapping[str, str], method: str) -> None:
    assert await status(headers, method=method) == 200


@pytest.mark.parametrize("method", UNSAFE)
@pytest.mark.parametrize("headers", THEIRS)
async def test_requests_of_other_sites_are_refused(headers: Mapping[str, str], method: str) -> None:
    assert await status(headers, method=method) == 403


@pytest.mark.parametrize("headers", THEIRS)
async def test_links_from_other_sites_work(headers: Mapping[str, str]) -> None:
    assert await status(headers, method="GET") == 200


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/webhooks/pay/1", 200),
        ("/webhooks", 403),
        ("/auth/callback", 200),
        ("/auth/callback/more", 403),
        ("/form", 403),
    ],
)
async def test_cross_site_paths(path: str, expected: int) -> None:
    assert await status({"sec-fetch-site": "cross-site", "origin": "https://pay.example"}, path) == expected


async def test_cross_site_paths_do_not_include_the_mount_prefix() -> None:
    async with browser(Starlette(routes=[Mount("/shop", site())])) as client:
        theirs = {"sec-fetch-site": "cross-site"}
        assert (await client.post("/shop/webhooks/pay/1", headers=theirs)).status_code == 200
        assert (await client.post("/shop/form", headers=theirs)).status_code == 403


async def test_one_log_line_has_the_reason_and_the_remedy(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await status({"origin": "https://evil.example"})
    (record,) = (record for record in caplog.records if record.name == "pyview.security")
    assert record.__dict__["event"] == "csrf.refused"
    assert record.__dict__["subject"] == "/form"
    assert "'https://evil.example'" in record.getMessage()
    assert "cross_site_paths" in record.getMessage()
    assert "a=1" not in record.getMessage()


async def test_a_body_is_streamed() -> None:
    """The second half is sent only after the application has answered to the first."""
    halves = iter([b"first", b"second"])
    answered: list[bytes] = []

    async def receive() -> Message:
        body = next(halves)
        assert body == b"first" or answered == [b"first"]
        return {"type": "http.request", "body": body, "more_body": body == b"first"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            answered.append(message["body"])

    async def app(scope: object, receive: object, send: object) -> None:
        await send({"type": "http.response.body", "body": (await receive())["body"], "more_body": True})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": (await receive())["body"]})  # type: ignore[operator]

    checks = RequestChecks(CONFIG, Audit(), frozenset)
    outermost = Outermost(app, checks, SecurityHeaders())
    await outermost(http_scope("/form", method="POST"), receive, send)
    assert answered == [b"first", b"second"]


tokens = st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=30)


@given(tokens, st.one_of(st.none(), tokens))
def test_only_three_combinations_of_headers_pass(site: str, origin: str | None) -> None:
    headers = [(b"host", b"testserver"), (b"sec-fetch-site", site.encode("latin-1"))]
    headers += [] if origin is None else [(b"origin", origin.encode("latin-1"))]
    refusal = check_form(http_scope("/form", method="POST", headers=headers), SecurityConfig())
    assert (refusal is None) is (site.strip() in ("same-origin", "none"))


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with browser(site(SecurityConfig())) as client:
        yield client


async def test_caches_do_not_store_the_refusal(client: httpx.AsyncClient) -> None:
    response = await client.post("/form", headers={"origin": "null"})
    assert response.headers["cache-control"] == "no-store"
    assert "another site" in response.text
