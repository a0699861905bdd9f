"""Rules about unsafe places, unescaped values, unprintable values and names of `loop`."""

import pytest

from pyview.lint import lint
from tests.lint.conftest import Make

VIEW = """\
from dataclasses import dataclass
from typing import Any, Callable, Iterator, TypedDict
from pyview import LiveView

@dataclass
class Item:
    id: int
    name: str
    @property
    def size(self) -> int: return 1
    def label(self) -> str: return ""
    async def load(self) -> str: return ""

class Context(TypedDict):
    x: Any
    text: str
    count: int
    item: Item
    items: list[Item]
    rows: Iterator[str]
    act: Callable[[], str]

class ShopView(LiveView[Context]):
    pass
"""


def found(make: Make, template: str) -> list[tuple[str, int]]:
    return [(one.rule, one.line) for one in lint(make("<i></i>\n" + template, VIEW))]


UNSAFE = [
    "<b title={{ x }}></b>",
    "<b title=a{{ x }}></b>",
    "<b title = {{ text }}></b>",
    "<b {% if x %}title={{ x }}{% endif %}></b>",
    "<script>let a = {{ x }};</script>",
    "<script>let a = '{{ x }}';</script>",
    "<script>let a = '{{ x|tojson }}';</script>",
    "<script type='application/json'>{{ x }}</script>",
    "<style>b { color: {{ x }} }</style>",
    '<b onclick="f({{ x }})"></b>',
    '{% for one in items %}<b onclick="f({{ loop.previtem }})"></b>{% endfor %}',
    "{% for one in items %}<script>{{ loop.nextitem }}</script>{% endfor %}",
    "<b ONCLICK='{{ x }}'></b>",
    "<b onclick='f({% if x %}{{ x }}{% endif %})'></b>",
    '<iframe srcdoc="{{ x }}"></iframe>',
    '<a href="javascript:f({{ x }})"></a>',
    "<{{ x }}></b>",
    "<h{{ x }}></h1>",
    '<b {{ x }}="1"></b>',
    '<b data-{{ x }}="1"></b>',
    '<b {{ "a" ~ x }}></b>',
    "<b {{ x|lower }}></b>",
    '<b data-x="{{ x|tojson }}"></b>',
    """<b onclick='f("{{ x|tojson }}")'></b>""",
    "<b phx-click='{{ x|tojson }}'></b>",
    '<b phx-click="{{ items }}"></b>',
    """<b phx-click="{{ '[["push",' ~ x ~ ']]' }}"></b>""",
    "{% autoescape false %}{{ x }}{% endautoescape %}",
    "{% macro m(a) %}<b title={{ a }}></b>{% endmacro %}",
    "{% for y in x %}<b title={{ y }}></b>{% endfor %}",
    "{% block b %}<b title={{ x }}></b>{% endblock %}",
]

SAFE = [
    '<b title="{{ x }}" class=\'{{ x }}\' data-x="a{{ x }}b">{{ x }}</b>',
    "<b title=a>{{ x }}</b>",
    "<b width={{ count }} height={{ item.id }} x={{ text|length }} y={{ item.size }}></b>",
    "{% for one in items %}<b data-n={{ one.id }}></b>{{ loop.index }}{% endfor %}",
    "<b class={{ 'a' if x else 'b' }}></b>",
    "<script>let a = {{ x|tojson }};</script>",
    "<script type='application/json'>{{ x|tojson }}</script>",
    "<script>let a = {{ x|tojson|safe }};</script>",
    """<b phx-click='{{ [["push", {"event": "a", "value": {"id": x}}]]|tojson }}'></b>""",
    '<b aria-expanded="{{ x|tojson }}" data-n="{{ count|tojson }}" data-o="{{ (count > 1)|tojson }}"></b>',
    "<script type='text/template'>{{ x }}</script>",
    "<script src='{{ x }}'></script>",
    "<script>let a = {{ count }};</script>",
    "<b onclick='f({{ x|tojson }})' data-x='{{ x|tojson }}'></b>",
    '<b phx-click="{{ x }}" phx-value-x="{{ x }}" phx-target="{{ x }}"></b>',
    '<b phx-click="{{ js.push(\'a\', value={"id": x}) }}"></b>',
    '<a href="/items/{{ x }}">a</a>',
    '<a href="{{ x }}">a</a><img src="{{ x }}" alt="">',
    '<b{{ {"title": x} | ui.attributes }}></b><b {{ x }}></b><b {{ "hidden" if x }}></b>',
    "<b {% if x %}hidden{% endif %} title='{{ x }}'></b>",
    "<h{{ count }}></h1>",
    "<!-- {{ x }} --><title>{{ x }}</title><textarea>{{ x }}</textarea>",
    '<b style="width: {{ x }}%"></b>',
    "{% macro m() %}<b>{{ caller() }}</b>{% endmacro %}",
    "{% if x %}<b title='{{ x }}'>{% else %}<b>{% endif %}{{ x }}</b>",
]


