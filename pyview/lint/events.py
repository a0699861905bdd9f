"""Rules about events: those in templates without a handler, and handlers whose event is written nowhere."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from jinja2 import nodes

from pyview.components.component import LiveComponent
from pyview.lint.finding import Finding
from pyview.lint.handlers import event_methods, handlers
from pyview.lint.html import HtmlElement
from pyview.lint.modules import Modules
from pyview.lint.template_files import ParsedTemplate
from pyview.lint.template_users import TemplateUser, scripts_near
from pyview.template.html_scanner import PLACEHOLDER

_BINDINGS = frozenset(
    {
        *("click", "submit", "change", "keydown", "keyup", "window-keydown", "window-keyup", "focus", "blur"),
        *("window-focus", "window-blur", "click-away", "viewport-top", "viewport-bottom", "auto-recover"),
    }
)
_DATA = tuple(
    f"phx-{name}" for name in ("value-", "target", "debounce", "throttle", "disable-with", "key", "hook")
)
"""Attributes that name no event."""


def unknown_events(user: TemplateUser, users: Sequence[TemplateUser]) -> Iterator[Finding]:
    """Report events in the templates of `user` that the view they go to does not handle."""
    views = _receiving_views(user, users)
    # A component may be on several pages: an unknown event is certain only if no page can handle it.
    if not views or not all(handlers(view).closed for view in views):
        return
    known = frozenset[str]().union(*(handlers(view).names for view in views))
    for call in (call for source in user.sources for call in calls(source)):
        if call.event not in known and not call.event.startswith("lv:"):  # `lv:` events are the client's own
            text = f'{call.attribute}="{call.event}": {_why_unknown(call.event, user.cls, views, known)}'
            yield Finding(call.file, call.line, "unknown-event", text)


def _receiving_views(user: TemplateUser, users: Sequence[TemplateUser]) -> list[type]:
    """Return the views that an event without a target goes to.

    For a component these are all views whose templates name it, directly or through other components.
    """
    if not issubclass(user.cls, LiveComponent):
        return [user.cls]
    views: dict[type, None] = {}
    waiting, seen = [user.cls], {user.cls}
    while waiting:
        component = waiting.pop()
        outer = [one.cls for one in users if component in one.named_classes and one.cls not in seen]
        seen.update(outer)
        waiting += [cls for cls in outer if issubclass(cls, LiveComponent)]
        views |= dict.fromkeys(cls for cls in outer if not issubclass(cls, LiveComponent))
    return list(views)


def _why_unknown(event: str, cls: type, views: Sequence[type], known: Iterable[str]) -> str:
    names = " and ".join(view.__qualname__ for view in views)
    if event in handlers(cls).names:
        return (
            f"the event goes to {names}, because it has no target; to send it to {cls.__qualname__}, add "
            'phx-target="{{ myself }}"'
        )
    close = get_close_matches(event, known, n=1)
    meant = f"; did you mean {close[0]!r}?" if close else ""
    return f"{names} {'does' if len(views) == 1 else 'do'} not handle it{meant}"


def unused_handlers(users: Sequence[TemplateUser], modules: Modules) -> Iterator[Finding]:
    """Report `@event` methods whose event occurs in no template, module or script of the application."""
    text: str | None = None
    for user in users:
        templates = user.templates
        if templates is None or not templates.complete or _has_computed_events(user.sources):
            continue
        for names, file, line in event_methods(user.cls):
            # Reading every file is slow, so only if there is a handler to look for.
            text = _all_text(users, modules) if text is None else text
            if not any(_occurs(name, text) for name in names.split(" ")):
                reason = (
                    f"{user.cls.__qualname__}: no template, module or script names the event {names!r}; "
                    "remove the handler, or use the event"
                )
                yield Finding(file, line, "unused-handler", reason)


def _all_text(users: Sequence[TemplateUser], modules: Modules) -> str:
    """Return everything that the application has written in which the name of an event may occur."""
    templates = (source.text for user in users for source in user.sources)
    python = (text for module in modules.of(user.cls for user in users) for text in module.texts)
    scripts = (scripts_near(user.cls) for user in users)
    return "\n".join((*templates, *python, *scripts))


def _occurs(name: str, text: str) -> bool:
    # `save` must not be found in `save-all`.
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


def _has_computed_events(sources: Sequence[ParsedTemplate]) -> bool:
    """Return True if the name of some event is computed when the page is rendered."""
    return any(
        PLACEHOLDER in (attribute.value or "")
        and attribute.name.startswith("phx-")
        and not attribute.name.startswith(_DATA)
        for source in sources
        for element in source.elements
        for attribute in element.attributes
    )


# --- events in templates ---


@dataclass(frozen=True, slots=True)
class HandlerCall:
    """An event that a template sends. `attribute` is the place where it is written, such as `phx-click`."""

    event: str
    file: str
    line: int
    attribute: str


def calls(source: ParsedTemplate) -> Iterator[HandlerCall]:
    """Yield the events of a template that go to the view itself: those without `phx-target`."""
    has_file_input = "live_file_input" in source.text
    for element in source.elements:
        if element.get("phx-target") is None and element.complete:
            for call in _calls_of(element, source):
                # PyView itself handles the change event of a chosen file, so the view need not.
                if not (has_file_input and call.attribute == "phx-change"):
                    yield call
    yield from _js_pushes(source)


def _calls_of(element: HtmlElement, source: ParsedTemplate) -> Iterator[HandlerCall]:
    for attribute in element.attributes:
        name = attribute.name.removeprefix("phx-")
        if attribute.name.startswith("phx-") and name in _BINDINGS and attribute.known:
            # For the client, `phx-auto-recover="ignore"` is no event: it leaves the form alone.
            for event in _events(attribute.known, ignored="ignore" if name == "auto-recover" else ""):
                yield HandlerCall(event, source.file, source.line(attribute.line), attribute.name)


def _events(text: str, ignored: str) -> list[str]:
    """Return the events of an attribute, which holds the name of one event or JS commands as JSON."""
    if not text.startswith("["):
        return [text] if text and text != ignored else []
    try:
        commands = json.loads(text)
        pushes = [args for op, args in commands if op == "push" and "target" not in args]
        return [str(args["event"]) for args in pushes]
    except (ValueError, TypeError, KeyError):
        return []


def _js_pushes(source: ParsedTemplate) -> Iterator[HandlerCall]:
    """Yield the events of `js.push("save")`, unless the push has a target."""
    for call in source.tree.find_all(nodes.Call):
        callee = call.node
        if not (isinstance(callee, nodes.Getattr) and callee.attr == "push" and is_js(callee.node)):
            continue
        has_target = any(keyword.key == "target" for keyword in call.kwargs)
        event = call.args[0] if call.args else None
        if isinstance(event, nodes.Const) and isinstance(event.value, str) and not has_target:
            yield HandlerCall(event.value, source.file, source.line(call.lineno), "js.push")


def is_js(node: nodes.Node) -> bool:
    """Return True for `js` and for a chain of calls that begins with it."""
    while isinstance(node, nodes.Call | nodes.Getattr):
        node = node.node
    return isinstance(node, nodes.Name) and node.name == "js"
