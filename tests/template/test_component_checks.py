"""Calls of components are checked when the template compiles; named slots in Jinja2; macros with declarations."""

import re
from typing import Any, Literal

import jinja2
import pytest
from jinja2 import DictLoader, TemplateSyntaxError

from pyview import Slot, SlotEntry, component
from pyview.template.component import components_in
from pyview.template.declared.declaration import ComponentError
from pyview.template.environment import LiveEnvironment, create_environment
from pyview.template.live_template import LiveTemplate
from tests.template.followed import Followed


class Column(SlotEntry):
    label: str
    align: Literal["left", "right"] = "left"


TABLE = (
    "<table>{% for c in column %}<th>{{ c.label }}</th>{% endfor %}"
    "{% for row in rows %}<tr>{% for c in column %}<td>{{ c(row) }}</td>{% endfor %}</tr>{% endfor %}</table>"
    "{{ footer }}|{{ children }}"
)


@component(source=TABLE)
def table(rows: Any, column: list[Column], footer: Slot = None, children: Slot = None) -> None: ...


@component(source="<p class={{ kind }}{{ rest }}>{{ title }}</p>")
def note(title: str, kind: Literal["info", "error"] = "info", level: int = 0, **rest: Any) -> None: ...


@component(source="<section>{{ children }}</section>")
def section(children: Slot) -> None: ...


UI = """\
{% macro card(title, kind=attr("info", values=["info", "error"], doc="How it looks."),
              size=attr(type="int"), footer=slot(attrs=["label"]), items=slot(many=true)) -%}
<div class="{{ kind }} s{{ size }}">{{ title }}
{%- for item in items %}<i>{{ item(1) }}</i>{% endfor %}
{%- if footer %}<u>{{ footer[0].label }}: {{ footer[0] }}</u>{% endif %}{{ caller() if caller }}</div>
{%- endmacro %}
{% macro plain(a, b=1) %}{{ a }}{{ b }}{% endmacro %}
{% macro loose(a=attr("x")) %}{{ a }}{{ kwargs }}{% endmacro %}
"""


def environment(**files: str) -> LiveEnvironment:
    made = create_environment(DictLoader({"ui.html": UI, **files}))
    made.globals.update(components_in([table, note, section]))
    return made


def compiled(source: str) -> LiveTemplate:
    return LiveTemplate.from_string(source, "page.html", environment())


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        ("note()", "note() needs 'title'"),
        (
            "note('x', kind='inf')",
            "note(kind=...): expected 'info' or 'error', got 'inf'. Did you mean 'info'?",
        ),
        ("note('x', kind=1)", "note(kind=...): expected 'info' or 'error', got 1"),
        ("note('x', level='1')", "note(level=...): expected int, got '1'"),
        ("note(1)", "note(title=...): expected str, got 1"),
        ("note('x', kin='info')", "note() takes no 'kin'. Did you mean 'kind'?"),
        ("note('x', href='/')", "note() takes no 'href'. It takes title, kind, level"),
        ("note('x', 'info', 1, 2)", "note() takes 3 arguments without a name, got 4"),
        ("note('x', title='y')", "note() got 'title' twice"),
        ("section()", "section() needs the slot 'children'"),
        ("table(rows=[])", "table() needs the slot 'column'"),
    ],
)
def test_a_call_that_cannot_be_right_is_a_syntax_error_with_its_line(call: str, problem: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        compiled("<p>\n\n{% if never %}{{ " + call + " }}{% endif %}</p>")
    assert caught.value.message == problem
    assert caught.value.lineno == 3
    assert caught.value.name == "page.html"


@pytest.mark.parametrize(
    "source",
    [
        "{{ note(x, kind=y, **z) }}{{ note(*w) }}{{ note(**z) }}",
        "{{ note('x', class='wide', data_x=1, phx_click='go', aria_label='x', level=none or 2) }}",
        "{% call section() %}x{% endcall %}",
        "{% macro note() %}{% endmacro %}{{ note(anything=1) if false }}",
        "{% set note = x %}{% for section in [] %}{{ section() }}{% endfor %}",
        "{{ x.note(1, 2, 3) }}{{ unknown(1) }}",
        "{{ note }}",
    ],
)
def test_calls_with_unknown_values_compile(source: str) -> None:
    compiled(source)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{% call note('x') %}x{% endcall %}", "note() has no slot for a body: declare one, children: Slot"),
        (
            "{% call table([]) %}{% call slot('column', lable='x') %}{% endcall %}{% endcall %}",
            "the slot 'column' of table() takes no attribute 'lable'. Did you mean 'label'?",
        ),
        (
            "{% call table([]) %}{% call slot('column') %}{% endcall %}{% endcall %}",
            "the slot 'column' of table() needs 'label'",
        ),
        (
            "{% call table([]) %}{% call slot('column', label='x', align='up') %}{% endcall %}{% endcall %}",
            "the slot 'column' of table(), align: expected 'left' or 'right', got 'up'",
        ),
        (
            "{% call table([]) %}{% call slot('columns', label='x') %}{% endcall %}{% endcall %}",
            "table() takes no 'columns'. Did you mean 'column'?",
        ),
        (
            "{% call table([], column=[]) %}{% call slot('footer') %}1{% endcall %}"
            "{% call slot('footer') %}2{% endcall %}{% endcall %}",
            "the slot 'footer' of table() takes one entry, got another",
        ),
        (
            "{% call slot('footer') %}1{% endcall %}",
            '{% call slot("...") %} must stand within the call block',
        ),
        (
            "{% call table([]) %}{% call slot(x) %}1{% endcall %}{% endcall %}",
            "expected a constant text as the name of a slot",
        ),
    ],
)
def test_slots_are_checked(source: str, problem: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="^" + re.escape(problem)):
        compiled(source)


