"""The template files that belong to one view or component: its own, and those that it includes, extends or imports.

The views and components of an application: those with a route, and those that their templates name.
"""

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, TemplateError, TemplateNotFound, meta, nodes

from pyview.components.component import LiveComponent
from pyview.components.template_names import component_classes
from pyview.events.decorators import EVENTS, registrations
from pyview.lint.balance import TagBody, bodies
from pyview.lint.finding import Finding
from pyview.lint.html import HtmlElement, elements
from pyview.live_view import LiveView
from pyview.template.live_template import LiveTemplate


@dataclass(frozen=True, slots=True)
class TemplateOwner:
    """One file. `first` is the line of the file on which the text begins, for a template within a Python module."""

    file: str
    text: str
    tree: nodes.Template
    elements: tuple[HtmlElement, ...]
    bodies: tuple[TagBody, ...]
    first: int = 1
    exact: bool = True

    def line(self, line: int) -> int:
        return line if self.exact else self.first


@dataclass(frozen=True, slots=True)
class TemplateOwners:
    """Those of one class. `complete`: none of them is chosen only when the page is made. `unusable`: what is wrong with
    the files that they name."""

    own: TemplateOwner
    all: tuple[TemplateOwner, ...] = field(default=())
    complete: bool = True
    unusable: tuple[Finding, ...] = ()


def templates_of(owner: type, template: LiveTemplate) -> TemplateOwners | None:
    """The sources of `template`, which is `owner`'s; None where they cannot be had."""
    text = template.source()
    if text is None:
        return None
    file = template.filename
    known = file is not None and Path(file).is_file()
    place = (str(file), 1) if known else place_of(owner)
    own = _source(text, place, template.environment, exact=known)
    if own is None:
        return None
    found, complete = {own.file if known else "": own}, True
    waiting = [own]
    while waiting:
        for name in meta.find_referenced_templates(waiting.pop().tree):
            more = None if name is None else _named(name, template.environment)
            complete = complete and more is not None
            if more is not None and more.file not in found:
                found[more.file] = more
                waiting.append(more)
    unusable = tuple(one for source in found.values() for one in _unusable(source, template.environment))
    return TemplateOwners(own, tuple(found.values()), complete, unusable)


def _unusable(source: TemplateOwner, environment: Environment) -> Iterator[Finding]:
    """The files that are named and cannot be had."""
    for node in source.tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        named = getattr(node, "template", None)
        optional = isinstance(node, nodes.Include) and node.ignore_missing
        if (
            isinstance(named, nodes.Const)
            and isinstance(named.value, str)
            and environment.loader
            and not optional
        ):
            try:
                environment.parse(environment.loader.get_source(environment, named.value)[0], named.value)
            except TemplateNotFound:
                text = f"there is no template {named.value!r}"
                yield Finding(source.file, source.line(node.lineno), "template-error", text)
            except TemplateError as error:
                text = f"the template {named.value!r}: {error.message}"
                yield Finding(source.file, source.line(node.lineno), "template-error", text)


def place_of(cls: type) -> tuple[str, int]:
    """The file and line of a class, as well as Python knows."""
    try:
        return str(inspect.getsourcefile(cls)), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return cls.__module__, 0


def nodes_in(sources: tuple[TemplateOwner, ...]) -> Iterator[tuple[TemplateOwner, nodes.Node]]:
    for source in sources:
        yield from ((source, node) for node in source.tree.find_all(nodes.Node))


def _named(name: str, environment: Environment) -> TemplateOwner | None:
    if environment.loader is None:
        return None
    try:
        text, file, _ = environment.loader.get_source(environment, name)
    except TemplateNotFound:
        return None
    return _source(text, (file or name, 1), environment)


def _source(
    text: str, place: tuple[str, int], environment: Environment, *, exact: bool = True
) -> TemplateOwner | None:
    file, first = place
    try:
        tree = environment.parse(text)
        parts = tuple(elements(text, environment)), tuple(bodies(tree))
    except TemplateError:
        return None  # whoever makes the page is told, with file and line
    return TemplateOwner(file, text, tree, *parts, first, exact=exact)


@dataclass(frozen=True, slots=True)
class Owner:
    """A class with its templates; None where it renders otherwise. `layouts` stand around it."""

    cls: type
    templates: TemplateOwners | None
    layouts: tuple[TemplateOwners, ...] = ()

    @property
    def parts(self) -> tuple[TemplateOwners, ...]:
        """Its own template, and those around it."""
        return (*(() if self.templates is None else (self.templates,)), *self.layouts)

    @property
    def sources(self) -> tuple[TemplateOwner, ...]:
        """Every file that its pages are made of."""
        return tuple(source for one in self.parts for source in one.all)


def classes_named(owner: Owner) -> Iterator[type]:
    """The views and components that the templates of `owner` hold, as far as they name them."""
    known = component_classes(owner.cls)
    for _, node in nodes_in(owner.sources):
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.args:
            first = node.args[0]
            if node.node.name in ("live_render", "live_component") and isinstance(first, nodes.Name):
                found = known.get(first.name)
                if isinstance(found, type) and issubclass(found, LiveView | LiveComponent):
                    yield found


def scripts_beside(cls: type) -> str:
    """The JavaScript beside the module of a class: hooks may cause events."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if file is None:
        return ""
    return "\n".join(path.read_text(errors="replace") for path in sorted(Path(file).parent.glob("**/*.js")))


def own_handlers(cls: type) -> Iterator[tuple[str, str, int]]:
    """(names, file, line) of each `@event` method, its names joined by a space."""
    for one in registrations(cls, EVENTS):
        function = inspect.unwrap(one.function)
        code = getattr(function, "__code__", None)
        if code is not None:
            yield " ".join(one.names), code.co_filename, code.co_firstlineno
