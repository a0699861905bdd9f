"""The core components as functions: they render the same as the macros of the same name."""

import asyncio
from typing import Any, cast

import pytest
from markupsafe import Markup

from pyview import ui
from pyview.background.result import AsyncResult
from pyview.forms import Form
from pyview.plots import Drawing
from pyview.tables import data_table
from pyview.template.component import Component
from pyview.template.core.library import topics
from pyview.template.declared.declaration import ComponentError
from pyview.ui.data_table import Cell
from pyview.uploads import UploadConfig, UploadConstraints
from tests.forms.shop import GOOD, Order, payload
from tests.ui.pages import rendered

FORM = Form(Order, payload({**GOOD, "name": "A"})).with_error(None, "Closed.")
PART = FORM["others"].parts[0]
DRAWING = Drawing("data:image/png;base64,", "0", ("x",), (("1",),))
UPLOAD = UploadConfig("papers", UploadConstraints(accept=[".pdf"]))
NAMES: dict[str, Any] = {
    "drawing": DRAWING,
    "upload": UPLOAD,
    "form": FORM,
    "part": PART,
    "flash": {"info": "Hello"},
    "state": AsyncResult.of("tea"),
    "rows": [1, 2],
}


class NoSocket:
    """A socket that a table is attached to and that nothing reaches."""

    identity = None

    def attach_hook(self, *hook: Any) -> None: ...


ROWS = [{"id": 1, "name": "Tea"}, {"id": 2, "name": "Cake"}]
GOODS = asyncio.run(data_table(cast(Any, NoSocket()), "goods", ROWS, in_url=False))
NAMES["goods"] = GOODS

