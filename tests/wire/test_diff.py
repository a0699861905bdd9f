"""Tests of `diff`: merged into the old tree, it gives the new one."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.testing.tree_html import to_html
from pyview.wire.diff import diff
from pyview.wire.merge import merge

Tree = dict[str, Any]


def node(*values: Any, tag: str = "p") -> Tree:
    statics = [f"<{tag}>", *["|"] * (len(values) - 1), f"</{tag}>"] if values else [f"<{tag}></{tag}>"]
    return {"s": statics, **{str(i): value for i, value in enumerate(values)}}


def keyed(*rows: tuple[Any, ...], tag: str = "li") -> Tree:
    width = len(rows[0]) if rows else 1
    entries: Tree = {str(i): {str(j): value for j, value in enumerate(row)} for i, row in enumerate(rows)}
    return {"s": node(*range(width), tag=tag)["s"], "k": {**entries, "kc": len(rows)}}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (node("a"), node("a"), {}),
        (node("a", "b"), node("a", "c"), {"1": "c"}),
        (node("a"), node("a", tag="h1"), node("a", tag="h1")),
        (node(node("a")), node(node("b")), {"0": {"0": "b"}}),
        (node(node("a")), node(node("a", tag="b")), {"0": node("a", tag="b")}),
        (node(node("a")), node(""), {"0": ""}),
        (node(""), node(node("a")), {"0": node("a")}),
        (node({**node("a"), "r": 1}), node(node("a")), {"0": node("a")}),
        (node(node("a")), node({**node("a"), "r": 1}), {"0": {"r": 1}}),
        (node(keyed(("a",))), node(keyed(("a",))), {}),
        (node(keyed(("a",), ("b",))), node(keyed(("a",), ("c",))), {"0": {"k": {"1": {"0": "c"}, "kc": 2}}}),
        (node(keyed(("a",))), node(keyed(("a",), ("b",))), {"0": {"k": {"1": {"0": "b"}, "kc": 2}}}),
        (node(keyed(("a",), ("b",))), node(keyed(("a",))), {"0": {"k": {"kc": 1}}}),
        (
            node(keyed(("a",), ("b",))),
            node(keyed(("b",), ("a",))),
            {"0": {"k": {"0": 1, "1": 0, "km": True, "kc": 2}}},
        ),
        (node(keyed(("a",))), node(""), {"0": ""}),
        (node(""), node(keyed(("a",))), {"0": keyed(("a",))}),
    ],
)
def test_smallest_messages(old: Tree, new: Tree, expected: Tree) -> None:
    assert diff(old, new) == expected
    assert merge(old, diff(old, new)) == new


def test_shared_statics_are_replaced_first() -> None:
    def shared(text: str) -> Tree:
        return {
            "s": ["", "", ""],
            "0": {"s": 0, "0": "a"},
            "1": {"s": 0, "0": text},
            "p": {"0": ["<b>", "</b>"]},
        }

    assert diff(shared("x"), shared("y")) == {"1": {"0": "y"}}


def test_components_are_compared_one_by_one() -> None:
    def tree(*texts: str) -> Tree:
        numbers = range(1, len(texts) + 1)
        components = {str(i): {**node(text), "r": 1} for i, text in zip(numbers, texts, strict=True)}
        return {**node(1), "c": components}

    assert diff(tree("a", "b"), tree("a", "c")) == {"c": {"2": {"0": "c"}}}
    assert diff(tree("a"), tree("a", "b")) == {"c": {"2": {**node("b"), "r": 1}}}
    assert diff(tree("a"), tree("a")) == {}


texts = st.sampled_from(["", "a", "b", "c"])


def trees(depth: int) -> st.SearchStrategy[Any]:
    if depth == 0:
        return texts
    inner = trees(depth - 1)
    nodes = st.builds(
        lambda values, tag: node(*values, tag=tag), st.lists(inner, max_size=3), st.sampled_from("bi")
    )
    width = st.shared(st.integers(1, 2), key=f"width {depth}")
    rows = width.flatmap(lambda n: st.lists(st.tuples(*[inner] * n), max_size=4))
    lists = rows.filter(bool).map(lambda rows: keyed(*rows))
    return st.one_of(texts, nodes, lists)


roots = st.builds(lambda values: node(*values), st.lists(trees(2), max_size=3))


@given(roots, roots, st.integers(1, 4))
def test_merging_the_diff_gives_the_new_tree(old: Tree, new: Tree, times: int) -> None:
    before = copy.deepcopy((old, new))
    message = diff(old, new)
    assert to_html(merge(old, message)) == to_html(new)
    assert merge(old, message) == new
    assert (old, new) == before
    assert diff(new, copy.deepcopy(new)) == {}


@given(st.lists(st.integers(0, 5), max_size=6), st.lists(st.integers(0, 5), max_size=6))
def test_rows_that_moved(old: list[int], new: list[int]) -> None:
    before, after = (node(keyed(*((f"n{i}",) for i in numbers))) for numbers in (old, new))
    assert merge(before, diff(before, after)) == after
