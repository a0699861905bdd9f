"""Views and live components with template strings, as users see them."""

import json
import linecache
from typing import Any

import pytest
from jinja2 import DictLoader

from pyview import PyView
from pyview.template import TemplateStringError, TemplateView
from pyview.template.environment import create_environment
from pyview.template.live_template import ContentRendering, LiveTemplate
from pyview.testing import LiveClient
from pyview.testing.tree_html import to_html
from pyview.wire.merge import merge
from tests.template.tstrings import pages
from tests.template.tstrings.pages import Board, Broken, Frames, Greeting, Holding, Log, TripPlanner, build


def serving(view: Any) -> PyView:
    app = PyView()
    app.add_live_view("/", view)
    return app


async def test_a_view_has_a_template_method() -> None:
    async with LiveClient(serving(Board)) as client:
        page = await client.open("/")
        assert page.find("#card h2").text == "Board"
        assert [each.text for each in page.find_all("li")] == ["ada 0", "grace 0"]
        await page.click("#add")
        assert [each.text for each in page.find_all("li")] == ["linus 0", "ada 0", "grace 0"]
        assert page.exists("#none[disabled]")


async def test_live_components_live_in_its_rows_and_go_on_when_these_move() -> None:
    async with LiveClient(serving(Board)) as client:
        page = await client.open("/")
        await page.click("button#grace")
        await page.click("#add")
        await page.click("button#grace")
        assert [each.text for each in page.find_all("li")] == ["linus 0", "ada 0", "grace 2"]
        await page.click("#drop")
        assert [each.text for each in page.find_all("li")] == ["ada 0", "grace 2"]


async def test_the_core_components_are_functions() -> None:
    async with LiveClient(serving(TripPlanner)) as client:
        page = await client.open("/")
        assert page.find("#trip_title")["placeholder"] == "Where to?"
        await page.change("form", {"trip[title]": "N"})
        assert page.find(".pv-error").text == "At least 2 characters, please."
        for place, name in enumerate(("Oslo", "Rome")):
            await page.click("button", "Add")
            await page.change("form", {f"trip[cities][{place}][name]": name})
        await page.click(page.find_all(".city button")[0])
        await page.submit("form", {"trip[title]": "North"})
        assert page.find("#saved").text == "Rome"


async def test_content_with_live_components_is_not_skipped() -> None:
    async with LiveClient(serving(Holding)) as client:
        page = await client.open("/")
        for _ in range(2):
            for label in "abcd":
                await page.click(f"button#{label}")
            await page.click("#n")
        assert [each.text for each in page.find_all("button")] == ["2", "2", "2", "2"]
        assert page.find("#n").text == "2"


async def test_a_view_may_render_a_template_string_itself() -> None:
    async with LiveClient(serving(Greeting)) as client:
        page = await client.open("/")
        assert page.find("h1").text == "Hello <you>"
        await page.click("h1")
        assert page.find("h1").text == "Hello me"


async def test_slots_of_live_components_may_be_template_strings() -> None:
    files = DictLoader({"framed.html": "<div><i>{{ slots.head }}</i>{{ slots.default }}</div>"})
    app = PyView(templates=files)
    app.add_live_view("/", Frames)
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert page.find("main").text == "11"
        await page.click("main")
        assert page.find("main").text == "22"


async def test_a_stream_stands_in_a_template_string() -> None:
    async with LiveClient(serving(Log)) as client:
        page = await client.open("/")
        await page.click("button")
        await page.push("more", {"number": 3})
        await page.push("more", {"number": 1})
        assert [each.text for each in page.find_all("li")] == ["line 3", "line 2", "line 1"]


@pytest.mark.parametrize("view", [Board, Greeting])
async def test_a_layout_may_be_around_it(view: Any) -> None:
    class Framed(view):  # type: ignore[misc]
        layout = "layout.html"

    app = PyView(templates=DictLoader({"layout.html": "<header>{{ 1 + 1 }}</header>{{ inner_content }}"}))
    app.add_live_view("/", Framed)
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert page.find("header").text == "2"
        await page.click("#add" if view is Board else "#greeting")
        assert page.has_text("linus" if view is Board else "Hello me")


async def test_an_error_names_its_line() -> None:
    async with LiveClient(serving(Broken)) as client:
        with pytest.raises(TemplateStringError) as caught:
            await client.open("/")
    (note,) = caught.value.__notes__
    line = next(i for i, text in enumerate(linecache.getlines(pages.__file__), 1) if "not fine" in text)
    assert note == f"in Broken.template(), {pages.__file__}, line {line}"
    assert "<{tag}>" in str(caught.value)


