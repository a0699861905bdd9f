"""Messages of a view's mailbox. The process finds the handler of a message by its class."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pyview.background.result import AsyncResult
from pyview.background.tasks import AsyncTask
from pyview.background.timers import Timer
from pyview.events.info_event import InfoEvent
from pyview.recording.entries import ViewState
from pyview.rendering.lifecycle import AccessGuard, MountContext
from pyview.socket.runtime import ComponentTarget
from pyview.uploads.entry import UploadEntry
from pyview.wire.uploads import Advance, ChosenFile


class Join(NamedTuple):
    """The first message. `admit` checks tokens, route and identity; it raises `JoinRefused`. It returns None when the
    view that waited for its page answers the join instead. `release` is called when the join has been handled."""

    ref: str | None
    admit: Callable[[], Awaitable[MountContext | None]]
    navigated: bool
    release: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Rejoin:
    """The page is back on another connection: the view that waited for it answers the join."""

    ref: str | None
    mount_context: MountContext
    navigated: bool


# Messages are made for each frame, and a named tuple costs a third of a frozen dataclass.
class Event(NamedTuple):
    """An event of the browser for the view."""

    ref: str | None
    name: str
    payload: Any


class ComponentEvent(NamedTuple):
    """An event of the browser for a live component."""

    ref: str | None
    name: str
    payload: Any
    cid: int


class ComponentUpdate(NamedTuple):
    """Assigns for a live component, from `send_update`."""

    target: ComponentTarget
    assigns: dict[str, Any]


class ComponentsLeaving(NamedTuple):
    """The elements of these components have left the page; a patch may still bring them back."""

    ref: str | None
    cids: list[int]


class ComponentsLeft(NamedTuple):
    """These components have not come back. The browser forgets those that the answer names."""

    ref: str | None
    cids: list[int]


class URLChanged(NamedTuple):
    """The browser followed a patch link, or went back or forward."""

    ref: str | None
    url: str


class FilesChosen(NamedTuple):
    """The user has chosen files, by the reference of their input; then `event` of its form is handled."""

    files: Mapping[str, list[ChosenFile]]
    event: Event | ComponentEvent


class Preflight(NamedTuple):
    """The browser asks whether it may send files of an upload."""

    ref: str | None
    upload: str
    files: list[ChosenFile]


class UploadAdvanced(NamedTuple):
    """The browser reports the progress of a file."""

    ref: str | None
    advance: Advance


class UploadFailed(NamedTuple):
    """A file of an upload has failed."""

    entry: UploadEntry
    code: str
    reason: str | None


class Info(NamedTuple):
    """An info that the view sent itself. A broadcast comes as the `InfoEvent` that all subscribers share."""

    event: InfoEvent


class TimerFired(NamedTuple):
    """A timer is due."""

    timer: Timer


class RunInProcess(NamedTuple):
    """An action of a background task on the view, or on its component `cid`. The task waits for `done`."""

    cid: int | None
    action: Callable[[], Any]
    done: asyncio.Future[None]


class AsyncDone(NamedTuple):
    """A background task has ended."""

    task: AsyncTask
    result: AsyncResult[Any]


class ClearFlash(NamedTuple):
    """The user closed a flash message of the view or of a component."""

    ref: str | None
    key: str | None
    cid: int | None = None


class Refresh(NamedTuple):
    """The send queue has room again: render what was put off."""


class FilesChanged(NamedTuple):
    """A developer has changed a file that the page was made from."""


class PushToPage(NamedTuple):
    """Push an event of PyView itself to the page, in development."""

    event: str
    payload: dict[str, Any]


class Recheck(NamedTuple):
    """The user may have been signed out: check whether the view may go on."""


class SessionRenewed(NamedTuple):
    """The page has fetched its new cookie and asks for tokens."""

    ref: str | None
    payload: Any


class CookieChanged(NamedTuple):
    """The connection knows the browser's new cookie. `guard` makes the guard for it; None for another user."""

    guard: Callable[[MountContext], AccessGuard] | None


class CookieRejected(Exception):
    """The connection does not accept the new cookie of its page. The text is for the log."""


class HandOver(NamedTuple):
    """The page is at another worker. `capture` takes what the view keeps; `done` is set then, and the view ends."""

    capture: Callable[[], None]
    done: asyncio.Future[None]


class StepBack(NamedTuple):
    """The inspector puts the view back to `state`, that before the message of this number."""

    state: ViewState
    number: int


class Leave(NamedTuple):
    """The last message."""


class JoinRefused(Exception):
    """A join that is answered with an error. `response` is the answer; `audited`: the audit log has an entry of it."""

    def __init__(self, response: dict[str, Any], log: str | None = None, *, audited: bool = False) -> None:
        super().__init__(log or str(response.get("reason", "redirect")))
        self.response = response
        self.audited = audited


# The browser chooses the names, so a line of the log has a bound.
_MOST_NAMES = 12
_LONGEST_NAME = 40


def titled(message: Any) -> str:
    """Return the kind of a message and the name of its event or info, for the log."""
    match message:
        case Event(name=name):
            return f"event {name[:_LONGEST_NAME]!r}"
        case ComponentEvent(name=name, cid=cid):
            return f"event {name[:_LONGEST_NAME]!r} of component {cid}"
        case FilesChosen(event=event):
            return titled(event)
        case TimerFired(timer=timer):
            return _titled_info(timer.event)
        case Info(event=event) | (InfoEvent() as event):
            return _titled_info(event)
        case StepBack(number=number):
            return f"step back to before message {number}"
        case Join() | Rejoin() | Leave() | URLChanged():
            return type(message).__name__.lower()
    return type(message).__name__


def _titled_info(event: Any) -> str:
    # Of an object of the application only its class: its text may have values.
    name = event if isinstance(event, str) else getattr(event, "name", type(event).__name__)
    return f"info {str(name)[:_LONGEST_NAME]!r}"


def described(message: Any) -> str:
    """Return the title of a message with the names of its payload, but no values: those may be passwords."""
    if isinstance(message, Event | ComponentEvent):
        return titled(message) + _names(message.payload)
    return titled(message)


def _names(payload: Any) -> str:
    if not isinstance(payload, dict) or not payload:
        return ""
    names = [repr(str(name)[:_LONGEST_NAME]) for name in list(payload)[:_MOST_NAMES]]
    return f" with {', '.join(names)}"
