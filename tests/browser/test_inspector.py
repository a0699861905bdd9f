"""The inspector in a real browser: it shows messages of a page, puts it back and disturbs its connection."""

from playwright.sync_api import FrameLocator, Page, expect
from starlette.applications import Starlette
from starlette.routing import Mount

from pyview import SecurityConfig
from tests.browser.server import serving
from tests.browser.test_view_files import LIVE, POLICIES
from tests.inspector.pages import application


def opened(page: Page, url: str) -> FrameLocator:
    page.goto(url)
    expect(page.locator(LIVE)).to_be_attached()
    page.get_by_role("button", name="Inspect").click()
    inspector = page.frame_locator("iframe[title=Inspector]")
    expect(inspector.locator(".message")).to_have_count(1)
    return inspector


def test_a_view_is_inspected_and_put_back(page: Page) -> None:
    policy = f"{POLICIES['nonce']}; frame-src 'self'; frame-ancestors 'none'"
    app = application(security=SecurityConfig(content_security_policy=policy))
    with serving(Starlette(routes=[Mount("/shop", app)])) as url:
        inspector = opened(page, f"{url}/shop/")
        for count in ("1", "2"):
            page.locator("#add").click()
            expect(page.locator("h1")).to_have_text(count)
        inspector.locator(".message[phx-value-number='3']").click()
        expect(inspector.locator(".part")).to_contain_text("count changed")
        inspector.get_by_role("button", name="Step back").click()
        expect(page.locator("h1")).to_have_text("1")
        page.locator("#add").click()
        expect(page.locator("h1")).to_have_text("2")
        page.keyboard.press("Tab")
        inspector.locator("body").press("Escape")
        expect(page.locator("iframe[title=Inspector]")).to_have_count(0)


def test_a_bad_connection_is_simulated_until_the_page_is_loaded_again(page: Page) -> None:
    with serving(application()) as url:
        inspector = opened(page, url)
        inspector.get_by_role("button", name="Connection").click()
        inspector.locator("#latency").fill("150")
        mark = page.locator("#pyview-inspector button")
        expect(mark).to_contain_text("150 ms")
        page.locator("#add").click()
        assert page.evaluate("liveSocket.getLatencySim()") == 150
        expect(page.locator("h1")).to_have_text("1")
        inspector.get_by_role("button", name="until I connect").click()
        expect(mark).to_contain_text("connection lost")
        expect(page.locator(LIVE)).to_have_count(0)
        inspector.get_by_role("button", name="Connect", exact=True).click()
        expect(page.locator(LIVE)).to_be_attached()
        page.reload()
        expect(page.get_by_role("button", name="Inspect")).to_have_text("Inspect")


def test_where_frames_are_forbidden_it_opens_in_a_window(page: Page) -> None:
    app = application(security=SecurityConfig(content_security_policy="default-src 'self'; frame-src 'none'"))
    with serving(app) as url:
        page.goto(url)
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Inspect").click()
        expect(popup.value.locator(".view")).to_contain_text("Todo")
        popup.value.get_by_role("button", name="Connection").click()
        popup.value.locator("#latency").fill("50")
        expect(page.locator("#pyview-inspector button")).to_contain_text("50 ms")
