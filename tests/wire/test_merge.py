"""Merging and rendering of trees: examples of the protocol, then properties, then the real client."""

import copy
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyview.testing.tree_html import check_single_root, to_html
from pyview.wire.merge import ProtocolError, extract, merge
from tests.wire.javascript import JavaScriptClient, start
from tests.wire.trees import State, difference, states, whole, with_templates

LIST = {
    "0": {"s": ["<li>", "</li>"], "k": {"0": {"0": "a"}, "1": {"0": "b"}, "kc": 2}},
    "s": ["<ul>", "</ul>"],
}
PARTS = {"0": "Ann", "1": {"0": "root", "s": ["<b>", "</b>"], "r": 1}, "s": ["<div>Hello ", " ", "</div>"]}
COMPONENTS = {
    "0": 1,
    "1": 2,
    "c": {"1": {"0": "one", "s": ["<div>", "</div>"], "r": 1}, "2": {"0": "two", "s": 1}},
    "s": ["<p>", "", "</p>"],
}


def shown(tree: dict[str, Any], *diffs: dict[str, Any]) -> str:
    merged = merge({}, tree)
    for diff in diffs:
        merged = merge(merged, diff)
    return to_html(merged)


# --- the protocol's examples, each seen in the real client ---


@pytest.mark.parametrize(
    ("diffs", "html"),
    [
        ([], "<div>Hello Ann <b>root</b></div>"),
        ([{"1": {"0": "editor"}}], "<div>Hello Ann <b>editor</b></div>"),
        ([{"1": ""}], "<div>Hello Ann </div>"),
        ([{"1": ""}, {"1": {"0": "x", "s": ["<i>", "</i>"], "r": 1}}], "<div>Hello Ann <i>x</i></div>"),
        ([{"0": "1"}], "<div>Hello 1 <b>root</b></div>"),
        ([{"0": "new", "s": ["<h1>", "</h1>"]}], "<h1>new</h1>"),
        ([{"unknown": 1, "7": "kept, never shown"}], "<div>Hello Ann <b>root</b></div>"),
        ([{}], "<div>Hello Ann <b>root</b></div>"),
    ],
)
def test_nodes(diffs: list[dict[str, Any]], html: str) -> None:
    assert shown(PARTS, *diffs) == html


@pytest.mark.parametrize(
    ("keyed", "texts"),
    [
        ({"0": 1, "1": 0, "kc": 2, "km": True}, "ba"),
        ({"0": [1, {"0": "A"}], "1": {"0": "new"}, "kc": 2, "km": True}, ["A", "new"]),
        ({"0": {"0": "new"}, "1": 0, "2": 1, "kc": 3, "km": True}, ["new", "a", "b"]),
        ({"kc": 1}, "a"),
        ({"kc": 0}, ""),
        ({"1": {"0": "B2"}, "kc": 2}, ["a", "B2"]),
        ({"2": {"0": "c"}, "kc": 3}, "abc"),
    ],
)
def test_comprehensions(keyed: dict[str, Any], texts: list[str] | str) -> None:
    assert shown(LIST, {"0": {"k": keyed}}) == f"<ul>{''.join(f'<li>{text}</li>' for text in texts)}</ul>"


def test_an_emptied_comprehension_keeps_its_statics() -> None:
    assert (
        shown(LIST, {"0": {"k": {"kc": 0}}}, {"0": {"k": {"0": {"0": "z"}, "kc": 1}}})
        == "<ul><li>z</li></ul>"
    )


def test_templates_of_a_message() -> None:
    tree = {
        "0": {"0": "x", "s": 0, "r": 1},
        "1": {"0": "y", "s": 0, "r": 1},
        "s": 1,
        "p": {"0": ["<b>", "</b>"], "1": ["<div>", "", "</div>"]},
    }
    assert shown(tree) == "<div><b>x</b><b>y</b></div>"
    assert (
        shown(tree, {"0": {"0": "z", "s": 0}, "p": {"0": ["<i>", "</i>"]}}) == "<div><i>z</i><b>y</b></div>"
    )


def test_templates_reach_into_comprehensions_inside_each_other() -> None:
    tree = {
        "0": {"k": {"0": {"0": "x", "1": {"k": {"0": {"0": "1"}, "kc": 1}, "s": 0}}, "kc": 1}, "s": 1},
        "p": {"0": ["<i>", "</i>"], "1": ["<b>", "", "</b>"], "2": ["<div>", "</div>"]},
        "s": 2,
    }
    assert shown(tree) == "<div><b>x<i>1</i></b></div>"


