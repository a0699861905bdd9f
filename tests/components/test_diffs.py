"""Messages about a page and its components name all ancestors of changed components; else the browser skips them."""

from typing import Any

import pytest

from pyview import component
from pyview.components import ComponentSocket, LiveComponent
from pyview.template.live_template import LiveTemplate
from pyview.testing.tree_html import check_reach
from pyview.wire.merge import ProtocolError, merge
from tests.components.conftest import Open
from tests.components.sample_components import Counter, counts


class Notifying(Counter):
    """Sends every event to its view, so that both change in one message."""

    async def handle_event(self, event: str, payload: Any, socket: ComponentSocket[Any]) -> Any:
        await socket.send_parent("received")
        return await super().handle_event(event, payload, socket)


class Outer(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string("<div>{{ live_component(inner, id=id) }}</div>", "around.html")


class Outside(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        "<div>{{ live_component(Outer, id=id, inner=inner) }}</div>", "outside.html"
    )


@component(source="<section>{{ it }}</section>")
def card(it: Any) -> None:
    """A function component around a live one."""


NAMES = {"Outside": Outside, "Outer": Outer, "Notifying": Notifying, "card": card}


PLACES = [
    "{{ live_component(Outer, id=1, inner=Notifying) }}",
    "{{ live_component(Outside, id=1, inner=Notifying) }}",
    "{% set it = live_component(Notifying, id=1) %}{% if true %}<div><section>{{ it }}</section></div>{% endif %}",
    "{% for n in [1, 2] %}{% set it = live_component(Notifying, id=n) %}"
    "{% if true %}<section>{{ it }}</section>{% endif %}{% endfor %}",
    "{% macro m(it) %}<section><u>.</u>{{ it }}</section>{% endmacro %}{{ m(live_component(Notifying, id=1)) }}",
    "{% macro m(it) %}<section>{{ it }}</section>{% endmacro %}"
    "<div>{{ m(live_component(Outside, id=1, inner=Notifying)) }}</div>",
    "{% call live_component(Outer, id=1, inner=Notifying) %}{% endcall %}",
    "{% set it = live_component(Notifying, id=1) %}{{ card(it) }}",
    "{% set it = live_component(Notifying, id=1) %}<p>{{ card(it) }}</p>",
]


@pytest.mark.parametrize("place", PLACES)
async def test_a_component_and_the_page_change_together(open_page: Open, place: str) -> None:
    page = await open_page(f"<main>{{{{ received|length }}}}{place}</main>", received=[], **NAMES)
    for n in range(1, 4):
        await page.click(page.find_all("button")[0])
        assert counts(page)[0] == str(n)
        assert page.text.startswith(str(n))


async def test_rows_that_move_keep_their_components(open_page: Open) -> None:
    source = (
        "<main>{{ received|length }}{% for n in rows|keyed_by %}{% set it = live_component(Notifying, id=n) %}"
        "{% if true %}<section>{{ it }}</section>{% endif %}{% endfor %}</main>"
    )
    page = await open_page(source, received=[], rows=[1, 2, 3], **NAMES)
    await page.push("set", {"rows": [3, 1, 2]})
    for _ in range(2):
        await page.click(page.find_all("button")[0])
    assert counts(page) == ["2", "0", "0"]


def test_the_test_client_raises_if_a_browser_would_not_show_a_change() -> None:
    inner = {"s": ["<i>", "</i>"], "r": 1, "0": "x"}
    rendered = {
        "s": ["", "", ""],
        "0": "n",
        "1": 1,
        "c": {"1": {"s": ["<div>", "</div>"], "r": 1, "0": 2}, "2": inner},
    }
    tree = merge({}, rendered)
    for diff, fine in (
        ({"c": {"2": {"0": "y"}}}, True),
        ({"0": "m", "c": {"2": {"0": "y"}}}, False),
        ({"0": "m", "c": {"1": {}, "2": {"0": "y"}}}, True),
        ({"0": "m", "t": "title"}, True),
    ):
        if fine:
            check_reach(merge(tree, diff), diff, tree)
        else:
            with pytest.raises(ProtocolError, match="component 2 changes"):
                check_reach(merge(tree, diff), diff, tree)


def test_the_test_client_raises_for_root_flags_too() -> None:
    rendered = {
        "s": ["", "", ""],
        "0": "n",
        "1": {"s": ["<p>", "</p>"], "r": 1, "0": 1},
        "c": {"1": {"s": ["<i>", "</i>"], "r": 1, "0": "x"}},
    }
    tree = merge({}, rendered)
    wrong, right = {"0": "m", "c": {"1": {"0": "y"}}}, {"0": "m", "1": {}, "c": {"1": {"0": "y"}}}
    check_reach(merge(tree, right), right, tree)
    with pytest.raises(ProtocolError, match="component 1 changes"):
        check_reach(merge(tree, wrong), wrong, tree)
