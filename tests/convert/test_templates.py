"""Converted templates render the same page as Ibis did."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader

from pyview.convert.pieces import Unclosed
from pyview.convert.report import ConvertedTemplate
from pyview.convert.template import Converter
from pyview.template.environment import create_environment
from pyview.template.live_template import LiveTemplate
from pyview.testing.tree_html import to_html
from tests.convert.cases import CASES, FILES, NAMES

MARK = "{# Jinja2 #}"


def convert(source: str) -> ConvertedTemplate:
    return Converter().convert(source)


@pytest.mark.parametrize(("ibis", "jinja", "page"), CASES)
def test_it_makes_the_same_page(ibis: str, jinja: str, page: str) -> None:
    converted = convert(ibis)
    assert converted.text.removeprefix(MARK) == jinja
    assert not converted.problems
    template = LiveTemplate.from_string(converted.text, environment=create_environment(DictLoader(FILES)))
    assert template.render(NAMES) == page
    assert to_html(template.rendering().tree(NAMES)) == page


@pytest.mark.parametrize("source", [source for case in CASES for source in case[:2]])
def test_converting_twice_is_converting_once(source: str) -> None:
    once = convert(source).text
    twice = convert(once)
    assert twice.text == once
    assert not twice.changes


@pytest.mark.parametrize(
    ("source", "converted"),
    [
        ("{{ day | dtformat:'%d.%m.' }}", "{{ day.strftime('%d.%m.') }}"),
        ("{{ text|truncatechars:5 }}", "{{ text | truncate(5, true, '...', 0) }}"),
        ("{{ xs|join:', ' }}", "{{ xs|join(', ') }}"),
        ("{{ price|currency:'€' }}", "{{ price|currency('€') }}"),
        ("{% for k, v in d.items %}{{ k }}{% endfor %}", "{% for k, v in d.items() %}{{ k }}{% endfor %}"),
        (
            "{% for row in rows %}\r\n{{ row|len }}\r\n{% endfor %}",
            "{% for row in rows %}\r\n{{ row|length }}\r\n{% endfor %}",
        ),
        ("{% spaceless %}<b> {{ a || b }}</b>{% endspaceless %}", "<b> {{ a or b }}</b>"),
        ("{{ a\n   || b }}", "{{ a or b }}"),
    ],
)
def test_examples_of_the_documentation_of_pyview(source: str, converted: str) -> None:
    assert convert(source).text.removeprefix(MARK) == converted


@pytest.mark.parametrize(
    "source",
    [
        "{{ loop.index }}{% set a = 1 %}",
        "{% for x in xs if x %}{{ loop.index }}{{ loop.first }}{% else %}none{% endfor %}",
        "{{ x | default('a') }}{{ x | length }}",
        "{{- x | default('a') -}}",
        "{% raw %}{{ a || b }}{% cycle a %}{% endraw %}",
        "{{ a if b else c }}{{ a ~ b }}{% if a is defined %}{% endif %}",
        "{% macro m(a, b=1) %}{{ a | default(b) }}{% endmacro %}{% call m(1) %}{% endcall %}",
        "{% include 'part' ignore missing with context %}{% import 'x' as y with context %}",
        "{% with a=1, b=a, c=d.e(2) %}{% endwith %}{% with %}{% endwith %}{{ rows[0]['x'] | keyed_by('id') }}",
        "{{ {'a': [1, (2, 3)]}['a'][1] }}{{ (a or b) and not c }}{{ 'it''s' }}",
        "{% for row in rows|groupby('x') %}{{ loop.cycle('a', 'b') }}{{ loop.index }}{% endfor %}",
        "${$x} {$ {% set a %}x{% endset %} $} 100% {one}",
    ],
)
def test_jinja_stays_as_it_is(source: str) -> None:
    converted = convert(source)
    assert converted.text == source
    assert not converted.changes
    assert not converted.remarks


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        ("{{ {1, 2}|len }}", "put the value into the view's context"),
        ("{{ now()|dtformat('%H') }}", "create_environment().globals['now']"),
        ("{% cycle 'a', 'b' %}", "{{ loop.cycle('a', 'b') }}"),
        ("{% for x in xs %}{% if x %}{% empty %}{% endif %}{% endfor %}", "not inside another tag"),
        ("{% for x in xs %}{{ loop.parent.count }}{% endfor %}", "{% set outer_loop = loop %}"),
        ("{% block my title %}{% endblock %}", "rename the block"),
        ("{{ a ?? b }}", "{{ b if a else c }}"),
        ("{{ text|truncatechars(2) }}", "use a larger number"),
        ("{% with a %}{% endwith %}", "expected name = value"),
        ("{% chart a %}", "unknown tag 'chart'"),
        ("{%  %}", "the tag is empty"),
        ("{{ (a + b)|len }}", "len is a filter of Ibis"),
    ],
)
def test_code_to_change_by_hand(source: str, advice: str) -> None:
    converted = convert("one\n" + source)
    (problem,) = [remark for remark in converted.remarks if remark.problem]
    assert problem.line == 2
    assert advice in problem.text
    assert not converted.changes


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        ("{{ text|title }}", "makes the other letters of each word lower case"),
        ("{{ text|e }}", "escapes it once"),
        ("{{ text|truncatechars(9) }}", "keeps punctuation"),
        ("{{ text|striptags }}", "entities"),
        ("{{ loop.count }}", "a file that includes this one"),
        ("{% if a == true %}{% endif %}", "reads true as True"),
        ("{% for x in a %}{% for y in x %}{% cycle 'a', 'b' %}{% endfor %}{% endfor %}", "starts again"),
        ("{% for x in a %}{% if x %}{% cycle 'a', 'b' %}{% endif %}{% endfor %}", "counts every item"),
        ("{% for x in a %}{% cycle '<b>', '' %}{% endfor %}", "| safe"),
        ("{% for x in d.values %}{% endfor %}", "d.values()"),
        ("{{ n|euros }}", "create_environment().filters['euros']"),
        ("{{ code|pygmentize('python') }}", "create_environment().filters['pygmentize']"),
        ("{% set a = 1 %}{{ loop.count }}{{ xs|slice(1, 2) }}", "is left as it is"),
    ],
)
def test_remarks_about_differences(source: str, advice: str) -> None:
    converted = convert(source)
    assert not converted.problems
    assert any(advice in remark.text for remark in converted.remarks)


def test_the_advice_about_the_loop_of_an_including_file_works() -> None:
    part = convert("[{{ loop.count }}]")
    (remark,) = part.remarks
    mention = "{% set outer_loop = loop %}"
    assert mention in remark.text
    environment = create_environment(DictLoader({"part": part.text}))
    source = f"{{% for x in xs %}}{mention}{{% include 'part' %}}{{% endfor %}}"
    template = LiveTemplate.from_string(source, environment=environment)
    assert template.render({"xs": "ab"}) == to_html(template.rendering().tree({"xs": "ab"})) == "[1][2]"


def test_the_mark_comes_after_the_byte_order_mark() -> None:
    source = "\ufeff{% for x in xs %}{{ loop.count }}{% endfor %}"
    assert convert(source).text == "\ufeff{# Jinja2 #}{% for x in xs %}{{ loop.index }}{% endfor %}"


def test_each_change_has_its_line() -> None:
    changes = convert("{{ a || b }}\n{# \n #}\n{% if a\n && b %}{% endif %}").changes
    assert [(change.line, change.before, change.after) for change in changes] == [
        (1, "{{ a || b }}", "{{ a or b }}"),
        (4, "{% if a\n && b %}", "{% if a and b %}"),
    ]


WORDS = st.sampled_from(
    [
        *(
            "{% ",
            " %}",
            "{{ ",
            " }}",
            "{$ ",
            " $}",
            "{# ",
            " #}",
            "for x in xs",
            "endfor",
            "empty",
            "else",
            "if ",
            "endif",
        ),
        *(
            "a",
            "loop.index",
            "loop.parent.count",
            "with a=b & c=a",
            "endwith",
            "include 'p' with a=1",
            "cycle 'a', 'b'",
        ),
        *(
            " || ",
            " && ",
            " ?? ",
            " :: ",
            "|len",
            "|slice(1)",
            "|default('x')",
            "'",
            '"',
            "(",
            ")",
            "\n",
            "|",
            ":",
            "not ",
        ),
        *(
            "raw",
            "endraw",
            "spaceless",
            "endspaceless",
            "set z = 1",
            "|even",
            " in ",
            "{'a': 1}",
            "1.5",
            "-",
            "end",
            "é",
        ),
    ]
)


@given(st.lists(WORDS, max_size=25).map("".join))
def test_anything_is_converted_once_or_refused(source: str) -> None:
    try:
        once = convert(source)
    except Unclosed:
        return
    assert convert(once.text).text == once.text
