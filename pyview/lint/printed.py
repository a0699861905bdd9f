"""Values that a template prints although their text says nothing to a reader, and names of `loop` that it has not."""

import types
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator
from difflib import get_close_matches
from typing import Any, Final, get_origin

from jinja2 import nodes
from jinja2.runtime import LoopContext

from pyview.lint.finding import Finding
from pyview.lint.sources import Source
from pyview.lint.types import Method, Types
from pyview.template.compiler.analysis import bindings
from pyview.template.compiler.guards import unguarded

_GENERATORS: Final = frozenset(
    {"map", "select", "reject", "selectattr", "rejectattr", "batch", "slice", "unique"}
)
_ITERATORS: Final = (Iterator, Generator, types.GeneratorType)
_AWAITED: Final = (types.CoroutineType, Awaitable, Coroutine, AsyncIterator)

_ELSEWHERE: Final = {
    "counter": "loop.index",
    "counter0": "loop.index0",
    "parentloop": "the outer loop's own name: {% set outer = loop %} before the inner loop, then outer.index",
    "even": 'loop.index is even, or loop.cycle("odd", "even")',
    "odd": 'loop.index is odd, or loop.cycle("odd", "even")',
}
"""Names of other template languages, and those of Jinja2; PyView 0.9's names are no template at all."""


def printed_values(source: Source, known: Types) -> Iterator[Finding]:
    """Yield what is printed that has no text for readers."""
    for output in source.tree.find_all(nodes.Output):
        for node in output.nodes:
            wrong = _wrong(unguarded(node), known)
            if wrong is not None:
                yield Finding(source.file, source.line(node.lineno), "unprintable-value", wrong)


def _wrong(node: nodes.Expr, known: Types) -> str | None:
    if isinstance(node, nodes.Filter) and node.name in _GENERATORS:
        return (
            f"|{node.name} gives a generator, which is not printed: add |join(', ') or |list, or loop over it"
        )
    kind = known.of(node)
    if isinstance(kind, Method) and isinstance(node, nodes.Name):
        return f"{kind.function.__qualname__} is a method of the context, which no template sees: make it a property"
    if isinstance(kind, Method):
        return f"{kind.function.__qualname__} is a method: it is called with parentheses"
    kind = get_origin(kind) or kind
    if kind in _ITERATORS:
        return "an iterator is printed: loop over it, or make a list of it by |list"
    if kind in _AWAITED:
        return "the page cannot wait: await it in a handler, and put the result into the context"
    return "a function is printed: call it with parentheses" if kind is Callable else None


def loop_names(source: Source) -> Iterator[Finding]:
    """Names of `loop` that Jinja2 does not have."""
    if bindings(source.tree)["loop"]:
        return
    for node in source.tree.find_all(nodes.Getattr):
        of_loop = isinstance(node.node, nodes.Name) and node.node.name == "loop"
        if of_loop and not hasattr(LoopContext, node.attr):
            yield Finding(source.file, source.line(node.lineno), "unknown-name", _advice(node.attr))


def _advice(name: str) -> str:
    known: list[str] = [one for one in dir(LoopContext) if not one.startswith("_")]
    close: Any = get_close_matches(name, known, n=1)
    meant = _ELSEWHERE.get(name) or (f"loop.{close[0]}" if close else "")
    return f"loop has no {name!r} in Jinja2" + (f"; it is {meant}" if meant else "")
