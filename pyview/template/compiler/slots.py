"""`{% call slot("name") %}` within the call of a component: named slots, in the syntax that Jinja2 has.

Each becomes a macro before the call, and the call gets it as an argument of that name. So a slot renders into the tree
wherever the component shows it, with or without arguments, once or for every row.
"""

from itertools import count

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.visitor import NodeTransformer

_SLOT = "slot"
_GIVEN = "pyview.template.declared.slots.given"


def hoist_slots(tree: nodes.Template, name: str | None, filename: str | None) -> None:
    """Rewrite the call blocks of a template. Raises TemplateSyntaxError for a slot that stands elsewhere."""
    _Hoist(name, filename).visit(tree)
    for block in tree.find_all(nodes.CallBlock):
        if _is_slot(block):
            raise TemplateSyntaxError(
                f'{{% call {_SLOT}("...") %}} stands directly within the call block of a component',
                block.lineno,
                name,
                filename,
            )


class _Hoist(NodeTransformer):
    def __init__(self, name: str | None, filename: str | None) -> None:
        self._name = name
        self._filename = filename
        self._numbers = count(1)

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node | list[nodes.Node]:
        self.generic_visit(node)
        slots = [each for each in node.body if isinstance(each, nodes.CallBlock) and _is_slot(each)]
        if not slots or _is_slot(node):
            return node
        node.body = [each for each in node.body if each not in slots]
        macros = [self._macro(each) for each in slots]
        for each, macro in zip(slots, macros, strict=True):
            self._give(node.call, each, macro)
        rest: nodes.Stmt = node
        if not node.args and all(map(_is_blank, node.body)):
            rest = nodes.Output([node.call], lineno=node.lineno)
        return [*macros, rest]

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
            f'a slot is named by a constant text: {{% call {_SLOT}("name", attribute=...) %}}',
            slot.lineno,
            self._name,
            self._filename,
        )


def _is_slot(block: nodes.CallBlock) -> bool:
    return isinstance(block.call.node, nodes.Name) and block.call.node.name == _SLOT


def _is_blank(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Output) and all(
        isinstance(each, nodes.TemplateData) and not each.data.strip() for each in node.nodes
    )


def entries_of(value: nodes.Expr) -> list[nodes.Call]:
    """The entries that were hoisted into an argument; none for any other expression."""
    items = value.items if isinstance(value, nodes.List) else []
    return [each for each in items if isinstance(each, nodes.Call) and _is_given(each)]


def _is_given(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.ImportedName) and call.node.importname == _GIVEN
