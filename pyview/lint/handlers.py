"""Which events a view or component handles, as far as its source tells."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyview.events.decorators import EVENTS, handlers_of
from pyview.events.dispatch import DISPATCHES
from pyview.lint.catch_all import takes_all
from pyview.live_view import LiveView


@dataclass(frozen=True, slots=True)
class Handlers:
    """`names` are handled. `closed`: no others are."""

    names: frozenset[str]
    closed: bool


def handlers(cls: type) -> Handlers:
    """What `cls` handles: by `@event`, and by a `handle_event` that only compares the name with texts."""
    decorated = frozenset(handlers_of(cls, EVENTS))
    if getattr(cls, "on_mount", ()) or _attaches_hooks(cls):
        return Handlers(decorated, closed=False)
    own = getattr(cls, "handle_event", None)
    if own is None or getattr(own, DISPATCHES, False) or own is getattr(LiveView, "handle_event", None):
        return Handlers(decorated, closed=True)
    compared = _compared(own)
    if compared is None:
        return Handlers(decorated, closed=False)
    return Handlers(decorated | compared, closed=True)


def _attaches_hooks(cls: type) -> bool:
    others = {"pyview", *sys.stdlib_module_names}
    own = (base for base in cls.__mro__ if base.__module__.partition(".")[0] not in others)
    return any("attach_hook" in (_text(base) or "attach_hook") for base in own)


def _text(thing: Any) -> str | None:
    try:
        return textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError):
        return None


def _compared(function: Any) -> frozenset[str] | None:
    """The texts that the name of the event is compared with; None if anything else is done with it."""
    text = _text(inspect.unwrap(function))
    if text is None:
        return None
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    definition = next(
        (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)), None
    )
    if definition is None:
        return None
    if "event" not in {argument.arg for argument in definition.args.args}:
        return None
    found: set[str] = set()
    understood: set[ast.Name] = set()
    for node in ast.walk(definition):
        for name, texts in _comparisons(node):
            understood.add(name)
            found |= texts
    uses = {node for node in ast.walk(definition) if isinstance(node, ast.Name) and node.id == "event"}
    closed = uses and uses == understood and not takes_all(definition)
    return frozenset(found) if closed else None


def _comparisons(node: ast.AST) -> Iterator[tuple[ast.Name, set[str]]]:
    if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == "event":
        texts = _constants(node.comparators[0])
        if texts and isinstance(node.ops[0], ast.Eq | ast.In):
            yield node.left, texts
    elif isinstance(node, ast.Match) and isinstance(node.subject, ast.Name) and node.subject.id == "event":
        patterns = [pattern for case in node.cases for pattern in ast.walk(case.pattern)]
        if not any(isinstance(one, ast.MatchAs) and one.name is not None for one in patterns):
            values = [one.value for one in patterns if isinstance(one, ast.MatchValue)]
            yield node.subject, set().union(*map(_constants, values)) if values else set()


def _constants(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        inside = [_constants(one) for one in node.elts]
        return set().union(*inside) if all(inside) else set()
    return set()