def test_named_slots_have_attributes_arguments_and_outer_variables() -> None:
    page = Followed(
        "{% call table(rows) %}"
        "{% call(row) slot('column', label='Name') %}<b>{{ row.name }}</b>{% endcall %}"
        "{% call(row) slot('column', label=title) %}{{ row.age + years }}{% endcall %}"
        "{% call slot('footer') %}{{ years }} on{% endcall %}"
        " rest {{ title }}"
        "{% endcall %}",
        table,
    )
    page.show(rows=[{"name": "<Ada>", "age": 1}], years=1, title="Age")
    assert page.html == (
        "<table><th>Name</th><th>Age</th><tr><td><b>&lt;Ada&gt;</b></td><td>2</td></tr></table>1 on| rest Age"
    )
    diff = page.show(rows=[{"name": "<Ada>", "age": 1}], years=2, title="Age")
    assert page.html.endswith("<td>3</td></tr></table>2 on| rest Age")
    assert "Ada" not in str(diff)


def test_slots_alone_leave_no_children() -> None:
    page = Followed(
        "{% for n in [1, 2] %}{% call table([n]) %}\n"
        "  {% call(row) slot('column', label=n) %}{{ row }}{{ n }}{% endcall %}\n"
        "{% endcall %}{% endfor %}",
        table,
    )
    page.show()
    assert page.html == "".join(f"<table><th>{n}</th><tr><td>{n}{n}</td></tr></table>|" for n in (1, 2))


COLUMNS = (
    "{% call table(rows) %}"
    "{% if named %}{% call(row) slot('column', label='Name') %}<b>{{ row.name }}</b>{% endcall %}"
    "{% elif aged %}{% call(row) slot('column', label='Age') %}{{ row.age }}{{ sign }}{% endcall %}"
    "{% else %}{% call(row) slot('column', label='None') %}-{% endcall %}{% endif %}"
    "{% call(row) slot('column', label='Fixed') %}f{% endcall %}"
    "{% for more in extra if more.shown %}{% set label = more.label|upper %}"
    "{% call(row) slot('column', label=label ~ loop.index) %}{{ row[more.key] }}{{ label }}{{ sign }}{% endcall %}"
    "{% endfor %}"
    "{% with total = rows|length %}{% call slot('footer') %}{{ total }} rows{% endcall %}{% endwith %}"
    "{% endcall %}"
)


