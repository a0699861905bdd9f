"""Icons of the core components."""

import pytest
from jinja2 import DictLoader, TemplateSyntaxError

from pyview import ui
from pyview.template.core.icons import UnknownIconError
from pyview.template.environment import create_environment
from pyview.template.live_template import LiveTemplate
from pyview.testing import rendered as rendered_content
from tests.ui.pages import IMPORT, Page, only, rendered


def test_an_icon_is_skipped_by_screen_readers_unless_it_has_a_label() -> None:
    assert only(rendered("{{ ui.icon('search') }}"), "svg").attrs["aria-hidden"] == "true"
    svg = only(rendered("{{ ui.icon('search', label=word) }}", word="<Find>"), "svg")
    assert (svg.attrs["role"], svg.attrs["aria-label"]) == ("img", "<Find>")
    assert "aria-hidden" not in svg.attrs


@pytest.mark.parametrize("call", ["'x', class='big', id='a'", "name, class='big', id='a'"])
def test_an_icon_takes_more_attributes(call: str) -> None:
    svg = only(rendered("{{ ui.icon(" + call + ") }}", name="x"), "svg")
    assert svg.attrs["class"] == ["pv-icon", "big"]
    assert svg.attrs["id"] == "a"
    assert len(svg.select("path")) == 2


def test_an_icon_with_a_constant_name_is_a_part_of_the_statics() -> None:
    page = Page("{% for row in rows %}<p>{{ ui.icon('trash') }}{{ row }}</p>{% endfor %}")
    tree = page.template.rendering().update({"rows": [1, 2, 3]})
    assert str(tree).count("<svg") == 1


@pytest.mark.parametrize(
    "call", ["icon('serch')", "icon(name='serch', label='x')", "nav_link('a', '/', icon='serch')"]
)
def test_an_unknown_constant_name_is_an_error_when_the_template_compiles(call: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=r"no icon 'serch'\. Did you mean 'search'") as caught:
        LiveTemplate.from_string(IMPORT + "\n{{ ui." + call + " }}", "page.html")
    assert caught.value.lineno == 2


@pytest.mark.parametrize("name", ["serch", "", "\n", "search\t<path", "../x"])
def test_an_unknown_name_in_a_variable_is_an_error_of_the_render(name: str) -> None:
    with pytest.raises(UnknownIconError, match="no icon"):
        rendered("{{ ui.icon(name) }}", name=name)


def test_an_icon_of_the_application_stands_in_for_the_library() -> None:
    own = "{% macro icon(name) %}<own-icon>{{ name }}</own-icon>{% endmacro %}"
    environment = create_environment(DictLoader({"pyview/icons.html": own}))
    template = LiveTemplate.from_string(IMPORT + "{{ ui.icon('mine') }}", "page.html", environment)
    assert template.render({}) == "<own-icon>mine</own-icon>"


def test_an_icon_is_a_function_too() -> None:
    assert rendered_content(ui.icon("x", class_="big")).startswith('<svg class="pv-icon big" ')
