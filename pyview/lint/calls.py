"""Which events the templates of a view cause."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import nodes

from pyview.lint.markup import Element
from pyview.lint.sources import Source

_BINDINGS = frozenset(
    {
        *("click", "submit", "change", "keydown", "keyup", "window-keydown", "window-keyup", "focus", "blur"),
        *("window-focus", "window-blur", "click-away", "viewport-top", "viewport-bottom", "auto-recover"),
    }
)


@dataclass(frozen=True, slots=True)
class Call:
    """An event of a page. `attribute` is where it is written, such as `phx-click`."""

    event: str
    file: str
    line: int
    attribute: str


def calls(source: Source) -> Iterator[Call]:
    """The events that go to the view itself: those without `phx-target`."""
    chooses_files = "live_file_input" in source.text
    for element in source.elements:
        if element.get("phx-target") is None and element.whole:
            # That a file was chosen is told by an event that PyView itself takes.
            found = _calls_of(element, source)
            yield from (call for call in found if not (chooses_files and call.attribute == "phx-change"))
    yield from _pushes(source)


def _calls_of(element: Element, source: Source) -> Iterator[Call]:
    for one in element.attributes:
        name = one.name.removeprefix("phx-")
        if one.name.startswith("phx-") and name in _BINDINGS and one.known:
            for event in _events(one.known, ignored="ignore" if name == "auto-recover" else ""):
                yield Call(event, source.file, source.line(one.line), one.name)


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


def _pushes(source: Source) -> Iterator[Call]:
    """`js.push("save")`: its first argument, unless it goes to a target."""
    for call in source.tree.find_all(nodes.Call):
        callee = call.node
        if not (isinstance(callee, nodes.Getattr) and callee.attr == "push" and is_js(callee.node)):
            continue
        targeted = any(keyword.key == "target" for keyword in call.kwargs)
        event = call.args[0] if call.args else None
        if isinstance(event, nodes.Const) and isinstance(event.value, str) and not targeted:
            yield Call(event.value, source.file, source.line(call.lineno), "js.push")


def is_js(node: nodes.Node) -> bool:
    while isinstance(node, nodes.Call | nodes.Getattr):
        node = node.node
    return isinstance(node, nodes.Name) and node.name == "js"
