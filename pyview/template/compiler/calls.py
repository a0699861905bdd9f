"""Declarations of macros, and checks of component calls when a template compiles.

A macro declares its attributes and slots instead of defaults: `{% macro card(title, kind=attr("info", ...)) %}`.
`attr(default, values=[...], type="...", doc="...")` and `slot(required=..., many=..., attrs=[...])` are read when the
template compiles, and replaced by the plain default. What remains is an ordinary macro.

Calls of function components and of declared macros are checked as far as their arguments are known: names, required
arguments, constant values.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NoReturn

from jinja2 import nodes
from jinja2.compiler import find_undeclared
from jinja2.environment import Environment, get_spontaneous_environment
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from jinja2.parser import Parser

from pyview.template.compiler.analysis import bindings
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

_TYPES: Final[dict[str, Any]] = {
    each.__name__: each for each in (str, int, float, bool, list, dict, tuple, set)
}
_ATTR_KEYS: Final = frozenset({"default", "values", "type", "doc", "required"})
# The options of an environment that the parser reads, in the order of its parameters.
_SYNTAX: Final = (
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
    "line_statement_prefix",
    "line_comment_prefix",
    "trim_blocks",
    "lstrip_blocks",
    "newline_sequence",
    "keep_trailing_newline",
)
_SLOT_KEYS: Final = frozenset({"required", "many", "attrs", "doc"})


def declared_macros(tree: nodes.Template, name: str | None, filename: str | None) -> dict[str, Declaration]:
    """Return the declarations of a template's macros, and replace them by plain defaults in the tree.

    Raises TemplateSyntaxError.
    """
    reader = _DeclarationReader(name, filename)
    found = {}
    for macro in tree.find_all(nodes.Macro):
        if any(map(_is_declared, macro.defaults)):
            found[macro.name] = reader.declaration(macro)
    return found


def _is_declared(default: nodes.Expr) -> bool:
    return (
        isinstance(default, nodes.Call)
        and isinstance(default.node, nodes.Name)
        and default.node.name in ("attr", "slot")
    )


class _DeclarationReader:
    def __init__(self, name: str | None, filename: str | None) -> None:
        self._name = name
        self._filename = filename

    def declaration(self, macro: nodes.Macro) -> Declaration:
        names = [argument.name for argument in macro.args]
        first = len(names) - len(macro.defaults)
        attributes = {name: AttributeType(name) for name in names[:first]}
        slots: dict[str, SlotDeclaration] = {}
        for i, (name, default) in enumerate(zip(names[first:], macro.defaults, strict=True)):
            if not _is_declared(default):
                attributes[name] = AttributeType(name, None)
            elif default.node.name == "attr":  # type: ignore[attr-defined]
                attributes[name], macro.defaults[i] = self._attribute(name, default)  # type: ignore[arg-type]
            else:
                slots[name] = self._slot(name, default)  # type: ignore[arg-type]
                # A slot that was not given is false and prints nothing.
                macro.defaults[i] = nodes.Const("", lineno=default.lineno)
        used = find_undeclared(macro.body, ("caller", "kwargs"))
        if "caller" in used:
            slots[CHILDREN] = SlotDeclaration(CHILDREN, _as_given, required=False)
        return Declaration(
            macro.name, attributes, slots, tuple(names), rest="kwargs" in used, anything="kwargs" in used
        )

    def _attribute(self, name: str, call: nodes.Call) -> tuple[AttributeType, nodes.Expr]:
        arguments = self._arguments(call, _ATTR_KEYS)
        required = "default" not in arguments
        default: nodes.Expr = nodes.Const(None, lineno=call.lineno) if required else arguments.pop("default")
        known = {key: self._constant(value) for key, value in arguments.items()}
        required = known.get("required", required)
        values = known.get("values")
        kind = known.get("type")
        if kind is not None and kind not in _TYPES:
            self._fail(call, f"attr(type={kind!r}): expected one of {', '.join(_TYPES)}")
        return (
            AttributeType(
                name,
                REQUIRED if required else None,
                None if kind is None else _TYPES[kind],
                None if values is None else tuple(values),
                known.get("doc", ""),
            ),
            default,
        )

    def _slot(self, name: str, call: nodes.Call) -> SlotDeclaration:
        known = {key: self._constant(value) for key, value in self._arguments(call, _SLOT_KEYS).items()}
        attributes = tuple(AttributeType(each, None) for each in known.get("attrs", ()))
        return SlotDeclaration(
            name,
            _as_given,
            required=bool(known.get("required", False)),
            many=bool(known.get("many", False)),
            attributes=attributes,
            doc=known.get("doc", ""),
        )

    def _arguments(self, call: nodes.Call, keys: frozenset[str]) -> dict[str, nodes.Expr]:
        arguments = {each.key: each.value for each in call.kwargs}
        if call.args and "default" in keys:
            arguments["default"] = call.args[0]
        unknown = [key for key in arguments if key not in keys]
        if unknown or call.dyn_args or call.dyn_kwargs or len(call.args) > ("default" in keys):
            expected = ", ".join(sorted(keys))
            self._fail(call, f"expected {expected} in the signature of a macro, got {unknown or 'more'}")
        return arguments

    def _constant(self, value: nodes.Expr) -> Any:
        try:
            return value.as_const()
        except nodes.Impossible:
            self._fail(value, "expected a constant in the declaration of a macro, got an expression")

    def _fail(self, node: nodes.Node, message: str) -> Any:
        raise TemplateSyntaxError(message, node.lineno, self._name, self._filename)


def _as_given(given: Any) -> Any:
    return given


def prepare(tree: nodes.Template, environment: Environment, name: str | None, filename: str | None) -> None:
    """Read the declarations of a template, rewrite its slots, check its calls. Raises TemplateSyntaxError."""
    macros = declared_macros(tree, name, filename)
    collected: Collected = {}
    if tree.find(nodes.CallBlock) is not None:
        collected = hoist_slots(tree, name, filename)
    known = {**_components(tree, environment), **_imported(tree, environment, name), **_own(tree, macros)}
    if known:
        _Checker(known, collected, name, filename).check(tree)


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


def _imported(tree: nodes.Template, environment: Environment, parent: str | None) -> dict[str, Declaration]:
    """Return the declared macros of files that are imported by a constant name, as `card` or `ui.card`."""
    taken = bindings(tree)
    found: dict[str, Declaration] = {}
    for node in tree.find_all(nodes.Import):
        if taken[node.target] == 1:
            macros = _macros_of(node.template, environment, parent)
            found.update({f"{node.target}.{name}": each for name, each in macros.items()})
    for imported in tree.find_all(nodes.FromImport):
        macros = _macros_of(imported.template, environment, parent)
        for entry in imported.names:
            name, alias = entry if isinstance(entry, tuple) else (entry, entry)
            if name in macros and taken[alias] == 1:
                found[alias] = macros[name]
    return found


def _macros_of(
    template: nodes.Expr, environment: Environment, parent: str | None
) -> Mapping[str, Declaration]:
    if not isinstance(template, nodes.Const) or environment.loader is None:
        return {}
    name = environment.join_path(str(template.value), parent or "")
    try:
        source, filename, _ = environment.loader.get_source(environment, name)
        if environment.extensions:
            return _macros_in(environment, environment.preprocess(source, name, filename), name, filename)
        return _macros_in_syntax(
            tuple(getattr(environment, each) for each in _SYNTAX), source, name, filename
        )
    except TemplateError:
        return {}  # the error of that file is raised when it is loaded


@lru_cache(100)
def _macros_in_syntax(
    syntax: tuple[Any, ...], source: str, name: str, filename: str | None
) -> Mapping[str, Declaration]:
    """Return the declared macros of a file. Each template that imports a library asks for those of the library."""
    return _macros_in(get_spontaneous_environment(Environment, *syntax), source, name, filename)


def _macros_in(
    environment: Environment, source: str, name: str, filename: str | None
) -> Mapping[str, Declaration]:
    # Jinja2's parser alone. `environment.parse` would check the calls of that file as well, and never end
    # for two files that import each other.
    tree = Parser(environment, source, name, filename).parse()
    return declared_macros(tree, name, filename)


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
