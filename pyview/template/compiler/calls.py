"""Checks of component calls when a template compiles.

Calls of function components and of declared macros are checked as far as their arguments are known: names, required
arguments, constant values.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NoReturn

from jinja2 import nodes
from jinja2.environment import Environment
from jinja2.exceptions import TemplateSyntaxError

from pyview.template.compiler.analysis import bindings
from pyview.template.compiler.declarations import declared_macros
from pyview.template.compiler.icons import write_icons
from pyview.template.compiler.imports import core_components, imported_macros
from pyview.template.compiler.slots import Collected, entries_of, hoist_slots
from pyview.template.declared.declaration import (
    CHILDREN,
    REQUIRED,
    AttributeType,
    Declaration,
    SlotDeclaration,
    guess,
)
from pyview.template.declared.signature import no_body


def prepare(
    tree: nodes.Template, environment: Environment, name: str | None, filename: str | None
) -> Collection[str]:
    """Read the declarations of a template, rewrite its slots, check its calls. Raises TemplateSyntaxError.

    Return the names of the core components that it uses.
    """
    macros = declared_macros(tree, name, filename)
    collected: Collected = {}
    if tree.find(nodes.CallBlock) is not None:
        collected = hoist_slots(tree, name, filename)
    imported = imported_macros(tree, environment, name, filename)
    known = {**_components(tree, environment), **imported, **_own(tree, macros)}
    if known:
        _Checker(known, collected, name, filename).check(tree)
    components = core_components(tree, environment, name)
    if components:
        write_icons(tree, lambda node: components.get(_callee(node)), name, filename)
    return components.values()


def _components(tree: nodes.Template, environment: Environment) -> dict[str, Declaration]:
    """Return the components among the globals, except those whose names the template binds itself."""
    used = {each.name for each in tree.find_all(nodes.Name)}
    taken = bindings(tree)
    found = {name: getattr(environment.globals.get(name), "declaration", None) for name in used}
    # A name that the template binds itself hides the component of that name.
    return {name: each for name, each in found.items() if isinstance(each, Declaration) and not taken[name]}


def _own(tree: nodes.Template, macros: Mapping[str, Declaration]) -> dict[str, Declaration]:
    taken = bindings(tree)
    # A name that is bound twice may be either macro at the call.
    return {name: declaration for name, declaration in macros.items() if taken[name] == 1}


class _Checker:
    def __init__(
        self, known: Mapping[str, Declaration], collected: Collected, name: str | None, filename: str | None
    ) -> None:
        self._known = known
        self._collected = collected
        self._name = name
        self._filename = filename

    def check(self, tree: nodes.Template) -> None:
        blocks = {id(each.call) for each in tree.find_all(nodes.CallBlock)}
        for call in tree.find_all(nodes.Call):
            declaration = self._known.get(_callee(call.node))
            if declaration is not None:
                self._check(declaration, call, has_body=id(call) in blocks)

    def _check(self, declaration: Declaration, call: nodes.Call, *, has_body: bool) -> None:
        given = dict(self._positional(declaration, call))
        for keyword in call.kwargs:
            known = declaration.known_as(keyword.key)
            if known is not None:
                if known in given:
                    self._fail(call, f"{declaration.name}() got {known!r} twice")
                given[known] = keyword.value
            elif keyword.key != "caller" and not declaration.passes_on(keyword.key):
                self._fail(keyword, declaration.unknown(keyword.key))
        if has_body and CHILDREN not in declaration.slots:
            self._fail(call, no_body(declaration))
        # `*args` and `**kwargs` may contain what is missing; only the render shows that.
        if call.dyn_args is None and call.dyn_kwargs is None:
            missing = declaration.missing([*given, *([CHILDREN] if has_body else [])])
            if missing:
                self._fail(call, declaration.needs(missing))
        self._check_values(declaration, given)

    def _positional(self, declaration: Declaration, call: nodes.Call) -> Iterator[tuple[str, nodes.Expr]]:
        names = declaration.positional
        if len(call.args) > len(names):
            self._fail(
                call,
                f"{declaration.name}() takes {len(names)} arguments without a name, got {len(call.args)}",
            )
        return zip(names, call.args, strict=False)

    def _check_values(self, declaration: Declaration, given: Mapping[str, nodes.Expr]) -> None:
        for name, value in given.items():
            attribute, slot = declaration.attributes.get(name), declaration.slots.get(name)
            if attribute is not None:
                self._check_value(f"{declaration.name}({name}=...)", attribute, value)
            elif slot is not None:
                self._check_entries(declaration, slot, value)

    def _check_value(self, what: str, attribute: AttributeType, value: nodes.Expr) -> None:
        try:
            constant: Any = value.as_const()
        except nodes.Impossible:
            return
        problem = attribute.problem_of_type(constant)
        if problem is not None:
            self._fail(value, f"{what}: {problem}")

    def _check_entries(self, declaration: Declaration, slot: SlotDeclaration, value: nodes.Expr) -> None:
        what = f"the slot {slot.name!r} of {declaration.name}()"
        for number, entry in enumerate(entries_of(value, self._collected)):
            # Entries that are collected in branches may exclude each other, so they are counted while
            # rendering.
            if number and not slot.many and isinstance(value, nodes.List):
                self._fail(entry, f"{what} takes one entry, got another")
            attributes = {each.name: each for each in slot.attributes}
            for keyword in entry.kwargs:
                if keyword.key not in attributes:
                    hint = guess(keyword.key, attributes) or f". It takes {', '.join(attributes) or 'none'}"
                    self._fail(keyword, f"{what} takes no attribute {keyword.key!r}{hint}")
                self._check_value(f"{what}, {keyword.key}", attributes[keyword.key], keyword.value)
            names = {each.key for each in entry.kwargs}
            missing = [
                each.name for each in slot.attributes if each.default is REQUIRED and each.name not in names
            ]
            if missing and entry.dyn_kwargs is None:
                self._fail(entry, f"{what} needs {' and '.join(map(repr, missing))}")

    def _fail(self, node: nodes.Node, message: str) -> NoReturn:
        raise TemplateSyntaxError(message, node.lineno, self._name, self._filename)


def _callee(node: nodes.Expr) -> str:
    """Return the name of the called macro or component, `card` or `ui.card`; "" for any other expression."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return f"{node.node.name}.{node.attr}"
    return ""
