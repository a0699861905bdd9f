"""Which events a view or component handles, as far as its source tells.

Which events the templates of a view cause.

A `handle_event` that does something for every event, whatever its name: by `else`, `case _`, or after its ifs.
"""

import ast
import inspect
import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes

from pyview.events.decorators import EVENTS, handlers_of
from pyview.events.dispatch import DISPATCHES
from pyview.lint.html import HtmlElement
from pyview.lint.owners import TemplateOwner
from pyview.live_view import LiveView

_BINDINGS = frozenset(
    {
        *("click", "submit", "change", "keydown", "keyup", "window-keydown", "window-keyup", "focus", "blur"),
        *("window-focus", "window-blur", "click-away", "viewport-top", "viewport-bottom", "auto-recover"),
    }
)


@dataclass(frozen=True, slots=True)
class HandlerCall:
    """An event of a page. `attribute` is where it is written, such as `phx-click`."""

    event: str
    file: str
    line: int
    attribute: str


def calls(source: TemplateOwner) -> Iterator[HandlerCall]:
    """The events that go to the view itself: those without `phx-target`."""
    chooses_files = "live_file_input" in source.text
    for element in source.elements:
        if element.get("phx-target") is None and element.whole:
            # That a file was chosen is told by an event that PyView itself takes.
            found = _calls_of(element, source)
            yield from (call for call in found if not (chooses_files and call.attribute == "phx-change"))
    yield from _pushes(source)


def _calls_of(element: HtmlElement, source: TemplateOwner) -> Iterator[HandlerCall]:
    for one in element.attributes:
        name = one.name.removeprefix("phx-")
        if one.name.startswith("phx-") and name in _BINDINGS and one.known:
            for event in _events(one.known, ignored="ignore" if name == "auto-recover" else ""):
                yield HandlerCall(event, source.file, source.line(one.line), one.name)


def _events(text: str, ignored: str) -> list[str]:
    """An attribute is the name of an event, or JS commands as JSON."""
    if not text.startswith("["):
        return [text] if text and text != ignored else []
    try:
        commands = json.loads(text)
        pushes = [args for op, args in commands if op == "push" and "target" not in args]
        return [str(args["event"]) for args in pushes]
    except (ValueError, TypeError, KeyError):
        return []


def _pushes(source: TemplateOwner) -> Iterator[HandlerCall]:
    """`js.push("save")`: its first argument, unless it goes to a target."""
    for call in source.tree.find_all(nodes.Call):
        callee = call.node
        if not (isinstance(callee, nodes.Getattr) and callee.attr == "push" and is_js(callee.node)):
            continue
        targeted = any(keyword.key == "target" for keyword in call.kwargs)
        event = call.args[0] if call.args else None
        if isinstance(event, nodes.Const) and isinstance(event.value, str) and not targeted:
            yield HandlerCall(event.value, source.file, source.line(call.lineno), "js.push")


def is_js(node: nodes.Node) -> bool:
    while isinstance(node, nodes.Call | nodes.Getattr):
        node = node.node
    return isinstance(node, nodes.Name) and node.name == "js"


_LEAVES = (ast.Return, ast.Raise)


def takes_all(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether the function does something for an event that it compares with nothing."""
    return any(map(_does_something, _for_others(function.body)))


def _for_others(body: Sequence[ast.stmt]) -> Iterator[Sequence[ast.stmt]]:
    """Return what is done where no comparison of the event's name holds."""
    for at, statement in enumerate(body):
        if not _compares(statement):
            continue
        yield _otherwise(statement)
        yield [one for one in body[at + 1 :] if not _compares(one)]


def _compares(statement: ast.stmt) -> bool:
    """Return whether it is an `if` or a `match` on the name of the event."""
    subject = {ast.If: "test", ast.Match: "subject"}.get(type(statement))
    if subject is None:
        return False
    nodes = ast.walk(getattr(statement, subject))
    return any(isinstance(one, ast.Name) and one.id == "event" for one in nodes)


def _otherwise(statement: ast.stmt) -> Sequence[ast.stmt]:
    match statement:
        case ast.If(orelse=[ast.If() as other]) if _compares(other):
            return _otherwise(other)
        case ast.If(orelse=rest):
            return rest
        case ast.Match(cases=cases):
            wild = (
                one.body
                for one in cases
                if isinstance(one.pattern, ast.MatchAs) and one.pattern.pattern is None
            )
            return next(wild, [])
        case _:
            return []


def _does_something(body: Sequence[ast.stmt]) -> bool:
    return any(not isinstance(one, (ast.Pass, *_LEAVES)) and not _is_constant(one) for one in body)


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


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
