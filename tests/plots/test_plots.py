"""`ui.plot` without a browser: what is sent when a figure changes, what is refused, what a page holds."""

import asyncio
import re
import subprocess
import sys
from typing import Any

import orjson
import pytest
from jinja2 import DictLoader

from pyview import LiveView, LiveViewSocket, PyView
from pyview.events import event
from pyview.plots import Plot, Points, Ranges, draw
from pyview.plots.figure import PackageMissing, package
from pyview.plots.matplotlib import LARGEST
from pyview.plots.scripts import script_named
from pyview.plots.shown import Shown
from pyview.testing import LiveClient
from pyview.testing.errors import PageError
from pyview.transport.plot_scripts import PLOT_SCRIPTS_PATH
from tests.ui.pages import IMPORT


def plotly(**trace: Any) -> Any:
    go = pytest.importorskip("plotly.graph_objects")
    return go.Figure([go.Scatter(x=[1, 2], y=[3, 4], name="a", **trace), go.Scatter(x=[1], y=[2], name="b")])


def altair(rows: list[dict[str, Any]]) -> Any:
    alt = pytest.importorskip("altair")
    return alt.Chart(alt.Data(values=rows)).mark_line().encode(x="a:Q", y="b:Q")


def message(shown: Shown, figure: Any) -> Any:
    found = shown.message(figure)
    return None if found is None else orjson.loads(orjson.dumps(found))


# Plotly


def test_only_changed_traces_are_sent() -> None:
    figure, shown = plotly(), Shown()
    first = message(shown, figure)
    assert (first["whole"], first["names"]) == (True, ["0", "1", "layout"])
    assert message(shown, figure) is None
    figure.data[0].y = [5, 6]
    assert message(shown, figure)["parts"] == {
        "0": {"name": "a", "x": [1, 2], "y": [5, 6], "type": "scatter"}
    }
    figure.update_layout(title="New")
    assert [*message(shown, figure)["parts"]] == ["layout"]
    figure.data = figure.data[:1]
    last = message(shown, figure)
    assert (last["parts"], last["names"]) == ({}, ["0", "layout"])


def test_an_equal_figure_is_not_sent_again() -> None:
    shown = Shown()
    message(shown, plotly())
    assert message(shown, plotly()) is None


def test_the_default_template_is_left_to_the_page_but_another_one_is_sent() -> None:
    assert message(Shown(), plotly())["parts"]["layout"] == {}
    figure = plotly()
    figure.update_layout(template="plotly_dark")
    assert "template" in message(Shown(), figure)["parts"]["layout"]


def test_numbers_of_numpy_and_missing_ones_are_sent_as_json() -> None:
    numpy = pytest.importorskip("numpy")
    go = pytest.importorskip("plotly.graph_objects")
    dates = numpy.array(["2026-01-01", "2026-01-02"], dtype="datetime64[D]")
    figure = go.Figure(go.Scatter(x=dates, y=numpy.array([1.5, numpy.nan])))
    (trace,) = (part for name, part in message(Shown(), figure)["parts"].items() if name == "0")
    assert trace["y"] == [1.5, None]
    assert [text[:10] for text in trace["x"]] == ["2026-01-01", "2026-01-02"]


def test_links_in_texts_are_taken_apart() -> None:
    bad = "<a href=\"https://evil.example\">x</a><A\thref='javascript:alert(1)'>y</A>"
    text = orjson.dumps(message(Shown(), plotly(text=[bad, "a < b <abbr>"])))
    assert not re.search(rb"<\s*/?a[\s>]", text, re.IGNORECASE)
    assert b"a < b <abbr>" in text


# A plot that grows


def test_a_plot_sends_what_was_added_to_each_page() -> None:
    plot, one, other = Plot(plotly()), Shown(), Shown()
    message(one, plot)
    plot.extend({"x": [3], "y": [7]}, keep=2)
    assert message(one, plot) == {"grown": [["0", {"x": [3], "y": [7]}, 2]]}
    assert message(one, plot) is None
    late = message(other, plot)
    assert (late["parts"]["0"]["x"], late["parts"]["0"]["y"]) == ([2, 3], [4, 7])
    plot.extend({"x": [9], "y": [9]}, part=1)
    assert message(one, plot) == message(other, plot) == {"grown": [["1", {"x": [9], "y": [9]}, None]]}


