"""Pages that are rendered to text: the code that writes them prints what Jinja2 prints, for any text and any value."""

import traceback
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from pyview.template.environment import LiveEnvironment, create_environment
from pyview.template.live_template import LiveTemplate
from pyview.testing.tree_html import to_html
from pyview.wire.merge import merge

VALUES = st.one_of(
    st.text(),
    st.integers(),
    st.booleans(),
    st.floats(),
    st.none(),
    st.text().map(Markup),
    st.lists(st.text(max_size=3), max_size=2),
    st.decimals(),
    st.uuids(),
    st.datetimes(timezones=st.timezones()),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.text(max_size=3).map(lambda text: type("Text", (str,), {"__str__": lambda self: "<sub>"})(text)),
    st.text(max_size=3).map(lambda text: type("Html", (), {"__html__": lambda self: f"<b>{text}</b>"})()),
)
# Text of a template, without the beginnings of Jinja2's tags and without "\r", which Jinja2 turns into "\n".
STATICS = st.text(st.sampled_from("{}\\'\"<N&\n\t%#ä\u2028\U0001f600 a1_w0"), max_size=12).filter(
    lambda text: not any(mark in text for mark in ("{{", "{%", "{#", "}}", "%}", "#}")) and text[-1:] != "{"
)


def stock(source: str, names: dict[str, Any]) -> str:
    # `keep_trailing_newline` has to be the same on both sides.
    return jinja2.Environment(autoescape=True).from_string(source).render(names)


def shown(source: str, names: dict[str, Any]) -> str:
    """Return the page as text, after comparing it with the text of the tree."""
    template = LiveTemplate.from_string(source)
    text = template.render(names)
    assert to_html(merge({}, template.rendering().update(names))) == text
    return text


@given(STATICS, VALUES, STATICS, VALUES, STATICS)
def test_any_text_around_any_value(before: str, one: Any, between: str, other: Any, after: str) -> None:
    source = f"{before} {{{{ one }}}} {between} {{{{ row.other }}}} {after}"
    source += "{% for each in rows %}" + before + " {{ each.other }}{{ each['other'] }} {% endfor %}"
    names = {"one": one, "row": {"other": other}, "rows": [{"other": one}, {"other": other}, {}]}
    assert shown(source, names) == stock(source, names)


@pytest.mark.parametrize("autoescape", [True, False])
def test_a_value_prints_what_it_was_where_it_stands(autoescape: bool) -> None:
    source = "{{ xs }}{{ xs.pop() }}{{ xs }}{{ xs.append('<') or '' }}{{ xs }}"
    expected = jinja2.Environment(autoescape=autoescape).from_string(source).render(xs=[1, "&"])  # noqa: S701
    template = LiveTemplate.from_string(source, environment=create_environment(autoescape=autoescape))
    assert template.render({"xs": [1, "&"]}) == expected


class Proxy:
    """A lazy value, as translations are: it claims the class of what it stands for."""

    def __init__(self, value: Any) -> None:
        self._value = value

    @property  # type: ignore[misc]  # a proxy is not what it claims to be
    def __class__(self) -> Any:
        return type(self._value)

    def __str__(self) -> str:
        return str(self._value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._value, name)


@pytest.mark.parametrize("value", ["<b>", 7, True, {"name": "entry"}])
def test_a_proxy_prints_what_it_stands_for(value: Any) -> None:
    source = "{{ value }}|{{ value.name }}|{{ value['name'] }}"
    names = {"value": Proxy(value)}
    assert shown(source, names) == stock(source, names)


def test_a_key_that_is_also_a_method_of_dicts_is_the_method_with_a_dot() -> None:
    names = {"row": {"items": 3, "name": "entry"}}
    assert shown("{{ row['items'] }} {{ row.name }} {{ row.items()|length }}", names) == "3 entry 2"


def test_a_subclass_of_dict_reads_its_own_way() -> None:
    class Lower(dict[str, str]):
        name = "attribute"

        def __getitem__(self, key: str) -> str:
            return super().__getitem__(key).lower()

    names = {"row": Lower(name="ENTRY", other="OTHER")}
    assert shown("{{ row.name }} {{ row['name'] }} {{ row.other }}", names) == "attribute entry other"


def test_an_environment_with_rules_for_fields_is_asked_for_each() -> None:
    class Closed(LiveEnvironment):
        def getattr(self, obj: Any, attribute: str) -> Any:
            return "closed" if attribute == "secret" else super().getattr(obj, attribute)

        def getitem(self, obj: Any, argument: Any) -> Any:
            return "closed" if argument == "secret" else super().getitem(obj, argument)

    template = LiveTemplate.from_string(
        "{{ row.secret }} {{ row['secret'] }} {{ row.name }}", environment=Closed()
    )
    names = {"row": {"secret": "s", "name": "n"}}
    assert template.render(names) == "closed closed n"
    assert to_html(template.rendering().tree(names)) == "closed closed n"


def test_an_error_has_the_line_of_its_expression() -> None:
    template = LiveTemplate.from_string("<p>\n{{ name }}\n{{ 1 // number }}\n</p>", "page.html")
    with pytest.raises(ZeroDivisionError) as raised:
        template.render({"name": "x", "number": 0})
    lines = [line for frame, line in traceback.walk_tb(raised.tb) if frame.f_code.co_filename == "page.html"]
    assert lines == [3]
