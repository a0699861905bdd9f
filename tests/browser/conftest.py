"""Fixtures of tests in a real Chromium with a real server. Tests are plain functions: Playwright owns the thread.

`serve(app)` runs an application until the test ends and returns its base URL. `page` is a page of one user; each
`new_visitor()` is a page of another user, with its own cookies. An uncaught error in a script of a page fails the
test.
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

TIMEOUT_MS = 1000 * SECONDS  # a limit for failures only: the machine may be busy


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    try:
        return find_chromium()
    except BrowserMissingError as missing:
        reason = str(missing)
    if os.environ.get("CI"):
        pytest.fail(f"CI must run the browser tests. {reason}", pytrace=False)
    pytest.skip(f"NO BROWSER, SO NOTHING WAS TESTED IN ONE. {reason}")


# Scope "package": while Playwright runs, its event loop owns the thread, and async tests of other folders would fail.
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
    """Return a factory of browser contexts with Playwright's options, such as `viewport` or `java_script_enabled`."""
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
    """Return a factory of pages that have their own cookies."""
    return lambda: new_context().new_page()


@pytest.fixture
def page(new_visitor: Callable[[], Page]) -> Page:
    return new_visitor()


@pytest.fixture
def serve() -> Iterator[Callable[[ASGIApp], str]]:
    """Return a function that serves an application until the test ends and returns its base URL."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(serving(app))