def test_a_page_that_has_missed_much_gets_the_whole_figure() -> None:
    plot, shown = Plot(plotly()), Shown()
    message(shown, plot)
    for number in range(100):
        plot.extend({"x": [number], "y": [number]}, keep=5)
    assert message(shown, plot)["parts"]["0"]["y"] == [95, 96, 97, 98, 99]


def test_a_replaced_plot_sends_the_parts_that_differ() -> None:
    plot, shown = Plot(plotly()), Shown()
    message(shown, plot)
    plot.extend({"x": [3], "y": [7]})
    message(shown, plot)
    plot.replace(plotly())
    # The first trace has grown since, so it is sent though it is as it was at first.
    assert [*message(shown, plot)["parts"]] == ["0"]


@pytest.mark.parametrize(
    ("values", "options", "error"),
    [
        ({"x": [1], "y": [1, 2]}, {}, "lists of the same length"),
        ({"x": 1}, {}, "dict of lists"),
        ([{"x": 1}], {}, "dict of lists"),
        ({"name": ["b"]}, {}, "a trace with a list 'name'"),
        ({"x": [1]}, {"part": 7}, r"no part '7': expected one of 0, 1"),
        ({"x": [1]}, {"keep": 0}, "at least one point"),
    ],
)
def test_what_cannot_be_added_is_refused_and_changes_nothing(
    values: Any, options: dict[str, int], error: str
) -> None:
    plot, shown = Plot(plotly()), Shown()
    message(shown, plot)
    with pytest.raises((ValueError, LookupError), match=error):
        plot.extend(values, **options)
    assert message(shown, plot) is None


# Altair


def test_new_rows_of_a_chart_are_sent_without_its_specification() -> None:
    shown = Shown()
    first = message(shown, altair([{"a": 1, "b": 2}]))
    assert (first["library"], sorted(first["parts"])) == ("altair", ["data-0", "layout"])
    changed = message(shown, altair([{"a": 1, "b": 3}]))
    assert (changed["parts"], changed["whole"]) == ({"data-0": [{"a": 1, "b": 3}]}, False)


def test_a_chart_grows_by_rows() -> None:
    plot, shown = Plot(altair([{"a": 1, "b": 2}])), Shown()
    message(shown, plot)
    plot.extend([{"a": 2, "b": 5}], keep=1)
    assert message(shown, plot) == {"grown": [["data-0", [{"a": 2, "b": 5}], 1]]}
    assert message(Shown(), plot)["parts"]["data-0"] == [{"a": 2, "b": 5}]
    with pytest.raises(ValueError, match="list of rows"):
        plot.extend({"a": [1]})


# Matplotlib


def figure(title: str = "") -> Any:
    made = pytest.importorskip("matplotlib.figure").Figure(figsize=(2, 1))
    axes = made.subplots()
    axes.plot([1, 2], [3, 4], label="up")
    axes.set_title(title)
    return made


async def test_a_figure_of_matplotlib_is_drawn_beside_the_event_loop() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    drawing = await draw(figure())
    counting.cancel()
    assert turns > 10
    assert drawing.url.startswith("data:image/svg+xml;base64,")
    assert drawing.rows == (("up", "1", "3"), ("up", "2", "4"))
    assert drawing == await draw(figure())


async def test_a_picture_may_not_be_too_large() -> None:
    wide = figure()
    wide.set_size_inches(25, 25)
    wide.get_axes()[0].imshow(pytest.importorskip("numpy").random.default_rng(1).random((1500, 1500)))
    with pytest.raises(ValueError, match=f"at most {LARGEST:,} bytes"):
        await draw(wide, "png", dpi=60)
    with pytest.raises(ValueError, match="expected one of svg, png"):
        await draw(figure(), "pdf")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a figure of Matplotlib, got str"):
        await draw("figure")


def test_a_figure_that_must_be_drawn_first_says_so() -> None:
    with pytest.raises(TypeError, match=r"await draw\(figure\)"):
        Shown().message(figure())
    with pytest.raises(TypeError, match=r"shows figures of Plotly and Altair.*got list"):
        Shown().message([1, 2])


