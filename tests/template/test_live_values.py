"""Live values, which render themselves, in all positions of a template."""

from typing import Any

import pytest

from pyview.template.live_template import LiveTemplate
from pyview.template.tree.nodes import RenderPass
from pyview.template.tree.output import Live, LiveValueInText, TextPage
from pyview.testing.tree_html import to_html
from pyview.wire.merge import merge


class Counted(Live):
    """Shows how often its slot was rendered."""

    __slots__ = ()

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        count = previous + 1 if type(previous) is int else 1
        return count, f"{render_pass.host} {count}"

    async def html(self, host: Any) -> str:
        return f"<b>{host}</b>"


class Still(Live):
    """Never changes."""

    __slots__ = ()

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        return ("still", "still") if previous is None else (previous, None)


def counted() -> Counted:
    return Counted()


@pytest.mark.parametrize("source", ["<p>{{ value }}</p>", "<p>{{ make() }}</p>", "<p>{{ [value][0] }}</p>"])
def test_it_is_rendered_every_time_with_its_former_slot(source: str) -> None:
    rendering = LiveTemplate.from_string(source).rendering("host")
    assigns = {"value": Counted(), "make": counted}
    assert rendering.update(assigns)["0"] == "host 1"
    assert rendering.update(assigns) == {"0": "host 2"}


def test_it_sends_nothing_when_nothing_changed() -> None:
    rendering = LiveTemplate.from_string("{{ value }}").rendering()
    assert rendering.update({"value": Still()})["0"] == "still"
    assert rendering.update({"value": Still()}) == {}


def test_a_place_may_change_between_text_and_a_live_value() -> None:
    rendering = LiveTemplate.from_string("{{ value }}").rendering("host")
    tree = rendering.update({"value": "text"})
    for value, shown in [(Counted(), "host 1"), ("text", "text"), (Counted(), "host 1"), (None, "None")]:
        tree = merge(tree, rendering.update({"value": value}))
        assert to_html(tree) == shown


def test_in_rows_each_has_a_place_of_its_own() -> None:
    rendering = LiveTemplate.from_string("{% for row in rows %}{{ value }}{% endfor %}").rendering("h")
    tree = rendering.update({"rows": [1, 2], "value": Counted()})
    tree = merge(tree, rendering.update({"rows": [1, 2, 3], "value": Counted()}))
    assert to_html(tree) == "h 2h 2h 1"


async def test_a_page_made_as_text_has_its_html() -> None:
    template = LiveTemplate.from_string("<i>{{ make() }}</i>{{ value }}{{ text }}")
    with TextPage("host") as page:
        text = template.render({"make": counted, "value": Counted(), "text": "[live 0 0]"})
    assert await page.filled(text) == "<i><b>host</b></i><b>host</b>[live 0 0]"


@pytest.mark.parametrize("source", ["{{ value|upper }}", "{% set x %}{{ value }}{% endset %}{{ x }}"])
def test_it_cannot_be_part_of_a_text(source: str) -> None:
    with pytest.raises(LiveValueInText, match=r"Counted was converted to text.* Write it directly"):
        LiveTemplate.from_string(source).rendering().update({"value": Counted()})
