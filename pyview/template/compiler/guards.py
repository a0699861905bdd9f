"""Guards of slots whose value a browser or the client could run: written around them when a template compiles.

A slot at the beginning of `href` or of `phx-click` costs a call; any other slot costs nothing. What the author of the
template wrote there as a constant, as a chain of JS commands, or marked with `|safe` or `|tojson`, is left as it is.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from jinja2 import nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from pyview.js.bindings import (
    command_piece,
    commands_text,
    event_text,
    seen_by_browser,
)
from pyview.js.commands import COMMANDS
from pyview.template.attributes import URL_ATTRIBUTES, safe_url
from pyview.template.compiler.command_chains import starts_with_js
from pyview.template.compiler.purity import pure
from pyview.template.compiler.slot_positions import Written, positions_of, values_at
from pyview.template.html_scanner import Scanner
from pyview.template.tree.output import Live
from pyview.template.unsafe_values import Danger, danger_of

_NAMES: Final = "|".join(map(re.escape, sorted(URL_ATTRIBUTES)))
_OPEN_VALUE = re.compile(
    rf"\b(?:{_NAMES}|phx-[\w-]*|to|from|by|values)\s*(?:=\s*(?:\"[^\"]*|'[^']*|[^\s\"'>]*)?)?\Z",
    re.IGNORECASE,
)
"""A text that ends in the midst of an attribute whose value may have to be guarded."""

_VOUCHING: Final = frozenset({"safe", "tojson"})


def address(value: Any) -> Any:
    """`value`; an address that would run as a program is turned into one that leads nowhere."""
    if type(value) is str:
        return safe_url(value)
    text = seen_by_browser(value)
    safe = safe_url(text)
    return value if safe is text else safe


def _guard(function: Callable[[Any], Any], mark: str) -> Callable[[Any], Any]:
    """`function` as a filter, for all but live values, which an attribute refuses by itself.

    Text without `mark` is harmless: that is nearly every text.
    """

    def guard(value: Any) -> Any:
        if type(value) is str and mark not in value:
            return value
        return value if isinstance(value, Live) else function(value)

    return pure(guard)


def _for_html(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`function` as the filter of a block, whose result is written as it is."""

    def guard(value: Any) -> Any:
        found = function(value)
        return escape(found) if isinstance(value, Markup) else found

    return pure(guard)


def _piece(value: Any) -> Any:
    return value if isinstance(value, Live) else command_piece(value)


_OF_VALUES: Final = {
    "pyview.address": _guard(address, ":"),
    "pyview.event": _guard(event_text, "["),
    "pyview.commands": _guard(commands_text, "["),
    "pyview.command_piece": pure(_piece),
}
_OF_BLOCKS: Final = {f"{name}.block": _for_html(function) for name, function in _OF_VALUES.items()}

GUARDS: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(_OF_VALUES | _OF_BLOCKS)
"""The guards, as the filters that an environment has them as."""

_GUARD_OF: Final = {
    Danger.URL: "pyview.address",
    # The pieces of an address are not put together to be looked at: `https://` may well stand in the second one.
    Danger.URL_PIECE: "pyview.address",
    Danger.EVENT: "pyview.event",
    Danger.COMMANDS: "pyview.commands",
    Danger.COMMAND_PIECE: "pyview.command_piece",
}


def guard_slots(tree: nodes.Template) -> None:
    """Put a guard around each slot of a template that needs one, and around what blocks and other files write there."""
    if not any(_OPEN_VALUE.search(text.data) for text in tree.find_all(nodes.TemplateData)):
        return
    blocks: dict[nodes.Node, list[str]] = {}
    for place in [*positions_of(tree)]:
        names = _guards_for(place.positions)
        if isinstance(place, Written):
            blocks[place.node] = names
        elif names and not is_vouched(place.expression):
            place.output.nodes[place.index] = _guarded(place.expression, names)
    if any(blocks.values()):
        _Blocks(blocks).visit(tree)


def _guards_for(positions: Iterable[Scanner]) -> list[str]:
    dangers = {danger_of(value) for value in values_at(positions)}
    return sorted({_GUARD_OF[danger] for danger in dangers if danger in _GUARD_OF})


def _guarded(expression: nodes.Expr, names: Sequence[str]) -> nodes.Expr:
    for name in names:
        expression = nodes.Filter(expression, name, [], [], None, None, lineno=expression.lineno)
    return expression


class _Blocks(NodeTransformer):
    """Wraps statements in filter blocks, which see what they wrote as a whole."""

    def __init__(self, guards: Mapping[nodes.Node, Sequence[str]]) -> None:
        self._guards = guards

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        found = super().generic_visit(node, *args, **kwargs)
        for name in self._guards.get(node, ()):
            kind = nodes.Filter(None, f"{name}.block", [], [], None, None, lineno=node.lineno)
            found = nodes.FilterBlock([found], kind, lineno=node.lineno)
        return found


def unguarded(expression: nodes.Expr) -> nodes.Expr:
    """The expression as its author wrote it."""
    while isinstance(expression, nodes.Filter) and expression.name in GUARDS and expression.node is not None:
        expression = expression.node
    return expression


def is_vouched(expression: nodes.Expr) -> bool:
    """Return whether the author of the template vouches for the value: a constant, JS commands, or marked so."""
    match expression:
        case nodes.Const() | nodes.TemplateData():
            return True
        case nodes.Filter(name=name):
            return name in _VOUCHING or name.startswith("js.")
        case nodes.CondExpr(expr1=one, expr2=other):
            return is_vouched(one) and (other is None or is_vouched(other))
        case nodes.Add(left=one, right=other):
            return is_vouched(one) and is_vouched(other)
        case nodes.Call(node=nodes.Getattr(attr=command)):
            return command in COMMANDS and starts_with_js(expression)
        case _:
            return False
