"""Errors for the syntax of Ibis, the templates of PyView 0.9. They name the replacement in Jinja2."""

import re
from collections.abc import Collection, Iterator
from typing import Final

from jinja2 import TemplateSyntaxError, nodes

FILTERS: Final = {
    "divisible_by": "{% if n is divisibleby(2) %}",
    "dtformat": "{{ day.strftime('%d.%m.') }}",
    "endswith": "{{ text.endswith('.') }}",
    "esc": "{{ text | e }}",
    "even": "{% if n is even %}",
    "firsth": "a filter of your own",
    "firsth1": "a filter of your own",
    "firstp": "a filter of your own",
    "if_undefined": "{{ name | default('unknown') }}",
    "index": "{{ rows[2] }}",
    "is_defined": "{% if name is defined %}",
    "len": "{{ rows | length }}",
    "odd": "{% if n is odd %}",
    "pygmentize": "a filter of your own",
    "repr": "{{ '%r' | format(value) }}",
    "reversed": "{% for row in rows | reverse %}",
    "spaceless": "a filter of your own",
    "startswith": "{{ text.startswith('#') }}",
    "str": "{{ value | string }}",
    "teaser": "{{ text.partition('<!-- more -->')[0] }}",
    "titlecase": "{{ text | title }}",
    "truncatechars": "{{ text | truncate(15, true, '...', 0) }}",
    "truncatewords": "{{ text.split()[:15] | join(' ') }}",
    "wrap": "a filter of your own",
}
LOOP: Final = {
    "count": "loop.index",
    "is_first": "loop.first",
    "is_last": "loop.last",
    "parent": "{% set outer_loop = loop %} in the outer loop, and outer_loop in the inner one",
}
# Pattern in a tag that Jinja2 does not understand, the Ibis syntax, its replacement.
_SYNTAX: Final = (
    (re.compile(r"\{%\s*empty\b"), "{% empty %}", "{% else %}"),
    (re.compile(r"\{%\s*cycle\b"), "{% cycle 'a', 'b' %}", "{{ loop.cycle('a', 'b') }}"),
    (re.compile(r"\{%\s*(?:end)?trim\b"), "{% trim %}", "{% filter trim %}"),
    (re.compile(r"\{%\s*(?:end)?spaceless\b"), "{% spaceless %}", "missing and not needed"),
    (
        re.compile(r"\{%\s*include\b.*\bwith\b"),
        "{% include 'file' with a=b %}",
        "{% with a=b %}{% include 'file' %}{% endwith %}",
    ),
    (re.compile(r"\{%\s*with\b.*[^&]&[^&]"), "{% with a=b & c=d %}", "{% with a=b, c=d %}"),
    (re.compile(r"\?\?"), "{{ a ?? b :: c }}", "{{ b if a else c }}"),
    (re.compile(r"\|\|"), "a || b", "a or b"),
    (re.compile(r"&&"), "a && b", "a and b"),
    (re.compile(r"\|\s*[\w.]+\s*:"), "value|filter:'x'", "value|filter('x')"),
)
_TAG: Final = re.compile(r"\{[{%].*?(?:[}%]\}|$)")
_QUOTED: Final = re.compile(r"\"[^\"]*\"|'[^']*'")


def advise(error: TemplateSyntaxError, source: str) -> None:
    """Add the replacement in Jinja2 to a parser error, if the line of the error has syntax of Ibis."""
    lines = source.splitlines()[error.lineno - 1 : error.lineno]
    for tag in _TAG.findall("".join(lines)):
        for pattern, former, replacement in _SYNTAX:
            # Text in quotes is data: `'a || b'` is no syntax.
            if pattern.search(_QUOTED.sub("''", tag)):
                error.args = (f"{error.message} {_instead(former, replacement)}",)
                return


def refuse(tree: nodes.Template, filters: Collection[str], name: str | None, filename: str | None) -> None:
    """Raise `TemplateSyntaxError` if a template uses filters or loop attributes of Ibis that Jinja2 does not have.

    `filters` are those of its environment. Jinja2 itself would silently print nothing for `loop.count`.
    """
    for found in tree.find_all(nodes.Filter):
        if found.name in FILTERS and found.name not in filters:
            text = f"No filter named {found.name!r}. {_instead(f'filter {found.name}', FILTERS[found.name])}"
            raise TemplateSyntaxError(text, found.lineno, name, filename)
    for attribute in _loop_names(tree):
        if attribute.attr in LOOP:
            text = f"loop has no {attribute.attr}. {_instead(f'loop.{attribute.attr}', LOOP[attribute.attr])}"
            raise TemplateSyntaxError(text, attribute.lineno, name, filename)


def _loop_names(tree: nodes.Template) -> Iterator[nodes.Getattr]:
    """Yield each `loop.something` in a loop, unless the template assigns to the name `loop`."""
    # Then `loop` may be an object of the application, which can have any attribute.
    if any(found.name == "loop" and found.ctx != "load" for found in tree.find_all(nodes.Name)):
        return
    for loop in tree.find_all(nodes.For):
        for attribute in loop.find_all(nodes.Getattr):
            if isinstance(attribute.node, nodes.Name) and attribute.node.name == "loop":
                yield attribute


def _instead(former: str, replacement: str) -> str:
    return (
        f"PyView 0.9's {former} is {replacement} in Jinja2; `pyview convert FOLDER` converts all templates."
    )
