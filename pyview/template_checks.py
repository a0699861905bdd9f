"""Views whose template cannot be used: with one, an application does not start in production mode."""

from collections.abc import Iterable, Iterator

from jinja2 import TemplateError, TemplateSyntaxError

from pyview.auth.findings import CheckMessage, Severity
from pyview.rendering.templates import ViewTemplates
from pyview.routing.routes import LiveRoute
from pyview.template.view_files import TemplateFileNotFound


def unusable_templates(routes: Iterable[LiveRoute], templates: ViewTemplates) -> Iterator[CheckMessage]:
    """A finding for each view with a route, whose template is not there or cannot be compiled."""
    for route in {route.view_class: route for route in routes}.values():
        view = route.view_class
        try:
            templates.for_view(view)
            templates.layout_for(view, route.live_session.layout)
            missing = templates.missing.get(view)
        except TemplateFileNotFound as error:
            missing = error
        except TemplateSyntaxError as error:
            where = f"{error.filename or error.name or 'its template'}:{error.lineno}"
            yield CheckMessage(Severity.DEPLOYMENT, f"{view.__qualname__}: {where}: {error.message}")
            continue
        except TemplateError as error:
            told = str(error.message)
            named = told if view.__qualname__ in told else f"{view.__qualname__}: {told}"
            yield CheckMessage(Severity.DEPLOYMENT, named)
            continue
        if missing is not None:
            yield CheckMessage(Severity.DEPLOYMENT, str(missing))