def test_slots_may_stand_in_if_for_and_with() -> None:
    page = Followed(COLUMNS, table)
    ada: dict[str, Any] = {"name": "<Ada>", "age": 1, "city": "Rome"}
    extra = [{"label": "city", "key": "city", "shown": True}, {"label": "x", "key": "age", "shown": False}]
    given: dict[str, Any] = {"rows": [ada], "named": True, "aged": True, "extra": extra, "sign": "!"}
    page.show(**given)
    assert page.html == (
        "<table><th>Name</th><th>Fixed</th><th>CITY1</th>"
        "<tr><td><b>&lt;Ada&gt;</b></td><td>f</td><td>RomeCITY!</td></tr></table>1 rows|"
    )
    given["sign"] = "?"
    diff = page.show(**given)
    assert "RomeCITY?" in page.html
    assert not any(same in str(diff) for same in ("Ada", "table", "rows"))
    given["named"] = False
    page.show(**given)
    assert "<th>Age</th><th>Fixed</th><th>CITY1</th><tr><td>1?</td>" in page.html
    given["aged"] = False
    given["extra"] = [extra[0], {**extra[1], "shown": True}]
    page.show(**given)
    assert "<th>None</th><th>Fixed</th><th>CITY1</th><th>X2</th><tr><td>-</td>" in page.html
    given.update(extra=[], rows=[ada, {**ada, "name": "Bo"}])
    page.show(**given)
    assert page.html == (
        "<table><th>None</th><th>Fixed</th><tr><td>-</td><td>f</td></tr><tr><td>-</td><td>f</td></tr></table>2 rows|"
    )
    assert page.show(**given) == {}


GROUPS = (
    "{% for group in groups %}{% call table(group) %}"
    "{% if wide %}wide {% call slot('footer') %}f{{ group|length }}{% endcall %}body{% endif %}"
    "{% for n in group %}{% for m in [1, 2] %}"
    "{% call(row) slot('column', label=n * m) %}{{ row + n * m }}{% endcall %}"
    "{% endfor %}{% endfor %}"
    "{% if wide %}{% call section() %}{% if wide %}in{% endif %}{% endcall %}{% endif %}"
    "{% endcall %}{% endfor %}"
)


def test_content_outside_slots_stays_in_the_body_of_its_call() -> None:
    page = Followed(GROUPS, table, section)
    page.show(groups=[[1], [5]], wide=True)
    assert page.html == (
        "<table><th>1</th><th>2</th><tr><td>2</td><td>3</td></tr></table>f1|wide body<section>in</section>"
        "<table><th>5</th><th>10</th><tr><td>10</td><td>15</td></tr></table>f1|wide body<section>in</section>"
    )
    page.show(groups=[[1], [5]], wide=False)
    assert page.html.endswith("</tr></table>|")
    page.show(groups=[[5]], wide=True)


FOOTER = "{% if shown %}{% call slot('footer') %}t{% endcall %}{% endif %}"


@component(source="{{ footer }}")
def required(footer: Slot) -> None: ...


@component(source="{{ footer }}{% if not footer %}none{% endif %}")
def optional(footer: Slot = None) -> None: ...


def test_a_slot_that_no_branch_gives_is_missing_or_empty() -> None:
    page = Followed("{% call optional() %}" + FOOTER + "{% endcall %}", optional)
    page.show(shown=True)
    assert page.html == "t"
    page.show(shown=False)
    assert page.html == "none"
    page = Followed("{% call required() %}" + FOOTER + "{% endcall %}", required)
    page.show(shown=True)
    assert page.html == "t"
    with pytest.raises(ComponentError, match=r"required\(\) needs the slot 'footer'"):
        page.show(shown=False)


def test_two_entries_where_one_is_taken_are_an_error_at_run_time() -> None:
    footers = "{% for shown in [1, 2] %}" + FOOTER + "{% endfor %}"
    with pytest.raises(ComponentError, match=r"the slot 'footer' of optional\(\) takes one entry, got 2"):
        Followed("{% call optional() %}" + footers + "{% endcall %}", optional).show()


@pytest.mark.parametrize(("begin", "end"), [("if x", "endif"), ("for x in y", "endfor"), ("with", "endwith")])
def test_slots_within_statements_are_checked_too(begin: str, end: str) -> None:
    slot = "{% call slot('column', lable='x') %}{% endcall %}"
    source = "{% call table([]) %}{% " + begin + " %}" + slot + "{% " + end + " %}{% endcall %}"
    with pytest.raises(TemplateSyntaxError, match=r"takes no attribute 'lable'\. Did you mean 'label'"):
        compiled(source)


