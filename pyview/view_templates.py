"""Which template a view class has: named on the class, or the file beside its module, or a placeholder."""

import logging
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment
from markupsafe import Markup

from pyview.live_view import LiveView
from pyview.template.environment import create_environment
from pyview.template.files import file_beside
from pyview.template.live_template import LiveTemplate

logger = logging.getLogger("pyview")

_PLACEHOLDER = """\
<section class="pyview-placeholder">
<h1>{{ view }}</h1>
<p>This view has no template yet. Put one beside its module: <code>{{ file }}</code></p>
</section>
"""


class ViewTemplates:
    """The templates of one application, each compiled once. `source` is a Jinja2 environment or loader, or None."""

    def __init__(self, source: Environment | BaseLoader | None = None, *, auto_reload: bool = True) -> None:
        if isinstance(source, Environment):
            self._environment = source
        else:
            self._environment = create_environment(source, auto_reload=auto_reload)
        self._templates: dict[type[LiveView[Any]], LiveTemplate | None] = {}

    def for_view(self, view_class: type[LiveView[Any]]) -> LiveTemplate | None:
        """None for a view with a `render` of its own and no file. Raises what Jinja2 raises for a bad template."""
        if view_class not in self._templates:
            self._templates[view_class] = self._find(view_class)
        return self._templates[view_class]

    def head_elements(self, view_class: type[LiveView[Any]]) -> list[Markup]:
        """The style sheet beside the view's module, as an element for `<head>`."""
        css = file_beside(view_class, ".css")
        if css is None:
            return []
        return [Markup("<style>{}</style>").format(Markup(css.read_text()))]  # noqa: S704  the author's own file

    def _find(self, view_class: type[LiveView[Any]]) -> LiveTemplate | None:
        named = view_class.template
        if isinstance(named, LiveTemplate):
            return named
        if named is not None:
            return LiveTemplate.from_environment(self._environment, str(named))
        path = file_beside(view_class, ".html")
        if path is not None:
            return LiveTemplate.from_file(path, self._environment)
        if view_class.render is not LiveView.render:
            return None
        return self._placeholder(view_class)

    def _placeholder(self, view_class: type[LiveView[Any]]) -> LiveTemplate:
        logger.warning("%s has no template: expected %s", view_class.__qualname__, _expected(view_class))
        source = _PLACEHOLDER.replace("{{ view }}", str(Markup.escape(view_class.__qualname__)))
        source = source.replace("{{ file }}", str(Markup.escape(_expected(view_class).name)))
        return LiveTemplate.from_string(source, f"placeholder for {view_class.__qualname__}")


def _expected(view_class: type[LiveView[Any]]) -> Path:
    return Path(f"{view_class.__module__.rpartition('.')[2]}.html")
