"""One shared template with one rendering per view: the messages, and errors while rendering."""

import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2 import DictLoader, StrictUndefined

from pyview.template.environment import create_environment
from pyview.template.live_template import LiveRender, LiveTemplate, Rendering
from pyview.testing.tree_html import to_html
from pyview.wire.merge import merge

Row = dict[str, Any]


def rendering_of(source: str, **options: Any) -> Rendering:
    environment = create_environment(extensions=["jinja2.ext.do"], **options)
    return LiveTemplate.from_string(source, "page.html", environment).rendering()


def rows(*numbers: int) -> list[Row]:
    return [{"id": number, "n": f"n{number}"} for number in numbers]


# --- the wire ------------------------------------------------------------------------------------------------------


def test_the_first_update_is_whole_and_the_next_ones_are_small() -> None:
    rendering = rendering_of("<p>{{ a }}</p>{{ b }}")
    assert rendering.update({"a": 1, "b": 2}) == {"s": ["<p>", "</p>", ""], "0": "1", "1": "2"}
    assert rendering.update({"a": 1, "b": 3}) == {"1": "3"}
    assert rendering.update({"a": 1, "b": 3}) == {}


def test_a_value_that_prints_alike_is_not_sent() -> None:
    rendering = rendering_of("{{ a|int }}")
    rendering.update({"a": 1.2})
    assert rendering.update({"a": 1.3}) == {}


def test_constants_are_part_of_the_statics() -> None:
    assert rendering_of("a{{ 1 + 1 }}b").update({}) == {"s": ["a2b"]}


def test_a_branch_without_slots_is_a_text() -> None:
    rendering = rendering_of("<i {% if a %}hidden{% endif %}>")
    assert rendering.update({"a": True}) == {"s": ["<i ", ">"], "0": "hidden"}
    assert rendering.update({"a": False}) == {"0": ""}


def test_another_branch_is_sent_whole() -> None:
    rendering = rendering_of("{% if a %}<b>{{ x }}</b>{% else %}{{ x }}!{% endif %}")
    rendering.update({"a": 1, "x": 1})
    assert rendering.update({"a": 0, "x": 1}) == {"0": {"s": ["", "!"], "0": "1"}}
    assert rendering.update({"a": 0, "x": 2}) == {"0": {"0": "2"}}
    assert rendering.update({"a": 1, "x": 2}) == {"0": {"s": ["<b>", "</b>"], "r": 1, "0": "2"}}


def test_one_cell_of_a_list_changed_in_place() -> None:
    rendering = rendering_of(
        "{% for r in rows|keyed_by('id') %}<td>{{ r.id }}</td><td>{{ r.n }}</td>{% endfor %}"
    )
    context = {"rows": rows(1, 2, 3)}
    rendering.update(context)
    context["rows"][1]["n"] = "new"
    assert rendering.update(context) == {"0": {"k": {"1": {"1": "new"}, "kc": 3}}}


@pytest.mark.parametrize(
    ("after", "entries"),
    [
        ((2, 1, 3), {"0": 1, "1": 0, "km": True, "kc": 3}),
        ((0, 1, 2, 3), {"0": {"0": "n0"}, "1": 0, "2": 1, "3": 2, "km": True, "kc": 4}),
        ((1, 2, 3, 4), {"3": {"0": "n4"}, "kc": 4}),
        ((1, 2), {"kc": 2}),
        ((2, 3), {"0": 1, "1": 2, "km": True, "kc": 2}),
        ((), {"kc": 0}),
    ],
)
def test_keyed_rows_are_followed(after: tuple[int, ...], entries: dict[str, Any]) -> None:
    rendering = rendering_of("{% for r in rows|keyed_by('id') %}{{ r.n }}{% endfor %}")
    rendering.update({"rows": rows(1, 2, 3)})
    assert rendering.update({"rows": rows(*after)}) == {"0": {"k": entries}}


def test_rows_without_a_key_keep_their_position() -> None:
    rendering = rendering_of("{% for r in rows %}{{ r.n }}{% endfor %}")
    rendering.update({"rows": rows(1, 2)})
    assert rendering.update({"rows": rows(0, 2)}) == {"0": {"k": {"0": {"0": "n0"}, "kc": 2}}}


def test_a_list_that_was_never_shown_is_an_empty_text() -> None:
    rendering = rendering_of("{% for r in rows %}{{ r.n }}{% endfor %}")
    assert rendering.update({"rows": []})["0"] == ""
    assert rendering.update({"rows": []}) == {}
    assert rendering.update({"rows": rows(1)})["0"]["s"] == ["", ""]
    assert rendering.update({"rows": []}) == {"0": {"k": {"kc": 0}}}
    assert rendering.update({"rows": rows(2)}) == {"0": {"k": {"0": {"0": "n2"}, "kc": 1}}}


