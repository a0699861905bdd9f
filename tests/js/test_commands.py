"""Chains of JS commands: their encoding for the client, and errors for wrong arguments."""

import copy
import json
import pickle
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from pyview.events.decorators import EventReference
from pyview.js import JsCommand, JsCommands, js
from pyview.navigation import UnsafeURL
from pyview.wire.message import UnencodableValue, encoded

FADE = ("transition-opacity slow", ["opacity-0"], "opacity-100")
FADE_PARTS = [["transition-opacity", "slow"], ["opacity-0"], ["opacity-100"]]

ENCODED: list[tuple[JsCommands, list[Any]]] = [
    (js.push("save"), ["push", {"event": "save"}]),
    (js.push(EventReference("save", print)), ["push", {"event": "save"}]),
    (
        js.push("save", target=3, value={"id": 7}, loading="#x", page_loading=True),
        ["push", {"event": "save", "target": 3, "loading": "#x", "value": {"id": 7}, "page_loading": True}],
    ),
    (js.push("save", target="#form", value={}), ["push", {"event": "save", "target": "#form"}]),
    (js.dispatch("my:copy", "#text"), ["dispatch", {"event": "my:copy", "to": "#text"}]),
    (
        js.dispatch("my:copy", detail={"n": 1}, bubbles=False, blocking=True),
        ["dispatch", {"event": "my:copy", "detail": {"n": 1}, "bubbles": False, "blocking": True}],
    ),
    (js.dispatch("click", "#file"), ["dispatch", {"event": "click", "to": "#file"}]),
    (js.show(), ["show", {}]),
    (js.show("#m", display="flex"), ["show", {"to": "#m", "display": "flex"}]),
    (js.show("#m", transition=FADE, time=0), ["show", {"to": "#m", "transition": FADE_PARTS, "time": 0}]),
    (
        js.hide(to="#m", transition="fade out", time=300, blocking=False),
        ["hide", {"to": "#m", "transition": [["fade", "out"], [], []], "time": 300, "blocking": False}],
    ),
    (
        js.hide("#m", transition=["fade", "out"]),
        ["hide", {"to": "#m", "transition": [["fade", "out"], [], []]}],
    ),
    (
        js.toggle("#m", in_transition="in", out_transition=FADE, time=10, display="flex", blocking=False),
        [
            "toggle",
            {
                "to": "#m",
                "display": "flex",
                "ins": [["in"], [], []],
                "outs": FADE_PARTS,
                "time": 10,
                "blocking": False,
            },
        ],
    ),
    (js.toggle("#m", time=10), ["toggle", {"to": "#m", "time": 10}]),
    (js.add_class("a b", to="#m"), ["add_class", {"names": ["a", "b"], "to": "#m"}]),
    (js.remove_class(["a", "b c"]), ["remove_class", {"names": ["a", "b", "c"]}]),
    (
        js.toggle_class("a", transition="t", time=1),
        ["toggle_class", {"names": ["a"], "transition": [["t"], [], []], "time": 1}],
    ),
    (js.transition("shake", to="#m"), ["transition", {"to": "#m", "transition": [["shake"], [], []]}]),
    (js.set_attribute(("aria-expanded", "true")), ["set_attr", {"attr": ["aria-expanded", "true"]}]),
    (js.set_attribute("aria-expanded", "true"), ["set_attr", {"attr": ["aria-expanded", "true"]}]),
    (js.set_attr("value", 3, to="#m"), ["set_attr", {"attr": ["value", "3"], "to": "#m"}]),
    (js.set_attribute("open"), ["set_attr", {"attr": ["open", ""]}]),
    (js.remove_attribute("open", to="#m"), ["remove_attr", {"attr": "open", "to": "#m"}]),
    (js.toggle_attribute("open"), ["toggle_attr", {"attr": ["open", ""]}]),
    (js.toggle_attribute(("open", "true")), ["toggle_attr", {"attr": ["open", "true"]}]),
    (
        js.toggle_attr("aria-expanded", "true", "false", to="#m"),
        ["toggle_attr", {"attr": ["aria-expanded", "true", "false"], "to": "#m"}],
    ),
    (js.ignore_attributes("open"), ["ignore_attrs", {"attrs": ["open"]}]),
    (
        js.ignore_attributes(("open", "data-*"), to="#m"),
        ["ignore_attrs", {"attrs": ["open", "data-*"], "to": "#m"}],
    ),
    (js.focus("#m"), ["focus", {"to": "#m"}]),
    (js.focus_first(to="#m"), ["focus_first", {"to": "#m"}]),
    (js.push_focus(), ["push_focus", {}]),
    (js.pop_focus(), ["pop_focus", {}]),
    (js.navigate("/x"), ["navigate", {"href": "/x", "replace": False}]),
    (
        js.navigate("/x?a=1", {"b": [1, 2]}, replace=True),
        ["navigate", {"href": "/x?a=1&b=1&b=2", "replace": True}],
    ),
    (js.patch("/x", replace=True), ["patch", {"href": "/x", "replace": True}]),
    (js.exec("phx-remove", to="#m"), ["exec", {"attr": "phx-remove", "to": "#m"}]),
    (js.show(js.inner("input")), ["show", {"to": {"inner": "input"}}]),
    (js.show(js.closest("tr")), ["show", {"to": {"closest": "tr"}}]),
    (js.show(("closest", "tr")), ["show", {"to": {"closest": "tr"}}]),
    (js.show({"inner": "input"}), ["show", {"to": {"inner": "input"}}]),
    (js.push("x", loading=js.closest("tr")), ["push", {"event": "x", "loading": {"closest": "tr"}}]),
]


