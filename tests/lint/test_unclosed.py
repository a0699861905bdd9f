"""The rule about unbalanced elements, with all statements of Jinja2 around them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview import LiveView, PyView
from pyview.lint import lint
from pyview.template.live_template import LiveTemplate

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Check = Callable[..., list[tuple[str, int, str]]]


def findings(path: Path, text: str) -> list[tuple[str, int, str]]:
    """(file, line, text) of the findings about the elements of a view's template."""
    path.write_text(text)
    view: Any = type("View", (LiveView,), {"template": LiveTemplate.from_file(path)})
    app = PyView(secret=SECRET)
    app.add_live_view("/", view)
    found = [one for one in lint(app) if one.rule == "unclosed-element"]
    return [(Path(one.file).name, one.line, one.text) for one in found]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def checked(text: str, **files: str) -> list[tuple[str, int, str]]:
        for name, content in files.items():
            (tmp_path / name.replace("_", ".")).write_text(content)
        return findings(tmp_path / "view.html", text)

    return checked


@pytest.mark.parametrize(
    ("template", "line", "text"),
    [
        ("<p>\n<div>\n", 2, "<div> is never closed"),
        ("<p></p>\n</div>", 2, "</div> closes nothing: no <div> is open here"),
        (
            "<main>\n<b>\n</main>",
            2,
            "<b> is still open where </main> on line 3 closes an element around it",
        ),
        ("<b>\n<i>\n</b>\n</i>", 2, "<i> is closed in the wrong order: </b> on line 3, </i> on line 4"),
        ("<ul><li>a</ul></li>", 1, "<li> is closed in the wrong order: </ul> on line 1, </li> on line 1"),
        ("<ul><li>a</li></li></ul>", 1, "</li> closes nothing: no <li> is open here"),
        ("<section>\n<div/></section>", 2, "<div> is still open where </section> on line 2 closes"),
        ("<div/>", 1, "<div> is never closed: HTML reads <div/> as <div>"),
        ("<svg>\n<g>\n<path d='M0'/></svg>", 2, "<g> is still open"),
        ("<svg><foreignObject>\n<div/></foreignObject></svg>", 2, "<div> is still open"),
        (
            "<div\n class='{{ a }}'\n\n{%- if b %} hidden{% endif %}>\n<p>{{ c }}</p>",
            1,
            "<div> is never closed",
        ),
        ("<i>{% if a %}\n<b>\n{% endif %}</i>", 2, "<b> is never closed"),
        ("{% for a in b %}\n<i>{{ a }}{% else %}<i></i>{% endfor %}", 2, "<i> is never closed"),
        ("{% if a %}\n<i>{% else %}\n<i class='b'>{% endif %}x", 2, "<i> is never closed"),
        ("{% if a %}<i></i>{% else %}\n</i>{% endif %}", 2, "</i> closes nothing"),
        ("{% block a %}\n<i>{% endblock %}", 2, "<i> is never closed"),
        ("{% macro a() %}\n<i>{% endmacro %}{{ a() }}", 2, "<i> is never closed"),
        ("{% macro a() %}{{ caller() }}{% endmacro %}{% call a() %}\n<i>{% endcall %}", 2, "<i> is never"),
        ("{% set a %}\n<i>{% endset %}{{ a }}", 2, "<i> is never closed"),
        ("{% with a = 1 %}\n<i>{% endwith %}", 2, "<i> is never closed"),
        ("{% extends 'base.html' %}{% block a %}\n<i>{% endblock %}", 2, "<i> is never closed"),
        ("<p>{# <p> #}<!-- </p> -->\n</i></p>", 2, "</i> closes nothing"),
        ("<p title='>'></p>\n<i title=\"</i>\">", 2, "<i> is never closed"),
        ("<i{{ a }}></i>\n<b>", 2, "<b> is never closed"),
        ("\n<div{{ a }}>", 2, "<div> is never closed"),
        ("\n<script>if (a</b/i) {}", 2, "<script> is never closed"),
        ("\n<textarea><b></textarea></b>", 2, "</b> closes nothing"),
    ],
)
def test_an_element_that_is_not_closed_or_not_opened(
    check: Check, template: str, line: int, text: str
) -> None:
    [(file, found_line, found)] = check(template, base_html="<p>{% block a %}{% endblock %}</p>")
    assert (file, found_line) == ("view.html", line)
    assert found.startswith(text)


