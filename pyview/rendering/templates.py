"""Templates of view classes, and the script and style sheet beside each view.

A view class names its template, or has it in a file beside its module. In development a view without one shows a
placeholder. Scripts and style sheets get names that change with their content.
"""

import inspect
import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any, Final, NamedTuple

import orjson
from jinja2 import BaseLoader, TemplateError
from markupsafe import escape

from pyview.components.component import LiveComponent
from pyview.components.renderers import component_template
from pyview.live_render import live_render
from pyview.live_view import LiveView
from pyview.template.component import Component, components_in
from pyview.template.environment import LiveEnvironment, create_environment
from pyview.template.live_template import LiveTemplate
from pyview.template.shared_pages import SharedPages
from pyview.template.sources import MissingFile, record_source
from pyview.template.tree.change import ChangeRule
from pyview.template.view_files import (
    TemplateFileNotFound,
    has_template_method,
    layout_of,
    paths_beside,
    script_path,
    stylesheet_path,
    template_for,
)
from pyview.wire.message import encoded

logger = logging.getLogger("pyview")

ViewClass = type[LiveView[Any]]
Stamp = tuple[tuple[int, int] | None, ...]

FILES_EVENT: Final = "pyview:files"
"""Event with the files of a new view. The client loads them before it patches the page."""


class ViewFile(NamedTuple):
    """One file. `name` contains a digest of the content: `count-1f3a...e2.js`."""

    name: str
    content: bytes


class FilesOfView(NamedTuple):
    """Script and style sheet beside a view. `view` is the name before the dot in its hooks: `Counter.Chart`."""

    view: str
    script: ViewFile | None
    style: ViewFile | None

    def announcement(self, dom_id: str) -> orjson.Fragment:
        """Return the payload of `FILES_EVENT` for the view in the element `dom_id`."""
        names = {"script": self.script and self.script.name, "style": self.style and self.style.name}
        return encoded({"id": dom_id, "view": self.view, **names}, FILES_EVENT)


class ViewFiles:
    """Files beside the views of an application. With `reread` they are read again at each use."""

    def __init__(self, *, reread: bool) -> None:
        self._reread = reread
        self._of: dict[ViewClass, FilesOfView | None] = {}
        self._named: dict[str, ViewFile] = {}
        self._places: dict[ViewClass, tuple[str, ...]] = {}

    def of(self, view_class: ViewClass) -> FilesOfView | None:
        """Return the files of a view, None if it has neither."""
        if self._reread or view_class not in self._of:
            self._of[view_class] = self._found(view_class)
        return self._of[view_class]

    def stamp(self, view_class: ViewClass) -> Stamp:
        """Return modification times and sizes of all files that a view may have, None for those that do not exist."""
        if view_class not in self._places:
            # As text and only once: in development the stamp is asked for more than twice a second.
            self._places[view_class] = tuple(map(str, paths_beside(view_class, (".js", ".css"))))
        return tuple(map(_age, self._places[view_class]))

    def named(self, name: str) -> ViewFile | None:
        """Return the file of this name. Another worker may have rendered the page, so all view classes are searched."""
        if name not in self._named:
            # A worker reads the files of a view at its first render, which may be still to come here.
            for view_class in _subclasses(LiveView):
                self.of(view_class)
        return self._named.get(name)

    def _found(self, view_class: ViewClass) -> FilesOfView | None:
        script, style = self._read(script_path(view_class)), self._read(stylesheet_path(view_class))
        return FilesOfView(view_class.__name__, script, style) if script or style else None

    def _read(self, path: Path | None) -> ViewFile | None:
        if path is None:
            return None
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # some editors delete a file before they write it again
            return None
        # The digest makes the name, so all workers give equal files equal URLs, and browsers may cache them forever.
        name = f"{path.stem}-{sha256(content).hexdigest()[:20]}{path.suffix}"
        # Former contents stay: pages that were rendered before a change still load the names that they know.
        return self._named.setdefault(name, ViewFile(name, content))


