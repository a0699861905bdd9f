"""Find the views and components of an application, and read the template files that each of them uses.

Views are those with a route. Components and nested views are those that a template names.
"""

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from jinja2 import TemplateError, TemplateSyntaxError, nodes
from starlette.routing import BaseRoute

from pyview.components.component import LiveComponent
from pyview.components.renderers import component_template
from pyview.components.template_names import component_classes
from pyview.lint.finding import Finding
from pyview.lint.template_files import ParsedTemplate, TemplateFiles, UsedTemplates, position_of
from pyview.live_view import LiveView
from pyview.rendering.templates import ViewTemplates
from pyview.routing.routes import LiveRoute
from pyview.template.view_files import TemplateFileNotFound


class LiveApp(Protocol):
    """The attributes of a `PyView` that the rules read. `PyView` itself imports modules that use this folder."""

    @property
    def routes(self) -> list[BaseRoute]: ...
    @property
    def view_templates(self) -> ViewTemplates: ...
    @property
    def adds_names(self) -> bool: ...


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
    files = TemplateFiles()
    while waiting:
        cls, layout = waiting.pop(0)
        # Components may name each other in a circle.
        if cls in users:
            continue
        try:
            users[cls] = _template_user(cls, layout, app.view_templates, files)
        except (TemplateError, TemplateFileNotFound) as error:
            errors.append(_template_error(cls, error))
            users[cls] = TemplateUser(cls, None)
        # Only pages have a layout, so components and nested views get none.
        waiting += [(named, None) for named in users[cls].named_classes]
    return errors, list(users.values())


def _template_user(cls: type, layout: Any, templates: ViewTemplates, files: TemplateFiles) -> TemplateUser:
    if issubclass(cls, LiveComponent):
        return TemplateUser(cls, files.used(cls, component_template(cls, templates.environment)))
    if not issubclass(cls, LiveView) or cls.render is not LiveView.render:
        return TemplateUser(cls, None)
    view: type[LiveView[Any]] = cls
    used_layout = files.used(view, templates.layout_for(view, layout))
    template = templates.for_view(view)
    # A missing file gives a placeholder page at run time; here it is an error.
    if view in templates.missing:
        raise templates.missing[view]
    return TemplateUser(view, files.used(view, template), used_layout)


def _template_error(cls: type, error: TemplateError | TemplateFileNotFound) -> Finding:
    file, line = position_of(cls)
    if isinstance(error, TemplateSyntaxError):
        file, line = error.filename or file, error.lineno
    text = str(error) if cls.__qualname__ in str(error) else f"{cls.__qualname__}: {error}"
    return Finding(file, line, "template-error", text)


def scripts_near(cls: type) -> str:
    """Return the text of all JavaScript files below the folder of a class's module: hooks may push events."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if file is None:
        return ""
    return "\n".join(path.read_text(errors="replace") for path in sorted(Path(file).parent.glob("**/*.js")))