def test_a_comprehension_inside_a_component_has_a_table_of_its_own() -> None:
    entry = {"s": ["<p>", "", "</p>"], "p": {"0": ["always"]}, "k": {"0": {"0": "", "1": {"s": 0}}, "kc": 1}}
    tree = {"0": 7, "s": ["", ""], "c": {"7": {"0": entry, "s": ["<div>", "</div>"], "r": 1}}}
    assert shown(tree) == "<div><p>always</p></div>"


def test_components() -> None:
    assert shown(COMPONENTS) == "<p><div>one</div><div>two</div></p>"
    assert shown(COMPONENTS, {"c": {"1": {"0": "uno"}}}) == "<p><div>uno</div><div>two</div></p>"
    third = {"0": 3, "c": {"3": {"0": "three", "s": -1}}}
    assert shown(COMPONENTS, third) == "<p><div>three</div><div>two</div></p>"


def test_a_component_shares_what_another_was_before_this_diff() -> None:
    tree = {
        "0": 1,
        "1": "",
        "c": {"1": {"0": {"0": "one", "s": ["IF ", ""]}, "s": ["<p>", "</p>"], "r": 1}},
        "s": ["", "", ""],
    }
    diff = {"1": 5, "c": {"1": {"0": {"0": "e", "s": ["ELSE ", ""]}}, "5": {"0": {"0": "five"}, "s": -1}}}
    assert shown(tree, diff) == "<p>ELSE e</p><p>IF five</p>"


def test_components_are_marked_on_request() -> None:
    tree = {"0": 1, "s": ["", ""], "c": {"1": {"s": ["<!-- c -->\n<br/>"], "r": 1}}}
    assert to_html(merge({}, tree)) == "<!-- c -->\n<br/>"
    assert to_html(merge({}, tree), strip=False) == '<!-- c -->\n<br data-phx-component="1"/>'


def test_title_reply_and_events_are_not_merged() -> None:
    diff = {"0": "Bea", "t": "Title", "r": {"x": 1}, "e": [["hello", {}]]}
    parts = extract(diff)
    assert (parts.diff, parts.title, parts.reply, parts.events) == (
        {"0": "Bea"},
        "Title",
        {"x": 1},
        [["hello", {}]],
    )
    assert extract({"0": "x"}).events == []
    assert shown(PARTS, diff) == "<div>Hello Bea <b>root</b></div>"


# --- what the client throws at, or shows wrongly ---


@pytest.mark.parametrize(
    ("tree", "diff", "error"),
    [
        (PARTS, {"0": {"k": {"kc": 0}}}, "without statics `s` over 'Ann'"),
        (PARTS, {"9": {"0": "x"}}, "without statics `s` over nothing"),
        (PARTS, {"1": {"k": {"kc": 0}}}, "a diff of a comprehension `k`, but the client holds"),
        (PARTS, {"0": None}, "expected a string, a node or a component's number, got None"),
        (PARTS, {"0": True}, "got True"),
        (PARTS, {"0": 1}, "no component 1; numbers are components"),
        (PARTS, {"1": {"0": "x", "s": 0}}, "statics number 0 without a table"),
        (
            PARTS,
            {"1": {"0": "x", "s": 1}, "p": {"0": [""]}},
            "statics must be a list of strings, got None for 1",
        ),
        (PARTS, {"1": {"0": "x", "s": ["<b>", "</b><i></i>"], "r": 1}}, "exactly one element, found 2"),
        (PARTS, {"1": {"0": "x", "s": ["", ""], "r": 1}}, "must begin with its element, found text 'x'"),
        (PARTS, {"1": {"0": "", "s": ["<!-- ", " -->"], "r": 1}}, "exactly one element, found 0"),
        (
            PARTS,
            {"1": {"s": ["<b>", "</b>"], "r": 1}},
            "expected a string, a node or a component's number, got None",
        ),
        (LIST, {"0": {"k": {"0": 1, "1": 0, "kc": 2}}}, "entries move, but `km` is not set"),
        (LIST, {"0": {"k": {"0": {"0": "x"}}}}, "needs its number of entries `kc`"),
        (LIST, {"0": {"k": {"0": 2, "kc": 2, "km": True}}}, "refers to old position 2, but the list had 2"),
        (LIST, {"0": {"k": {"0": [5, {}], "kc": 2, "km": True}}}, "refers to old position 5"),
        (LIST, {"0": {"k": {"kc": 3}}}, "refers to old position 2"),
        (LIST, {"0": {"k": {"2": {"0": "x"}, "kc": 2}}}, "entry '2' in a list whose `kc` is 2"),
        (LIST, {"0": {"k": {"0": 1, "1": 1, "kc": 2, "km": True}}}, "two entries move from one old position"),
        (LIST, {"0": {"k": {"0": "text", "kc": 2}}}, "an entry is a diff, an old position"),
        (LIST, {"0": {"s": ["", ""], "k": {"0": 1, "kc": 1}}}, "expected an entry of a list, got 1"),
        (COMPONENTS, {"c": {"9": {"0": "x"}}}, "component 9 is unknown to the client"),
        (
            COMPONENTS,
            {"c": {"9": {"0": "x", "s": -8}}},
            "shares the statics of 8, which does not exist before",
        ),
        (
            COMPONENTS,
            {"c": {"9": {"0": "x", "s": 1}}},
            "shares the statics of 1, which does not exist in this diff",
        ),
        (COMPONENTS, {"c": {"8": {"s": 9}, "9": {"s": 8}}}, "in a circle: 8 -> 9 -> 8"),
        (COMPONENTS, {"0": 1, "s": ["", ""]}, "no component 1"),
        (COMPONENTS, {"c": {"1": {"s": ["<b></b>"]}}}, "component 1 needs `r`: 1"),
        (COMPONENTS, {"1": 1}, "component 1 is in two places"),
        ({"0": "x"}, {}, "the first tree must be complete"),
    ],
)
def test_diffs_that_a_client_cannot_apply(tree: dict[str, Any], diff: dict[str, Any], error: str) -> None:
    with pytest.raises(ProtocolError) as raised:
        shown(tree, diff)
    assert error in str(raised.value)


