"""The position of a slot decides how its value is escaped. At an unsafe position it raises an error."""

import html
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from pyview.js import js
from pyview.template import TemplateStringError
from pyview.template.attributes import attribute_text, is_harmless
from pyview.template.tree.change import ChangeRule
from pyview.template.tstrings.compiled import CompiledTStrings
from tests.template.tstrings.pages import build

EVIL = "\"'><script>alert(1)</script>"
ESCAPED = "&#34;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"


def text(*parts: Any) -> str:
    return CompiledTStrings(ChangeRule()).text(build(*parts))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<b>", "&lt;b&gt;"),
        (Markup("<b></b>"), "<b></b>"),
        (None, ""),
        (0, "0"),
        (False, "False"),
        (1.5, "1.5"),
        ([1, "<", None, [2]], "1&lt;2"),
        ((each for each in "ab"), "ab"),
        ({"a": 1}, "{&#39;a&#39;: 1}"),
        (build("<i>", (1,), "</i>"), "<i>1</i>"),
    ],
)
def test_between_tags(value: Any, shown: str) -> None:
    assert text("<p>", (value,), "</p>") == f"<p>{shown}</p>"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("title", "<x>", ' title="&lt;x&gt;"'),
        ("title", "", ' title=""'),
        ("title", None, ""),
        ("disabled", True, " disabled"),
        ("disabled", False, ""),
        ("aria-expanded", False, ' aria-expanded="false"'),
        ("aria-label", None, ""),
        ("draggable", True, ' draggable="true"'),
        ("class", ["a", None, False, "", "b", ["c"], {"d": 1, "e": 0}], ' class="a b c d"'),
        ("class", {"on": True, "off": False}, ' class="on"'),
        ("class", [], ""),
        ("class", EVIL, f' class="{ESCAPED}"'),
        ("style", {"width": "3px", "color": None, "--x": 1}, ' style="width: 3px; --x: 1"'),
        ("style", {"color": "red; position: fixed", "top": 0}, ' style="top: 0"'),
        ("style", {"background": "url('a;b.png')"}, ' style="background: url(&#39;a;b.png&#39;)"'),
        ("style", "color: red", ' style="color: red"'),
        ("value", 0, ' value="0"'),
        ("value", Markup('a&amp;"b"<'), ' value="a&amp;&#34;b&#34;&lt;"'),
        ("href", "/a?b=c&d", ' href="/a?b=c&amp;d"'),
        ("href", "https://x.org", ' href="https://x.org"'),
        ("href", "mailto:a@b.c", ' href="mailto:a@b.c"'),
        ("href", "javascript:alert(1)", ' href="unsafe:javascript:alert(1)"'),
        ("href", " \tJaVa\nScRiPt:alert(1)", ' href="unsafe: \tJaVa\nScRiPt:alert(1)"'),
        ("href", Markup("javascript&#58;alert(1)"), ' href="unsafe:javascript:alert(1)"'),
        ("href", "data:text/html,<script>", ' href="unsafe:data:text/html,&lt;script&gt;"'),
        ("src", "data:image/png;base64,AA", ' src="data:image/png;base64,AA"'),
        ("href", "/a:javascript:", ' href="/a:javascript:"'),
        ("formaction", "vbscript:x", ' formaction="unsafe:vbscript:x"'),
    ],
)
def test_an_attribute_as_a_whole(name: str, value: Any, shown: str) -> None:
    assert text("<a id=1 ", f"{name}=", (value,), " x></a>") == f"<a id=1{shown} x></a>"
    assert text("<a ", (value if value is None else {name: value},), "></a>") == f"<a{shown}></a>"


@pytest.mark.parametrize(
    ("before", "value", "after", "shown"),
    [
        ('<a title="x ', EVIL, ' y"></a>', f'<a title="x {ESCAPED} y"></a>'),
        ("<a title='", EVIL, "'></a>", f"<a title='{ESCAPED}'></a>"),
        ("<a title='", None, "'></a>", "<a title=''></a>"),
        ('<a href="', "javascript:x", '"></a>', '<a href="unsafe:javascript:x"></a>'),
        ('<a href="', "javascript:x", '/y"></a>', '<a href="unsafe:javascript:x/y"></a>'),
        ('<a href="/', "javascript:x", '"></a>', '<a href="/javascript:x"></a>'),
        ('<a href="java', "script:x", '"></a>', '<a href="java/unsafe:script:x"></a>'),
        ('<a href="mailto:', "a@b", '"></a>', '<a href="mailto:a@b"></a>'),
        ('<p style="width: ', "3px", '"></p>', '<p style="width: 3px"></p>'),
        ('<p style="width: ', "3px; position: fixed", '"></p>', '<p style="width: "></p>'),
        ('<p style="', "top: 0; left: 0", '"></p>', '<p style="top: 0; left: 0"></p>'),
        ("<!-- ", "--><script>", " -->", "<!-- --&gt;&lt;script&gt; -->"),
        ("<title>", "</title>", "</title>", "<title>&lt;/title&gt;</title>"),
        ("<textarea>", "<b>", "</textarea>", "<textarea>&lt;b&gt;</textarea>"),
        ("<script>let x = ", Markup("'1'"), "</script>", "<script>let x = '1'</script>"),
        ("<button onclick=", Markup("go('x')"), "></button>", '<button onclick="go(&#39;x&#39;)"></button>'),
        ("a < b ", "<", " c", "a < b &lt; c"),
        ("<!doctype html><p>", 1, "</p>", "<!doctype html><p>1</p>"),
        ("<svg><path d=", "M0", "/></svg>", '<svg><path d="M0"/></svg>'),
        ("<input value=", 1, ">", '<input value="1">'),
        ("<br><p>", 1, "</p>", "<br><p>1</p>"),
    ],
)
def test_other_places(before: str, value: Any, after: str, shown: str) -> None:
    assert text(before, (value,), after) == shown


