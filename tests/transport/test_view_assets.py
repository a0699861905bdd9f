"""Scripts and style sheets beside views: in the head, after live navigation, and their caching."""

from pathlib import Path
from types import ModuleType

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from pyview import PyView, SecurityConfig
from pyview.rendering.templates import ViewFiles
from pyview.testing import LiveClient
from tests.frames import connect, join, load
from tests.modules import write_module

PLAIN = """
from pyview import LiveView

class {name}(LiveView):
    async def mount(self, socket, session):
        socket.context = {{"nonce": socket.csp_nonce}}
"""
SCRIPT = "export const Chart = { mounted() { this.el.textContent = 'chart' } };\n"
STYLE = "h1 { color: red }\n"


@pytest.fixture
def count(tmp_path: Path) -> ModuleType:
    files = {"py": PLAIN.format(name="CountView"), "html": "<h1>{{ nonce }}</h1>", "js": SCRIPT, "css": STYLE}
    return write_module(tmp_path, "count", files)


@pytest.fixture
def bare(tmp_path: Path) -> ModuleType:
    return write_module(tmp_path, "bare", {"py": PLAIN.format(name="BareView"), "html": "<h1>bare</h1>"})


def make_app(count: ModuleType, bare: ModuleType, **options: object) -> PyView:
    app = PyView(**options)  # type: ignore[arg-type]
    app.add_live_view("/count", count.CountView)
    app.add_live_view("/bare", bare.BareView)
    return app


def links(page: object, kind: str) -> list[str]:
    return [link["href"] for link in page.find_all(f"head link[rel={kind}]")]  # type: ignore[attr-defined]


async def test_the_first_page_links_its_files(count: ModuleType, bare: ModuleType) -> None:
    async with LiveClient(make_app(count, bare)) as client:
        page = await client.open("/count")
        (script,), style = links(page, "modulepreload"), links(page, "stylesheet")[-1]
        assert page.find("link[data-pyview-hooks]")["data-pyview-hooks"] == "CountView"
        assert page.events == [], "tests do not see the events for our client"
        for url, content, kind in [(script, SCRIPT, "text/javascript"), (style, STYLE, "text/css")]:
            answer = await client.get(url)
            assert (answer.status_code, answer.text) == (200, content)
            assert answer.headers["content-type"].startswith(kind)
            assert "immutable" in answer.headers["cache-control"]
            again = await client.get(url, headers={"if-none-match": answer.headers["etag"]})
            assert again.status_code == 304
        bare_page = await client.open("/bare")
        assert not bare_page.exists("link[data-pyview-hooks], link[data-pyview-style], style")


async def test_urls_have_the_prefix_of_the_mount(count: ModuleType, bare: ModuleType) -> None:
    outer = Starlette(routes=[Mount("/shop", make_app(count, bare))])
    async with LiveClient(outer) as client:
        page = await client.open("/shop/count")
        (script,) = links(page, "modulepreload")
        assert script.startswith("/shop/live/assets/views/count-")
        assert (await client.get(script)).text == SCRIPT


async def test_a_worker_serves_files_of_views_that_it_has_not_rendered(
    count: ModuleType, bare: ModuleType
) -> None:
    async with LiveClient(make_app(count, bare)) as client:
        (script,) = links(await client.open("/count"), "modulepreload")
    async with LiveClient(PyView()) as other:
        assert (await other.get(script)).text == SCRIPT


@pytest.mark.parametrize(
    "name",
    [
        "count.js",
        "count-00000000000000000000.js",
        "..%2fcount.py",
        "count.py",
        "",
        "a/b.js",
        "%00",
        "x" * 5000,
    ],
)
async def test_no_other_file_is_served(count: ModuleType, bare: ModuleType, name: str) -> None:
    async with LiveClient(make_app(count, bare)) as client:
        await client.open("/count")
        answer = await client.get(f"/live/assets/views/{name}")
        assert answer.status_code in (400, 404) or not name
        refused = await client.post("/live/assets/views/count.js")
        assert refused.status_code in (403, 404, 405)


