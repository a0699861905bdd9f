"""What the new user does in the browser."""

import re
import secrets
from dataclasses import dataclass
from time import monotonic

from playwright.sync_api import Browser, Locator, Page, expect

EMAIL = f"ada-{secrets.token_hex(4)}@example.org"
PASSWORD = "a long and private sentence"


@dataclass(frozen=True)
class Site:
    """The application at `address`, in a browser."""

    browser: Browser
    address: str

    def visitor(self, path: str = "/") -> Page:
        """Return a page of a new visitor, which is live."""
        page = self.browser.new_context(base_url=self.address).new_page()
        page.goto(path)
        expect_live(page)
        return page


def expect_live(page: Page) -> None:
    expect(page.locator("[data-phx-main].phx-connected")).to_be_attached()


def sign_up(page: Page) -> None:
    """Register, open the link of the mail in the mailbox of development, and choose a password."""
    page.get_by_role("link", name="Register").first.click()
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("status").filter(has_text=EMAIL)).to_be_visible()
    page.get_by_role("link", name="Mailbox").click()
    page.locator("article", has_text=EMAIL).get_by_role("link").click()
    expect(page.get_by_role("heading", name="Choose a password")).to_be_visible()
    expect_live(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    expect_live(page)


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    expect_live(page)
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main form").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    expect_live(page)


def create_product(page: Page, name: str) -> None:
    page.goto("/products")
    expect_live(page)
    page.get_by_role("link", name="New product").click()
    dialog = page.get_by_role("dialog")
    # The dialog moves the focus to its first field when it has opened, also away from a field that is used already.
    expect(dialog.get_by_label("Name")).to_be_focused()
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Price").fill("12.50")
    dialog.get_by_label("Stock").fill("3")
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, name)).to_be_visible()


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def note_field(page: Page) -> Locator:
    return page.locator("form input[name=text]")


def post_note(page: Page, text: str) -> None:
    note_field(page).fill(text)
    page.get_by_role("button", name="Post").click()
    expect(page.locator(".notes li", has_text=text)).to_be_visible()


def overlay(page: Page) -> Locator:
    return page.locator("pyview-failures .sheet")


def step_back(page: Page, message: str) -> None:
    """Open the inspector, choose the last message of that title, and go back to the state before it."""
    page.locator("#pyview-inspector button").click()
    panel = page.frame_locator("#pyview-inspector iframe")
    panel.locator(".message", has_text=message).last.click()
    panel.get_by_role("button", name=re.compile("Step back")).click()


def seconds_until(condition: Locator, begin: float) -> float:
    """Wait until `condition` is visible. Return the seconds since `begin`, by `time.monotonic()`."""
    expect(condition).to_be_visible()
    return monotonic() - begin
