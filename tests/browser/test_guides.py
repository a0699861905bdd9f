"""Guides whose examples need a real browser."""

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import faults
from tests.browser.server import serving
from tests.docs.pages import ROOT, blocks


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The application of docs/accessibility.md."""
    for block in blocks(ROOT / "docs" / "accessibility.md"):
        if block.file_name:
            path = tmp_path / block.file_name
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with serving(import_module("catalogue").app) as url:
        yield url
    del sys.modules["catalogue"]


def test_the_focus_moves_to_the_content_after_a_live_navigation_only(page: Page, library: str) -> None:
    page.goto(library)
    expect(page.locator(".phx-connected")).to_be_visible()
    expect(page.locator("#content")).not_to_be_focused()
    page.get_by_label("Title").fill("emma")
    expect(page.get_by_role("status").first).to_have_text("1 book")
    expect(page.get_by_label("Title")).to_be_focused()
    page.get_by_role("link", name="About").click()
    expect(page.locator("#content")).to_be_focused()
    expect(page).to_have_title(re.compile("^About"))
    assert faults(page) == []
