"""Errors for unconverted templates of PyView 0.9 name the line and the replacement in Jinja2."""

import re

import pytest
from jinja2 import DictLoader, TemplateSyntaxError

from pyview import LiveView, PyView
from pyview.template.environment import create_environment
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient


@pytest.mark.parametrize(
    ("source", "replacement"),
    [
        ("{% for x in xs %}{% empty %}none{% endfor %}", "{% else %}"),
        ("{% for x in xs %}{% cycle 'a', 'b' %}{% endfor %}", "{{ loop.cycle('a', 'b') }}"),
        ("{% trim %}{% endtrim %}", "{% filter trim %}"),
        ("{% spaceless %}{% endspaceless %}", "missing and not needed"),
        ("{% include 'x' with a=b & c=d %}", "{% with a=b %}{% include 'file' %}{% endwith %}"),
        ("{% with a=b & c=d %}{% endwith %}", "{% with a=b, c=d %}"),
        ("{{ a ?? b :: c }}", "{{ b if a else c }}"),
        ("{{ a || b }}", "a or b"),
        ("<p>{{ fine }}</p>{% if a && b %}{% endif %}", "a and b"),
        ("{{ x|dtformat:'%d' }}", "value|filter('x')"),
        ("{{ x | dtformat('%d') }}", "{{ day.strftime('%d.%m.') }}"),
        ("{{ x|len }}", "{{ rows | length }}"),
        ("{% if a %}{{ x|truncatechars(9) }}{% endif %}", "{{ text | truncate(15, true, '...', 0) }}"),
        ("{{ a if b else x|truncatewords(9) }}", "{{ text.split()[:15] | join(' ') }}"),
        ("{% for x in xs|reversed %}{% endfor %}", "{% for row in rows | reverse %}"),
        ("{% for x in xs %}{{ loop.count }}{% endfor %}", "loop.index"),
        ("{% for x in xs %}{% if loop.is_first %}{% endif %}{% endfor %}", "loop.first"),
        ("{% for x in xs %}{% for y in x %}{{ loop.is_last }}{% endfor %}{% endfor %}", "loop.last"),
        (
            "{% for x in xs %}{% for y in x %}{{ loop.parent.index }}{% endfor %}{% endfor %}",
            "{% set outer_loop = loop %}",
        ),
    ],
)
def test_the_error_names_the_replacement(source: str, replacement: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=re.escape(f"is {replacement}")) as raised:
        LiveTemplate.from_string(f"one\n{source}\nthree")
    assert raised.value.lineno == 2
    assert "PyView 0.9's " in str(raised.value)
    assert "`pyview convert FOLDER`" in str(raised.value)


@pytest.mark.parametrize(
    "source",
    [
        "{% if a %}\n<p onclick='a || b && c'>{{ 'x ?? || && y' }}",
        "{{ x | nope }}",
        "{% nope %}",
        "{{ a",
    ],
)
def test_other_errors_stay_as_they_are(source: str) -> None:
    with pytest.raises(TemplateSyntaxError) as raised:
        LiveTemplate.from_string(source)
    assert "PyView 0.9" not in str(raised.value)


def test_own_names_replace_those_of_ibis() -> None:
    environment = create_environment(
        DictLoader(
            {
                "row": "{{ loop.count }}",
                "p": "{% macro m(loop) %}{{ loop.count }}{% endmacro %}{{ m({'count': 7}) }}",
            }
        )
    )
    environment.filters["len"] = len
    source = (
        "{{ xs|len }}{% for x in xs %}{% with loop={'count': x} %}{{ loop.count }}{% endwith %}{% endfor %}"
    )
    assert LiveTemplate.from_string(source, environment=environment).render({"xs": [8, 9]}) == "289"
    assert environment.get_template("row").render(loop={"count": 5}) == "5"
    assert environment.get_template("p").render() == "7"


async def test_the_error_page_names_the_replacement() -> None:
    class Rows(LiveView[None]):
        template = "rows.html"

    app = PyView(templates=DictLoader({"rows.html": "{% for x in xs %}\n{{ loop.count }}{% endfor %}"}))
    app.add_live_view("/", Rows)
    async with LiveClient(app) as client:
        with pytest.raises(TemplateSyntaxError, match=r"loop\.index in Jinja2") as raised:
            await client.open("/")
    assert (raised.value.name, raised.value.lineno) == ("rows.html", 2)
