"""Types of expressions in a template, as far as the type of the view's context and its annotations tell."""

import inspect
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from typing import Any, Final, Union, get_args, get_origin, get_type_hints, is_typeddict

from jinja2 import nodes

from pyview.template.compiler.analysis import bindings
from pyview.template.compiler.guards import unguarded

NUMBERS: Final = (int, float, bool)


class Method:
    """The type of a method that is not called. `function` is what the class has."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function


class Types:
    """The types of one template's expressions. `context` is the type of the context, None where it is not known."""

    def __init__(self, tree: nodes.Template, context: Any) -> None:
        self._bound = bindings(tree)
        self._context = context
        self._rows: dict[str, nodes.Node] = {
            each.target.name: each.iter
            for each in tree.find_all(nodes.For)
            if isinstance(each.target, nodes.Name)
        }

    def of(self, expression: nodes.Node | None) -> Any:
        """The type of an expression; None where it is not known."""
        match unguarded(expression) if isinstance(expression, nodes.Expr) else None:
            case nodes.Name(name=name):
                return self._of_name(name)
            case nodes.Getattr(node=owner, attr=name):
                return _attribute(self.of(owner), name)
            case nodes.Getitem(node=owner, arg=nodes.Const(value=str() as name)):
                return _attribute(self.of(owner), name)
            case nodes.Call(node=function):
                called = self.of(function)
                return _returned(called.function) if isinstance(called, Method) else None
            case _:
                return None

    def is_number(self, expression: nodes.Node | None) -> bool:
        return self.of(expression) in NUMBERS

    def is_list(self, expression: nodes.Node | None) -> bool:
        kind = self.of(expression)
        return (get_origin(kind) or kind) in (list, tuple)

    def _of_name(self, name: str) -> Any:
        if self._bound[name] == 0:
            return _attribute(self._context, name)
        if self._bound[name] != 1 or name not in self._rows:
            return None
        rows = self._rows.pop(name)  # `{% for x in x.children %}` is no question about itself
        found = _element(self.of(rows))
        self._rows[name] = rows
        return found


def _attribute(owner: Any, name: str) -> Any:
    if not isinstance(owner, type):
        return None
    if not (is_typeddict(owner) or is_dataclass(owner) or hasattr(owner, "__pydantic_fields__")):
        return None
    hints = _hints(owner)
    if name in hints:
        return _without_none(hints[name])
    found = None if is_typeddict(owner) else inspect.getattr_static(owner, name, None)
    if isinstance(found, property):
        return _returned(found.fget)
    return Method(found) if inspect.isfunction(found) else None


def _element(rows: Any) -> Any:
    origin, arguments = get_origin(rows), get_args(rows)
    if not (isinstance(origin, type) and issubclass(origin, Iterable)) or issubclass(origin, Mapping):
        return None
    return arguments[0] if len(arguments) == 1 or (origin is tuple and arguments[1:] == (Ellipsis,)) else None


def _returned(function: Any) -> Any:
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return types.CoroutineType
    if inspect.isgeneratorfunction(function):
        return types.GeneratorType
    return _without_none(_hints(function).get("return"))


def _without_none(hint: Any) -> Any:
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    others = [one for one in get_args(hint) if one is not type(None)]
    return others[0] if len(others) == 1 else None


def _hints(owner: Any) -> dict[str, Any]:
    try:
        return get_type_hints(owner)
    except (NameError, TypeError, AttributeError):
        return {}
