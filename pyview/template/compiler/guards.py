"""Guards: filters that the compiler adds around slots whose value a browser or the client could run.

A slot at the beginning of `href` or of `phx-click` costs one call; any other slot costs nothing. A value that the
template marks as trusted is not guarded: a constant, a chain of JS commands, an expression with `|safe` or `|tojson`.
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
"""Matches text that ends inside an attribute whose value may need a guard. Most templates have no such text."""

_TRUSTING: Final = frozenset({"safe", "tojson"})


def url(value: Any) -> Any:
    """Return `value`; a URL that would run as a program becomes one that leads nowhere."""
    if type(value) is str:
        return safe_url(value)
    text = seen_by_browser(value)
    safe = safe_url(text)
    return value if safe is text else safe


def _guard(function: Callable[[Any], Any], mark: str) -> Callable[[Any], Any]:
    """Return `function` as a filter. Live values pass, because an attribute refuses them anyway.

    Text without `mark` is harmless. That is nearly every text, and this test is faster than a call.
    """

    def guard(value: Any) -> Any:
        if type(value) is str and mark not in value:
            return value
        return value if isinstance(value, Live) else function(value)

    return pure(guard)


def _for_html(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return `function` as the filter of a block. Nothing escapes the result of a block, so this does."""

    def guard(value: Any) -> Any:
        found = function(value)
        return escape(found) if isinstance(value, Markup) else found

    return pure(guard)


def _piece(value: Any) -> Any:
    return value if isinstance(value, Live) else command_piece(value)


# Text is made harmless and not refused: the text of one visitor must not make the page fail for all others.
_OF_VALUES: Final = {
    "pyview.url": _guard(url, ":"),
    "pyview.event": _guard(event_text, "["),
    "pyview.commands": _guard(commands_text, "["),
    "pyview.command_piece": pure(_piece),
}
_OF_BLOCKS: Final = {f"{name}.block": _for_html(function) for name, function in _OF_VALUES.items()}

GUARDS: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(_OF_VALUES | _OF_BLOCKS)
"""The guards as filters, by name."""

_GUARD_OF: Final = {
    Danger.URL: "pyview.url",
    # Each piece of a URL is checked alone: together they exist only in the page. `https://` may be the second piece.
    Danger.URL_PIECE: "pyview.url",
    Danger.EVENT: "pyview.event",
    Danger.COMMANDS: "pyview.commands",
    Danger.COMMAND_PIECE: "pyview.command_piece",
}


def guard_slots(tree: nodes.Template) -> None:
    """Add guards around all slots of a template that need one, and around blocks and includes in such attributes."""
    # To follow the HTML through all branches takes longer, and most templates need no guard.
    if not any(_OPEN_VALUE.search(text.data) for text in tree.find_all(nodes.TemplateData)):
        return
    blocks: dict[nodes.Node, list[str]] = {}
    # A list, because the guards replace nodes of the tree that is walked through.
    for position in [*positions_of(tree)]:
        names = _guards_for(position.positions)
        if isinstance(position, Written):
            blocks[position.node] = names
        elif names and not is_trusted(position.expression):
            position.output.nodes[position.index] = _guarded(position.expression, names)
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
    """Wraps statements in filter blocks, which get everything that the statement writes as one text."""

    def __init__(self, guards: Mapping[nodes.Node, Sequence[str]]) -> None:
        self._guards = guards

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        found = super().generic_visit(node, *args, **kwargs)
        for name in self._guards.get(node, ()):
            kind = nodes.Filter(None, f"{name}.block", [], [], None, None, lineno=node.lineno)
            found = nodes.FilterBlock([found], kind, lineno=node.lineno)
        return found


def unguarded(expression: nodes.Expr) -> nodes.Expr:
    """Return the expression as it stands in the template, without guards."""
    while isinstance(expression, nodes.Filter) and expression.name in GUARDS and expression.node is not None:
        expression = expression.node
    return expression


def is_trusted(expression: nodes.Expr) -> bool:
    """Return True if the template marks the value as trusted: a constant, JS commands, or a filter of `_TRUSTING`."""
    match expression:
        case nodes.Const() | nodes.TemplateData():
            return True
        case nodes.Filter(name=name):
            return name in _TRUSTING or name.startswith("js.")
        case nodes.CondExpr(expr1=one, expr2=other):
            return is_trusted(one) and (other is None or is_trusted(other))
        case nodes.Add(left=one, right=other):
            return is_trusted(one) and is_trusted(other)
        case nodes.Call(node=nodes.Getattr(attr=command)):
            return command in COMMANDS and starts_with_js(expression)
        case _:
            return False