def _age(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    # No content is read: the stamp is compared often, and the file is read only when it has changed.
    return status.st_mtime_ns, status.st_size


def _subclasses(cls: type) -> set[type]:
    own: set[type] = set(cls.__subclasses__())
    return own.union(*map(_subclasses, own))


_PLACEHOLDER = """\
<section class="pyview-placeholder">
<h1>{view}</h1>
<p>This view has no template yet. Put one beside its module: <code>{file}</code></p>
</section>
"""


class ViewTemplates:
    """Templates of one application, each compiled once, and the `files` beside its views.

    `source` is a live environment, a loader, or None. With `auto_reload`, changed files are read again, unless the
    environment sets `auto_reload` itself. `components` are function components, or modules of them, that every template
    may call by name. `missing` holds the views that show a placeholder, each with the error.
    """

    def __init__(
        self,
        source: LiveEnvironment | BaseLoader | None = None,
        *,
        auto_reload: bool = True,
        components: Iterable[Component[Any] | ModuleType] = (),
    ) -> None:
        if isinstance(source, LiveEnvironment):
            self.environment = source
        else:
            self.environment = create_environment(source, auto_reload=auto_reload)
        self._auto_reload = auto_reload
        self._prepare(self.environment)
        self.environment.globals.update(components_in(components))
        self._templates: dict[type[LiveView[Any]], LiveTemplate | None] = {}
        self._layouts: dict[tuple[type[LiveView[Any]], Any], LiveTemplate | None] = {}
        self._components: dict[type[LiveComponent[Any]], LiveTemplate | None] = {}
        self._shared_pages: dict[type[LiveView[Any]], SharedPages] = {}
        self.missing: dict[type[LiveView[Any]], TemplateFileNotFound] = {}
        self.files = ViewFiles(reread=self.environment.auto_reload)
        self.loaded: set[ViewClass] = set()
        """View classes whose templates are compiled, with the core components that they use."""
        self._loading = Lock()

    @property
    def change_rule(self) -> ChangeRule:
        return self.environment.change_rule

    def for_view(self, view_class: type[LiveView[Any]]) -> LiveTemplate | None:
        """Return the template of a view, None for a view that renders itself.

        Raises what Jinja2 raises for an invalid template, and in production `TemplateFileNotFound` for a missing one.
        """
        if view_class in self._templates:
            return self._templates[view_class]
        if has_template_method(view_class):
            self._templates[view_class] = None
            return None
        try:
            found = template_for(view_class, self.environment)
        except TemplateFileNotFound as missing:
            # The placeholder is not cached where files may change: the developer is about to write the missing file.
            if missing.path is not None:
                record_source(missing.path, MissingFile(missing.path))
            return self._placeholder_for(view_class, missing)
        self.missing.pop(view_class, None)
        self._prepare(found.environment)
        self._templates[view_class] = found
        return found

    def text_of(self, view_class: type[LiveView[Any]]) -> str:
        """Return the text of a view's template, or of its method `template`; "" if there is none that can be read."""
        try:
            found = self.for_view(view_class)
            if found is not None:
                return found.source() or ""
            method = getattr(view_class, "template", None)
            return inspect.getsource(method) if callable(method) else ""
        except (TemplateError, TemplateFileNotFound, OSError, TypeError):
            return ""

    def shared_pages(self, view_class: type[LiveView[Any]]) -> SharedPages:
        """Return the pages that views of the class share: of this application only, and so of one event loop."""
        if view_class not in self._shared_pages:
            self._shared_pages[view_class] = SharedPages()
        return self._shared_pages[view_class]

    def layout_for(self, view_class: type[LiveView[Any]], of_group: Any) -> LiveTemplate | None:
        """Return the layout of a view. `of_group` is the layout of its live session. Raises what Jinja2 raises."""
        key = view_class, of_group
        if key not in self._layouts:
            found = self._layouts[key] = layout_of(view_class, self.environment, of_group)
            if found is not None:
                self._prepare(found.environment)
        return self._layouts[key]

    def for_component(self, component: type[LiveComponent[Any]]) -> LiveTemplate | None:
        """Return the template of a component, None for a class with a method `template`.

        Raises `TemplateFileNotFound`, and what Jinja2 raises.
        """
        if component not in self._components:
            found = self._components[component] = component_template(component, self.environment)
            if found is not None:
                self._prepare(found.environment)
        return self._components[component]

    def load(self, view_class: ViewClass, *layouts_of_groups: Any) -> None:
        """Compile the template of a view, its layouts, and the core components that they use. It may run in a thread.

        Errors are left to the render that uses the template.
        """
        # One thread at a time: of many that compile, each would slow the event loop down, and some would do the same.
        with self._loading, suppress(TemplateError, TemplateFileNotFound):
            found = [self.for_view(view_class)]
            found += [self.layout_for(view_class, group) for group in layouts_of_groups]
            for environment in {each.environment for each in found if each is not None}:
                environment.load_components()
        self.loaded.add(view_class)

    def _prepare(self, environment: LiveEnvironment) -> None:
        """Make `live_render` available in `environment`, and reload its files like those of the application.

        A view may name a template of an environment that the application does not know.
        """
        environment.globals.setdefault("live_render", live_render)
        if not environment.has_own_auto_reload:
            environment.auto_reload = self._auto_reload

    def _placeholder_for(
        self, view_class: type[LiveView[Any]], missing: TemplateFileNotFound
    ) -> LiveTemplate | None:
        # A view that renders itself needs no template, so none is missing.
        if view_class.render is not LiveView.render:
            self._templates[view_class] = None
            return None
        if not self._auto_reload:
            # In production a page that answers 200 with a placeholder would hide the mistake.
            raise missing
        self.missing[view_class] = missing
        template = _placeholder(view_class, missing)
        if not self.environment.auto_reload:
            self._templates[view_class] = template
        logger.warning("%s", missing)
        return template


def _placeholder(view_class: type[LiveView[Any]], missing: TemplateFileNotFound) -> LiveTemplate:
    file = missing.path.name if missing.path else f"{view_class.__module__}.html"
    source = _PLACEHOLDER.format(view=escape(view_class.__qualname__), file=escape(file))
    return LiveTemplate.from_string(source, f"placeholder of {view_class.__qualname__}")