@pytest.mark.parametrize(("chain", "expected"), ENCODED, ids=lambda each: str(each)[:60])
def test_commands_are_encoded_as_the_client_expects(chain: JsCommands, expected: list[Any]) -> None:
    assert json.loads(str(chain)) == [expected]
    assert json.loads(str(chain)) == json.loads(orjson.dumps(encoded(chain, "test")))


untyped: Any = js  # what a program without a type checker may write
MISTAKES: list[tuple[Any, type[Exception], str]] = [
    (
        lambda: untyped.hide(too="#m"),
        TypeError,
        r"js.hide\(\) has no option 'too'. Did you mean 'to'\? It has: to, ",
    ),
    (
        lambda: untyped.push("x", params={}),
        TypeError,
        r"js.push\(\) has no option 'params'. It has: event, target, ",
    ),
    (lambda: untyped.push(), TypeError, "missing 1 required positional argument: 'event'"),
    (
        lambda: untyped.show(""),
        ValueError,
        "to= expects a CSS selector.*Leave it out to mean the element itself",
    ),
    (lambda: untyped.show(7), TypeError, "to= expects a CSS selector.*got int: 7"),
    (lambda: untyped.show(("outer", "x")), ValueError, "js.inner"),
    (lambda: untyped.show(js.inner("")), ValueError, "js.inner"),
    (lambda: untyped.show({"inner": "a", "closest": "b"}), TypeError, "js.inner"),
    (lambda: untyped.show("#m", time="200"), TypeError, "milliseconds as a whole number, got '200'"),
    (lambda: untyped.show("#m", time=True), TypeError, "milliseconds"),
    (lambda: untyped.show("#m", time=-1), ValueError, "0 or more milliseconds, got -1"),
    (lambda: untyped.show("#m", transition=("a", "b")), TypeError, "during, at its start, at its end"),
    (lambda: untyped.show("#m", transition=("a", 2, "b")), TypeError, "class names"),
    (lambda: untyped.show("#m", transition=3), TypeError, "a transition expects"),
    (lambda: untyped.transition("  "), ValueError, "expects the classes while it runs"),
    (lambda: untyped.show("#m", display=1), TypeError, "display= expects text"),
    (lambda: untyped.add_class(" "), ValueError, "expected class names"),
    (lambda: untyped.add_class(3), TypeError, "expected class names"),
    (lambda: untyped.push(""), TypeError, r"push\(event\) expects text, got ''"),
    (lambda: untyped.push("x", target=True), TypeError, "cid of a component"),
    (lambda: untyped.push("x", value=[1]), TypeError, "expects a dict"),
    (lambda: untyped.push("x", value={"id": object()}), UnencodableValue, "js.push needs JSON data"),
    (lambda: untyped.dispatch("click", detail={"a": 1}), ValueError, "takes no detail"),
    (lambda: untyped.set_attribute("open", True), TypeError, "Write 'true' or 'false' for aria"),
    (lambda: untyped.set_attribute("open", None), TypeError, "text, got None"),
    (lambda: untyped.toggle_attribute("a", "b", "c", "d"), ValueError, "at most 2 values"),
    (lambda: untyped.remove_attribute(""), TypeError, "expects text"),
    (lambda: untyped.ignore_attributes([]), TypeError, "one name or a list"),
    (lambda: untyped.navigate("https://example.org/"), UnsafeURL, "a path on this site"),
    (lambda: untyped.patch("//example.org"), UnsafeURL, "a path on this site"),
    (lambda: untyped.navigate("javascript:alert(1)"), UnsafeURL, "a path on this site"),
    (lambda: untyped.exec(None), TypeError, "exec expects text"),
    (lambda: untyped.concat("x"), TypeError, "chains of JS commands, got 'x'"),
    (lambda: untyped + "x", TypeError, "unsupported operand"),
]


