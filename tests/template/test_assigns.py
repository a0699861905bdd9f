"""Contexts of every kind as names of a template."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from jinja2 import DictLoader, pass_context
from pydantic import BaseModel, computed_field

from pyview.template.environment import create_environment
from pyview.template.live_template import LiveTemplate
from pyview.testing.tree_html import to_html
from pyview.wire.merge import merge

SHOW = LiveTemplate.from_string("{{ count }} {{ double }} {{ nope }}")


@dataclass
class Counter:
    count: int = 1
    asked: list[str] = field(default_factory=list)

    @property
    def double(self) -> int:
        self.asked.append("double")
        return self.count * 2

    @property
    def broken(self) -> int:
        raise RuntimeError("nobody asked for this")

    def method(self) -> int:
        return 0


@dataclass(slots=True)
class Slotted:
    count: int = 1
    double: int = 2


class Model(BaseModel):
    count: int = 1

    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        return self.count * 2


class Plain:
    double = 2

    def __init__(self) -> None:
        self.count = 1


class Cached:
    count = 1

    @cached_property
    def double(self) -> int:
        return 2


@pytest.mark.parametrize(
    "context",
    [
        {"count": 1, "double": 2},
        defaultdict(int, count=1, double=2),
        MappingProxyType({"count": 1, "double": 2}),
        Counter(),
        Slotted(),
        Model(),
        Plain(),
        Cached(),
        SimpleNamespace(count=1, double=2),
    ],
    ids=lambda context: type(context).__name__,
)
def test_every_kind_of_context(context: Any) -> None:
    assert SHOW.render(context) == "1 2 "
    rendering = SHOW.rendering()
    whole = rendering.update(context)
    assert [whole[key] for key in "012"] == ["1", "2", ""]
    assert rendering.update(context) == {}


def test_none_is_an_empty_context() -> None:
    assert SHOW.render(None) == "  "


def test_changes_of_an_object_show() -> None:
    counter = Counter()
    rendering = SHOW.rendering()
    rendering.update(counter)
    counter.count = 5
    assert rendering.update(counter) == {"0": "5", "1": "10"}


def test_a_property_is_read_only_if_used_and_once() -> None:
    counter = Counter()
    template = LiveTemplate.from_string("{{ double }}{{ double }}{{ count }}")
    template.render(counter)
    template.rendering().update(counter)
    assert counter.asked == ["double", "double"]


def test_properties_stay_unread_through_includes_and_blocks() -> None:
    files = {
        "main.html": "{% extends 'base.html' %}{% set x = 1 %}"
        "{% block b %}{{ double }}{% include 'part.html' %}{% endblock %}",
        "base.html": "{% for i in range(2) %}{% block b scoped %}{% endblock %}{% endfor %}",
        "part.html": "{{ count }}{{ x }}{{ i }}{% import 'm.html' as m with context %}{{ m.show() }}",
        "m.html": "{% macro show() %}{{ count }}{% endmacro %}",
    }
    template = LiveTemplate.from_loader("main.html", create_environment(DictLoader(files)))
    expected = template.render({"count": 1, "double": 2})
    assert template.render(Counter()) == expected
    assert to_html(merge({}, template.rendering().update(Counter()))) == expected


def test_an_error_in_a_used_property_is_the_templates() -> None:
    with pytest.raises(RuntimeError, match="nobody asked"):
        LiveTemplate.from_string("{{ broken }}").render(Counter())


def test_methods_and_private_names_are_excluded() -> None:
    assert LiveTemplate.from_string("{{ method }}{{ __class__ }}{{ asked }}").render(Counter()) == "[]"


def test_extras_come_first() -> None:
    for context in ({"count": 1}, Counter()):
        assert (
            LiveTemplate.from_string("{{ count }}{{ flash }}").render(context, {"count": 7, "flash": "f"})
            == "7f"
        )


def test_a_dict_is_not_written_to() -> None:
    context = {"count": 1}
    template = LiveTemplate.from_string("{% set count = 2 %}{% set y = 3 %}{{ count }}{{ y }}")
    template.render(context)
    template.rendering().update(context, {"flash": "x"})
    assert context == {"count": 1}


def test_functions_that_get_the_context_see_all_of_it() -> None:
    @pass_context
    def names(context: Any) -> list[str]:
        assert "count" in context
        assert context["count"] == 1
        assert "range" in context
        assert dict(context.items())["count"] in list(context.values())
        return sorted({"count", "double", "asked", "range"} & context.keys())

    class Small:
        count = 1
        double = 2

    template = LiveTemplate.from_string("{{ names() }}")
    for context in ({"count": 1, "double": 2}, Small()):
        text = template.render(context, {"names": names})
        assert text == "[&#39;count&#39;, &#39;double&#39;, &#39;range&#39;]"