def test_statics_used_twice_in_a_message_travel_once() -> None:
    rendering = rendering_of("{% for r in rows %}{% if r.n %}<b>{{ r.n }}</b>{% endif %}{% endfor %}")
    whole = rendering.update({"rows": rows(1, 2)})
    assert whole["p"] == {"0": ["<b>", "</b>"]}
    assert whole["0"]["k"]["1"]["0"] == {"s": 0, "r": 1, "0": "n2"}
    assert rendering.tree({"rows": rows(1, 2)})["0"]["k"]["1"]["0"] == {
        "s": ["<b>", "</b>"],
        "r": 1,
        "0": "n2",
    }


def test_the_root_flag_is_never_at_the_top() -> None:
    files = {"page.html": "<p>{{ a }}</p>", "main.html": "{% extends 'page.html' %}"}
    for name in files:
        template = LiveTemplate.from_loader(name, create_environment(DictLoader(files)))
        assert "r" not in template.rendering().update({"a": 1})


@pytest.mark.parametrize(
    ("branch", "flag"),
    [
        ("<p>{{ x }}</p>", True),
        ("<!-- c --> <p class='{{ x }}'><br>{{ x }}</p>\n", True),
        ("<input value='{{ x }}'>", True),
        ("<p>{% if x %}<b>{{ x }}</b>{% endif %}</p>", True),
        ("<p>{% for i in x %}<b>{{ i }}</b>{% endfor %}</p>", True),
        ("<svg>{{ x }}<path d=''/></svg>", True),
        ("<p>{{ x }}</p><p></p>", False),
        ("{{ x }}<p></p>", False),
        ("<p></p>{{ x }}", False),
        ("{{ x }}", False),
        ("<p>{{ x }}", False),
        ("<{{ x }}>a</{{ x }}>", False),
        ("<p>{% if x %}</p><p>{{ x }}{% endif %}</p>", False),
        ("<p>{% if x %}</p><p>{% endif %}{{ x }}</p>", False),
        ("<p>{% for i in x %}</p><p>{{ i }}{% endfor %}</p>", False),
        ("<p>{% include 'part' %}</p>", False),
        ("<div/>{{ x }}", False),
        ("&amp;<p>{{ x }}</p>", False),
        ("<script>{{ x }}</script>", True),
    ],
)
def test_the_root_flag_requires_exactly_one_element(branch: str, flag: bool) -> None:
    loader = DictLoader({"main": f"{{% if on %}}{branch}{{% endif %}}", "part": "</p>"})
    whole = (
        LiveTemplate.from_loader("main", create_environment(loader)).rendering().update({"on": 1, "x": "xy"})
    )
    assert ("r" in whole["0"]) is flag


def test_a_rendering_can_begin_again() -> None:
    rendering = rendering_of("{{ a }}")
    whole = rendering.update({"a": 1})
    rendering.reset()
    assert rendering.update({"a": 1}) == whole


def test_variables_of_a_template_do_not_reach_the_next_render() -> None:
    rendering = rendering_of("{{ x is defined }}{% set x = a %}{{ x }}")
    assert rendering.update({"a": 1})["0"] == "False"
    assert rendering.update({"a": 2}) == {"1": "2"}


# --- when it raises ------------------------------------------------------------------------------------------------


def test_globals_of_the_template_itself_stay_from_render_to_render() -> None:
    environment = create_environment(DictLoader({"page": "{{ site }} {{ n }}"}))
    template = LiveTemplate(environment, lambda: environment.get_template("page", globals={"site": "Ours"}))
    rendering = template.rendering()
    assert rendering.update({"n": 1}) == {"s": ["", " ", ""], "0": "Ours", "1": "1"}
    assert [rendering.update({"n": n}) for n in (2, 3)] == [{"1": "2"}, {"1": "3"}]


def test_after_an_error_the_next_update_is_whole() -> None:
    rendering = rendering_of("{{ a }}{% autoescape false %}{{ 1 // a }}{% endautoescape %}{{ b }}")
    whole = rendering.update({"a": 1, "b": "<"})
    with pytest.raises(ZeroDivisionError):
        rendering.update({"a": 0, "b": "<"})
    assert rendering.update({"a": 1, "b": "<"}) == whole


PAGE = """first
{% macro m(x) %}
{{ 1 // x }}{% endmacro %}
{% if a %}
{% for x in a %}
{{ EXPRESSION }}
{% endfor %}{% endif %}"""


