"""A value whose text means nothing to a user raises an error with the line of the template, in text and in a tree."""

from collections.abc import Iterator
from typing import Any

import pytest

from pyview.template.live_template import LiveTemplate
from pyview.template.tree.output import UnprintableValue
from tests.template.tstrings.pages import build


class Account:
    def balance(self) -> int:
        return 1


def lines() -> Iterator[str]:
    yield "a"


async def loaded() -> str:
    return "a"


def shown(source: str, tree: bool, **names: Any) -> Any:
    template = LiveTemplate.from_string(source, "page.html")
    return template.rendering().tree(names) if tree else template.render(names)


@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize(
    ("source", "line", "advice"),
    [
        ("{{ lines }}", 1, "rows|list"),
        ("<p>\n{{ names|map('upper') }}</p>", 2, "rows|list"),
        ("\n\n{{ account.balance }}", 3, "parentheses"),
        ("{{ table.items }}", 1, "parentheses"),
        ("{{ function }}", 1, "parentheses"),
        ("{% macro m() %}{{ lines }}{% endmacro %}\n{{ m() }}", 1, "rows|list"),
        ("{% set text %}{{ lines }}{% endset %}{{ text }}", 1, "rows|list"),
        ("{% autoescape false %}{{ lines }}{% endautoescape %}", 1, "rows|list"),
        ("{{ lines_of() }}", 1, "rows|list"),
    ],
)
def test_it_is_refused(source: str, line: int, advice: str, tree: bool) -> None:
    names = {"lines": lines(), "names": ["a"], "account": Account(), "table": {}, "function": lines}
    with pytest.raises(UnprintableValue, match=rf"^page.html:{line}: the page prints a .*{advice}"):
        shown(source, tree, **names, lines_of=lines)


@pytest.mark.parametrize("tree", [False, True])
def test_a_coroutine_that_was_not_awaited(tree: bool) -> None:
    waiting = loaded()
    with pytest.raises(UnprintableValue, match="await it in a handler"):
        shown("{{ text }}", tree, text=waiting)
    waiting.close()


@pytest.mark.parametrize("tree", [False, True])
def test_reads_and_calls_of_fields_follow_the_model(tree: bool) -> None:
    source = "{% for x in lines %}{{ x }}{% endfor %}{{ names|map('upper')|join }}{{ account.balance() }}{{ Account }}"
    found = str(shown(source, tree, lines=lines(), names=["a"], account=Account(), Account=Account))
    assert "A" in found
    assert "generator" not in found


def test_in_a_template_string_too() -> None:
    tstrings = LiveTemplate.from_string("").environment.tstrings
    with pytest.raises(UnprintableValue, match="parentheses"):
        tstrings.text(build("<p>", (Account().balance,), "</p>"))
    assert tstrings.text(build("<p>", (lines(),), "</p>")) == "<p>a</p>"
