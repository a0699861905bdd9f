"""Reloading in development: files change under an open page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pyview import PyView, SecurityConfig
from tests.browser.test_view_files import LIVE, POLICIES
from tests.modules import write_module

Serve = Callable[[PyView], str]

VIEW = """
from pyview import LiveView
from pyview.events import event

class CountView(LiveView):
    async def mount(self, socket, session):
        socket.context = {"count": 0}

    @event
    async def more(self, socket):
        socket.context["count"] += 1
"""
TEMPLATE = """
<h1>{word} {{{{ count }}}}</h1>
<input id="typed">
<p id="hook" phx-hook="Hook"></p>
<button phx-click="more">more</button>
"""
SCRIPT = "export const Hook = {{ mounted() {{ this.el.textContent = '{}'; }} }};"


@pytest.mark.parametrize("policy", [None, POLICIES["nonce"]], ids=["no policy", "nonce"])
def test_a_series_of_changes(page: Page, serve: Serve, tmp_path: Path, policy: str | None) -> None:
    def write(suffix: str, text: str) -> None:
        (tmp_path / f"count.{suffix}").write_text(text)

    files = {"py": VIEW, "html": TEMPLATE.format(word="old"), "js": SCRIPT.format("first")}
    module: Any = write_module(tmp_path, "count", {**files, "css": "h1 { color: rgb(1, 2, 3) }"})
    app = PyView(debug=True, security=SecurityConfig(content_security_policy=policy))
    app.add_live_view("/", module.CountView)
    page.goto(serve(app))
    expect(page.locator(LIVE)).to_be_attached()
    expect(page.locator("#hook")).to_have_text("first")
    page.evaluate("window.sameDocument = true")
    page.get_by_role("button").click()
    page.locator("#typed").fill("half a sentence")
    heading = page.locator("h1").first
    problem = page.get_by_role("dialog", name="Failure")

    write("html", TEMPLATE.format(word="new"))
    expect(heading).to_have_text("new 1", timeout=1000)
    expect(page.locator("#typed")).to_have_value("half a sentence")

    for color in ("rgb(4, 5, 6)", "rgb(7, 8, 9)"):
        write("css", f"h1 {{ background-color: {color} }}")
        expect(heading).to_have_css("background-color", color, timeout=1000)
        expect(heading).not_to_have_css("color", "rgb(1, 2, 3)")
        expect(page.locator("link[data-pyview-style]")).to_have_count(1)

    write("html", "<h1>\n{{ count }</h1>")
    expect(problem).to_contain_text("count.html:2", timeout=2000)
    page.get_by_role("button", name="more").click()
    write("html", TEMPLATE.format(word="mended"))
    expect(heading).to_have_text("mended 2", timeout=1000)
    expect(problem).to_have_count(0)
    assert page.evaluate("window.sameDocument") is True

    write("js", SCRIPT.format("second"))
    expect(page.locator("#hook")).to_have_text("second")
    expect(heading).to_have_text("mended 0")
    assert page.evaluate("window.sameDocument") is None
