"""Questions about Jinja2's syntax tree: what a statement writes, binds, reads and changes."""

import datetime
import decimal
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from jinja2 import nodes
from markupsafe import Markup

from pyview.template.compiler.command_chains import starts_with_js
from pyview.template.tree.change import TRUST_BUILTINS, TRUST_OBJECTS

MUTATORS: Final = frozenset(
    {
        *("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"),
        *("popitem", "setdefault", "update", "__setitem__", "__delitem__", "__iadd__", "__ior__"),
        *("add", "discard", "difference_update", "intersection_update", "symmetric_difference_update"),
    }
)
"""Methods of lists, dicts and sets that change them. Besides `{% do %}`, nothing else in a template can change them."""

_KNOWN_TYPES = (str, bytes, int, float, tuple, list, dict, set, frozenset, range, Markup)
_MORE_KNOWN_TYPES = (datetime.datetime, datetime.time, datetime.timedelta, decimal.Decimal, uuid.UUID)
KNOWN_METHODS: Final = frozenset(
    name for cls in (*_KNOWN_TYPES, *_MORE_KNOWN_TYPES) for name in dir(cls) if name not in MUTATORS
)
"""Methods of standard types. A call of one cannot change an object of the application."""

_BINDING = (
    *(nodes.Assign, nodes.AssignBlock, nodes.Import, nodes.FromImport, nodes.Macro),
    *(nodes.ExprStmt, nodes.Extends),
)
_SCOPES = (
    *(nodes.For, nodes.Macro, nodes.CallBlock, nodes.FilterBlock),
    *(nodes.With, nodes.Block, nodes.Scope, nodes.OverlayScope),
)
_WRITING = (nodes.Output, nodes.For, nodes.Include, nodes.Block, nodes.CallBlock, nodes.FilterBlock)
_SILENT = (nodes.Macro, nodes.Assign, nodes.AssignBlock)


def contains(node: nodes.Node, types: tuple[type[nodes.Node], ...]) -> bool:
    """Return True if a node of one of the types is anywhere below `node`."""
    return next(iter(node.find_all(types)), None) is not None


def writes(body: Iterable[nodes.Node]) -> bool:
    """Return True if rendering the body may write anything."""
    for node in body:
        if isinstance(node, _WRITING):
            return True
        if not isinstance(node, _SILENT) and contains(node, _WRITING):
            return True
    return False


def binds_outside(body: Iterable[nodes.Node]) -> bool:
    """Return True if rendering the body has an effect on statements after it: it binds names or calls methods."""
    for node in body:
        if isinstance(node, _BINDING):
            return True
        if isinstance(node, _SCOPES):
            continue
        if isinstance(node, nodes.If) and binds_outside([*node.body, *node.elif_, *(node.else_ or ())]):
            return True
        if isinstance(node, nodes.ScopedEvalContextModifier) and binds_outside(node.body):
            return True
    return False


def constant_text(body: Iterable[nodes.Node]) -> str | None:
    """Return the text of a body that is nothing but text, else None."""
    parts: list[str] = []
    for node in body:
        if not isinstance(node, nodes.Output) or not all(
            isinstance(each, nodes.TemplateData) for each in node.nodes
        ):
            return None
        parts += [each.data for each in node.nodes if isinstance(each, nodes.TemplateData)]
    return "".join(parts)


def target_names(target: nodes.Node) -> list[nodes.Name | nodes.NSRef]:
    """Return the names that an assignment target binds."""
    if isinstance(target, (nodes.Name, nodes.NSRef)):
        return [target]
    return list(target.find_all((nodes.Name, nodes.NSRef)))


def bindings(template: nodes.Template) -> Counter[str]:
    """Count how often the template binds each name."""
    return Counter(_bound_names(template))


def _bound_names(template: nodes.Template) -> Iterator[str]:
    for node in template.find_all(nodes.Node):
        if isinstance(node, nodes.Name):
            if node.ctx != "load":
                yield node.name
        elif isinstance(node, (nodes.Macro, nodes.NSRef)):
            yield node.name
        elif isinstance(node, nodes.Import):
            yield node.target
        elif isinstance(node, nodes.FromImport):
            # An import with an alias is a pair, `(name, alias)`.
            yield from (name if isinstance(name, str) else name[1] for name in node.names)


def may_create(expression: nodes.Node) -> bool:
    """Return True if the value of an expression may be a new mutable object, which the template could change later."""
    makers = (nodes.List, nodes.Dict, nodes.Call, nodes.Filter)
    return isinstance(expression, makers) or contains(expression, makers)


def trust_of(template: nodes.Template) -> int:
    """Return which values may be compared by snapshots: not those that the template itself may change while it renders.

    See `TRUST_BUILTINS` and `TRUST_OBJECTS`.
    """
    # A `do` may call anything, and its only purpose is an effect.
    if template.find(nodes.ExprStmt) is not None:
        return 0
    trust = TRUST_OBJECTS
    modules = {"self", "loop", "caller", "super", *_imported(template)}
    for call in template.find_all(nodes.Call):
        function = call.node
        if isinstance(function, nodes.Name):
            continue
        # What an expression like `functions[0]()` calls is unknown.
        if not isinstance(function, nodes.Getattr) or function.attr in MUTATORS:
            return 0
        of_module = isinstance(function.node, nodes.Name) and function.node.name in modules
        if function.attr not in KNOWN_METHODS and not of_module and not starts_with_js(function):
            trust = TRUST_BUILTINS
    return trust


def _imported(template: nodes.Template) -> Iterator[str]:
    return (node.target for node in template.find_all(nodes.Import))


def mutates(body: Iterable[nodes.Node]) -> bool:
    """Return True if the body calls a method that changes a list, dict or set."""
    for node in body:
        if isinstance(node, nodes.Getattr) and node.attr in MUTATORS:
            return True
        if any(each.attr in MUTATORS for each in node.find_all(nodes.Getattr)):
            return True
    return False


class _ReadWhole(Exception):
    """The loop's body uses the item as a whole, not a field of it."""


def fields_read(target: nodes.Node, body: Iterable[nodes.Node]) -> list[str] | None:
    """Return the fields that a loop's body reads of its item; None if it also uses the item itself."""
    if not isinstance(target, nodes.Name):
        return None
    found: dict[str, None] = {}
    try:
        for node in body:
            _collect_fields(node, target.name, found)
    except _ReadWhole:
        return None
    return list(found)


class ItemField(NamedTuple):
    """A field of a named value: `owner.name` or `owner["name"]`."""

    owner: str
    name: str


def field_of(node: nodes.Node) -> ItemField | None:
    """Return the field that the node reads, None if it is no field of a name."""
    if not isinstance(node, (nodes.Getattr, nodes.Getitem)) or not isinstance(node.node, nodes.Name):
        return None
    if isinstance(node, nodes.Getattr):
        return ItemField(node.node.name, node.attr)
    argument = node.arg
    if isinstance(argument, nodes.Const) and isinstance(argument.value, str):
        return ItemField(node.node.name, argument.value)
    return None


def _collect_fields(node: nodes.Node, name: str, found: dict[str, None]) -> None:
    field = field_of(node)
    if field is not None and field.owner == name:
        found[field.name] = None
        return
    if isinstance(node, (nodes.Name, nodes.NSRef)) and node.name == name:
        raise _ReadWhole
    for child in node.iter_child_nodes():
        _collect_fields(child, name, found)
