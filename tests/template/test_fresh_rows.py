"""New rows of a loop are rendered at once. They must be what rows are that get their slots one by one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from pyview.template.live_template import LiveTemplate
from pyview.template.tree.nodes import RenderPass
from pyview.template.tree.output import Live
from pyview.testing.tree_html import to_html
from pyview.wire.merge import merge


class Marked(Live):
    """Shows its text, and how many of them were rendered before it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        number, found = previous if previous is not None else (render_pass.uncached, None)
        shown = f"<b>{self.text} {number}</b>"
        return (number, shown), (None if shown == found else shown)


VALUES = st.one_of(
    st.text(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.text().map(Markup),
    st.text(max_size=2).map(Marked),
)
ROWS = st.lists(st.fixed_dictionaries({"a": VALUES}, optional={"b": VALUES}), min_size=1, max_size=4)
SOURCES = [
    "{% for row in rows %}<p>{{ row.a }} {{ 1 + 1 }} {{ row.b }}{{ row.a }}</p>{% endfor %}",
    "{% for row in rows %}{{ loop.index }}{{ row.a }}{{ '&' }}{% endfor %}",
    "{% for row in rows|keyed_by('a') if row.a is defined %}{{ row }}{{ other }}{% endfor %}",
    "{% for row in rows %}{% for name, value in row.items() %}{{ name }}={{ value }} {% endfor %}{% endfor %}",
]


@pytest.mark.parametrize("source", SOURCES)
@given(rows=ROWS)
def test_a_new_row_is_what_an_added_row_is(source: str, rows: list[dict[str, Any]]) -> None:
    template = LiveTemplate.from_string(source)
    names = {"rows": [{"a": "first"}, *rows], "other": "<"}
    whole = template.rendering().update(names)
    grown = template.rendering()
    tree = merge({}, grown.update({"rows": [{"a": "first"}], "other": "<"}))
    # Rows that are added to a list get their slots one by one.
    merged = merge(tree, grown.update(names))
    assert without_numbers(to_html(merge({}, whole))) == without_numbers(to_html(merged))


def without_numbers(html: str) -> str:
    """Return the page without the numbers of its live values, which differ from render to render."""
    return html if "</b>" not in html else "".join(each for each in html if not each.isdigit())


@pytest.mark.parametrize("source", SOURCES)
@given(rows=ROWS)
def test_nothing_is_sent_when_nothing_changed(source: str, rows: list[dict[str, Any]]) -> None:
    rendering = LiveTemplate.from_string(source).rendering()
    names = {"rows": rows, "other": "<"}
    rendering.update(names)
    assert rendering.update(names) == {}


def test_live_values_in_a_row_are_rendered_in_their_order() -> None:
    template = LiveTemplate.from_string(
        "{% for row in rows %}{{ row.a }},{{ row.b }},{{ row.a }};{% endfor %}"
    )
    rows = [{"a": Marked(name), "b": name} for name in "xy"]
    shown = to_html(merge({}, template.rendering().update({"rows": rows})))
    assert shown == "<b>x 1</b>,x,<b>x 2</b>;<b>y 3</b>,y,<b>y 4</b>;"


def test_an_expression_of_a_row_is_evaluated_once() -> None:
    calls = []

    def note(value: Any) -> Any:
        calls.append(value)
        return Marked(str(value)) if value == 2 else value

    template = LiveTemplate.from_string(
        "{% for n in numbers %}{{ note(n)|string if n > 2 else [note(n)][0] }}{% endfor %}"
    )
    template.rendering().update({"numbers": [1, 2, 3], "note": note})
    assert calls == [1, 2, 3]
