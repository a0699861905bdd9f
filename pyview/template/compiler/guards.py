"""Guards of slots whose value a browser or the client could run: written around them when a template compiles.

A slot at the beginning of `href` or of `phx-click` costs a call; any other slot costs nothing. What the author of the
template wrote there as a constant, as a chain of JS commands, or marked with `|safe` or `|tojson`, is left as it is.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from jinja2 import nodes
from markupsafe import Markup

from pyview.js.bindings import (
    COMMAND_BINDINGS,
    EVENT_BINDINGS,
    command_piece,
    commands_text,
    event_text,
    seen_by_browser,
)
from pyview.js.commands import COMMANDS
from pyview.template.attributes import URL_ATTRIBUTES, safe_url
from pyview.template.compiler.command_chains import starts_with_js
from pyview.template.compiler.purity import pure
from pyview.template.compiler.slot_places import Slot, slots_of
from pyview.template.dangers import Danger, danger_of
from pyview.template.tree.live import Live

_NAMES: Final = "|".join(re.escape(each) for each in (*URL_ATTRIBUTES, *EVENT_BINDINGS, *COMMAND_BINDINGS))
_OPEN_VALUE = re.compile(rf"\b(?:{_NAMES}|to|from|by|values)\s*=\s*(?:\"[^\"]*|'[^']*)\Z", re.IGNORECASE)
"""A text that ends in the midst of a value that may have to be guarded."""

_VOUCHING: Final = frozenset({"safe", "tojson"})


def address(value: Any) -> Any:
    """`value`; an address that would run as a program is turned into one that leads nowhere."""
    if type(value) is str:
        return safe_url(value)
    text = seen_by_browser(value)
    safe = safe_url(text)
    return value if safe is text else safe


def _guard(function: Callable[[Any], Any], mark: str, *passed: type) -> Callable[[Any], Any]:
    """`function` as a filter, for all but `passed` and live values, which an attribute refuses by itself.

    Text without `mark` is harmless: that is nearly every text.
    """
    untouched = (Live, *passed)

    def guard(value: Any) -> Any:
        if type(value) is str and mark not in value:
            return value
        return value if isinstance(value, untouched) else function(value)

    return pure(guard)


def _piece(value: Any) -> Any:
    return value if isinstance(value, Live) else command_piece(value)


GUARDS: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "pyview.address": _guard(address, ":"),
        "pyview.event": _guard(event_text, "["),
        "pyview.commands": _guard(commands_text, "["),
        # A macro returns HTML, whatever is in it: JS commands of `ui.show_modal(id)` for one.
        "pyview.event.called": _guard(event_text, "[", Markup),
        "pyview.commands.called": _guard(commands_text, "[", Markup),
        "pyview.command_piece": pure(_piece),
    }
)
"""The guards, as the filters that an environment has them as."""

_GUARD_OF: Final = {
    Danger.ADDRESS: "pyview.address",
    # The pieces of an address are not put together to be looked at: `https://` may well stand in the second one.
    Danger.ADDRESS_PIECE: "pyview.address",
    Danger.EVENT: "pyview.event",
    Danger.COMMANDS: "pyview.commands",
    Danger.COMMAND_PIECE: "pyview.command_piece",
}


def guard_slots(tree: nodes.Template) -> None:
    """Put a guard around each slot of a template that needs one."""
    if not any(_OPEN_VALUE.search(text.data) for text in tree.find_all(nodes.TemplateData)):
        return
    for slot in slots_of(tree):
        for name in _guards_of(slot):
            inner = slot.expression
            slot.output.nodes[slot.index] = nodes.Filter(inner, name, [], [], None, None, lineno=inner.lineno)


def _guards_of(slot: Slot) -> list[str]:
    dangers = {danger_of(value) for value in slot.values()}
    needed = {_GUARD_OF[danger] for danger in dangers if danger in _GUARD_OF}
    if not needed or is_vouched(slot.expression):
        return []
    called = ".called" if _may_be_of_macro(slot.expression) else ""
    return sorted(name + called if name + called in GUARDS else name for name in needed)


def _may_be_of_macro(expression: nodes.Expr | None) -> bool:
    match expression:
        case nodes.CondExpr(expr1=one, expr2=other):
            return _may_be_of_macro(one) or _may_be_of_macro(other)
        case nodes.BinExpr(left=one, right=other):
            return _may_be_of_macro(one) or _may_be_of_macro(other)
        case _:
            return isinstance(expression, nodes.Call)


def unguarded(expression: nodes.Expr) -> nodes.Expr:
    """The expression as its author wrote it."""
    while isinstance(expression, nodes.Filter) and expression.name in GUARDS and expression.node is not None:
        expression = expression.node
    return expression


def is_vouched(expression: nodes.Expr) -> bool:
    """Whether the author of the template answers for the value: a constant, JS commands, or what is marked so."""
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
