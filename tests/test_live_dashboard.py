"""Tests of the dashboard, and of its protection."""

from typing import Any

import pytest
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection

from pyview import LiveView, LiveViewSocket, PyView
from pyview.live_dashboard import live_dashboard, live_views
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient


class HeaderBackend(AuthenticationBackend):
    """Backend that takes the user's name from a header. The operator is an admin."""

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser] | None:
        name = conn.headers.get("x-name")
        if name is None:
            return None
        return AuthCredentials(["admin"] if name == "olga" else []), SimpleUser(name)


class Shop(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>shop</p>")

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.schedule_info("tick", 60)


def shop() -> PyView:
    app = PyView()
    app.add_middleware(AuthenticationMiddleware, backend=HeaderBackend())
    app.add_live_view("/shop", Shop)
    app.add_live_view("/ops", live_dashboard(app, requires="admin", every=0.01))
    return app


def named(name: str) -> dict[str, str]:
    return {"x-name": name}


async def test_the_operator_sees_views_and_users_as_they_change() -> None:
    app = shop()
    async with (
        LiveClient(app, headers=named("olga")) as operator,
        LiveClient(app, headers=named("ada")) as ada,
    ):
        page = await operator.open("/ops")
        assert page.find("#views").text == "1"
        visit = await ada.open("/shop?item=3")
        await page.wait_for(lambda page: page.find("#views").text == "2")
        await page.change("#filter", {"text": "shop"})
        cells = [cell.text for cell in page.find_all("#rows td")]
        assert cells == ["Shop", "/shop?item=3", "ada", "0", "0", "1"]
        await visit.close()
        await page.wait_for(lambda page: page.find("#views").text == "1")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/shop?item=3&token=s3cret", "/shop?item=3&token=[redacted]"),
        ("/shop?next=%2Fx%3Fapi_key%3Ds3cret", "/shop?next=%2Fx%3Fapi_key%3D[redacted]"),
    ],
)
async def test_secrets_in_urls_are_omitted_as_in_the_logs(address: str, shown: str) -> None:
    app = shop()
    async with (
        LiveClient(app, headers=named("olga")) as operator,
        LiveClient(app, headers=named("ada")) as ada,
    ):
        await ada.open(address)
        page = await operator.open("/ops")
        assert [cell.text for cell in page.find_all("#rows td")][7] == shown
        assert "s3cret" not in page.html
        assert shown in [one.page for one in live_views(app)]
        await page.change("#filter", {"text": "s3cret"})
        assert page.find_all("#rows tr") == [], "the filter tells nothing, either"


async def test_the_filter_finds_views_pages_and_users() -> None:
    app = shop()
    async with (
        LiveClient(app, headers=named("olga")) as operator,
        LiveClient(app, headers=named("ada")) as ada,
    ):
        await ada.open("/shop")
        page = await operator.open("/ops")
        for text, found in [("ADA", 1), ("/shop", 1), ("dashboard", 1), ("nobody", 0), ("", 2)]:
            await page.change("#filter", {"text": text})
            assert len(page.find_all("#rows tr")) == found, text


@pytest.mark.parametrize("headers", [named("ada"), {}])
async def test_other_users_cannot_see_the_dashboard(headers: dict[str, str]) -> None:
    async with LiveClient(shop(), headers=headers) as client:
        assert (await client.get("/ops")).status_code == 403


async def test_live_views_returns_the_same_data() -> None:
    app = shop()
    async with LiveClient(app) as client:
        await client.open("/shop")
        assert [(one.view, one.page, one.user, one.nested) for one in live_views(app)] == [
            ("Shop", "/shop", "", False)
        ]
    assert live_views(app) == []