CALLS: list[tuple[str, Any]] = [
    (
        "{% call ui.form(form, phx_change='x', action='/a') %}in{% endcall %}",
        ui.form(FORM, "in", phx_change="x", action="/a"),
    ),
    ("{{ ui.form_errors(form) }}", ui.form_errors(FORM)),
    ("{{ ui.errors(form.name) }}", ui.errors(FORM["name"])),
    ("{{ ui.label(form.name, 'Who', class='x') }}", ui.label(FORM["name"], "Who", class_="x")),
    ("{{ ui.input(form.name, placeholder='x') }}", ui.input(FORM["name"], placeholder="x")),
    ("{{ ui.input(form.size, prompt='?') }}", ui.input(FORM["size"], prompt="?")),
    (
        "{% call(p) ui.inputs_for(form.others) %}{{ p.index }}{% endcall %}",
        ui.inputs_for(FORM["others"], lambda p: p.index),
    ),
    ("{{ ui.add_button(form.others, 'More') }}", ui.add_button(FORM["others"], "More")),
    ("{{ ui.remove_button(part) }}", ui.remove_button(PART)),
    ("{{ ui.move_button(part, 1) }}", ui.move_button(PART, 1)),
    (
        "{{ ui.button('Go', variant='primary', type='submit') }}",
        ui.button("Go", variant="primary", type="submit"),
    ),
    ("{{ ui.icon(*['x'], label='Close', class='big') }}", ui.icon("x", "Close", class_="big")),
    ("{% call ui.button() %}<b>x</b>{% endcall %}", ui.button(children=Markup("<b>x</b>"))),
    (
        "{{ ui.link('x', href='/a', method='post', confirm='?') }}",
        ui.link("x", href="/a", method="post", confirm="?"),
    ),
    ("{{ ui.link('x', patch='/a', rel='next') }}", ui.link("x", patch="/a", rel="next")),
    ("{{ ui.flash_group(flash) }}", ui.flash_group({"info": "Hello"})),
    (
        "{{ ui.chart('c', rows, kind='bar', label='Sales', class='wide') }}",
        ui.chart("c", [1, 2], kind="bar", label="Sales", class_="wide"),
    ),
    ("{{ ui.plot('p', drawing, label='P') }}", ui.plot("p", DRAWING, label="P")),
    ("{% call ui.focus_wrap('w') %}in{% endcall %}", ui.focus_wrap("w", "in")),
    (
        "{% call ui.modal('m', 'T', show=true, on_cancel='c') %}in{% endcall %}",
        ui.modal("m", "in", "T", show=True, on_cancel="c"),
    ),
    ("{% call ui.portal('p', '#x') %}in{% endcall %}", ui.portal("p", "#x", "in")),
    (
        "{% call(row) ui.table('t', rows, ['A'], caption='C') %}<td>{{ row }}</td>{% endcall %}",
        ui.table("t", [1, 2], ["A"], lambda row: Markup("<td>{}</td>").format(row), caption="C"),
    ),
    (
        "{% call ui.data_table(goods, class='wide') %}"
        "{% call(row) slot('cell', column='name') %}<b>{{ row.name }}</b>{% endcall %}"
        "{% call slot('toolbar') %}new{% endcall %}{% endcall %}",
        ui.data_table(
            GOODS,
            (Cell(lambda row: Markup("<b>{}</b>").format(row["name"]), column="name"),),
            toolbar="new",
            class_="wide",
        ),
    ),
    (
        "{% call ui.card('T', level=3, class='x') %}in{% call slot('actions') %}a{% endcall %}"
        "{% call slot('footer') %}f{% endcall %}{% endcall %}",
        ui.card("in", "T", level=3, actions="a", footer="f", class_="x"),
    ),
    ("{% call ui.card() %}in{% endcall %}", ui.card("in")),
    (
        "{% call ui.empty_state('T', icon='inbox') %}in{% call slot('actions') %}a{% endcall %}{% endcall %}",
        ui.empty_state("T", "in", icon="inbox", actions="a"),
    ),
    ("{{ ui.badge(3, kind='info') }}", ui.badge(3, kind="info")),
    ("{{ ui.kbd('Ctrl+K') }}", ui.kbd("Ctrl+K")),
    ("{{ ui.divider('or', id='d') }}", ui.divider("or", id="d")),
    ("{{ ui.divider() }}", ui.divider()),
    ("{{ ui.alert('T') }}", ui.alert("T")),
    (
        "{% call ui.alert('T', kind='danger', on_close='c') %}in{% endcall %}",
        ui.alert("T", "in", kind="danger", on_close="c"),
    ),
    ("{{ ui.stat('L', 3, change='4 %', trend='up', icon='x') }}", ui.stat("L", 3, "4 %", "up", icon="x")),
    ("{% call ui.stats(id='s') %}in{% endcall %}", ui.stats("in", id="s")),
    ("{{ ui.description_list([('a', 1)]) }}", ui.description_list([("a", 1)])),
    ("{{ ui.avatar('Ada Lovelace', src='/a.png', size='l') }}", ui.avatar("Ada Lovelace", "/a.png", "l")),
    ("{% call ui.avatar_group('M', more=3) %}in{% endcall %}", ui.avatar_group("M", "in", more=3)),
    ("{{ ui.progress('P', 3, max=7, text='3 of 7') }}", ui.progress("P", 3, 7, "3 of 7")),
    ("{{ ui.skeleton(2, avatar=true) }}", ui.skeleton(2, avatar=True)),
    ("{{ ui.spinner('Wait') }}", ui.spinner("Wait")),
    ("{{ ui.stepper(['a', 'b', 'c'], 2, to='?s={step}') }}", ui.stepper(["a", "b", "c"], 2, to="?s={step}")),
    ("{{ ui.breadcrumbs([('a', '/'), ('b', none)]) }}", ui.breadcrumbs([("a", "/"), ("b", None)])),
    ("{{ ui.nav_tabs('N', [('a', '?t=1')], '?t=1') }}", ui.nav_tabs("N", [("a", "?t=1")], "?t=1")),
    ("{{ ui.pagination(5, 20, '?page={page}') }}", ui.pagination(5, 20, "?page={page}")),
    (
        "{% call ui.tabs('t', 'L', selected='b') %}{% call slot('tab', name='a', label='A') %}1{% endcall %}"
        "{% call slot('tab', name='b', label='B') %}2{% endcall %}{% endcall %}",
        ui.tabs("t", "L", [ui.Tab("1", name="a", label="A"), ui.Tab("2", name="b", label="B")], selected="b"),
    ),
    (
        "{% call ui.menu('m', 'L', icon='x', data_a='1') %}in{% endcall %}",
        ui.menu("m", "L", "in", icon="x", data_a="1"),
    ),
    (
        "{{ ui.menu_item('I', icon='x', danger=true, phx_click='c', disabled=true) }}",
        ui.menu_item("I", icon="x", danger=True, phx_click="c", disabled=True),
    ),
    (
        "{% call ui.command_palette('p', on_search='s') %}in{% endcall %}",
        ui.command_palette("p", "in", on_search="s"),
    ),
    (
        "{{ ui.command('C', icon='x', hint='H', words='w', phx_click='c') }}",
        ui.command("C", icon="x", hint="H", words="w", phx_click="c"),
    ),
    ("{{ ui.command('C', navigate='/a', server=true) }}", ui.command("C", navigate="/a", server=True)),
    ("{{ ui.menu_item('I', navigate='/a') }}", ui.menu_item("I", navigate="/a")),
    (
        "{% call(tip) ui.tooltip('t', 'T', side='bottom') %}{{ tip }}{% endcall %}",
        ui.tooltip("t", "T", lambda tip: tip, side="bottom"),
    ),
    (
        "{% call ui.disclosure('T', open=true, group='g') %}in{% endcall %}",
        ui.disclosure("T", "in", open=True, group="g"),
    ),
    ("{% call ui.accordion() %}in{% endcall %}", ui.accordion("in")),
    (
        "{% call ui.shell(id='s') %}in{% call slot('brand') %}b{% endcall %}{% call slot('nav') %}n{% endcall %}"
        "{% call slot('nav_footer') %}f{% endcall %}{% call slot('actions') %}a{% endcall %}{% endcall %}",
        ui.shell("in", "n", brand="b", nav_footer="f", actions="a", id="s"),
    ),
    (
        "{{ ui.nav_link('O', '/o', icon='x', current=true, count=3) }}",
        ui.nav_link("O", "/o", icon="x", current=True, count=3),
    ),
    ("{{ ui.nav_heading('H') }}", ui.nav_heading("H")),
    (
        "{% call ui.drawer('d', 'T', side='start', data_a='1') %}in{% endcall %}",
        ui.drawer("d", "in", "T", side="start", data_a="1"),
    ),
    (
        "{% call ui.confirm('c', 'T', 'delete', show=true) %}in{% endcall %}",
        ui.confirm("c", "T", "delete", "in", show=True),
    ),
    (
        "{% call(given) ui.field(form.name, 'Who', class='x') %}<input{{ given }}>{% endcall %}",
        ui.field(FORM["name"], lambda given: Markup("<input{}>").format(given), "Who", class_="x"),
    ),
    ("{% call ui.field_group('a', help='h') %}x{% endcall %}", ui.field_group("a", "x", help="h")),
    ("{{ ui.input('day', type='date', value='2026-01-02') }}", ui.input("day", "date", value="2026-01-02")),
    ("{{ ui.number_input(form.age, more='+') }}", ui.number_input(FORM["age"], more="+")),
    (
        "{{ ui.input_group(form.name, icon='mail', prefix='a', suffix='b') }}",
        ui.input_group(FORM["name"], icon="mail", prefix="a", suffix="b"),
    ),
    ("{{ ui.password_input(form.password) }}", ui.password_input(FORM["password"])),
    ("{{ ui.search_input('q', value='x') }}", ui.search_input("q", value="x")),
    ("{{ ui.color_input('c', value='#ff0000') }}", ui.color_input("c", value="#ff0000")),
    ("{{ ui.code_input('c', 4, value='12') }}", ui.code_input("c", 4, value="12")),
    ("{{ ui.text_area(form.name, rows=3) }}", ui.text_area(FORM["name"], rows=3)),
    ("{{ ui.switch(form.gift) }}", ui.switch(FORM["gift"])),
    ("{{ ui.segmented(form.size, disabled=true) }}", ui.segmented(FORM["size"], disabled=True)),
    (
        "{{ ui.slider(form.age, max=50, shown='{value} y') }}",
        ui.slider(FORM["age"], max=50, shown="{value} y"),
    ),
    (
        "{{ ui.date_range(form.day, 'b', label='Days', presets=['today']) }}",
        ui.date_range(FORM["day"], "b", label="Days", presets=["today"]),
    ),
    (
        "{{ ui.combobox(form.size, search='s', create='c', placeholder='p', autofocus=true) }}",
        ui.combobox(FORM["size"], search="s", create="c", placeholder="p", autofocus=True),
    ),
    (
        "{{ ui.multi_select(form.extras, max=2, loading=true) }}",
        ui.multi_select(FORM["extras"], max=2, loading=True),
    ),
    ("{{ ui.tags('t[]', ['a'], value=['a', 'b']) }}", ui.tags("t[]", ["a"], value=["a", "b"])),
    ("{{ ui.file_drop(upload, cancel='c', help='h') }}", ui.file_drop(UPLOAD, cancel="c", help="h")),
    (
        "{% call(value) ui.async_result(state) %}{{ value }}{% endcall %}",
        ui.async_result(AsyncResult.of("tea"), lambda value: value),
    ),
]


@pytest.mark.parametrize(("source", "call"), CALLS, ids=[source[:30] for source, _ in CALLS])
def test_a_function_renders_the_same_as_its_macro(source: str, call: Any) -> None:
    assert str(rendered("{{ call }}", call=call)) == str(rendered(source, **NAMES))


def test_every_function_is_compared() -> None:
    functions = {name for name, value in vars(ui).items() if isinstance(value, Component)}
    compared = {call.component.declaration.name for _, call in CALLS}
    assert functions == compared
    assert functions < set(ui.__all__)


def test_every_macro_is_a_function_of_the_same_name() -> None:
    assert topics().keys() == set(ui.__all__) - {"Tab"}


def test_undeclared_arguments_are_refused() -> None:
    with pytest.raises(ComponentError, match=r"input\(\) takes no 'typ'"):
        ui.input(FORM["name"], typ="text")
