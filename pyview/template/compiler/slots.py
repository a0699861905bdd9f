"""`{% call slot("name") %}` within the call of a component: named slots, in the syntax of Jinja2.

Each slot becomes a macro before the call, and the call gets it as an argument of that name. So a slot renders into the
tree wherever the component shows it, with or without arguments, once or for every row.

A slot may stand in `{% if %}`, `{% for %}` and `{% with %}`. A copy of that statement runs before the call and collects
the entries of each slot in a list. The copy writes nothing; content outside slots stays in the call block.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from itertools import count
from typing import Any, TypeGuard

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.visitor import NodeTransformer

from pyview.template.compiler.analysis import writes

Collected = Mapping[str, list[nodes.Call]]
"""The slot entries that are collected while the template runs, by the names of their lists."""

_SLOT = "slot"
_MODULE = "pyview.template.declared.declaration"
_GIVEN = f"{_MODULE}.given"
_CONTROL = (nodes.If, nodes.For, nodes.With)


def hoist_slots(tree: nodes.Template, name: str | None, filename: str | None) -> Collected:
    """Rewrite the call blocks of a template. Raises TemplateSyntaxError for a slot outside a component's call block."""
    hoist = _Hoist(name, filename)
    hoist.visit(tree)
    for block in tree.find_all(nodes.CallBlock):
        if _is_slot(block):
            raise TemplateSyntaxError(
                f'{{% call {_SLOT}("...") %}} must stand within the call block of a component, directly or in '
                "{% if %}, {% for %} or {% with %}",
                block.lineno,
                name,
                filename,
            )
    return hoist.collected


class _Hoist(NodeTransformer):
    def __init__(self, name: str | None, filename: str | None) -> None:
        self._name = name
        self._filename = filename
        self._numbers = count(1)
        self.collected: dict[str, list[nodes.Call]] = {}

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node | list[nodes.Node]:
        # Inner call blocks first, so that the slots which remain in the body belong to this call.
        self.generic_visit(node)
        if _is_slot(node) or not any(map(_holds_slots, node.body)):
            return node
        lists = self._lists(node.body)
        before: list[nodes.Node] = [self._new_list(each, node.lineno) for each in lists.values()]
        for each in node.body:
            before += self._before(each, node.call, lists)
        for name, list_name in lists.items():
            value = nodes.Name(list_name, "load", lineno=node.lineno)
            node.call.kwargs.append(nodes.Keyword(name, value, lineno=node.lineno))
        node.body = _without_slots(node.body)
        # White space between slots is no content: without this, the component would get it as `children`.
        rest: nodes.Stmt = node
        if not node.args and all(map(_is_blank, node.body)):
            rest = nodes.Output([node.call], lineno=node.lineno)
        return [*before, rest]

    def _lists(self, body: Iterable[nodes.Node]) -> dict[str, str]:
        """Name a list for each slot that stands in a statement of the call block. Return them by slot name."""
        slots = [one for each in body if isinstance(each, _CONTROL) for one in _slots_in(each)]
        return {name: f"_slots_{next(self._numbers)}" for name in dict.fromkeys(map(self._slot_name, slots))}

    def _before(self, node: nodes.Node, call: nodes.Call, lists: Mapping[str, str]) -> list[nodes.Node]:
        """Return the nodes that run before the call, for one node of the call block's body."""
        if isinstance(node, _CONTROL) and _holds_slots(node):
            return [self._collecting(node, lists)]
        if not _is_slot(node):
            return []
        macro, list_name = self._macro(node), lists.get(self._slot_name(node))
        if list_name is not None:
            return [macro, self._collect(node, macro, list_name)]
        self._give(call, node, macro)
        return [macro]

    # In if, for and with

    def _collecting(self, node: nodes.Node, lists: Mapping[str, str]) -> nodes.Node:
        """Return a copy of an if, a for or a with that collects the entries of slots and writes nothing."""

        def collecting(body: Iterable[nodes.Node]) -> list[nodes.Node]:
            found: list[nodes.Node] = []
            for each in body:
                if _is_slot(each):
                    macro = self._macro(each)
                    found += [macro, self._collect(each, macro, lists[self._slot_name(each)])]
                elif isinstance(each, _CONTROL) and _holds_slots(each):
                    found.append(self._collecting(each, lists))
                # Assignments stay in the copy, because slots after them may read what they bind.
                elif not writes([each]):
                    found.append(_copied(each))
            return found

        return _with_bodies(node, collecting)

    def _new_list(self, name: str, line: int) -> nodes.Assign:
        self.collected[name] = []
        made = nodes.Call(nodes.ImportedName(f"{_MODULE}.collection"), [], [], None, None, lineno=line)
        return nodes.Assign(nodes.Name(name, "store", lineno=line), made, lineno=line)

    def _collect(self, slot: nodes.CallBlock, macro: nodes.Macro, list_name: str) -> nodes.Assign:
        line = slot.lineno
        arguments: list[nodes.Expr] = [
            nodes.Name(list_name, "load", lineno=line),
            nodes.Name(macro.name, "load", lineno=line),
        ]
        entry = nodes.Call(
            nodes.ImportedName(f"{_MODULE}.collect", lineno=line),
            arguments,
            slot.call.kwargs,
            None,
            slot.call.dyn_kwargs,
            lineno=line,
        )
        self.collected[list_name].append(entry)
        # An assignment, because a `do` would forbid snapshots in the whole template (see `trust_of`).
        return nodes.Assign(nodes.Name(f"{macro.name}_entry", "store", lineno=line), entry, lineno=line)

    # Directly within the call block

    def _macro(self, slot: nodes.CallBlock) -> nodes.Macro:
        name = f"_slot_{next(self._numbers)}"
        return nodes.Macro(name, slot.args, slot.defaults, slot.body, lineno=slot.lineno)

    def _give(self, call: nodes.Call, slot: nodes.CallBlock, macro: nodes.Macro) -> None:
        entry = nodes.Call(
            nodes.ImportedName(_GIVEN, lineno=slot.lineno),
            [nodes.Name(macro.name, "load", lineno=slot.lineno)],
            slot.call.kwargs,
            None,
            slot.call.dyn_kwargs,
            lineno=slot.lineno,
        )
        name = self._slot_name(slot)
        for keyword in call.kwargs:
            # A slot may be written several times: all of its entries are one argument.
            if keyword.key == name and isinstance(keyword.value, nodes.List):
                keyword.value.items.append(entry)
                return
        call.kwargs.append(nodes.Keyword(name, nodes.List([entry], lineno=slot.lineno), lineno=slot.lineno))

    def _slot_name(self, slot: nodes.CallBlock) -> str:
        arguments = slot.call.args
        if (
            len(arguments) == 1
            and isinstance(arguments[0], nodes.Const)
            and isinstance(arguments[0].value, str)
        ):
            return arguments[0].value
        raise TemplateSyntaxError(
            f'expected a constant text as the name of a slot: {{% call {_SLOT}("name", attribute=...) %}}',
            slot.lineno,
            self._name,
            self._filename,
        )


