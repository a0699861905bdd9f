"""Accounts in a real browser: sign-in, confirmation of the password, another device, sign-out."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator

import pytest
from itsdangerous import TimestampSigner
from playwright.sync_api import BrowserContext, Page, expect

from examples.auth_db.app import SESSION_COOKIE, SESSION_SECRET
from examples.auth_db.services import DEMO_PASSWORD
from examples.gallery import app
from pyview.sessions.tracking import SIGNED_IN_AT
from tests.browser.pictures import check_fit
from tests.browser.server import serving

LIVE = "[data-phx-main].phx-connected"
ADA = "correct horse battery"
NewContext = Callable[..., BrowserContext]
NewVisitor = Callable[[], Page]


@pytest.fixture
def accounts() -> Iterator[str]:
    with serving(app) as url:
        yield f"{url}/accounts"


def visit(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator(LIVE)).to_be_attached()


def register(page: Page, accounts: str, name: str = "Ada") -> None:
    visit(page, f"{accounts}/")
    page.get_by_role("link", name="Make an account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Make an account")
    fill_in(page, name, ADA, "Make an account")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Hello, {name}")
    expect(page.locator(LIVE)).to_be_attached()


def sign_in(page: Page, accounts: str, name: str, password: str) -> None:
    visit(page, f"{accounts}/")
    fill_in(page, name, password, "Sign in")
    expect(page).to_have_url(f"{accounts}/devices")
    expect(page.locator(LIVE)).to_be_attached()


def fill_in(page: Page, name: str, password: str, button: str) -> None:
    expect(page.locator(LIVE)).to_be_attached()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name=button).click()


def let_time_pass(page: Page, accounts: str, seconds: float) -> None:
    """Move the time of the sign-in back: the test knows the key that signs the session."""
    cookie = next(cookie for cookie in page.context.cookies() if cookie["name"] == SESSION_COOKIE)
    signer = TimestampSigner(SESSION_SECRET)
    session = json.loads(b64decode(signer.unsign(cookie["value"])))
    session[SIGNED_IN_AT] -= seconds
    value = signer.sign(b64encode(json.dumps(session).encode())).decode()
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": value, "url": accounts, "httpOnly": True}])


def test_register_sign_in_confirm_and_end_another_device(new_visitor: NewVisitor, accounts: str) -> None:
    here, there = new_visitor(), new_visitor()
    register(here, accounts)
    here.get_by_role("button", name="this one").click()
    expect(here.get_by_role("heading", level=1)).to_have_text("Sign in")

    fill_in(here, "Ada", "a wrong password", "Sign in")
    expect(here.get_by_role("alert")).to_have_text("Wrong name or password.")
    expect(here.get_by_label("Name")).to_have_value("Ada")
    fill_in(here, "Ada", ADA, "Sign in")
    expect(here).to_have_url(f"{accounts}/devices")
    assert here.evaluate("document.cookie").count(SESSION_COOKIE) == 0

    let_time_pass(here, accounts, 6 * 60)
    visit(here, f"{accounts}/devices")
    here.get_by_role("link", name="Password").click()
    expect(here.get_by_role("heading", level=1)).to_have_text("Is it still you, Ada?")
    expect(here.locator(LIVE)).to_be_attached()
    here.get_by_label("Password", exact=True).fill(ADA)
    here.get_by_role("button", name="Continue").click()
    expect(here.get_by_role("heading", level=1)).to_have_text("Change your password")
    here.get_by_role("link", name="Devices").click()
    expect(here.locator(".rows li")).to_have_count(1)

    sign_in(there, accounts, "ada", ADA)
    expect(here.locator(".rows li")).to_have_count(2)
    here.locator(".rows li:not(:has(.tag)) button").click()
    expect(there).to_have_url(f"{accounts.removesuffix('/accounts')}/accounts/?next=%2Faccounts%2Fdevices")
    expect(there.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(here.locator(".rows li")).to_have_count(1)
    expect(here.locator(LIVE)).to_be_attached()


def test_a_suspended_user_is_signed_out_at_once(new_visitor: NewVisitor, accounts: str) -> None:
    admin, ada = new_visitor(), new_visitor()
    sign_in(admin, accounts, "admin", DEMO_PASSWORD)
    admin.get_by_role("link", name="Users").click()
    register(ada, accounts)
    admin.get_by_role("button", name="Suspend Ada").click()
    expect(ada.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(admin.locator(".rows .returned")).to_have_text("suspended")


def _sign_in(page: Page, accounts: str) -> None:
    visit(page, f"{accounts}/")
    fill_in(page, "ada", "a wrong password", "Sign in")
    expect(page.get_by_role("alert")).to_be_visible()


def _devices(page: Page, accounts: str) -> None:
    sign_in(page, accounts, "admin", DEMO_PASSWORD)


def _confirm(page: Page, accounts: str) -> None:
    visit(page, f"{accounts}/confirm")


def _password(page: Page, accounts: str) -> None:
    visit(page, f"{accounts}/password")


def _users(page: Page, accounts: str) -> None:
    visit(page, f"{accounts}/users")


PAGES = {
    "accounts-sign-in": _sign_in,
    "accounts-devices": _devices,
    "accounts-password": _password,
    "accounts-confirm": _confirm,
    "accounts-users": _users,
}


@pytest.mark.parametrize(("device", "width", "height"), [("desktop", 1280, 800), ("phone", 390, 780)])
def test_every_page_fits_its_screen(
    new_context: NewContext, accounts: str, device: str, width: int, height: int
) -> None:
    register(new_context().new_page(), accounts, f"Grace of the {device}")
    sign_in(new_context().new_page(), accounts, "admin", DEMO_PASSWORD)
    page = new_context(viewport={"width": width, "height": height}).new_page()
    for name, show in PAGES.items():
        show(page, accounts)
        check_fit(page, name, device)