@pytest.mark.parametrize("template", UNSAFE)
def test_places_where_escaping_is_not_enough(make: Make, template: str) -> None:
    assert ("unsafe-place", 2) in found(make, template)


@pytest.mark.parametrize("template", SAFE)
def test_places_where_escaping_is_enough(make: Make, template: str) -> None:
    assert [one for one in found(make, template) if one[0] in ("unsafe-place", "marked-safe")] == []


@pytest.mark.parametrize("template", ["{{ x|safe }}", "<b>\n{{ ('a' ~ x)|safe }}</b>", "{{ Markup(x) }}"])
def test_values_that_are_not_escaped(make: Make, template: str) -> None:
    assert ("marked-safe", 2 + template.count("\n")) in found(make, template)


@pytest.mark.parametrize(
    "template",
    [
        "{{ '<hr>'|safe }}",
        "{{ count|safe }}",
        "{{ x|e|safe }}",
        "{% macro m() %}{{ caller()|safe }}{% endmacro %}",
    ],
)
def test_values_that_are_html_may_be_marked_safe(make: Make, template: str) -> None:
    assert found(make, template) == []


def test_a_comment_ignores_a_finding(make: Make) -> None:
    assert found(make, "{{ x|safe }}{# pyview: ignore[marked-safe] #}") == []
    assert found(make, "{# pyview: ignore[unsafe-place] #}\n<b title={{ x }}></b>") == []


def test_a_finding_tells_what_to_write(make: Make) -> None:
    [one] = lint(make("<p\n  title={{ x }}></p>", VIEW))
    assert str(one).endswith(
        "html:2: title={{ ... }} has no quotes, so a space in the value begins another attribute: write "
        'title="{{ ... }}" [unsafe-place]'
    )


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ items|map(attribute='name') }}", "|map returns a generator"),
        ("{{ rows }}", "an iterator is printed"),
        ("{{ item.label }}", "Item.label is a method"),
        ("{{ item.load() }}", "cannot await"),
        ("{{ act }}", "a function is printed"),
        ("{% for one in items %}{{ one.label }}{% endfor %}", "Item.label is a method"),
    ],
)
def test_printed_values_without_a_useful_text(make: Make, template: str, says: str) -> None:
    [one] = lint(make("<i></i>\n" + template, VIEW))
    assert (one.rule, one.line) == ("unprintable-value", 2)
    assert says in one.text


@pytest.mark.parametrize(
    "template",
    [
        "{{ items|map(attribute='name')|join(', ') }}",
        "{% for one in rows %}{{ one }}{% endfor %}{{ rows|list }}",
        "{{ item.label() }}{{ item.name }}{{ item.size }}{{ act() }}",
        "{% for item in items %}{% for item in item.name %}{{ item.label }}{% endfor %}{% endfor %}",
        "{% set item = x %}{{ item.label }}",
        "{% for x in x.children recursive %}{{ x.label }}{{ loop(x.children) }}{% endfor %}",
    ],
)
def test_printed_values_with_a_text(make: Make, template: str) -> None:
    assert found(make, template) == []


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("lenght", "it is loop.length"),
        ("counter", "it is loop.index"),
        ("parentloop", "{% set outer = loop %}"),
        ("zzz", "loop has no 'zzz' in Jinja2"),
    ],
)
def test_names_that_loop_does_not_have(make: Make, name: str, advice: str) -> None:
    [one] = lint(make(f"{{% for y in items %}}\n{{{{ loop.{name} }}}}{{% endfor %}}", VIEW))
    assert (one.rule, one.line) == ("unknown-name", 2)
    assert f"loop has no {name!r} in Jinja2" in one.text
    assert advice in one.text


@pytest.mark.parametrize(
    ("name", "advice"),
    [("count", "loop.index"), ("is_first", "loop.first"), ("is_last", "loop.last"), ("parent", "outer_loop")],
)
def test_names_that_loop_had_in_pyview_before_jinja2(make: Make, name: str, advice: str) -> None:
    [one] = lint(make(f"{{% for y in items %}}\n{{{{ loop.{name} }}}}{{% endfor %}}", VIEW))
    assert (one.rule, one.line) == ("template-error", 2)
    assert advice in one.text


def test_names_of_loop_in_jinja2(make: Make) -> None:
    inner = "{{ loop.index0 }}{{ loop.previtem }}{{ loop.cycle(1, 2) }}{{ loop.changed(y) }}{{ loop.depth }}"
    assert found(make, f"{{% for y in items %}}{inner}{{% endfor %}}") == []
    assert found(make, "{% set loop = x %}{{ loop.counter }}") == []


def test_a_method_of_the_context_is_not_printed(make: Make) -> None:
    view = VIEW.replace("(LiveView[Context])", "(LiveView[Item])")
    [one] = lint(make("{{ id }}{{ size }}{{ label }}", view))
    assert (
        one.text
        == "Item.label is a method of the context; templates see only its fields and properties: make it a property"
    )
