"""Property tests: after any operations on a stream the page shows the items of the model."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings

from pyview.stream import Stream
from pyview.template import stream_for
from pyview.template.environment import create_environment
from pyview.template.live_template import ContentRendering, LiveTemplate
from pyview.testing.dom import parse
from pyview.testing.view import View
from tests.streams.law import CYCLES, Insert, Item, Model, Operation, single
from tests.template.tstrings.pages import build

TEMPLATE = LiveTemplate.from_string(
    """<ul id="rows" phx-update="stream">{% for dom_id, row in rows %}<li id="{{ dom_id }}">
    {% if row.text == "a" %}<b>{{ row.text }}</b>{% else %}{{ row.text }}{% endif %}</li>{% endfor %}</ul>"""
)


def by_template() -> Callable[[Stream[Item]], Any]:
    """Return a render function with a Jinja2 template."""
    rendering = TEMPLATE.rendering()
    return lambda stream: rendering.update({"rows": stream})


def by_template_string() -> Callable[[Stream[Item]], Any]:
    """Return a render function with a template string whose rows have two different shapes."""
    rendering = ContentRendering(create_environment(), None)

    def row(dom_id: str, item: Item) -> Any:
        if item.text == "a":
            return build("<li id=", (dom_id,), "><b>", (item.text,), "</b></li>")
        return build("<li id=", (dom_id,), ">", (item.text,), "</li>")

    def update(stream: Stream[Item]) -> Any:
        return rendering.update(
            build('<ul id="rows" phx-update="stream">', (stream_for(stream, row),), "</ul>")
        )

    return update


class Page:
    """A rendering and the page that results from its messages."""

    def __init__(self, update: Callable[[Stream[Item]], Any]) -> None:
        self.stream: Stream[Item] = Stream(name="rows")
        self._update = update
        self._view = View("v", "s", None, "/")
        self._view.joined(update(self.stream))

    def take(self, operations: Sequence[Operation]) -> None:
        for operation in operations:
            operation.on(self.stream)
        self._view.update(self._update(self.stream))

    @property
    def rows(self) -> list[tuple[int, str]]:
        items = parse(self._view.html()).select("li")
        return [(int(re.sub(r"\D", "", str(one["id"]))), one.get_text().strip()) for one in items]


RENDERERS = pytest.mark.parametrize("update", [by_template, by_template_string])


def check(update: Any, cycles: Sequence[Sequence[Any]]) -> None:
    page, model = Page(update()), Model()
    for cycle in cycles:
        page.take(cycle)
        model.take(cycle)
        assert page.rows == model.rows, cycle


@RENDERERS
@given(cycles=CYCLES)
@settings(deadline=None)
def test_the_page_shows_the_items_of_the_model(update: Any, cycles: list[list[Operation]]) -> None:
    check(update, cycles)


@RENDERERS
@given(cycles=CYCLES)
@settings(deadline=None)
def test_each_operation_in_its_own_callback(update: Any, cycles: list[list[Operation]]) -> None:
    check(update, single(cycles))


def test_the_model_is_a_list() -> None:
    """Check the model by hand, so that page and model cannot be wrong in the same way."""
    model = Model()
    a, b, c = Item(1, "a"), Item(2, "b"), Item(3, "c")
    model.take([Insert(a), Insert(b), Insert(c, at=0)])
    assert [text for _, text in model.rows] == ["c", "a", "b"]
    model.take([Insert(Item(2, "B"), at=0), Insert(Item(4, "d"), at=1, limit=3)])
    assert [text for _, text in model.rows] == ["c", "d", "a"]


def test_a_limit_comes_last() -> None:
    """The client does not insert an item again that a limit removes in the same callback."""
    page = Page(by_template())
    page.take([Insert(Item(1, "a")), Insert(Item(2, "b"))])
    page.take([Insert(Item(3, "c"), at=0, limit=2), Insert(Item(2, "B"))])
    assert page.rows == [(3, "c"), (1, "a")]