# In a view


class PlotsLiveView(LiveView[dict[str, Any]]):
    template = "plots.html"

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"figure": plotly(), "picture": await draw(figure("<b>&")), "other": 0, "chosen": ""}

    @event
    async def move(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["figure"].data[0].y = [8, 9]

    @event
    async def touch(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["other"] += 1

    @event
    async def choose(self, socket: LiveViewSocket[dict[str, Any]], points: Points) -> None:
        socket.context["chosen"] = f"{points[0].series} {points[0].x!r} {points[0].y!r}"

    @event
    async def select(self, socket: LiveViewSocket[dict[str, Any]], ranges: Ranges) -> None:
        socket.context["chosen"] = f"{ranges}"


TEMPLATE = (
    IMPORT
    + """{{ ui.plot("p", figure, label="P", on_click="choose") }}{{ ui.plot("m", picture, label='"><b>') }}
<p>{{ other }}</p><output>{{ chosen }}</output>"""
)


@pytest.fixture
def app() -> PyView:
    made = PyView(templates=DictLoader({"plots.html": TEMPLATE}))
    made.add_live_view("/", PlotsLiveView)
    return made


def sent(page: Any) -> list[Any]:
    return [payload for name, payload in page.events if name == "pyview:plot"]


async def test_a_figure_in_the_context_is_sent_once_and_its_changes_alone(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        (first,) = sent(page)
        assert (first["id"], first["names"]) == ("p", ["0", "1", "layout"])
        await page.push("touch", {})
        assert len(sent(page)) == 1
        await page.push("move", {})
        assert [*sent(page)[1]["parts"]] == ["0"]


async def test_the_page_has_a_box_with_its_height_and_a_picture_with_its_text(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert page.find("#p .pv-plot-strut")["height"] == "360"
        assert page.find("#p-plot")["data-on-click"] == "choose"
        assert page.find("#m img")["alt"] == '"><b>'
        assert "<b>&" not in page.html
        assert page.find("#m tbody tr").text == "up 1 3"
        assert "[style]" not in page.html


async def test_points_from_the_browser_are_checked(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("choose", {"points": [{"series": "a", "x": "2026", "y": 4, "evil": [1]}]})
        assert page.find("output").text == "a '2026' 4.0"
        await page.push("select", {"points": [], "ranges": {"x": [1, 2.5], "name": ["A", None]}})
        assert page.find("output").text == "{'x': [1.0, 2.5], 'name': ['A', None]}"
        wrongs: list[Any] = ["points", [1], [{"x": {"$gt": 1}}], [{"series": "x" * 2000}], [{}] * 1001]
        for wrong in wrongs:
            with pytest.raises(PageError, match="bad_payload"):
                await page.push("choose", {"points": wrong})


async def test_a_page_that_has_returned_gets_the_whole_figure(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("move", {})
        await page.reconnect()
        last = sent(page)[-1]
        assert (last["whole"], last["names"]) == (True, ["0", "1", "layout"])


# Scripts


async def test_the_script_of_plotly_is_compressed_and_never_changes(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        name = page.find("#p-plot")["data-script"]
        answer = await client.get(f"{PLOT_SCRIPTS_PATH}/{name}", headers={"accept-encoding": "gzip"})
        assert (answer.status_code, answer.headers["content-encoding"]) == (200, "gzip")
        assert "immutable" in answer.headers["cache-control"]
        assert int(answer.headers["content-length"]) < 1_600_000
        for wrong in ("plotly-0.js", "..%2Fsecret", "vega-0.js"):
            assert (await client.get(f"{PLOT_SCRIPTS_PATH}/{wrong}")).status_code == 404
        found = script_named(name)
        assert found is not None
        assert found.read().startswith(b"/**\n* plotly.js")


def test_a_missing_package_is_an_error_that_names_its_extra() -> None:
    with pytest.raises(PackageMissing, match=r'pip install "pyview-live\[plotly\]"'):
        package("not_installed_at_all", "plotly")


def test_pyview_imports_none_of_the_libraries() -> None:
    libraries = "{'plotly', 'altair', 'matplotlib', 'numpy'}"
    code = f"import sys, pyview, pyview.ui, pyview.plots; print({libraries} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
