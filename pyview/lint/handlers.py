"""Find the events that a view or component handles, as far as its source code shows."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pyview.binding.callers import NO_HANDLER
from pyview.events.decorators import EVENTS, handlers_of, registrations
from pyview.live_view import LiveView


@dataclass(frozen=True, slots=True)
class Handlers:
    """The names of events that a class handles. `closed` is True if it certainly handles no others."""

    names: frozenset[str]
    closed: bool


def handlers(cls: type) -> Handlers:
    """Return the events of `cls`: `@event` methods, and names that its `handle_event` compares the event with."""
    decorated = frozenset(handlers_of(cls, EVENTS))
    # Hooks see events before the view does, and may handle any of them.
    if getattr(cls, "on_mount", ()) or _attaches_hooks(cls):
        return Handlers(decorated, closed=False)
    own = getattr(cls, "handle_event", None)
    if own is None or getattr(own, NO_HANDLER, False) or own is getattr(LiveView, "handle_event", None):
        return Handlers(decorated, closed=True)
    compared = _compared_names(own)
    if compared is None:
        return Handlers(decorated, closed=False)
    return Handlers(decorated | compared, closed=True)


def event_methods(cls: type) -> Iterator[tuple[str, str, int]]:
    """Yield (names, file, line) of each `@event` method; its names are joined by a space."""
    for registration in registrations(cls, EVENTS):
        function = inspect.unwrap(registration.function)
        code = getattr(function, "__code__", None)
        if code is not None:
            yield " ".join(registration.names), code.co_filename, code.co_firstlineno


def _attaches_hooks(cls: type) -> bool:
    """Return True if a hook may handle events: the source says `attach_hook`, or there is no source."""
    others = {"pyview", *sys.stdlib_module_names}
    own = (base for base in cls.__mro__ if base.__module__.partition(".")[0] not in others)
    return any("attach_hook" in (_source(base) or "attach_hook") for base in own)


def _source(thing: Any) -> str | None:
    try:
        return textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError):
        return None


# --- handle_event ---


def _compared_names(function: Any) -> frozenset[str] | None:
    """Return the texts that a `handle_event` compares the name of the event with; None if it does more with it."""
    definition = _definition(function)
    if definition is None or "event" not in {argument.arg for argument in definition.args.args}:
        return None
    names: set[str] = set()
    understood: set[ast.Name] = set()
    for node in ast.walk(definition):
        for name, texts in _comparisons(node):
            understood.add(name)
            names |= texts
    uses = {node for node in ast.walk(definition) if isinstance(node, ast.Name) and node.id == "event"}
    # Any other use of the name, such as `getattr(self, event)`, may handle every event.
    closed = uses and uses == understood and not handles_every_event(definition)
    return frozenset(names) if closed else None


def _definition(function: Any) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    text = _source(inspect.unwrap(function))
    try:
        tree = ast.parse(text or "")
    except SyntaxError:
        return None
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return next(functions, None)


def _comparisons(node: ast.AST) -> Iterator[tuple[ast.Name, set[str]]]:
    if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == "event":
        texts = _constants(node.comparators[0])
        if texts and isinstance(node.ops[0], ast.Eq | ast.In):
            yield node.left, texts
    elif isinstance(node, ast.Match) and isinstance(node.subject, ast.Name) and node.subject.id == "event":
        patterns = [pattern for case in node.cases for pattern in ast.walk(case.pattern)]
        # `case other:` gives the event a second name, whose uses are not followed: then any event may be
        # handled.
        if not any(isinstance(one, ast.MatchAs) and one.name is not None for one in patterns):
            values = [one.value for one in patterns if isinstance(one, ast.MatchValue)]
            yield node.subject, set().union(*map(_constants, values)) if values else set()


def _constants(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        # One computed element makes the whole list unknown.
        inside = [_constants(one) for one in node.elts]
        return set().union(*inside) if all(inside) else set()
    return set()


def handles_every_event(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return True if the function acts on an event whose name equals none of those it compares with."""
    return any(map(_does_something, _bodies_for_other_events(function.body)))


def _bodies_for_other_events(body: Sequence[ast.stmt]) -> Iterator[Sequence[ast.stmt]]:
    """Yield the statements that run if no comparison of the event's name is true."""
    for at, statement in enumerate(body):
        if _compares_event(statement):
            yield _otherwise(statement)
            yield [one for one in body[at + 1 :] if not _compares_event(one)]


def _compares_event(statement: ast.stmt) -> bool:
    """Return True for an `if` or a `match` on the name of the event."""
    subject = {ast.If: "test", ast.Match: "subject"}.get(type(statement))
    if subject is None:
        return False
    nodes = ast.walk(getattr(statement, subject))
    return any(isinstance(one, ast.Name) and one.id == "event" for one in nodes)


def _otherwise(statement: ast.stmt) -> Sequence[ast.stmt]:
    match statement:
        case ast.If(orelse=[ast.If() as other]) if _compares_event(other):
            return _otherwise(other)
        case ast.If(orelse=rest):
            return rest
        case ast.Match(cases=cases):
            default = (
                one.body
                for one in cases
                if isinstance(one.pattern, ast.MatchAs) and one.pattern.pattern is None
            )
            return next(default, [])
        case _:
            return []


def _does_something(body: Sequence[ast.stmt]) -> bool:
    """Return True unless the body only passes, returns, raises or holds a docstring."""
    return any(
        not isinstance(one, ast.Pass | ast.Return | ast.Raise)
        and not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in body
    )
