"""Helpers that wait for conditions outside of a page: on the server, or in a list of a test."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

SECONDS = 30.0
"""Limit for things that must happen; reached only by a failing test."""


def until(page: Page, condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until `condition` holds, while the page's events are processed. Raises `AssertionError` on timeout."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"it did not come to pass within {seconds} s"
        page.wait_for_timeout(20)


def break_off(page: Page) -> None:
    """Drop the connection and wait until the page has joined again, which may happen at once."""
    joined = page.evaluate("liveSocket.main.joinCount")
    page.evaluate("liveSocket.socket.conn.close(3000)")
    page.wait_for_function("joined => liveSocket.main.joinCount > joined", arg=joined)
    expect(page.locator("[data-phx-main].phx-connected")).to_be_attached()