@pytest.mark.parametrize(("mistake", "error", "text"), MISTAKES)
def test_a_wrong_argument_raises_where_the_command_is_called(
    mistake: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        mistake()


def test_a_method_returns_a_longer_chain_and_keeps_the_original() -> None:
    hide = js.hide("#m")
    both = hide.push("closed")
    assert [each.cmd for each in both] == ["hide", "push"]
    assert [each.cmd for each in hide] == ["hide"]
    assert not js
    assert str(js) == "[]"
    with pytest.raises(AttributeError, match="is immutable"):
        hide._json = ""


def test_a_later_change_of_a_value_does_not_change_the_chain() -> None:
    value = {"id": 1}
    chain = js.push("x", value=value)
    value["id"] = 2
    assert chain.commands == [JsCommand("push", {"event": "x", "value": {"id": 1}})]


CHAINS = st.lists(st.sampled_from([chain for chain, _ in ENCODED]), max_size=4)


@given(CHAINS, CHAINS)
def test_chains_join_like_lists(first: list[JsCommands], second: list[JsCommands]) -> None:
    one, two = js.concat(*first), js.concat(*second)
    assert (one + two).commands == one.commands + two.commands
    assert one + two == js.concat(*first, *second)
    assert hash(one + two) == hash(js.concat(one, two))
    assert one + js == one == js + one
    assert JsCommands(one.commands) == one


@given(CHAINS)
def test_copies_are_equal(chains: list[JsCommands]) -> None:
    chain = js.concat(*chains)
    assert pickle.loads(pickle.dumps(chain)) == copy.deepcopy(chain) == copy.copy(chain) == chain  # noqa: S301
    assert repr(chain) == f"JsCommands({chain})"


@given(st.text(min_size=1))
def test_any_text_is_safe_in_an_attribute(text: str) -> None:
    chain = js.push("x", value={"text": text})
    html = chain.__html__()
    assert html == escape(chain) == Markup("{}").format(chain)
    assert not {"<", ">", '"', "'"} & set(html)
    assert json.loads(html.unescape()) == [["push", {"event": "x", "value": {"text": text}}]]


def test_add_accepts_commands_unknown_to_the_server() -> None:
    assert js.hide().add(JsCommand("new", {"to": "#m"})).commands[1] == JsCommand("new", {"to": "#m"})


def test_chains_are_encoded_in_payloads() -> None:
    payload = encoded({"row": {"undo": js.show("#r").pop_focus()}}, "test")
    assert orjson.loads(orjson.dumps(payload)) == {
        "row": {"undo": [["show", {"to": "#r"}], ["pop_focus", {}]]}
    }
