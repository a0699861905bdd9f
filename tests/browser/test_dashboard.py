"""The dashboard on a phone, in the dark, with a policy that allows no inline styles."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp

from pyview import PyView, SecurityConfig
from pyview.live_dashboard import live_dashboard
from tests.dashboard.shop import Shop

POLICY = "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self'; connect-src 'self' ws:"


class CookieBackend(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser] | None:
        name = conn.cookies.get("who", "ada")
        return AuthCredentials(["admin"] if name == "olga" else []), SimpleUser(name)


def test_the_dashboard_fits_on_a_phone_and_needs_no_inline_style(
    serve: Callable[[ASGIApp], str], new_context: Callable[..., BrowserContext]
) -> None:
    app = PyView(security=SecurityConfig(content_security_policy=POLICY))
    app.add_middleware(AuthenticationMiddleware, backend=CookieBackend())
    app.add_live_view("/shop", Shop)
    app.add_live_view("/ops", live_dashboard(app, requires="admin", every=0.2))
    url = serve(app)
    context = new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    context.add_cookies([{"name": "who", "value": "olga", "url": url}])
    page, refused = context.new_page(), list[str]()
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.goto(f"{url}/ops")
    reader = new_context().new_page()
    reader.goto(f"{url}/shop?n=1")
    expect(page.locator("#views")).to_have_text("2")
    expect(page.get_by_role("cell", name="/shop?n=1")).to_be_visible()
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.pyview-dashboard')).colorScheme") == "dark"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Show only").fill("ada")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.get_by_role("button", name="User").click()
    expect(page.get_by_role("columnheader", name="User")).to_have_attribute("aria-sort", "ascending")
    assert refused == []