@pytest.mark.parametrize(
    ("expression", "line"),
    [("1 // x", 6), ("m(x)", 3), ("missing.name", 6), ("x.nope.nope", 6), ("'a' + 1", 6)],
)
def test_errors_name_file_and_line(tmp_path: Path, expression: str, line: int) -> None:
    file = tmp_path / "page.html"
    file.write_text(PAGE.replace("EXPRESSION", expression))
    template = LiveTemplate.from_file(file)
    for render in (template.render, template.rendering().update):
        with pytest.raises((ZeroDivisionError, jinja2.UndefinedError, TypeError)) as caught:
            render({"a": [0]})
        frames = traceback.extract_tb(caught.value.__traceback__)
        assert [frame.lineno for frame in frames if frame.filename == str(file)][-1] == line


def test_errors_name_the_included_file(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{% include 'part.html' %}")
    (tmp_path / "part.html").write_text("\n\n{{ 1 // a }}")
    with pytest.raises(ZeroDivisionError) as caught:
        LiveTemplate.from_file(tmp_path / "page.html").rendering().update({"a": 0})
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno) == (str(tmp_path / "part.html"), 3)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a\n{% if %}", "Expected an expression"),
        ("a\n{{ a|nope }}", "No filter named 'nope'"),
        ("a\n{% for loop in a %}{{ loop }}{% endfor %}", "Can't assign to special loop variable"),
        ("{% block a %}{% endblock %}\n{% block a %}{% endblock %}", "block 'a' defined twice"),
    ],
)
def test_syntax_errors_show_when_loading(tmp_path: Path, source: str, message: str) -> None:
    file = tmp_path / "page.html"
    file.write_text(source)
    with pytest.raises(jinja2.TemplateSyntaxError, match=message) as caught:
        LiveTemplate.from_file(file)
    assert (caught.value.filename, caught.value.lineno) == (str(file), 2)


def test_a_missing_file_shows_when_loading(tmp_path: Path) -> None:
    with pytest.raises(jinja2.TemplateNotFound, match=r"page\.html"):
        LiveTemplate.from_file(tmp_path / "page.html")


def test_strict_undefined_raises() -> None:
    with pytest.raises(jinja2.UndefinedError, match="'a' is undefined"):
        rendering_of("{{ a }}", undefined=StrictUndefined).update({})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("m(1, 2, 3)", "takes not more than 2 argument"),
        ("m(1, nope=2)", "takes no keyword argument 'nope'"),
        ("m(1, caller=2)", "invoked with two values for the special caller argument"),
    ],
)
def test_wrong_arguments_of_macros(call: str, message: str) -> None:
    template = LiveTemplate.from_string(f"{{% macro m(a, b) %}}{{{{ a }}}}{{% endmacro %}}{{{{ {call} }}}}")
    for render in (template.render, template.rendering().update):
        with pytest.raises(TypeError, match=message):
            render({})


# --- shared --------------------------------------------------------------------------------------------------------


def test_many_threads_share_one_template() -> None:
    source = "{% macro m(a, b=1) %}<b>{{ a }}{{ b }}</b>{{ caller(a) }}{% endmacro %}"
    source += "{% for x in xs %}{% call(y) m(x, b=n) %}{{ y }}{{ n }}{% endcall %}{% endfor %}"
    template = LiveTemplate.from_string(source)
    failures: list[object] = []

    def follow(n: int) -> None:
        try:
            rendering = template.rendering()
            tree: dict[str, Any] = {}
            for step in range(200):
                context = {"xs": [n, step], "n": f"{n}/{step}"}
                tree = merge(tree, rendering.update(context))
                assert to_html(tree) == template.render(context)
        except BaseException as error:
            failures.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=follow, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert failures == []


def test_a_rendering_is_small() -> None:
    rendering = rendering_of("{{ a }}")
    assert not hasattr(rendering, "__dict__")


def test_the_content_of_one_render() -> None:
    class Meta:
        class socket:
            flash = {"info": "saved"}

    content = LiveRender(LiveTemplate.from_string("{{ a }}{{ flash.info }}"), {"a": 1}, Meta)
    assert content.text() == "1saved"
    assert content.tree() == {"s": ["", "", ""], "0": "1", "1": "saved"}


def test_a_template_knows_its_name(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("x")
    template = LiveTemplate.from_file(file)
    assert (template.name, template.filename) == ("page.html", str(file))
    assert LiveTemplate.from_string("x", "named").name == "named"


# --- a mistake in Jinja2 3.1 that is not repeated ------------------------------------------------------------------


def test_an_include_without_context_is_captured_where_it_is_written() -> None:
    files = {
        "main.html": "{% set x %}[{% include 'part.html' without context %}]{% endset %}a{{ x }}"
        "{% macro m() %}({% include 'part.html' without context %}){% endmacro %}{{ m() }}{{ m()|upper }}",
        "part.html": "part",
    }
    template = LiveTemplate.from_loader("main.html", create_environment(DictLoader(files)))
    assert template.render({}) == "a[part](part)(PART)"
    assert to_html(merge({}, template.rendering().update({}))) == "a[part](part)(PART)"