@pytest.mark.parametrize(
    "template",
    [
        # HTML
        "<ul><li>a<li>b</ul><dl><dt>a<dd>b</dl><p>a<p>b<select><option>a</select>",
        "<table><thead><tr><th>a<tbody><tr><td>b<td>c</table>",
        "<br><input/><img src='a'>a < b </ c><? d ><!DOCTYPE html><![CDATA[<b>]]><!--><i></i><!-- <b> --!>",
        "<a href=/b/>c</a><a href=b'c>d</a><DIV></div><b\n/></b>",
        "<script>if (a<b) '<div>'</script><style>a > b {}</style><title></b></title><textarea><p></textarea>",
        "<svg/><svg><g><path/><foreignObject><div></div></foreignObject></g></svg><math><mi/></math>",
        "<circle r='1'/><path/>",
        # Statements within tags
        "<i {% if a %}class='b'{% else %}hidden{% endif %} {{ c }}{% if d %} e{% endif %}></i>",
        "<i{% if a %} class='b'{% endif %}></i><i{{ a }}>b</i><input{{ a }}><i><input{{ a }}></i>",
        "<i class='{% if a %}>{% else %}<b>{% endif %}' title={% if a %}'b'{% else %}c{% endif %}></i>",
        "<i {% if a %}class='b'>{% else %}hidden>{% endif %}</i>",
        "<h{{ a }}>b</h{{ a }}><{{ a }}>b</{{ a }}>",
        "<{% if a %}ul{% else %}ol{% endif %}></{% if a %}ul{% else %}ol{% endif %}>",
        "<header><h{{ a }}><b></b></h{{ a }}></header><textarea{{ a }}><b></textarea>",
        # Branches that go together
        "{% if a %}<i>{% else %}<i class='b'>{% endif %}c</i>",
        "<i>{% if a %}</i>{% else %}b</i>{% endif %}",
        "{% if a %}<i>{% endif %}b{% if a %}</i>{% endif %}",
        "<p>{% if a %}<ul><li>{% endif %}b{% if a %}</li></ul>{% endif %}</p>",
        "<b>{% for a in b %}{% if a %}</b><b>{% endif %}{{ a }}{% endfor %}</b>",
        "{% if a %}<script src='b'>{% else %}<script>{% endif %}c<d</script>",
        "{% if a %}<script>b<c</script>{% endif %}<script>{% if a %}<b>{% endif %}</script>",
        "<!-- {% if a %}<b>{% endif %} --><title>{% block a %}b{% endblock %}</title>",
        # Where it is not clear which tags there are, nothing is reported
        "{% if a %}<!--{% endif %}<b>{% if a %}-->{% endif %}",
        "<i class='{% if a %}b'{% endif %}><b>",
        # Bodies that make up for each other
        "{% macro a() %}<i>{% endmacro %}{% macro b() %}</i>{% endmacro %}{{ a() }}c{{ b() }}",
        "{% macro a() %}</i><i>{% endmacro %}<i>{{ a() }}</i>",
        "{% set a %}<i>{% endset %}{{ a }}b</i>",
        "{% include 'header.html' %}a{% include 'footer.html' %}",
        "{% include 'header.html' %}a</main>",
        "{% extends 'base.html' %}<b>{% block a %}x <y{% endblock %}{% macro c() %}<b></b>{% endmacro %}",
        # What might be in a value, or in a file that is chosen later
        "{{ a|safe }}</i>",
        "{% include a %}</i>",
        "<script>{% include 'code.js' %}</script>",
        "{# pyview: ignore[unclosed-element] #}<i>",
        "{% raw %}<i>{% if %}{{{% endraw %}</i>",
    ],
)
def test_balanced_and_uncertain_elements_are_not_reported(check: Check, template: str) -> None:
    files = {
        "header_html": "<main>",
        "footer_html": "</main>",
        "base_html": "<script>{% block a %}{% endblock %}</script>",
        "code_js": "if (a<b) c",
    }
    assert check(template, **files) == []


def test_other_files_of_the_view_are_checked(check: Check) -> None:
    found = check("{% include 'part.html' %}", part_html="\n<i>")
    assert found == [("part.html", 2, "<i> is never closed")]


# Any HTML, any statements


@dataclass
class Piece:
    """Lines of a template around other pieces. `name` is the name of an element that needs its end tag."""

    before: tuple[str, ...]
    inside: list["Piece"] = field(default_factory=list)
    after: tuple[str, ...] = ()
    name: str = ""