def test_a_single_root_with_comments_and_white_space() -> None:
    for html in (
        "<b></b>",
        " <!-- a --> <p>x</p> <!-- b -->",
        "<br>",
        "<br/>",
        "<div><div></div></div>",
        "<li>open",
    ):
        check_single_root(html)
    check_single_root("<svg><path d='M0 0'/><path/></svg>")
    with pytest.raises(ProtocolError):
        check_single_root("<br><br>")


# --- laws ---

pairs = st.tuples(states(), states())


@given(pairs)
def test_a_merged_difference_makes_the_new_tree(pair: tuple[State, State]) -> None:
    old, new = pair
    tree = merge({}, whole(old))
    merged = merge(tree, difference(old, new))
    assert to_html(merged) == to_html(merge({}, whole(new)))


@given(pairs)
def test_templates_give_the_same_tree(pair: tuple[State, State]) -> None:
    old, new = pair
    first, diff = whole(old), difference(old, new)
    assert merge({}, with_templates(first)) == merge({}, first)
    assert merge(merge({}, with_templates(first)), with_templates(diff)) == merge(merge({}, first), diff)


@given(pairs)
def test_nothing_is_changed_in_place(pair: tuple[State, State]) -> None:
    old, new = pair
    tree, diff = merge({}, whole(old)), with_templates(difference(old, new))
    before = copy.deepcopy((tree, diff))
    to_html(merge(tree, diff))
    assert (tree, diff) == before


# --- the real client ---


@pytest.fixture(scope="session")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JavaScriptClient]:
    client = start(tmp_path_factory.mktemp("javascript"))
    yield client
    client.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(sequence=st.lists(states(), min_size=1, max_size=5), templates=st.booleans())
def test_the_real_client_shows_the_same(
    javascript: JavaScriptClient, sequence: list[State], templates: bool
) -> None:
    messages = [
        whole(sequence[0]),
        *(difference(old, new) for old, new in pairwise(sequence)),
    ]
    if templates:
        messages = [with_templates(message) for message in messages]
    tree: dict[str, Any] = {}
    for message, seen in zip(messages, javascript.run(messages), strict=True):
        before, tree = tree, merge(tree, message)
        assert seen["html"] == to_html(tree)
        assert normal(seen["patch"]) == left_out(to_html(tree, since=before))


def left_out(html: str) -> str:
    """Return the HTML without the content and the attributes of untouched elements."""
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup.select("[data-phx-skip]"):
        tag.clear()
        tag.attrs = {"data-phx-skip": ""}
    return str(soup)


def normal(html: str) -> str:
    return str(BeautifulSoup(html, "html.parser"))


def test_errors_where_the_real_client_throws(javascript: JavaScriptClient) -> None:
    keyed: list[dict[str, Any]] = [
        {"0": {"k": {"0": 1, "1": 0, "kc": 2}}},
        {"0": {"k": {"0": 2, "kc": 2, "km": True}}},
        {"0": {"k": {"kc": 3}}},
        {"0": {"0": "x", "s": 0}},
        {"0": 5},
    ]
    for diff in keyed:
        assert "error" in javascript.run([LIST, diff])[1], f"the real client takes {diff}"
        with pytest.raises(ProtocolError):
            shown(LIST, diff)
