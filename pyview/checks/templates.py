"""Checks of templates at start: templates that cannot be used, and fields with the name of a reserved parameter.

A handler's parameter `user` is the signed-in user. If a form of the page has an input of that name, its developer
expects the input. Without an annotation only the template tells the two apart, so it is read when the application
starts.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from jinja2 import TemplateError, TemplateSyntaxError

from pyview.auth.findings import CheckMessage, Severity
from pyview.binding.callers import own_callback
from pyview.binding.signature import SignatureError
from pyview.binding.sources import SERVER_VALUES, AmbiguousParameter, ambiguous_names
from pyview.events.decorators import EVENTS, handlers_of
from pyview.live_view import LiveView
from pyview.rendering.templates import ViewTemplates
from pyview.routing.routes import LiveRoute
from pyview.template.view_files import TemplateFileNotFound


def unusable_templates(routes: Iterable[LiveRoute], templates: ViewTemplates) -> Iterator[CheckMessage]:
    """Yield a message for each view with a route whose template is missing or cannot be compiled."""
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
            text = str(error.message)
            named = text if view.__qualname__ in text else f"{view.__qualname__}: {text}"
            yield CheckMessage(Severity.DEPLOYMENT, named)
            continue
        if missing is not None:
            yield CheckMessage(Severity.DEPLOYMENT, str(missing))


# Regular expressions, and not the compiled template: forms and fields may be spread over conditions and loops. A name
# that they miss only loses this check; the handler then gets the reserved value, never a value of the browser.
_FORM: Final = re.compile(
    r"<form\b.*?</form>|\{%-?\s*call\s+ui\.form\(.*?\{%-?\s*endcall", re.DOTALL | re.IGNORECASE
)
_FIELD: Final = re.compile(r"<(?:input|select|textarea|button)\b[^<>]*>", re.IGNORECASE)
_CONTROL: Final = re.compile(r"<[a-z][^<>]*\sphx-value-[^<>]*>", re.IGNORECASE)
# `ui.form` takes its bindings as keyword arguments, whose names have underscores: `phx_change="check"`.
_EVENT: Final = re.compile(r"""[\s(,]phx[-_](?!value|target|hook)[a-z_-]+\s*=\s*["']([\w:.-]+)["']""")
_NAME: Final = re.compile(r"""\sname\s*=\s*["'](\w+)["'\[]""")
_VALUE: Final = re.compile(r"\sphx-value-(\w+)")


class _Sent(NamedTuple):
    """The template sends `event` with a value called `name`, on `line`."""

    event: str
    name: str
    line: int


def check_sent_names(view_class: type[LiveView[Any]], templates: ViewTemplates) -> None:
    """Raise `SignatureError` for a handler that does not get a value that the template of its view sends."""
    handlers = _unclear_handlers(view_class)
    source = _source(view_class, templates) if handlers else None
    if source is None:
        return
    text, file = source
    for sent in _sent(text):
        unclear = handlers.get(sent.event, handlers.get(None))
        if unclear is not None and sent.name in unclear.names:
            holder = SERVER_VALUES[sent.name]
            problem = (
                f"is reserved for {holder}, but the event {sent.event!r} sends a value of that name, which would be "
                f"lost ({file}:{sent.line}). Choose another name, in the template too; or annotate the parameter, "
                f"`{sent.name}: Any`, if it means {holder}"
            )
            raise SignatureError(unclear.where, sent.name, problem)


def _unclear_handlers(view_class: type) -> Mapping[str | None, AmbiguousParameter]:
    """Return the reserved names in the parameters of each event's handler; None is for `handle_event`."""
    decorated: dict[str | None, Callable[..., Any]] = {
        name: one.function for name, one in handlers_of(view_class, EVENTS).items()
    }
    own = own_callback(view_class, "handle_event")
    found = {name: ambiguous_names(function) for name, function in decorated.items()}
    if own is not None:
        found[None] = ambiguous_names(own)
    # An event with its own handler never reaches handle_event.
    return found if any(unclear.names for unclear in found.values()) else {}


def _source(view_class: type[LiveView[Any]], templates: ViewTemplates) -> tuple[str, str] | None:
    try:
        template = templates.for_view(view_class)
    except TemplateError:
        return None  # the first request shows it, with file and line
    text = None if template is None else template.source()
    return None if template is None or text is None else (text, template.filename or view_class.__module__)


def _sent(text: str) -> Iterator[_Sent]:
    for form in _FORM.finditer(text):
        for field in _FIELD.finditer(text, *form.span()):
            yield from _names(text, field, _NAME, form[0])
    for control in _CONTROL.finditer(text):
        yield from _names(text, control, _VALUE, control[0])


def _names(text: str, element: re.Match[str], names: re.Pattern[str], events: str) -> Iterator[_Sent]:
    for name in names.finditer(text, *element.span()):
        line = text.count("\n", 0, name.start(1)) + 1
        yield from (_Sent(event[1], name[1], line) for event in _EVENT.finditer(events))