async def test_a_join_sends_the_files_before_the_page(count: ModuleType, bare: ModuleType) -> None:
    async with LiveClient(make_app(count, bare)) as client:
        for path, expected in [("/count", 1), ("/bare", 0)]:
            page = await load(client, path)
            async with connect(client, page) as socket:
                _, answer = await join(socket, page)
                events = answer["rendered"].get("e", [])
                assert len(events) == expected
                for name, payload, before in events:
                    assert (name, payload["view"], before) == ("pyview:files", "CountView", True)
                    assert payload["script"].startswith("count-")
                    assert payload["style"].endswith(".css")


async def test_a_large_file_is_sent_compressed(tmp_path: Path, bare: ModuleType) -> None:
    script = SCRIPT * 100
    module = write_module(tmp_path, "large", {"py": PLAIN.format(name="CountView"), "html": "", "js": script})
    async with LiveClient(make_app(module, bare)) as client:
        (url,) = links(await client.open("/count"), "modulepreload")
        answer = await client.get(url, headers={"accept-encoding": "gzip"})
        assert (answer.headers["content-encoding"], answer.text) == ("gzip", script)
        plain = await client.get(url, headers={"accept-encoding": "identity"})
        assert ("content-encoding" not in plain.headers, plain.text) == (True, script)


def test_in_development_a_changed_file_gets_another_name(tmp_path: Path, count: ModuleType) -> None:
    reread, kept = ViewFiles(reread=True), ViewFiles(reread=False)
    before = reread.of(count.CountView), kept.of(count.CountView)
    (tmp_path / "count.js").write_text("export const Other = {};")
    after = reread.of(count.CountView), kept.of(count.CountView)
    assert before[0] != after[0]
    assert before[1] is after[1]


async def test_a_page_that_joins_again_replaces_its_style_sheet(
    tmp_path: Path, count: ModuleType, bare: ModuleType
) -> None:
    app = make_app(count, bare, security=SecurityConfig(reconnect_grace=0))
    async with LiveClient(app) as client:
        page = await client.open("/count")
        await page.drop()
        (tmp_path / "count.css").write_text("h1 { color: green }")
        await page.reconnect()
        (style,) = page.find_all("link[data-pyview-style]")
        assert (await client.get(style["href"])).text == "h1 { color: green }"


# Content security policies

NONCE = "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic'"


async def test_every_page_has_its_own_nonce(count: ModuleType, bare: ModuleType) -> None:
    app = make_app(count, bare, security=SecurityConfig(content_security_policy=NONCE))
    async with LiveClient(app) as client:
        seen = set()
        for _ in range(2):
            page = await client.open("/count")
            nonce = page.find("script")["nonce"]
            seen.add(nonce)
            assert page.response.headers["content-security-policy"] == NONCE.replace("{nonce}", nonce)
            assert {one["nonce"] for one in page.find_all("head script, head link[href]")} == {nonce}
            assert (await client.get("/count")).text.count("nonce-") == 0
        assert len(seen) == 2


async def test_a_nonce_of_the_application(count: ModuleType, bare: ModuleType) -> None:
    async def choose(request: Request, call_next: object) -> Response:
        request.state.csp_nonce = "own"
        response: Response = await call_next(request)  # type: ignore[operator]
        response.headers["content-security-policy"] = "script-src 'nonce-own'"
        return response

    app = make_app(count, bare, middleware=[Middleware(BaseHTTPMiddleware, dispatch=choose)])
    async with LiveClient(app) as client:
        page = await client.open("/count")
        assert page.find("script")["nonce"] == "own"
        assert page.response.headers["content-security-policy"] == "script-src 'nonce-own'"
        assert "<h1>own</h1>" in (await client.get("/count")).text


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("a+/_-9=", "a+/_-9="), ('"><script>', "None"), ("x" * 201, "None"), (7, "None"), ("", "None")],
)
async def test_the_socket_has_the_nonce_of_its_page(
    count: ModuleType, bare: ModuleType, sent: object, shown: str
) -> None:
    async with LiveClient(make_app(count, bare), connect_params={"_csp_nonce": sent}) as client:
        page = await client.open("/count")
        assert page.find("h1").text == shown


async def test_without_a_policy_there_is_no_nonce(count: ModuleType, bare: ModuleType) -> None:
    async with LiveClient(make_app(count, bare)) as client:
        page = await client.open("/count")
        assert not page.exists("[nonce]")
        assert page.find("h1").text == "None"
