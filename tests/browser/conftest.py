"""A real Chromium and a real server. Tests here are plain functions, since Playwright owns the thread.

`serve(app)` gives the base URL of an application that runs until the test ends; `page` is one visitor's page,
and each `new_visitor()` is a page of another visitor, with cookies of its own. An uncaught error in a page's
script fails the test that it happened in.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright
from starlette.types import ASGIApp

from tests.browser.chromium import FLAGS, BrowserMissingError, Chromium, find_chromium
from tests.browser.retry import SECONDS
from tests.browser.server import serving

TIMEOUT_MS = 1000 * SECONDS  # what is awaited must come, and the machine may be busy


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    try:
        return find_chromium()
    except BrowserMissingError as missing:
        reason = str(missing)
    if os.environ.get("CI"):
        pytest.fail(f"CI must run the browser tests. {reason}", pytrace=False)
    pytest.skip(f"NO BROWSER, SO NOTHING WAS TESTED IN ONE. {reason}")


# For this folder alone: while Playwright runs, its event loop owns the thread, and async tests could not run.
@pytest.fixture(scope="package")
def browser(chromium: Chromium) -> Iterator[Browser]:
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        environment: dict[str, str | float | bool] = {**os.environ, **chromium.environment}
        launched = playwright.chromium.launch(
            executable_path=chromium.executable, args=FLAGS, env=environment, headless=True
        )
        yield launched
        launched.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes visitors with Playwright's own options, such as `viewport` or `java_script_enabled`."""
    errors: list[Error] = []
    with ExitStack() as stack:

        def make(**options: object) -> BrowserContext:
            context = browser.new_context(**options)  # type: ignore[arg-type]  # Playwright's options, passed on
            context.set_default_timeout(TIMEOUT_MS)
            context.on("weberror", lambda error: errors.append(error.error))
            stack.callback(context.close)
            return context

        yield make
    assert not errors, f"uncaught errors in the page: {[error.message for error in errors]}"


@pytest.fixture
def new_visitor(new_context: Callable[..., BrowserContext]) -> Callable[[], Page]:
    """Opens a page with a cookie jar of its own."""
    return lambda: new_context().new_page()


@pytest.fixture
def page(new_visitor: Callable[[], Page]) -> Page:
    return new_visitor()


@pytest.fixture
def serve() -> Iterator[Callable[[ASGIApp], str]]:
    """Serves an application until the test ends; gives its base URL."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(serving(app))