def _is_slot(node: nodes.Node) -> TypeGuard[nodes.CallBlock]:
    return (
        isinstance(node, nodes.CallBlock)
        and isinstance(node.call.node, nodes.Name)
        and node.call.node.name == _SLOT
    )


def _bodies(node: nodes.Node) -> list[list[nodes.Node]]:
    """Return the bodies of an if, a for or a with. One of them holds the `elif`s, which are ifs themselves."""
    match node:
        case nodes.If():
            return [node.body, list(node.elif_), node.else_]
        case nodes.For():
            return [node.body, node.else_]
        case nodes.With():
            return [node.body]
        case _:
            return []


def _with_bodies(node: nodes.Node, change: Callable[[Iterable[nodes.Node]], list[nodes.Node]]) -> nodes.Node:
    """Return a copy of an if, a for or a with whose bodies are changed."""
    match node:
        case nodes.If():
            others = [_with_bodies(each, change) for each in node.elif_]
            return nodes.If(
                _copied(node.test), change(node.body), others, change(node.else_), lineno=node.lineno
            )
        case nodes.For():
            return nodes.For(
                _copied(node.target),
                _copied(node.iter),
                change(node.body),
                change(node.else_),
                _copied(node.test),
                node.recursive,
                lineno=node.lineno,
            )
        case nodes.With():
            return nodes.With(
                _copied(node.targets), _copied(node.values), change(node.body), lineno=node.lineno
            )
        case _:
            raise TypeError(f"expected an if, a for or a with, got {type(node).__name__}")


def _copied(value: Any) -> Any:
    """Return a deep copy of a node or of a list of nodes. It shares nothing but the environment."""
    # The same statement stays in the call block, and later passes change nodes in place.
    if isinstance(value, nodes.Node):
        made = copy(value)
        for name in value.fields:
            setattr(made, name, _copied(getattr(value, name)))
        return made
    return [*map(_copied, value)] if isinstance(value, list) else value


def _slots_in(node: nodes.Node) -> list[nodes.CallBlock]:
    """Return the slots in a node, except those of components inside it."""
    if _is_slot(node):
        return [node]
    return [slot for body in _bodies(node) for each in body for slot in _slots_in(each)]


def _holds_slots(node: nodes.Node) -> bool:
    return bool(_slots_in(node))


def _without_slots(body: Iterable[nodes.Node]) -> list[nodes.Node]:
    """Return the call block's body without its slots, and without an `if` or `for` that would be empty then."""
    rest: list[nodes.Node] = []
    for each in body:
        if isinstance(each, _CONTROL) and _holds_slots(each):
            copied = _with_bodies(each, _without_slots)
            if not _writes_nothing([copied]):
                rest.append(copied)
        elif not _is_slot(each):
            rest.append(each)
    return rest


def _writes_nothing(body: Iterable[nodes.Node]) -> bool:
    """Return True if the body writes nothing but spaces."""
    return all(
        _is_blank(each)
        or not writes([each])
        or (isinstance(each, _CONTROL) and all(map(_writes_nothing, _bodies(each))))
        for each in body
    )


def _is_blank(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Output) and all(
        isinstance(each, nodes.TemplateData) and not each.data.strip() for each in node.nodes
    )


def entries_of(value: nodes.Expr, collected: Collected) -> list[nodes.Call]:
    """Return the slot entries that `hoist_slots` put into an argument; an empty list for any other expression."""
    if isinstance(value, nodes.Name):
        return collected.get(value.name, [])
    items = value.items if isinstance(value, nodes.List) else []
    return [each for each in items if isinstance(each, nodes.Call) and _is_given(each)]


def _is_given(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.ImportedName) and call.node.importname == _GIVEN
