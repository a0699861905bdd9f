"""Every rule, over every view of an application."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, get_origin

from jinja2 import TemplateError, TemplateSyntaxError
from starlette.routing import BaseRoute, Mount

from pyview.components.component import LiveComponent
from pyview.components.renderers import component_template
from pyview.components.template_names import component_classes, function_components
from pyview.lint.context_names import context_type, names_in_code, names_of_context, unknown_names
from pyview.lint.events import calls, handlers
from pyview.lint.finding import Finding
from pyview.lint.html import FILE_INPUT, HtmlElement, may_be_together, what_is_wrong_with
from pyview.lint.links import misleading_links
from pyview.lint.modules import Modules, forgotten_awaits
from pyview.lint.owners import (
    Owner,
    TemplateOwner,
    TemplateOwners,
    classes_named,
    own_handlers,
    place_of,
    scripts_beside,
    templates_of,
)
from pyview.lint.routes import LintApp, unreachable_routes
from pyview.lint.types import Types, loop_names, printed_values
from pyview.lint.unclosed import unclosed_elements
from pyview.lint.unsafe import unsafe_places
from pyview.live_view import LiveView
from pyview.rendering.templates import ViewTemplates
from pyview.routing.routes import LiveRoute
from pyview.template.html_scanner import HOLE
from pyview.template.live_template import LiveTemplate
from pyview.template.view_files import TemplateFileNotFound

_DATA = (
    "phx-value-",
    "phx-target",
    "phx-debounce",
    "phx-throttle",
    "phx-disable-with",
    "phx-key",
    "phx-hook",
)
_IGNORED = re.compile(r"pyview: ignore(?:\[([\w, -]+)\])?")


class LiveApp(Protocol):
    """A PyView, as the rules see it."""

    @property
    def routes(self) -> list[BaseRoute]: ...
    @property
    def view_templates(self) -> ViewTemplates: ...
    @property
    def adds_names(self) -> bool: ...


def lint(app: Any) -> list[Finding]:
    """What looks wrong in the views and templates of `app`, a PyView or an application with some mounted in it.

    Only what is certain enough is told: nothing about attributes, events and names that are known only when a page is
    made. In the order of files and lines.
    """
    site, modules = LintApp(app), Modules()
    found = {finding for one in _live_apps(app) for finding in _Check(one, site, modules).findings()}
    return sorted(finding for finding in found if not _ignored(finding))


def _live_apps(app: Any) -> Iterator[LiveApp]:
    if hasattr(app, "view_templates"):
        yield app
    for route in getattr(app, "routes", ()):
        if isinstance(route, Mount):
            yield from _live_apps(route.app)


class _Check:
    """One application."""

    def __init__(self, app: LiveApp, site: LintApp, modules: Modules) -> None:
        self._app = app
        self._site = site
        self._modules = modules
        self._trouble: list[Finding] = []
        self._named: dict[type, frozenset[type]] = {}
        self._owners = list(self._collected())

    def findings(self) -> Iterator[Finding]:
        yield from self._trouble
        yield from unreachable_routes(self._app.routes)
        for source in dict.fromkeys(source for owner in self._owners for source in owner.sources):
            yield from _in_source(source, self._types(source))
        for owner in self._owners:
            yield from self._unknown_events(owner)
            yield from self._unused_handlers(owner)
            yield from self._unknown_names(owner)
            yield from unclosed_elements(owner)
            yield from (found for one in owner.parts for found in one.unusable)
        for module in self._modules.of(owner.cls for owner in self._owners):
            yield from forgotten_awaits(module)
        yield from misleading_links(self._owners, self._site, self._app.routes, self._modules)

    def _types(self, source: TemplateOwner) -> Types:
        """The types in a file; nothing is known of one that several classes with different contexts have."""
        contexts = [
            context_type(one.cls) if one.templates and _is_same(one.templates.own, source) else None
            for one in self._owners
            if any(_is_same(each, source) for each in one.sources)
        ]
        same = contexts and all(one is contexts[0] for one in contexts)
        return Types(source.tree, contexts[0] if same else None)

    @cached_property
    def _text(self) -> str:
        """Whatever the application says anywhere, in which the name of an event may occur."""
        templates = (source.text for owner in self._owners for source in owner.sources)
        python = (text for one in self._modules.of(owner.cls for owner in self._owners) for text in one.texts)
        scripts = (scripts_beside(owner.cls) for owner in self._owners)
        return "\n".join((*templates, *python, *scripts))

    # The classes

    def _collected(self) -> Iterator[Owner]:
        waiting: list[tuple[type, Any]] = [
            (route.view_class, route.live_session.layout)
            for route in self._app.routes
            if isinstance(route, LiveRoute)
        ]
        seen: set[type] = set()
        while waiting:
            cls, layout = waiting.pop(0)
            if cls not in seen:
                seen.add(cls)
                owner = self._owner_or_trouble(cls, layout)
                yield owner
                self._named[cls] = frozenset(classes_named(owner))
                waiting += [(found, None) for found in classes_named(owner)]

    def _owner_or_trouble(self, cls: type, layout: Any) -> Owner:
        try:
            return self._owner(cls, layout)
        except (TemplateError, TemplateFileNotFound) as error:
            file, line = place_of(cls)
            if isinstance(error, TemplateSyntaxError):
                file, line = error.filename or file, error.lineno
            told = str(error) if cls.__qualname__ in str(error) else f"{cls.__qualname__}: {error}"
            self._trouble.append(Finding(file, line, "template-error", told))
            return Owner(cls, None)

    def _owner(self, cls: type, layout: Any) -> Owner:
        templates = self._app.view_templates
        if issubclass(cls, LiveComponent):
            return Owner(cls, self._read(cls, component_template(cls, templates.environment)))
        if not issubclass(cls, LiveView) or cls.render is not LiveView.render:
            return Owner(cls, None)
        view: type[LiveView[Any]] = cls
        around = templates.layout_for(view, layout)
        layouts = [self._read(view, around)] if around is not None else []
        template = templates.for_view(view)
        if view in templates.missing:
            raise templates.missing[view]
        own = self._read(view, template)
        return Owner(view, own, tuple(one for one in layouts if one is not None))

    def _read(self, cls: type, template: LiveTemplate | None) -> TemplateOwners | None:
        return templates_of(cls, template) if isinstance(template, LiveTemplate) else None

    # The rules that look at a class

    def _unknown_events(self, owner: Owner) -> Iterator[Finding]:
        takers = self._takers(owner)
        if not takers or not all(handlers(one).closed for one in takers):
            return
        known = frozenset[str]().union(*(handlers(one).names for one in takers))
        for call in (call for source in owner.sources for call in calls(source)):
            if call.event not in known and not call.event.startswith("lv:"):
                text = f'{call.attribute}="{call.event}": {_unhandled(call.event, owner.cls, takers, known)}'
                yield Finding(call.file, call.line, "unknown-event", text)

    def _takers(self, owner: Owner) -> list[type]:
        """The views that an event without a target goes to; those around a component, as far as templates tell."""
        if not issubclass(owner.cls, LiveComponent):
            return [owner.cls]
        takers: dict[type, None] = {}
        waiting, seen = [owner.cls], {owner.cls}
        while waiting:
            placed = waiting.pop()
            around = [
                one.cls for one in self._owners if placed in self._named[one.cls] and one.cls not in seen
            ]
            seen.update(around)
            waiting += [cls for cls in around if issubclass(cls, LiveComponent)]
            takers |= dict.fromkeys(cls for cls in around if not issubclass(cls, LiveComponent))
        return list(takers)

    def _unused_handlers(self, owner: Owner) -> Iterator[Finding]:
        templates = owner.templates
        if templates is None or not templates.complete or _has_open_events(owner.sources):
            return
        for names, file, line in own_handlers(owner.cls):
            if not any(_occurs(name, self._text) for name in names.split(" ")):
                yield Finding(
                    file,
                    line,
                    "unused-handler",
                    f"{owner.cls.__qualname__}: nothing causes the event {names!r}",
                )

    def _unknown_names(self, owner: Owner) -> Iterator[Finding]:
        if owner.templates is None or self._others_add_names(owner.cls):
            return
        context = context_type(owner.cls)
        names = None if context is None else names_of_context(context)
        whose = f"{getattr(context, '__qualname__', context)}, the context,"
        if names is None and (context is None or context in (dict, Any) or get_origin(context) is dict):
            names, whose = names_in_code(owner.cls, self._modules), f"the context of {owner.cls.__qualname__}"
        if names is not None:
            of_module = component_classes(owner.cls).keys() | function_components(owner.cls).keys()
            given = names | of_module | self._globals(owner) | _methods(owner.cls)
            yield from unknown_names(owner.templates.own, frozenset(given), whose)

    def _others_add_names(self, cls: type) -> bool:
        """Whether hooks, the application itself or whoever places a component put names into the context."""
        routes = [one for one in self._app.routes if isinstance(one, LiveRoute) and one.view_class is cls]
        own: Any = vars(cls).get("on_mount", ())
        placed = issubclass(cls, LiveComponent)
        return placed or self._app.adds_names or bool(own) or any(route.hooks for route in routes)

    def _globals(self, owner: Owner) -> set[str]:
        return set(self._app.view_templates.environment.globals) | set(_template_globals(owner))


def _is_same(one: TemplateOwner, other: TemplateOwner) -> bool:
    return (one.file, one.first) == (other.file, other.first)


def _unhandled(event: str, cls: type, takers: Sequence[type], known: Iterable[str]) -> str:
    names = " and ".join(one.__qualname__ for one in takers)
    if event in handlers(cls).names:
        return f'it goes to {names}, since it has no target: add phx-target="{{{{ myself }}}}"'
    close = get_close_matches(event, known, n=1)
    meant = f"; did you mean {close[0]!r}?" if close else ""
    return f"{names} {'does' if len(takers) == 1 else 'do'} not handle it{meant}"


def _template_globals(owner: Owner) -> Iterator[str]:
    template = getattr(owner.cls, "template", None)
    if isinstance(template, LiveTemplate):
        yield from template.environment.globals


def _methods(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


def _occurs(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


def _has_open_events(sources: Sequence[TemplateOwner]) -> bool:
    """Whether some event is known only when the page is made."""
    return any(
        HOLE in (one.value or "") and one.name.startswith("phx-") and not one.name.startswith(_DATA)
        for source in sources
        for element in source.elements
        for one in element.attributes
    )


# The rules that look at a file


def _in_source(source: TemplateOwner, known: Types) -> Iterator[Finding]:
    for element in source.elements:
        yield from _unknown_attributes(element, source)
        yield from _forms_without_id(element, source)
        yield from _hooks_without_id(element, source)
        yield from _file_inputs_alone(element, source)
    yield from _duplicate_ids(source)
    yield from unsafe_places(source, known)
    yield from printed_values(source, known)
    yield from loop_names(source)


def _unknown_attributes(element: HtmlElement, source: TemplateOwner) -> Iterator[Finding]:
    for one in element.attributes:
        wrong = None if HOLE in one.name else what_is_wrong_with(one.name)
        if wrong is not None:
            yield Finding(source.file, source.line(one.line), "unknown-attribute", wrong)


def _forms_without_id(element: HtmlElement, source: TemplateOwner) -> Iterator[Finding]:
    if element.tag == "form" and element.whole and element.get("phx-change") and not element.get("id"):
        text = (
            "a form with phx-change needs an id: without one, what was typed is lost when the view restarts"
        )
        yield Finding(source.file, source.line(element.line), "form-without-id", text)


def _hooks_without_id(element: HtmlElement, source: TemplateOwner) -> Iterator[Finding]:
    hook, id = element.get("phx-hook"), element.get("id")
    if hook is not None and hook.value and element.whole and (id is None or id.known == ""):
        text = "an element with phx-hook needs an id: without one, the client does not run the hook"
        yield Finding(source.file, source.line(hook.line), "hook-without-id", text)


def _file_inputs_alone(element: HtmlElement, source: TemplateOwner) -> Iterator[Finding]:
    form = element.form
    if form is None or element.get(FILE_INPUT) is None or not form.whole or form.get("phx-change"):
        return
    if element.place.path[: len(form.place.path)] == form.place.path:
        text = "the form of a file input needs phx-change: without it, the server is not told that a file was chosen"
        yield Finding(source.file, source.line(element.line), "file-input-without-change", text)


def _duplicate_ids(source: TemplateOwner) -> Iterator[Finding]:
    seen: dict[str, list[HtmlElement]] = {}
    for element in source.elements:
        id = element.get("id")
        if id is None or not id.known or element.place.shared:
            continue
        before = next(
            (one for one in seen.get(id.known, ()) if may_be_together(one.place, element.place)), None
        )
        if before is not None:
            text = f'id="{id.known}" is on line {source.line(before.line)} already'
            yield Finding(source.file, source.line(id.line), "duplicate-id", text)
        elif element.place.loops:
            text = f'id="{id.known}" stands in a loop, so that several elements get it'
            yield Finding(source.file, source.line(id.line), "duplicate-id", text)
        seen.setdefault(id.known, []).append(element)


def _ignored(finding: Finding) -> bool:
    """Whether the line of the finding, or the one before it, says that it is meant so."""
    return any(
        _ignores(line, finding.rule) for line in _lines(finding.file)[max(0, finding.line - 2) : finding.line]
    )


def _ignores(line: str, rule: str) -> bool:
    found = _IGNORED.search(line)
    return found is not None and (found[1] is None or rule in re.split(r"[, ]+", found[1]))


def _lines(file: str) -> list[str]:
    path = Path(file)
    return path.read_text(errors="replace").splitlines() if path.is_file() else []
