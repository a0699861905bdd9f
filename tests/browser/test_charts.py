"""Charts in a real browser: strict policy, keyboard, live updates, both themes, narrow screens."""

from collections.abc import Callable
from typing import Any

import pytest
from jinja2 import DictLoader
from playwright.sync_api import BrowserContext, Page, expect

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.events import event
from tests.browser.axe import faults
from tests.browser.server import serving
from tests.browser.test_examples import visit

TEMPLATE = """\
{% import "pyview/components.html" as ui %}
<main><h1>Numbers</h1>
{% for kind in ["line", "area", "bar"] %}
{{ ui.chart(kind, {"North": north, "South": south}, x=names, kind=kind, label=kind, on_click="pick", unit="kg") }}
{% endfor %}
{{ ui.chart("moving", north, label="Moving") }}
{{ ui.chart("empty", [], label="Nothing") }}
<p>{{ ui.chart("spark", north, kind="sparkline", label="North") }}</p>
<button phx-click="more">More</button>
<output>{{ picked }}</output></main>
"""
SHIFT = """() => {
  window.shift = 0;
  const unasked = list => list.getEntries().filter(each => !each.hadRecentInput);
  new PerformanceObserver(list => unasked(list).forEach(each => { window.shift += each.value; }))
    .observe({type: "layout-shift", buffered: true});
}"""

# The middle of a path on the screen: a point has no size of its own, and a line is drawn around it.
MIDDLE = """path => {
  path.scrollIntoView({block: "center"});
  const {left, width, top, height} = path.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}"""


class NumbersLiveView(LiveView[dict[str, Any]]):
    template = "numbers.html"

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {
            "north": [12, 30, None, 1_500_000],
            "south": [-5, 20, 40_000, 10],
            "names": ["A long name of a place", "Second", "Third", "The last of the places"],
            "picked": "",
        }

    @event
    async def more(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["north"] = [*socket.context["north"][:3], 50]

    @event
    async def pick(self, socket: LiveViewSocket[dict[str, Any]], series: str, x: str, value: float) -> None:
        socket.context["picked"] = f"{series} {x} {value:g}"


@pytest.fixture(scope="module")
def url() -> Any:
    strict = SecurityConfig(content_security_policy="default-src 'self'; base-uri 'none'")
    app = PyView(templates=DictLoader({"numbers.html": TEMPLATE}), security=strict)
    app.add_live_view("/", NumbersLiveView)
    with serving(app) as address:
        yield address


def test_a_strict_policy_allows_charts_and_their_changes(page: Page, url: str) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    visit(page, url)
    page.evaluate(SHIFT)
    page.locator("#moving summary").click()
    before = page.locator("#moving .pv-line").get_attribute("d")
    page.get_by_role("button", name="More").click()
    expect(page.locator("#moving tbody tr").last).to_have_text("350")
    assert page.locator("#moving .pv-line").get_attribute("d") != before
    # A patch leaves the table open, and moves nothing.
    expect(page.locator("#moving tbody")).to_be_visible()
    assert page.evaluate("window.shift") < 0.01
    assert problems == []


@pytest.mark.parametrize("kind", ["line", "area", "bar"])
def test_a_point_is_chosen_by_pointer_and_by_keyboard(page: Page, url: str, kind: str) -> None:
    visit(page, url)
    x, y = page.locator(f"#{kind} a[aria-label^='Second: South'] path").evaluate(MIDDLE)
    page.mouse.click(x, y)
    expect(page.locator("output")).to_have_text("South Second 20")
    page.locator(f"#{kind} a[aria-label^='Second: North']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("output")).to_have_text("North Second 30")
    assert page.url == f"{url}/"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_are_accessible_and_fit_a_phone_in_both_themes(
    new_context: Callable[..., BrowserContext], url: str, theme: str
) -> None:
    page = new_context(color_scheme=theme, viewport={"width": 360, "height": 800}).new_page()
    visit(page, url)
    for summary in page.locator("summary").all():
        summary.click()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    cut = "all => all.filter(one => one.getBoundingClientRect().left < 0).length"
    assert page.locator(".pv-chart text:visible").evaluate_all(cut) == 0
