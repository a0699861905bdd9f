"""The script for developers, in a real browser."""

from typing import Any

import pytest
from jinja2 import DictLoader
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.routing import Mount

from pyview import LiveView, PyView, SecurityConfig
from tests.browser.server import serving
from tests.browser.test_view_files import LIVE, POLICIES


def plain(**options: Any) -> PyView:
    templates = {"plain.html": "<p>plain</p><a href='/shop/other'>other</a>"}
    app = PyView(debug=True, templates=DictLoader(templates), **options)
    app.add_live_view("/", type("Plain", (LiveView,), {"template": "plain.html"}))
    return app


@pytest.mark.parametrize("websockets", [True, False], ids=["websocket", "long poll"])
def test_a_mounted_application_with_a_policy_loads_the_script_once(page: Page, websockets: bool) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    app = plain(security=SecurityConfig(content_security_policy=POLICIES["nonce"]))
    with serving(Starlette(routes=[Mount("/shop", app)]), websockets=websockets) as url:
        with page.expect_response("**/shop/live/assets/development-*.js"):
            page.goto(f"{url}/shop/")
        expect(page.locator(LIVE)).to_be_attached()
        page.evaluate("liveSocket.disconnect(); liveSocket.connect()")
        expect(page.locator(LIVE)).to_be_attached()
    assert len([url for url in loaded if "development-" in url]) == 1
