"""The complete example of the specification, unchanged."""

from hashlib import sha256
from pathlib import Path

from examples.auth_spec import app as module
from pyview.testing import LiveClient, Page

DOCUMENTED = "89c2fb949af2000f35c301a87d9435d07ff9728e0acf3ea21274d37f0ac84cd2"


async def sign_in(client: LiveClient, password: str) -> Page:
    page = await client.open("/login")
    await page.submit("form", {"username": "demo", "password": password})
    return page


def test_the_code_is_the_documented_code_byte_for_byte() -> None:
    assert sha256(Path(module.__file__).read_bytes()).hexdigest() == DOCUMENTED


async def test_visitors_are_redirected_to_the_login_page() -> None:
    async with LiveClient(module.app) as client:
        response = await client.get("/dashboard")
        assert (response.status_code, response.headers["location"]) == (303, "/login?next=%2Fdashboard")


async def test_a_wrong_password_shows_an_error() -> None:
    async with LiveClient(module.app) as client:
        page = await sign_in(client, "wrong")
        assert page.path == "/login?error=1"
        assert page.has_text("Invalid credentials")


async def test_sign_in_leads_to_a_live_dashboard_and_sign_out_back() -> None:
    async with LiveClient(module.app) as client:
        page = await sign_in(client, "demo")
        assert (page.path, page.connected) == ("/dashboard", True)
        assert page.find("h1").text == "Hello, demo"
        await page.click("button", "Sign out")
        assert page.path == "/login"
        await page.open("/dashboard")
        assert page.path == "/login?next=%2Fdashboard"
