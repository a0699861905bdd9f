"""Rules about events, handlers, elements, names and routes, and the code that they must not report."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pyview import LiveView, PyView
from pyview.lint import Finding, lint
from pyview.template.live_template import LiveTemplate
from pyview.testing import PageError, assert_no_findings, check_app
from tests.lint.conftest import SECRET, VIEW, Make


def rules(app: Any) -> list[tuple[str, int]]:
    return [(finding.rule, finding.line) for finding in lint(app)]


SOUND = "<output>{{ count }}</output><button phx-click='increase'>+</button>"


class TestEvents:
    def test_a_handled_event(self, make: Make) -> None:
        assert_no_findings(make(SOUND))

    def test_an_event_without_a_handler(self, make: Make) -> None:
        [found] = lint(make(SOUND + "\n<b\n  phx-click='incraese'>+</b>"))
        assert (found.rule, found.line, Path(found.file).suffix) == ("unknown-event", 3, ".html")
        assert found.text == "phx-click=\"incraese\": CountView does not handle it; did you mean 'increase'?"

    @pytest.mark.parametrize(
        "markup",
        [
            "<b phx-click='nothing'></b>",
            "<form id='f' phx-submit='nothing'></form>",
            "<b phx-window-keydown='nothing'></b>",
            """<b phx-click='[["push", {"event": "nothing"}]]'></b>""",
            "<b phx-click='{{ js.push(\"nothing\") }}'></b>",
            '<b phx-click=\'{{ js.hide("#x").push("nothing", value={}) }}\'></b>',
        ],
    )
    def test_an_event_is_found_in_every_notation(self, make: Make, markup: str) -> None:
        assert rules(make(SOUND + "\n" + markup)) == [("unknown-event", 2)]

    @pytest.mark.parametrize(
        "markup",
        [
            "<b phx-click='nothing' phx-target='#elsewhere'></b>",
            "<b phx-click='{% if count %}nothing{% else %}increase{% endif %}'></b>",
            "<b {{ count }} phx-click='nothing'></b>",
            "<b phx-click='{{ count }}'></b>",
            '<b phx-click=\'{{ js.push("nothing", target="#x") }}\'></b>',
            "<b phx-click='lv:clear-flash' phx-value-key='info'></b>",
            """<b phx-click='[["hide", {}]]'></b>""",
            "{# <b phx-click='nothing'> #}<!-- <b phx-click='nothing'></b> -->",
            "{% raw %}{{ phx-click }}{% endraw %}",
        ],
    )
    def test_unknown_events_are_not_reported(self, make: Make, markup: str) -> None:
        assert rules(make(SOUND + markup)) == []

    def test_included_and_parent_files_are_checked(self, make: Make) -> None:
        app = make(
            "{% extends 'base.html' %}{% block body %}{% include 'part.html' %}{% endblock %}",
            base_html="<i phx-click='increase'>{{ count }}</i>\n<i phx-click='up'></i>{% block body %}{% endblock %}",
            part_html="\n\n<b phx-click='down'></b>",
        )
        assert [(Path(one.file).name, one.line) for one in lint(app)] == [("base.html", 2), ("part.html", 3)]

    @pytest.mark.parametrize(
        ("body", "found"),
        [
            ("if event == 'add': pass\n        elif event in ('sub', 'nil'): pass", 1),
            ("match event:\n            case 'add' | 'sub': pass\n            case _: pass", 1),
            ("getattr(self, event)()", 0),
            ("if event == 'add': pass\n        else: print(event)", 0),
            ("match event:\n            case 'add': pass\n            case other: print(other)", 0),
        ],
    )
    def test_a_handle_event_that_only_compares_is_understood(self, make: Make, body: str, found: int) -> None:
        signature = "async def handle_event(self, event, payload, socket)"
        view = f"from pyview import LiveView\nclass V(LiveView):\n    {signature}:\n        {body}\n"
        app = make("<b phx-click='add'></b><b phx-click='sub'></b><b phx-click='mul'></b>", view)
        assert [one.text[:15] for one in lint(app)] == ['phx-click="mul"'] * found

    def test_hooks_may_handle_what_the_view_does_not(self, make: Make) -> None:
        view = VIEW.replace('{"count": 0}', '{"count": 0}; socket.attach_hook("a", "handle_event", print)')
        assert rules(make(SOUND + "<b phx-click='nothing'></b>", view)) == []

    def test_method_references_are_events(self, make: Make) -> None:
        view = VIEW.replace("(BaseEventHandler,", "(AutoEventDispatch,")
        assert rules(make("{{ count }}<b phx-click='{{ increase }}'></b>", view)) == []

    def test_components_have_events_of_their_own(self, make: Make) -> None:
        view = VIEW + (
            "from pyview.components import LiveComponent\nfrom pyview.template.live_template import LiveTemplate\n"
            "class Star(LiveComponent):\n"
            "    template = LiveTemplate.from_string("
            "\"<p><b phx-click='rate' phx-target='{{ myself }}'>{{ n }}</b></p>\")\n"
        )
        assert rules(make(SOUND + "{{ live_component(Star, id='a') }}", view)) == []


class TestHandlers:
    def test_a_handler_without_an_event(self, make: Make) -> None:
        [found] = lint(make("{{ count }}"))
        assert (found.rule, found.line, Path(found.file).suffix) == ("unused-handler", 13, ".py")
        assert (
            found.text
            == "CountView: no template, module or script names the event 'increase'; remove the handler, or use the "
            "event"
        )

    @pytest.mark.parametrize(
        ("template", "files"),
        [
            ("{{ count }}<b phx-click='{{ count }}'></b>", {}),
            ("{{ count }}", {"hooks_js": "this.pushEvent('increase', {})"}),
            ("{{ count }}{% include name %}", {}),
        ],
    )
    def test_other_files_may_name_the_event(self, make: Make, template: str, files: dict[str, str]) -> None:
        assert [rule for rule, _ in rules(make(template, **files)) if rule == "unused-handler"] == []

    def test_python_code_may_name_the_event(self, make: Make) -> None:
        assert rules(make("{{ count }}", VIEW + "BUTTON = {'event': 'increase'}\n")) == []


class TestMarkup:
    def test_lines_are_right_where_jinja2_removes_white_space(self, make: Make) -> None:
        markup = "\n\n\n{%- if count -%}\n\n<b phx-foo></b>\n{#- a\ncomment -#}\n{%- endif %}<b phx-bar></b>"
        assert rules(make(SOUND + markup)) == [("unknown-attribute", 6), ("unknown-attribute", 9)]

    def test_ids_used_twice(self, make: Make) -> None:
        assert rules(make(SOUND + "<b id='a'></b>\n<b id='b'></b>\n<i id='a'></i>")) == [("duplicate-id", 3)]

    @pytest.mark.parametrize(
        "markup",
        [
            "{% if count %}<b id='a'></b>{% else %}<i id='a'></i>{% endif %}",
            "{% if count == 1 %}<b id='a'></b>{% elif count %}<i id='a'></i>{% else %}<u id='a'></u>{% endif %}",
            "{% for x in [1] %}<b id='a{{ x }}'></b>{% else %}<b id='a'></b>{% endfor %}",
            "{% macro m() %}<b id='a'></b>{% endmacro %}<b id='a'></b>",
            "<b id='{{ count }}'></b><b id='{{ count }}'></b>",
            "{% set y = '<b>' %}<b id='a'></b>{% set z %}x{% endset %}",
        ],
    )
    def test_ids_in_different_branches(self, make: Make, markup: str) -> None:
        assert rules(make(SOUND + markup)) == []

    def test_an_id_in_a_loop(self, make: Make) -> None:
        assert rules(make(SOUND + "{% for x in [1, 2] %}\n<b id='a'></b>{% endfor %}")) == [
            ("duplicate-id", 2)
        ]

    def test_forms_without_id(self, make: Make) -> None:
        markup = "\n<form phx-change='increase'></form><form {{ count }} phx-change='increase'></form><form></form>"
        assert rules(make(SOUND + markup)) == [("form-without-id", 2)]

    def test_hooks_without_id(self, make: Make) -> None:
        markup = "\n<b\n phx-hook='X'></b><b id='x' phx-hook='X'></b><b {{ count }} phx-hook='X'></b><b phx-hook></b>"
        assert rules(make(SOUND + markup + "\n<b id='' phx-hook='{{ count }}'></b>")) == [
            ("hook-without-id", 3),
            ("hook-without-id", 4),
        ]

    @pytest.mark.parametrize(
        ("form", "found"),
        [
            ("<form id='f' phx-submit='increase'>\nINPUT</form>", 1),
            ("<form id='f'>{% if count %}\n{{ count|live_file_input }}{% endif %}</form>", 1),
            ("<form id='f' phx-change='increase'>INPUT</form>", 0),
            ("<form id='f' {{ count }}>INPUT</form>", 0),
            ("<form id='f'></form>INPUT", 0),
            ("<form id='f'>{{ live_file_input(count, phx_change='increase') }}</form>", 0),
            (
                "{% if count %}<form id='f'>{% else %}<form id='g' phx-change='increase'>{% endif %}INPUT</form>",
                0,
            ),
            ("{% if count %}<form id='f'>{% else %}<p>{% endif %}INPUT", 0),
        ],
    )
    def test_file_inputs_in_a_form_without_phx_change(self, make: Make, form: str, found: int) -> None:
        found_rules = rules(make(f"{SOUND}\n{form.replace('INPUT', '{{ live_file_input(count) }}')}"))
        expected = [("file-input-without-change", 3)] * found
        assert [one for one in found_rules if one[0] == "file-input-without-change"] == expected

    @pytest.mark.parametrize(
        ("attribute", "advice"),
        [
            ("phx-clik", "did you mean phx-click?"),
            ("phx-feedback-for", "since 1.0"),
            ("phx-valu-id", "did you mean phx-value-...?"),
            ("phx-link", "write data-phx-link"),
            ("phx-zzzzzz", "knows no attribute phx-zzzzzz"),
        ],
    )
    def test_attributes_that_the_client_does_not_know(self, make: Make, attribute: str, advice: str) -> None:
        [found] = lint(make(f"{SOUND}<b\n{attribute}='increase'></b>"))
        assert (found.rule, found.line) == ("unknown-attribute", 2)
        assert advice in found.text

    def test_attributes_that_the_client_knows(self, make: Make) -> None:
        known = "phx-value-x='1' phx-debounce='1' phx-hook='X' phx-update='ignore' phx-mounted='[]' phx-drop-target='x'"
        assert rules(make(f"{SOUND}<b id='b' {known} phx-value-{{{{ count }}}}='1'></b>")) == []


class TestNames:
    def test_a_name_that_the_context_does_not_have(self, make: Make) -> None:
        [found] = lint(make(SOUND + "\n<p>{{ cuont + 1 }}</p>"))
        assert (found.rule, found.line) == ("unknown-name", 2)
        assert found.text == "Count, the context, has no 'cuont'; did you mean 'count'?"

    @pytest.mark.parametrize(
        "markup",
        [
            "{{ flash.get('info') }}{{ js.hide('#x') }}{{ range(2) }}",
            "{% for x in [1] %}{{ x }}{{ loop.index }}{% endfor %}{% set y = 1 %}{{ y }}",
            "{% if maybe is defined %}{{ maybe }}{% endif %}{{ perhaps|default('') }}",
            "{% macro m(a) %}{{ a }}{{ caller() }}{% endmacro %}{% with b = 1 %}{{ b }}{% endwith %}",
            "{{ CountView }}{{ live_render }}",
        ],
    )
    def test_names_that_every_template_has(self, make: Make, markup: str) -> None:
        view = VIEW + "class Other(LiveView):\n    pass\n"
        assert rules(make(SOUND + markup.replace("CountView", "Other"), view)) == []

    @pytest.mark.parametrize(
        ("kind", "template", "found"),
        [
            (
                "@dataclass\nclass C:\n    a: int = 0\n    @property\n    def b(self): return 1",
                "{{ a }}{{ b }}{{ c }}",
                1,
            ),
            ("import pydantic\nclass C(pydantic.BaseModel):\n    a: int = 0", "{{ a }}{{ c }}", 1),
            (
                "import pydantic\nclass C(pydantic.BaseModel, extra='allow'):\n    a: int = 0",
                "{{ a }}{{ c }}",
                0,
            ),
            ("C = dict", "{{ c }}", 0),
            ("class C:\n    a = 1", "{{ c }}", 0),
        ],
    )
    def test_every_type_with_declared_names(self, make: Make, kind: str, template: str, found: int) -> None:
        imports = "from dataclasses import dataclass\nfrom pyview import LiveView"
        view = f"{imports}\n{kind}\nclass V(LiveView[C]):\n    pass\n"
        assert rules(make(template, view)) == [("unknown-name", 1)] * found


class TestBrokenTemplates:
    def test_a_template_that_cannot_be_parsed(self, make: Make) -> None:
        [found] = lint(make("<p>\n{% if %}</p>"))
        assert (found.rule, found.line, Path(found.file).suffix) == ("template-error", 2, ".html")

    def test_a_template_with_a_missing_include_is_checked(self, make: Make) -> None:
        app = make(SOUND + "{% include 'none.html' ignore missing %}\n<b phx-click='x'></b>")
        assert rules(app) == [("unknown-event", 2)]

    @pytest.mark.parametrize("how", ["include 'none.html'", "import 'none.html' as x", "extends 'none.html'"])
    def test_a_template_that_names_a_missing_file(self, make: Make, how: str) -> None:
        [found] = [one for one in lint(make("\n{% " + how + " %}" + SOUND)) if one.rule == "template-error"]
        assert (found.line, found.text) == (2, "there is no template 'none.html'")

    def test_a_template_that_includes_a_broken_file(self, make: Make) -> None:
        app = make(SOUND + "\n{% include 'part.html' %}", part_html="<p>\n{% if %}")
        assert ("template-error", 2) in rules(app)

    def test_a_component_without_a_template(self, make: Make) -> None:
        view = VIEW + "from pyview.components import LiveComponent\nclass Star(LiveComponent):\n    pass\n"
        [found] = lint(make(SOUND + "{{ live_component(Star, id='a') }}", view))
        assert (found.rule, found.line, Path(found.file).suffix) == ("template-error", 17, ".py")


class TestRoutes:
    class One(LiveView[Any]):
        template = LiveTemplate.from_string("one")

    class Two(LiveView[Any]):
        template = LiveTemplate.from_string("two")

    @pytest.mark.parametrize(
        ("first", "second", "found"),
        [
            ("/users/{id}", "/users/new", 1),
            ("/users/new", "/users/{id}", 0),
            ("/users/{id:int}", "/users/new", 0),
            ("/users/{name}", "/users/{id:int}", 1),
            ("/{rest:path}", "/users/{id:int}/edit", 1),
            ("/a", "/a", 1),
            ("/a/{x}", "/a/{x}/b", 0),
        ],
    )
    def test_a_route_that_an_earlier_route_hides(self, first: str, second: str, found: int) -> None:
        app = PyView(secret=SECRET)
        app.add_live_view(first, self.One)
        app.add_live_view(second, self.Two)
        assert [one.rule for one in lint(app)] == ["unreachable-route"] * found
        if found:
            [one] = lint(app)
            assert f"the earlier route {first!r} (TestRoutes.One) matches all of its paths" in one.text
            assert one.file == __file__

    def test_a_route_that_a_route_of_starlette_hides(self) -> None:
        app = PyView(secret=SECRET)
        app.routes.append(Route("/about", PlainTextResponse("x")))
        app.add_live_view("/about", self.One)
        assert [one.rule for one in lint(app)] == ["unreachable-route"]


def test_a_comment_ignores_a_finding(make: Make) -> None:
    lines = [
        SOUND,
        "<b phx-click='x'></b>{# pyview: ignore[unknown-event] #}",
        "",
        "{# pyview: ignore #}",
        "<b phx-foo></b>",
        "",
        "<b phx-click='y'></b>{# pyview: ignore[duplicate-id] #}",
    ]
    app = make("\n".join(lines))
    assert rules(app) == [("unknown-event", 7)]


def test_our_own_examples_have_no_findings() -> None:
    gallery = importlib.import_module("examples.gallery")
    assert_no_findings(gallery.app)


def test_findings_are_listed_in_a_failure(make: Make) -> None:
    app = make(SOUND + "<b phx-foo></b>")
    assert [type(one) for one in check_app(app)] == [Finding]
    with pytest.raises(PageError, match=r"got 1 finding:\n.*html:1: the client knows no attribute phx-foo"):
        assert_no_findings(app)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), *sys.path]),
        "PYVIEW_SECRET": SECRET,
    }
    command = [sys.executable, "-m", "pyview.cli", "check", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_command_prints_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        VIEW + "from pyview import PyView\napp = PyView()\napp.add_live_view('/', CountView)\n"
    )
    (tmp_path / "shop.html").write_text(SOUND)
    assert run(tmp_path, "shop:app").returncode == 0
    (tmp_path / "shop.html").write_text(SOUND + "\n<b phx-click='up'></b>")
    done = run(tmp_path, "shop:app")
    assert done.returncode == 1
    assert 'shop.html:2: phx-click="up": CountView does not handle it' in done.stdout
    found = json.loads(run(tmp_path, "shop:app", "--format", "json").stdout)
    assert [(one["line"], one["rule"]) for one in found["findings"]] == [(2, "unknown-event")]
    assert found["starts"] is True