# -- macros


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{{ ui.card() }}", "card() needs 'title'"),
        (
            "{{ ui.card('x', kind='inf', size=1) }}",
            "card(kind=...): expected 'info' or 'error', got 'inf'. Did you",
        ),
        ("{{ ui.card('x', size='1') }}", "card(size=...): expected int, got '1'"),
        ("{{ ui.card('x') }}", "card() needs 'size'"),
        ("{{ ui.card('x', size=1, titel=2) }}", "card() takes no 'titel'. Did you mean 'title'?"),
        ("{{ card('x', size='1') }}", "card(size=...): expected int, got '1'"),
        ("{{ renamed('x', size='1') }}", "card(size=...): expected int, got '1'"),
        ("{{ own('x') }}", "own(a=...): expected 1 or 2, got 'x'"),
    ],
)
def test_calls_of_declared_macros_are_checked(source: str, problem: str) -> None:
    head = (
        "{% import 'ui.html' as ui %}{% from 'ui.html' import card, card as renamed %}"
        "{% macro own(a=attr(1, values=[1, 2])) %}{{ a }}{% endmacro %}\n"
    )
    with pytest.raises(TemplateSyntaxError) as caught:
        compiled(head + source)
    assert caught.value.message is not None
    assert caught.value.message.startswith(problem)
    assert caught.value.lineno == 2


def test_declared_macros_are_macros() -> None:
    page = Followed(
        "{% import 'ui.html' as ui %}{% call ui.card('T', size=2) %}"
        "{% call slot('footer', label='L') %}{{ n }}{% endcall %}"
        "{% call(x) slot('items') %}a{{ x }}{% endcall %}{% call(x) slot('items') %}b{{ n }}{% endcall %}"
        "<b>{{ n }}</b>{% endcall %}{{ ui.card('x', kind=k, size=1) }}{{ ui.plain(1) }}{{ ui.loose(other=1) }}",
        environment=environment(),
    )
    page.show(n=7, k="error")
    assert page.html.startswith(
        '<div class="info s2">T<i>a1</i><i>b7</i><u>L: 7</u><b>7</b></div><div class="error s1">x</div>11x{'
    )
    page.show(n=8, k="error")


def test_a_declared_macro_costs_nothing_when_rendering() -> None:
    page = Followed(
        "{% macro m(a, b=attr(1)) %}<p>{{ a }}{{ b }}</p>{% endmacro %}{{ m(x) }}{{ m(x, b=2) }}{{ y }}"
    )
    page.show(x=1, y=1)
    assert page.show(x=1, y=2) == {"2": "2"}


@pytest.mark.parametrize(
    ("signature", "problem"),
    [
        (
            "a=attr(1, valus=[1])",
            "expected default, doc, required, type, values in the signature of a macro, got",
        ),
        ("a=attr(1, values=x)", "expected a constant in the declaration of a macro"),
        ("a=attr(type='Int')", "attr(type='Int'): expected one of str, int"),
        ("a=slot(1)", "expected attrs, doc, many, required in the signature"),
    ],
)
def test_declarations_of_macros_are_checked(signature: str, problem: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        compiled("{% macro m(" + signature + ") %}{% endmacro %}")
    assert caught.value.message is not None
    assert caught.value.message.startswith(problem)


def test_macros_that_declare_nothing_stay_as_jinja_has_them() -> None:
    source = "{% macro m(a, b) %}[{{ a }}{{ b }}]{% endmacro %}{{ m() }}{{ m(1) }}{% if x %}{{ m(c=1) }}{% endif %}"
    assert compiled(source).render({}) == jinja2.Environment().from_string(source).render()  # noqa: S701


def test_a_missing_import_raises_an_error_when_rendered() -> None:
    template = compiled("{% if x %}{% import 'none.html' as none_such %}{{ none_such.card() }}{% endif %}ok")
    assert template.render({}) == "ok"


def test_a_changed_file_and_another_syntax_have_declarations_of_their_own() -> None:
    """Parsed files are shared by all environments of a process."""
    call = "{% import 'ui.html' as ui %}{{ ui.card('x', size=1, kind='warning') }}"
    with pytest.raises(TemplateSyntaxError, match="expected 'info' or 'error'"):
        compiled(call)
    changed = UI.replace('values=["info", "error"]', 'values=["info", "warning"]')
    files = DictLoader({"ui.html": changed})
    assert "warning" in LiveTemplate.from_string(call, "page.html", create_environment(files)).render({})
    # For an environment with other brackets, the same text declares no macro.
    other = create_environment(DictLoader({"ui.html": UI}), block_start_string="<%", block_end_string="%>")
    LiveTemplate.from_string(
        "<% import 'ui.html' as ui %>{{ ui.card('x', size=1, kind='warning') if x }}", "page.html", other
    )
