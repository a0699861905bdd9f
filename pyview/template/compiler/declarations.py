"""Declarations of macros: what `attr(...)` and `slot(...)` in their signatures say.

A macro declares its attributes and slots instead of defaults: `{% macro card(title, kind=attr("info", ...)) %}`.
`attr(default, values=[...], type="...", doc="...")` and `slot(required=..., many=..., attrs=[...])` are read when the
template compiles, and replaced by the plain default. What remains is an ordinary macro.
"""

from typing import Any, Final

from jinja2 import nodes
from jinja2.compiler import find_undeclared
from jinja2.exceptions import TemplateSyntaxError

from pyview.template.declared.declaration import (
    CHILDREN,
    REQUIRED,
    AttributeType,
    Declaration,
    SlotDeclaration,
)

_TYPES: Final[dict[str, Any]] = {
    each.__name__: each for each in (str, int, float, bool, list, dict, tuple, set)
}
_ATTR_KEYS: Final = frozenset({"default", "values", "type", "doc", "required"})
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
