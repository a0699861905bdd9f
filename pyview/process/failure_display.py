"""Failures on open pages, for developers: an overlay shows what crashed in a view, and goes when it is mended.

Only an application in debug mode sends them. A message about a failure has `failure`, and `development`, which names
the script that shows it: the page may not have joined before.
"""

from traceback import walk_tb
from typing import Any, Final, Literal, NamedTuple

from pyview.events.info_event import InfoEvent
from pyview.failures.failure import Failure
from pyview.failures.html import failure_html
from pyview.process.app_context import AppContext
from pyview.process.messages import (
    AsyncDone,
    ComponentEvent,
    ComponentUpdate,
    Event,
    FilesChosen,
    Info,
    TimerFired,
    URLChanged,
    titled,
)
from pyview.process.unread import Unread

FAILURE_EVENT: Final = "pyview:failure"
"""The message that shows a failure on a page."""

MENDED_EVENT: Final = "pyview:mended"
"""The message that takes the failures of a scope away."""

FailureScope = Literal["view", "join", "template", "application"]
"""When a failure is mended: a "view" by new code, a "join" by the next one, the others when the server says so."""


class Activity(NamedTuple):
    """The message that a view was handling, with its payload."""

    what: str
    payload: Any = None


def activity_of(message: Any, error: BaseException) -> Activity:
    """Return what a view was doing when handling `message` raised `error`."""
    match _read(message, error):
        case Event(payload=payload) | ComponentEvent(payload=payload) as event:
            return Activity(titled(event), payload)
        case FilesChosen(event=event):
            return Activity(titled(event), event.payload)
        case TimerFired(timer=timer) as fired:
            return Activity(titled(fired), getattr(timer.event, "payload", timer.event))
        case Info(event=event) | (InfoEvent() as event) as info:
            return Activity(titled(info), getattr(event, "payload", event))
        case ComponentUpdate(assigns=assigns):
            return Activity("update of a component", assigns)
        case AsyncDone(task=task):
            return Activity(f"the result of {task.title}")
        case URLChanged(url=url):
            return Activity("handle_params", {"url": url})
        case other:
            return Activity(titled(other))


def _read(message: Any, error: BaseException) -> Any:
    if type(message) is not Unread:
        return message
    # Its handler has the content, and has ended. Its frame is in the traceback.
    frames = (frame for frame, _ in walk_tb(error.__traceback__) if "content" in frame.f_locals)
    return next((frame.f_locals["content"] for frame in frames), message)


def failure_message(app: AppContext, failure: Failure, scope: FailureScope) -> dict[str, Any]:
    """Return the message that shows `failure`."""
    shown = {"key": failure.key, "title": failure.title, "html": str(failure_html(failure)), "scope": scope}
    return {"development": app.development_client, "failure": shown}


def show_on_all_pages(app: AppContext, failure: Failure | None) -> None:
    """Show a failure of the whole application on every page, also those that join later; None takes it away.

    Does nothing unless the application is in debug mode.
    """
    if app.development_client is None:
        return
    app.failure = failure
    for process in tuple(app.processes):
        if failure is None:
            process.connection.push(MENDED_EVENT, {"scope": "application"})
        else:
            process.connection.push(FAILURE_EVENT, failure_message(app, failure, "application"))


def add_to_join(app: AppContext, response: dict[str, Any]) -> None:
    """Add to the answer to a join what the tools for developers need."""
    response["development"] = app.development_client
    if app.failure is not None:
        response |= failure_message(app, app.failure, "application")