BLOCKS = count()
LEAVES = (
    "text < more &amp; </ >",
    "<br>",
    "<input value='>'/>",
    "<!-- <div> -->",
    "{# <div> #}",
    "{{ value }}",
    "{{ '<div>' }}",
    "<script>if (a<b) { '<div>' }</script>",
    "<textarea></div></textarea>",
    "<svg><path d='M0'/><g></g></svg>",
    "<ul><li>one<li>two</ul>",
    '<p title="</p>">{% if a %}x{% endif %}',
    "<h{{ n }}></h{{ n }}>",
    "{% raw %}{{ <b></b> }}{% endraw %}",
    "{%- set x = '<div>' -%}",
)
ELEMENTS = ("div", "span", "section", "b", "my-card")
OPENINGS = (
    "<{}>",
    "<{} class='{{{{ a }}}}' title=\">\">",
    "<{} {{% if a %}}hidden{{% endif %}} data-a={{{{ b }}}}>",
    "<{}\n\n  class='{{% if a %}}b>{{% else %}}c{{% endif %}}'>",
)
STATEMENTS = (
    ("{% if a %}", "{% endif %}"),
    ("{%- if a -%}\n", "{% elif b %}", "{% else %}", "{%- endif -%}"),
    ("{% for a in b %}", "{% endfor %}"),
    ("{% for a in b %}", "{% else %}", "{% endfor %}"),
    ("{% with a = 1 %}", "{% endwith %}"),
    ("{% filter upper %}", "{% endfilter %}"),
    ("{% set a %}", "{% endset %}"),
    ("{% call a() %}", "{% endcall %}"),
    ("{% macro a() %}", "{% endmacro %}"),
    ("{% autoescape false %}", "{% endautoescape %}"),
)

PASSES = ("{% with a = 1 %}", "{% autoescape false %}")
"""The body of these statements is part of the body around them."""


def element(name: str, opening: str, inside: list[Piece]) -> Piece:
    return Piece((opening.format(name),), inside, (f"</{name}>",), name)


def statement(words: tuple[str, ...], inside: list[list[Piece]]) -> Piece:
    branches = [Piece((word,), body) for word, body in zip(words[:-1], inside, strict=False)]
    return Piece((), branches, (words[-1],))


PIECES = st.recursive(
    st.builds(lambda leaf: Piece((leaf,)), st.sampled_from(LEAVES)),
    lambda inner: (
        st.builds(element, st.sampled_from(ELEMENTS), st.sampled_from(OPENINGS), st.lists(inner, max_size=3))
        | st.builds(
            statement,
            st.sampled_from(STATEMENTS),
            st.lists(st.lists(inner, max_size=3), min_size=3, max_size=3),
        )
    ),
    max_leaves=12,
)


def elements(piece: Piece, around: tuple[Piece, ...] = ()) -> Iterator[tuple[Piece, tuple[Piece, ...]]]:
    """Yield each element, with those of the same name around it in the same body: any of them may be reported."""
    if piece.name:
        yield piece, (piece, *(one for one in around if one.name == piece.name))
    passes = piece.name or not piece.before or piece.before[0] in PASSES
    in_same_body = (*around, piece) if passes else ()
    for inner in piece.inside:
        yield from elements(inner, in_same_body)


def written(piece: Piece, lines: dict[int, int], text: list[str], without: Piece | None) -> str:
    """Return the template as text; `lines` gets the line on which each element begins."""
    lines[id(piece)] = "\n".join(text).count("\n") + (2 if text else 1)
    text.extend(piece.before)
    for inner in piece.inside:
        written(inner, lines, text, without)
    if piece is not without:
        text.extend(piece.after)
    return "\n".join(text)


@given(st.lists(PIECES, max_size=4))
def test_balanced_html_has_no_findings(tmp_path_factory: pytest.TempPathFactory, pieces: list[Piece]) -> None:
    path = tmp_path_factory.getbasetemp() / "balanced.html"
    assert findings(path, written(Piece((), pieces), {}, [], None)) == []


@given(st.data())
def test_an_element_without_its_end_tag_is_reported(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "unbalanced.html"
    first = element(data.draw(st.sampled_from(ELEMENTS)), "<{}>", data.draw(st.lists(PIECES, max_size=3)))
    page = Piece((), [*data.draw(st.lists(PIECES, max_size=2)), first])
    without, possible = data.draw(st.sampled_from(list(elements(page))))
    lines: dict[int, int] = {}
    text = written(page, lines, [], without)
    [(_, line, reported)] = findings(path, text)
    assert line in {lines[id(one)] for one in possible}, text
    assert reported.startswith(f"<{without.name}>")
