"""Tests of `rendered`."""

from typing import Any

import pytest

from pyview import Slot, component
from pyview.components import LiveComponent, live_component
from pyview.template.environment import create_environment
from pyview.testing import rendered


@component(source="<p{{ rest }}>{{ text | loud }}{{ children }}</p>")
def note(text: str, children: Slot = None, **rest: Any) -> None: ...


class Counter(LiveComponent[dict[str, Any]]):
    template = "counter.html"


def test_a_component_is_rendered_with_the_filters_of_an_environment() -> None:
    environment = create_environment()
    environment.filters["loud"] = str.upper
    assert rendered(note("<hi>", children=["a", "<"], id="x"), environment) == '<p id="x">&lt;HI&gt;a&lt;</p>'


def test_live_components_need_a_view() -> None:
    with pytest.raises(TypeError, match="exist only inside a view"):
        rendered(live_component(Counter, id="a"))