def test_two_slots_cannot_make_a_scheme_together() -> None:
    assert text('<a href="', ("javascript",), "", (":alert(1)",), '"></a>') == (
        '<a href="javascript/unsafe::alert(1)"></a>'
    )
    assert text('<a href="', ("java",), "", ("script:alert(1)",), '"></a>') == (
        '<a href="java/unsafe:script:alert(1)"></a>'
    )


def test_commands_stand_in_attributes() -> None:
    shown = text("<button phx-click=", (js.push("go", value={"a": '"'}),), "></button>")
    value = shown.removeprefix('<button phx-click="').removesuffix('"></button>')
    assert json.loads(html.unescape(value))[0][0] == "push"


@pytest.mark.parametrize(
    ("parts", "problem", "at"),
    [
        (["<", ("b",), ">x</b>"], "a slot cannot be the name of a tag", "<{value}>x</b>"),
        (["<h", (1,), ">x</h1>"], "a slot cannot be part of a tag's name", "<h{value}>x</h1>"),
        (["<b>x</", ("b",), ">"], "expected an end tag without a slot", "<b>x</{value}>"),
        (["<b data-", ("x",), "=1></b>"], "cannot be part of an attribute's name", "<b data-{value}=1></b>"),
        (["<b ", ({},), "=1></b>"], "must be a whole attribute", None),
        (["<b class=", ("x",), "y></b>"], "must be a whole attribute", None),
        (["<b class=x", ("y",), "></b>"], "needs quotes", "<b class=x{value}></b>"),
        (['<b class="x"', ({},), "></b>"], "needs a space before it", None),
        (["<b ", ({},), "", ({},), "></b>"], "must be a whole attribute", None),
        (['<a href="javascript:go(', (1,), ')"></a>'], "runs javascript: as a program", None),
        (['<a href="java&#115;cript:', (1,), '"></a>'], "runs javascript: as a program", None),
        (['<a href="', ("x",), '://y"></a>'], "the scheme of a URL cannot be a slot", None),
        (["<p>", (1,)], "<p> is never closed", "<p>{value}"),
        (["<p>", (1,), "</b>"], "got </b>: <p> is still open", None),
        (["</b>", (1,)], "</b> has no start tag", None),
        (["<p", (1,), ""], "a slot cannot be part of a tag's name", None),
        (["<p class='", (1,), "x>"], "ends inside the tag <p", None),
        (["<!-- ", (1,)], "ends inside a comment", None),
        (["<script>", (1,)], "ends inside <script>", None),
        (["<div/>", (1,)], "<div/> does not end the element", None),
        (["<b a=1b=", (1,), "></b>"], "unexpected '=' in the tag <b", None),
        (["<? ", (1,), "?>"], "<? has no meaning", None),
        (["<![CDATA[", (1,), "]]>"], "after <! expected a comment", None),
        (["<b <i", (1,), "></b>"], "unexpected '<'", None),
    ],
)
def test_unsafe_positions_are_refused(parts: list[Any], problem: str, at: str | None) -> None:
    with pytest.raises(TemplateStringError) as caught:
        text(*parts)
    assert problem in caught.value.problem
    assert at is None or caught.value.excerpt == at


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        (["<script>", ("x",), "</script>"], "<script> contains a program"),
        (["<style>", ("x",), "</style>"], "<style> contains a program"),
        (["<script>", (Markup("</SCRIPT>"),), "</script>"], "would end the <script>"),
        (["<b onclick=", ("x",), "></b>"], "runs onclick as a program"),
        (["<b onclick='go(", ("x",), ")'></b>"], "runs onclick as a program"),
        (["<iframe srcdoc=", ("<p>",), "></iframe>"], "runs srcdoc as a program"),
        (["<b ", ({"onclick": "x"},), "></b>"], "runs onclick as a program"),
        (["<b ", ({"x y": 1},), "></b>"], "'x y' is not an attribute name"),
        (["<b ", ({"><script>": 1},), "></b>"], "is not an attribute name"),
        (["<b ", ("x",), "></b>"], "expected a mapping of attributes"),
        (["<b title=", ({"a": 1},), "></b>"], "expected text for an attribute, got dict"),
        (["<b title=", (build("x"),), "></b>"], "expected text for an attribute, got Template"),
        (["<b style=", ({"a:b": 1},), "></b>"], "'a:b' is not the name of a CSS property"),
        (["<title>", (build("x"),), "</title>"], "expected text for an attribute, got Template"),
    ],
)
def test_values_that_cannot_be_escaped_are_refused(parts: list[Any], error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        text(*parts)


@given(st.text())
def test_no_text_leaves_its_place(value: str) -> None:
    shown = text("<p title=", (value,), ' class="', (value,), '">', (value,), "</p>")
    assert shown.count("<") == 2
    assert shown.count(">") == 2
    assert shown.count('"') == 4


@given(st.text(alphabet="javscriptJAVSCRIPT:\t\n\x00 /?#&;", max_size=24))
def test_no_text_becomes_a_program(value: str) -> None:
    shown = html.unescape(attribute_text("href", value)[7:-1])
    assert is_harmless(shown)
    pieces = html.unescape(text('<a href="', (value[:5],), "", (value[5:],), '"></a>')[9:-6])
    assert is_harmless(pieces)
