"""The expressions behind the slots of a template."""

from pyview.template.environment import create_environment
from pyview.template.origins import SlotOrigin, slot_origins

SOURCE = """\
{% macro row(a, b_c) %}<i>{{ a }}{{ b_c }}</i>{% endmacro %}
<h1>{{ title }}</h1>
{% for item in items if item.shown %}
<li><a href="{{ item.url }}">{{ loop.index }}</a> {{ title|upper }}{% if item.done %}{{ n }}{% endif %}</li>
{% endfor %}
{{ row(title, n) }}{% include "other.html" %}
"""


def found() -> list[SlotOrigin]:
    origins = slot_origins(create_environment(), SOURCE, "page.html")
    return [origins[key] for key in sorted(origins)]


def test_a_slot_has_its_expression_line_and_names() -> None:
    shown = {each.text: (each.line, each.reads) for each in found()}
    assert shown["{{ title }}"] == (2, ("title",))
    assert shown["{% for item in items if item.shown %}"] == (3, ("title", "items", "n"))
    assert shown["{{ title|upper }}"] == (4, ("title",))
    assert shown["{{ n }}"] == (4, ("n",))
    assert shown["{{ row(title, n) }}"] == (6, ("title", "n"))
    assert shown["{{ b_c }}"] == (1, ("b_c",))


def test_a_slot_of_a_row_reads_the_row() -> None:
    rows = [each.text for each in found() if each.reads_row]
    assert rows == ["{{ item.url }}", "{{ loop.index }}", "{% if item.done %}"]


def test_what_the_compiler_cannot_tell_is_rendered_always() -> None:
    assert [each.text for each in found() if each.always] == ['{% include "other.html" %}']


def test_bodies_have_the_numbers_of_the_compiled_template() -> None:
    environment = create_environment()
    template = environment.from_string("{% if a %}{{ b }}{% else %}{{ c }}{{ d }}{% endif %}")
    segments = template.root_render_func.__globals__["segments"]
    origins = slot_origins(environment, "{% if a %}{{ b }}{% else %}{{ c }}{{ d }}{% endif %}", None)
    for segment in segments:
        number = int(segment.fingerprint.rpartition("#")[2])
        slots = [key for key in origins if key.body == number]
        assert len(slots) == len(segment.blank)
