"""Waiting for what a page does not show: on the server, in a list of a test. A busy machine takes its time."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

SECONDS = 30.0
"""How long something may take that must come."""


def until(page: Page, condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until `condition` holds, while events of the page go on. Raises `AssertionError` when it takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"it did not come to pass within {seconds} s"
        page.wait_for_timeout(20)


def break_off(page: Page) -> None:
    """Break the connection off, and wait until the page has its view again. That it was away may be over at once."""
    joined = page.evaluate("liveSocket.main.joinCount")
    page.evaluate("liveSocket.socket.conn.close(3000)")
    page.wait_for_function("joined => liveSocket.main.joinCount > joined", arg=joined)
    expect(page.locator("[data-phx-main].phx-connected")).to_be_attached()
