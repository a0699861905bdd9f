"""Who may open the inspector, and of which page; and that there is none without development."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount

from pyview import PyView, SecurityConfig
from pyview.process.create import create_process
from pyview.process.handlers import HANDLERS
from pyview.process.messages import StepBack
from pyview.process.no_connection import NoConnection
from pyview.testing import LiveClient
from tests.frames import connect, join, load
from tests.inspector.pages import address, application, inspected, recorder_of
from tests.test_live_dashboard import HeaderBackend, named

PRODUCTION: dict[str, Any] = {
    "development": None,
    "production": True,
    "secret": "a secret of this test, which is long enough",
    "security": SecurityConfig(allowed_hosts=("testserver",)),
}


async def token_of(client: LiveClient, path: str = "/") -> str | None:
    page = await load(client, path)
    async with connect(client, page) as socket:
        _, answer = await join(socket, page)
        token: str | None = answer.get("development", {}).get("inspector")
        return token


@pytest.mark.parametrize("options", [{"inspector": False}, {"development": None}, PRODUCTION])
async def test_without_it_there_is_no_route_no_token_and_the_plain_handlers(options: dict[str, Any]) -> None:
    app = application(**options)
    async with LiveClient(app) as client:
        assert await token_of(client) is None
        assert (await client.get("/live/inspector?token=x")).status_code == 404
    assert app.app_context.recorder is None
    handlers = create_process(app.app_context, NoConnection(""))._handlers
    assert StepBack not in handlers
    assert app.development or handlers is HANDLERS


async def test_the_answer_to_a_join_has_the_token_of_its_page() -> None:
    app = application()
    async with LiveClient(app) as client:
        page = await load(client, "/")
        async with connect(client, page) as socket:
            _, answer = await join(socket, page)
            shown = await client.open(f"/live/inspector?token={answer['development']['inspector']}")
            assert "Todo" in shown.find(".view").text


@pytest.mark.parametrize("token", ["", "x", "eyJhIjoxfQ.AAAA", "x" * 5000])
async def test_a_token_that_is_not_ours_is_forbidden(token: str) -> None:
    async with LiveClient(application()) as client:
        assert (await client.get(f"/live/inspector?token={token}")).status_code == 403


async def test_a_token_of_another_purpose_is_forbidden() -> None:
    app = application()
    async with LiveClient(app) as client:
        page = await load(client, "/")
        assert (await client.get(f"/live/inspector?token={page.session}")).status_code == 403


def guarded() -> PyView:
    app = application(
        default_requires="admin", security=SecurityConfig(content_security_policy="default-src 'none'")
    )
    app.add_middleware(AuthenticationMiddleware, backend=HeaderBackend())
    app.add_middleware(SessionMiddleware, secret_key="another secret, which is long enough")
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["testserver"])
    return app


async def test_only_the_user_of_a_page_may_inspect_it() -> None:
    app = guarded()
    async with (
        LiveClient(app, headers=named("olga")) as operator,
        LiveClient(app, headers=named("ada")) as other,
        LiveClient(app) as visitor,
    ):
        page = await load(operator, "/")
        async with connect(operator, page) as socket:
            _, answer = await join(socket, page)
            url = f"/live/inspector?token={answer['development']['inspector']}"
            assert "Todo" in (await operator.open(url)).text
            assert (await other.get(url)).status_code == 403
            assert (await visitor.get(url)).status_code == 403


async def test_another_site_cannot_frame_it_and_no_cache_keeps_it() -> None:
    app = guarded()
    async with LiveClient(app, headers=named("olga")) as client:
        token = await token_of(client)
        response = await client.get(f"/live/inspector?token={token}")
    assert response.status_code == 200
    policies = response.headers.get_list("content-security-policy")
    assert len(policies) == 1
    assert "frame-ancestors 'self'" in policies[0]
    assert response.headers["cache-control"] == "no-store"


async def test_it_works_under_the_prefix_of_a_host_application() -> None:
    app = application()
    async with LiveClient(Starlette(routes=[Mount("/shop", app)])) as client:
        page = await client.open("/shop/")
        inspector = await client.open(f"/shop{address(app)}")
        await page.push("add")
        await inspector.wait_for(lambda shown: shown.exists(".title", "event 'add'"))


async def test_one_page_does_not_show_the_views_of_another() -> None:
    app = application()
    async with inspected(app) as (_, inspector), LiveClient(app) as other:
        await other.open("/around")
        assert [each.text for each in inspector.find_all(".view .name")] == ["Todo"]
        assert len(recorder_of(app).pages) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("back", {"number": "999"}),
        ("back", {"number": "-1"}),
        ("message", {"number": "10" * 50}),
        ("view", {"key": "no.1", "cid": "²"}),
        ("tab", {"name": "other"}),
        ("open", {"path": "9" * 9000}),
    ],
)
async def test_hostile_input_changes_nothing(name: str, value: dict[str, str]) -> None:
    async with inspected(application()) as (page, inspector):
        await inspector.push(name, value)
        assert inspector.crashes == 0
        assert page.find("h1").text == "0"


def test_it_is_not_among_the_routes_of_the_application() -> None:
    assert [route.path for route in application().live_routes] == ["/", "/around"]
