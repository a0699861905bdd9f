"""Find the views and components of an application, and read the template files that each of them uses.

Views are those with a route. Components and nested views are those that a template names.
"""

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, TemplateError, TemplateNotFound, TemplateSyntaxError, meta, nodes
from starlette.routing import BaseRoute

from pyview.components.component import LiveComponent
from pyview.components.renderers import component_template
from pyview.components.template_names import component_classes
from pyview.lint.finding import Finding
from pyview.lint.html import HtmlElement, elements
from pyview.lint.unclosed_tags import TagBody, tag_bodies
from pyview.live_view import LiveView
from pyview.rendering.templates import ViewTemplates
from pyview.routing.routes import LiveRoute
from pyview.template.live_template import LiveTemplate
from pyview.template.view_files import TemplateFileNotFound


class LiveApp(Protocol):
    """The attributes of a `PyView` that the rules read. `PyView` itself imports modules that use this folder."""

    @property
    def routes(self) -> list[BaseRoute]: ...
    @property
    def view_templates(self) -> ViewTemplates: ...
    @property
    def adds_names(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ParsedTemplate:
    """One template file, or one template in a Python module.

    `first` is the line of the file on which the text begins. `exact` is False for a template in a Python module: the
    lines of its text are not known there, so every finding is reported at `first`.
    """

    file: str
    text: str
    tree: nodes.Template
    elements: tuple[HtmlElement, ...]
    bodies: tuple[TagBody, ...]
    first: int = 1
    exact: bool = True

    def line(self, line: int) -> int:
        """Return the line of the file for a line of the text."""
        return line if self.exact else self.first

    def is_same_text(self, other: "ParsedTemplate") -> bool:
        return (self.file, self.first) == (other.file, other.first)


@dataclass(frozen=True, slots=True)
class UsedTemplates:
    """A template with `all` the files that it includes, extends and imports; `own` is the template itself.

    `complete` is False if the name of a file is computed when the page is rendered, so that `all` may lack it.
    `errors` are findings about files that do not exist or that Jinja2 cannot parse.
    """

    own: ParsedTemplate
    all: tuple[ParsedTemplate, ...]
    complete: bool
    errors: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class TemplateUser:
    """A view or component with its templates. `templates` is None if the class renders without a Jinja2 template."""

    cls: type
    templates: UsedTemplates | None
    layout: UsedTemplates | None = None

    @property
    def all_templates(self) -> tuple[UsedTemplates, ...]:
        """The own template and the layout, if there are any."""
        return tuple(used for used in (self.templates, self.layout) if used is not None)

    @property
    def sources(self) -> tuple[ParsedTemplate, ...]:
        """Every file that the pages of this class are made of."""
        return tuple(source for used in self.all_templates for source in used.all)

    @cached_property
    def named_classes(self) -> tuple[type, ...]:
        """The views and components that the templates name in `live_render` and `live_component`."""
        known = component_classes(self.cls)
        calls = (call for source in self.sources for call in source.tree.find_all(nodes.Call))
        found: dict[type, None] = {}
        for call in calls:
            first = call.args[0] if call.args else None
            if isinstance(call.node, nodes.Name) and isinstance(first, nodes.Name):
                cls = known.get(first.name) if call.node.name in ("live_render", "live_component") else None
                if isinstance(cls, type) and issubclass(cls, LiveView | LiveComponent):
                    found[cls] = None
        return tuple(found)


def find_template_users(app: LiveApp) -> tuple[list[Finding], list[TemplateUser]]:
    """Return the views and components of an application, and findings about templates that cannot be loaded."""
    waiting: list[tuple[type, Any]] = [
        (route.view_class, route.live_session.layout) for route in app.routes if isinstance(route, LiveRoute)
    ]
    errors: list[Finding] = []
    users: dict[type, TemplateUser] = {}
    while waiting:
        cls, layout = waiting.pop(0)
        # Components may name each other in a circle.
        if cls in users:
            continue
        try:
            users[cls] = _template_user(cls, layout, app.view_templates)
        except (TemplateError, TemplateFileNotFound) as error:
            errors.append(_template_error(cls, error))
            users[cls] = TemplateUser(cls, None)
        # Only pages have a layout, so components and nested views get none.
        waiting += [(named, None) for named in users[cls].named_classes]
    return errors, list(users.values())


def _template_user(cls: type, layout: Any, templates: ViewTemplates) -> TemplateUser:
    if issubclass(cls, LiveComponent):
        return TemplateUser(cls, _used_templates(cls, component_template(cls, templates.environment)))
    if not issubclass(cls, LiveView) or cls.render is not LiveView.render:
        return TemplateUser(cls, None)
    view: type[LiveView[Any]] = cls
    used_layout = _used_templates(view, templates.layout_for(view, layout))
    template = templates.for_view(view)
    # A missing file gives a placeholder page at run time; here it is an error.
    if view in templates.missing:
        raise templates.missing[view]
    return TemplateUser(view, _used_templates(view, template), used_layout)


def _template_error(cls: type, error: TemplateError | TemplateFileNotFound) -> Finding:
    file, line = position_of(cls)
    if isinstance(error, TemplateSyntaxError):
        file, line = error.filename or file, error.lineno
    text = str(error) if cls.__qualname__ in str(error) else f"{cls.__qualname__}: {error}"
    return Finding(file, line, "template-error", text)


def position_of(cls: type) -> tuple[str, int]:
    """Return the file and the line of a class; the module's name and 0 if there is no source."""
    try:
        return str(inspect.getsourcefile(cls)), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return cls.__module__, 0


# --- reading files ---


def _used_templates(cls: type, template: object) -> UsedTemplates | None:
    """Return the files of `template`, which `cls` uses; None if there is no text to read."""
    text = template.source() if isinstance(template, LiveTemplate) else None
    if not isinstance(template, LiveTemplate) or text is None:
        return None
    environment, file = template.environment, template.filename
    is_file = file is not None and Path(file).is_file()
    position = (str(file), 1) if is_file else position_of(cls)
    own = _parse(text, position, environment, exact=is_file)
    if own is None:
        return None
    # A template in a Python module has the file of its class, which an included file cannot have: key it by "".
    found, complete = {own.file if is_file else "": own}, True
    waiting = [own]
    while waiting:
        for name in meta.find_referenced_templates(waiting.pop().tree):
            referenced = None if name is None else _load(name, environment)
            complete = complete and referenced is not None
            if referenced is not None and referenced.file not in found:
                found[referenced.file] = referenced
                waiting.append(referenced)
    errors = tuple(error for source in found.values() for error in _reference_errors(source, environment))
    return UsedTemplates(own, tuple(found.values()), complete, errors)


def _load(name: str, environment: Environment) -> ParsedTemplate | None:
    if environment.loader is None:
        return None
    try:
        text, file, _ = environment.loader.get_source(environment, name)
    except TemplateNotFound:
        return None
    return _parse(text, (file or name, 1), environment)


def _parse(
    text: str, position: tuple[str, int], environment: Environment, *, exact: bool = True
) -> ParsedTemplate | None:
    file, first = position
    try:
        tree = environment.parse(text)
        parts = tuple(elements(text, environment)), tuple(tag_bodies(tree))
    except TemplateError:
        return None  # reported where the template is loaded for its view, with file and line
    return ParsedTemplate(file, text, tree, *parts, first, exact=exact)


def _reference_errors(source: ParsedTemplate, environment: Environment) -> Iterator[Finding]:
    """Report files that `source` names as text and that do not exist or cannot be parsed."""
    for node in source.tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        template = getattr(node, "template", None)
        name = template.value if isinstance(template, nodes.Const) else None
        optional = isinstance(node, nodes.Include) and node.ignore_missing
        # Jinja2 shows nothing for a missing file that is included with `ignore missing`.
        if not isinstance(name, str) or environment.loader is None or optional:
            continue
        try:
            environment.parse(environment.loader.get_source(environment, name)[0], name)
        except TemplateNotFound:
            text = f"there is no template {name!r}"
            yield Finding(source.file, source.line(node.lineno), "template-error", text)
        except TemplateError as error:
            text = f"the template {name!r}: {error.message}"
            yield Finding(source.file, source.line(node.lineno), "template-error", text)


def scripts_near(cls: type) -> str:
    """Return the text of all JavaScript files below the folder of a class's module: hooks may push events."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if file is None:
        return ""
    return "\n".join(path.read_text(errors="replace") for path in sorted(Path(file).parent.glob("**/*.js")))