def test_template_view_requires_a_template_method() -> None:
    with pytest.raises(NotImplementedError, match="has no method template"):
        TemplateView().template({}, None)


def test_a_template_string_stands_in_a_jinja_template_as_a_component_returns_it() -> None:
    template = LiveTemplate.from_string("<p>{{ card(x) }}</p>", environment=create_environment())
    rendering = template.rendering()
    assert rendering.update({"x": 1, "card": pages.card})["0"]["s"][0] == "<section"
    assert rendering.update({"x": 2, "card": pages.card}) == {"0": {"1": "2"}}


def test_rows_are_rendered_again_if_their_function_reads_mutable_values() -> None:
    made = list[Any]()
    rendering = ContentRendering(create_environment(), None)

    def page() -> Any:
        def row(one: int) -> Any:
            made.append(one)
            return build("<li>", (one,), "</li>")

        return build("<ul>", (pages.each(range(9), row),), "</ul>")

    rendering.update(page())
    made.clear()
    assert rendering.update(page()) == {}
    assert len(made) == 9


def test_rows_depend_on_the_values_that_their_function_reads() -> None:
    counted = _Counter()
    rendering = ContentRendering(create_environment(), None)
    rows = [(number, str(number)) for number in range(50)]

    def show(rows: list[Any], selected: int) -> tuple[dict[str, Any], int]:
        before = counted.calls
        diff = rendering.update(_rows(rows, selected, counted))
        return diff, counted.calls - before

    show(rows, 1)
    assert show(rows, 1) == ({}, 0)
    diff, calls_made = show([*rows[:7], (7, "seven"), *rows[8:]], 1)
    assert (diff, calls_made) == ({"0": {"k": {"7": {"1": "seven"}, "kc": 50}}}, 1)
    diff, calls_made = show(rows[::-1], 1)
    assert calls_made == 1
    assert diff["0"]["k"]["0"] == 49
    diff, calls_made = show(rows[::-1], 2)
    assert calls_made == 50
    assert diff == {"0": {"k": {"47": {"0": ' class="on"'}, "48": {"0": ""}, "kc": 50}}}


class _Counter:
    """Counts its renders, and is registered as immutable."""

    __pyview_constant__ = True

    def __init__(self) -> None:
        self.calls = 0


def _rows(rows: list[Any], selected: int, counted: _Counter) -> Any:
    def row(one: Any) -> Any:
        counted.calls += 1
        return build("<li class=", ("on" if one[0] == selected else None,), ">", (one[1],), "</li>")

    return build("<ul>", (pages.each(rows, row, key=0),), "</ul>")


def test_rows_of_another_shape_are_rows_all_the_same() -> None:
    rendering = ContentRendering(create_environment(), None)

    def page(rows: list[Any]) -> Any:
        def row(one: Any) -> Any:
            return build("<b>", (one,), "</b>") if one > 1 else build("<i>", (one,), "</i>")

        return build("<p>", (pages.each(rows, row),), "</p>")

    tree = merge({}, rendering.update(page([2, 3])))
    for rows, shown in [
        ([2, 1], "<b>2</b><i>1</i>"),
        ([], ""),
        ([0, 0], "<i>0</i><i>0</i>"),
        ([9], "<b>9</b>"),
    ]:
        tree = merge(tree, rendering.update(page(rows)))
        assert to_html(tree) == f"<p>{shown}</p>"


def test_content_may_change_its_kind() -> None:
    rendering = ContentRendering(create_environment(), None)
    for content in [build("a", (1,)), pages.card("x"), build("b", (1,), "c"), pages.jinja_card("y")]:
        assert rendering.update(content)["s"]


def test_values_that_cannot_be_compared_are_rendered_again() -> None:
    rendering = ContentRendering(create_environment(), None)
    row = {"name": ["deep"]}
    rendering.update(build("<p>", ([row["name"]],), "</p>"))
    row["name"].append("er")
    diff = rendering.update(build("<p>", ([row["name"]],), "</p>"))
    assert "er" in json.dumps(diff)


def test_compiled_template_strings_are_bounded() -> None:
    environment = create_environment()
    for number in range(4100):
        environment.tstrings.compiled(build(f"<p>{number}</p>", (1,)))
    assert len(environment.tstrings._compiled) == 4000
