"""Infer the types of expressions in a template from the annotations of the view's context.

Also the rules about values that are printed without a useful text, and about unknown names of `loop`.
"""

import inspect
import types
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from dataclasses import is_dataclass
from difflib import get_close_matches
from typing import Any, Final, Union, get_args, get_origin, get_type_hints, is_typeddict

from jinja2 import nodes
from jinja2.runtime import LoopContext

from pyview.lint.finding import Finding
from pyview.lint.template_files import ParsedTemplate
from pyview.template.compiler.analysis import bindings
from pyview.template.compiler.guards import unguarded

NUMBERS: Final = (int, float, bool)


class Method:
    """The type of a method that is not called. `function` is the function in its class."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function


class Types:
    """The types of one template's expressions. `context` is the type of the context, None if not known."""

    def __init__(self, tree: nodes.Template, context: Any) -> None:
        self._bound = bindings(tree)
        self._context = context
        self._rows: dict[str, nodes.Node] = {
            each.target.name: each.iter
            for each in tree.find_all(nodes.For)
            if isinstance(each.target, nodes.Name)
        }

    def of(self, expression: nodes.Node | None) -> Any:
        """Return the type of an expression; None if not known."""
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
        # A name that the template binds twice, or in another way than by a loop, may have several types.
        if self._bound[name] != 1 or name not in self._rows:
            return None
        rows = self._rows.pop(name)  # without it, `{% for x in x.children %}` would recurse without end
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
    # The annotation of an `async def` is the type of the awaited result, but the template prints what the
    # call returns.
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


_GENERATORS: Final = frozenset(
    {"map", "select", "reject", "selectattr", "rejectattr", "batch", "slice", "unique"}
)
_ITERATORS: Final = (Iterator, Generator, types.GeneratorType)
_AWAITED: Final = (types.CoroutineType, Awaitable, Coroutine, AsyncIterator)

_LOOP_ADVICE: Final = {
    "counter": "loop.index",
    "counter0": "loop.index0",
    "parentloop": "the outer loop's own name: {% set outer = loop %} before the inner loop, then outer.index",
    "even": 'loop.index is even, or loop.cycle("odd", "even")',
    "odd": 'loop.index is odd, or loop.cycle("odd", "even")',
}
"""Names of `loop` in other template languages, with what Jinja2 has instead.

The names of PyView 0.9 are not here: Jinja2 cannot compile a template with those, see `template-error`.
"""


def unprintable_values(source: ParsedTemplate, known: Types) -> Iterator[Finding]:
    """Report printed values whose text is useless on a page, such as `<generator object ...>`."""
    for output in source.tree.find_all(nodes.Output):
        for node in output.nodes:
            problem = _why_unprintable(unguarded(node), known)
            if problem is not None:
                yield Finding(source.file, source.line(node.lineno), "unprintable-value", problem)


def _why_unprintable(node: nodes.Expr, known: Types) -> str | None:
    if isinstance(node, nodes.Filter) and node.name in _GENERATORS:
        return (
            f"|{node.name} returns a generator, which prints as <generator object ...>: add |join(', ') or |list, or "
            "loop over it"
        )
    kind = known.of(node)
    if isinstance(kind, Method) and isinstance(node, nodes.Name):
        return (
            f"{kind.function.__qualname__} is a method of the context; templates see only its fields and properties: "
            "make it a property"
        )
    if isinstance(kind, Method):
        return f"{kind.function.__qualname__} is a method and prints as <bound method ...>: call it with parentheses"
    kind = get_origin(kind) or kind
    if kind in _ITERATORS:
        return "an iterator is printed: loop over it, or make a list of it with |list"
    if kind in _AWAITED:
        return (
            "a template cannot await a coroutine: await it in a handler and put the result into the context"
        )
    return "a function is printed: call it with parentheses" if kind is Callable else None


def unknown_loop_names(source: ParsedTemplate) -> Iterator[Finding]:
    """Report attributes of `loop` that Jinja2 does not have."""
    if bindings(source.tree)["loop"]:
        return
    for node in source.tree.find_all(nodes.Getattr):
        of_loop = isinstance(node.node, nodes.Name) and node.node.name == "loop"
        if of_loop and not hasattr(LoopContext, node.attr):
            yield Finding(source.file, source.line(node.lineno), "unknown-name", _advice(node.attr))


def _advice(name: str) -> str:
    known: list[str] = [one for one in dir(LoopContext) if not one.startswith("_")]
    close: Any = get_close_matches(name, known, n=1)
    meant = _LOOP_ADVICE.get(name) or (f"loop.{close[0]}" if close else "")
    return f"loop has no {name!r} in Jinja2" + (f"; it is {meant}" if meant else "")
