"""Plots in a real browser: strict policy, events, live changes, themes, live navigation, small screens."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jinja2 import DictLoader
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.events import event
from pyview.plots import Plot, Points, Ranges, draw
from tests.browser.axe import faults
from tests.browser.server import serving
from tests.browser.test_charts import SHIFT
from tests.browser.test_examples import visit

for _name in ("plotly", "altair", "vl_convert", "matplotlib"):
    pytest.importorskip(_name)

POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'"
# Plotly contains the styles of a map library. A strict policy refuses them, and the browser says so.
KNOWN = "sha256-"
BAD = "<a href=\"javascript:window.bad = 1\">bad</a><img src=x onerror='window.bad = 2'>"

TEMPLATES = {
    "plots.html": """\
{% import "pyview/components.html" as ui %}
<main><h1>Plots</h1>
{{ ui.link("Leave", navigate="/plain") }}
{{ ui.plot("lines", lines, label="Lines", on_click="choose", on_hover="point", on_select="select") }}
{{ ui.plot("growing", growing, label="Growing", height=200) }}
{{ ui.plot("dots", dots, label="Dots", on_click="choose", height=300) }}
{{ ui.plot("picture", picture, label="Picture", height=200) }}
<button phx-click="change">Change</button>
<output id="chosen">{{ chosen }}</output><output id="pointed">{{ pointed }}</output></main>
""",
    "composed.html": """\
{% import "pyview/components.html" as ui %}
<main><h1>Composed</h1>{% for id, figure in figures.items() %}{{ ui.plot(id, figure, label=id) }}{% endfor %}</main>
""",
    "plain.html": """\
{% import "pyview/components.html" as ui %}<main><h1>Plain</h1>{{ ui.link("Plots", navigate="/") }}</main>""",
}


class PlainLiveView(LiveView[dict[str, Any]]):
    template = "plain.html"


class ComposedLiveView(LiveView[dict[str, Any]]):
    template = "composed.html"

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        altair = importlib.import_module("altair")
        rows = [{"day": day, "value": day * 2, "kind": "ab"[day % 2]} for day in range(4)]
        points = altair.Chart(altair.Data(values=rows)).mark_circle(size=300).encode(x="day:Q", y="value:Q")
        socket.context = {
            "figures": {
                "layered": altair.layer(points, points.mark_line()),
                "faceted": points.encode(column="kind:N").properties(width=100),
                "side": points.properties(width=100) | points.properties(width=100),
            }
        }


class PlotsLiveView(LiveView[dict[str, Any]]):
    template = "plots.html"

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        go, self.alt, self.mpl = map(
            importlib.import_module, ("plotly.graph_objects", "altair", "matplotlib.figure")
        )
        socket.context = {
            "lines": go.Figure(
                [go.Scatter(x=[1, 2, 3], y=[1, 3, 2], name="a"), go.Bar(x=[1, 2], y=[1, 1], name=BAD)]
            ),
            "growing": Plot(go.Figure(go.Scatter(x=[1], y=[1], mode="markers"))),
            "dots": self.dots(2),
            "picture": await draw(self.bars(2)),
            "chosen": "",
            "pointed": "",
        }

    def dots(self, height: float) -> Any:
        rows = [{"day": "2026-01-01", "value": 1}, {"day": "2026-02-01", "value": height}]
        chart = self.alt.Chart(self.alt.Data(values=rows)).mark_circle(size=900)
        return chart.encode(x="day:T", y="value:Q")

    def bars(self, height: float) -> Any:
        figure = self.mpl.Figure(figsize=(4, 2))
        figure.subplots().bar(["x", "y"], [1, height])
        return figure

    @event
    async def change(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["lines"].data[0].y = [3, 1, 9]
        socket.context["growing"].extend({"x": [2, 3], "y": [2, 3]}, keep=2)
        socket.context |= {"dots": self.dots(50), "picture": await draw(self.bars(5))}

    @event
    async def choose(self, socket: LiveViewSocket[dict[str, Any]], points: Points) -> None:
        socket.context["chosen"] = " ".join(f"{each.series}|{each.x}|{each.y}|{each.data}" for each in points)

    @event
    async def point(self, socket: LiveViewSocket[dict[str, Any]], points: Points) -> None:
        socket.context["pointed"] = f"{len(points)} pointed at"

    @event
    async def select(self, socket: LiveViewSocket[dict[str, Any]], points: Points, ranges: Ranges) -> None:
        socket.context["chosen"] = f"{len(points)} selected, {sorted(ranges)}"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    app = PyView(templates=DictLoader(TEMPLATES), security=SecurityConfig(content_security_policy=POLICY))
    app.add_live_view("/", PlotsLiveView)
    app.add_live_view("/plain", PlainLiveView)
    app.add_live_view("/composed", ComposedLiveView)
    with serving(app) as address:
        yield address


def drawn(page: Page) -> None:
    """Wait until all figures are drawn. The first one of a machine waits for the script of Vega to be made."""
    expect(page.locator("#lines .scatterlayer .point")).to_have_count(3)
    expect(page.locator("#growing .scatterlayer .point")).to_have_count(1)
    expect(page.locator("#dots .mark-symbol path")).to_have_count(2, timeout=90_000)
    expect(page.locator("#picture img")).to_have_js_property("complete", True)


def place(page: Page, css: str, number: int) -> tuple[float, float]:
    """Return the middle of the element of that number, in sight."""
    element = page.locator(css).nth(number)
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_strict_policy_allows_all_libraries_and_their_changes(page: Page, url: str) -> None:
    said: list[ConsoleMessage] = []
    hosts: set[str] = set()
    page.on("console", lambda message: said.append(message))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]) if "//" in request.url else None)
    page.add_init_script(f"({SHIFT})()")
    visit(page, url)
    drawn(page)
    picture = page.locator("#picture img").get_attribute("src")
    figures = "() => ['lines', 'growing', 'dots'].map(id => document.getElementById(id).innerHTML)"
    before = page.evaluate(figures)
    page.get_by_role("button", name="Change").click()
    expect(page.locator("#growing .scatterlayer .point")).to_have_count(2)
    page.wait_for_function(f"before => ({figures})().every((html, i) => html !== before[i])", arg=before)
    expect(page.locator("#picture img")).not_to_have_attribute("src", picture or "")
    # The new rows have dates, as the first ones: the chart has not been drawn anew.
    expect(page.locator("#dots .mark-symbol path")).to_have_count(2)
    assert [message.text for message in said if KNOWN not in message.text] == []
    assert hosts == {url.removeprefix("http://")}
    assert page.evaluate("window.shift") < 0.01
    assert page.evaluate("window.bad") is None


def test_clicks_pointing_and_selections_reach_the_view(page: Page, url: str) -> None:
    visit(page, url)
    drawn(page)
    at = place(page, "#lines .scatterlayer .point", 1)
    page.mouse.move(at[0] + 1, at[1])
    expect(page.locator("#pointed")).to_have_text("1 pointed at")
    page.mouse.click(*at)
    expect(page.locator("#chosen")).to_have_text("a|2.0|3.0|{}")
    at = place(page, "#dots .mark-symbol path", 1)
    page.mouse.click(*at)
    expect(page.locator("#chosen")).to_contain_text("'value': 2.0")


def test_charts_of_layers_and_of_several_charts_are_drawn(page: Page, url: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    visit(page, f"{url}/composed")
    for id, points in {"layered": 4, "faceted": 4, "side": 8}.items():
        expect(page.locator(f"#{id} .mark-symbol path")).to_have_count(points, timeout=90_000)
    assert said == []


def test_plots_follow_the_theme_and_the_width_of_the_page(
    new_context: Callable[..., BrowserContext], url: str
) -> None:
    page = new_context(color_scheme="light", viewport={"width": 1000, "height": 800}).new_page()
    visit(page, url)
    drawn(page)
    line = page.locator("#lines .scatterlayer .js-line")
    symbol = page.locator("#dots .mark-symbol path").first
    light = line.evaluate("path => path.style.stroke"), symbol.get_attribute("fill")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "light => document.querySelector('#lines .js-line').style.stroke !== light", arg=light[0]
    )
    expect(symbol).not_to_have_attribute("fill", light[1] or "")
    page.set_viewport_size({"width": 360, "height": 800})
    for css in ("#lines .main-svg", "#dots svg.marks"):
        page.wait_for_function(
            "css => document.querySelector(css).getBoundingClientRect().width < 360", arg=css
        )
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_plots_appear_and_leave_with_live_navigation(page: Page, url: str) -> None:
    visit(page, f"{url}/plain")
    assert page.evaluate("window.Plotly") is None
    for _ in range(2):
        page.get_by_role("link", name="Plots").click()
        drawn(page)
        page.get_by_role("button", name="Change").click()
        expect(page.locator("#growing .scatterlayer .point")).to_have_count(2)
        page.get_by_role("link", name="Leave").click()
        expect(page.get_by_role("heading", name="Plain")).to_be_visible()
    assert page.evaluate("document.querySelectorAll('.main-svg, svg.marks, .plotly-notifier').length") == 0


def test_plots_that_have_left_hold_no_elements(page: Page, url: str) -> None:
    visit(page, f"{url}/plain")
    counts = []
    for _ in range(3):
        page.get_by_role("link", name="Plots").click()
        drawn(page)
        page.get_by_role("link", name="Leave").click()
        expect(page.get_by_role("heading", name="Plain")).to_be_visible()
        counts.append(elements_and_listeners(page))
    # The first plots leave what their libraries keep for all.
    assert all(last <= before for last, before in zip(counts[2], counts[1], strict=True)), counts


def elements_and_listeners(page: Page) -> tuple[int, int]:
    """Return the number of nodes and of listeners that are in memory, also outside of the document."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("HeapProfiler.collectGarbage")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return metrics["Nodes"], metrics["JSEventListeners"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_plots_are_accessible_and_fit_a_phone_in_both_themes(
    new_context: Callable[..., BrowserContext], url: str, theme: str
) -> None:
    page = new_context(color_scheme=theme, viewport={"width": 360, "height": 800}).new_page()
    visit(page, url)
    drawn(page)
    for summary in page.locator("summary").all():
        summary.click()
    expect(page.locator("#lines tbody tr")).to_have_count(5)
    expect(page.locator("#dots tbody tr")).to_have_count(2)
    assert page.locator("#lines table img, #lines table a").count() == 0
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
