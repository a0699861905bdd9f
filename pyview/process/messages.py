"""What the mailbox of a view may hold. One class per kind: the process picks its function by the class.

A message of a mailbox in a few words, without the values that a browser sent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pyview.background.result import AsyncResult
from pyview.background.timers import Timer
from pyview.background.work import AsyncTask
from pyview.events.info_event import InfoEvent
from pyview.rendering.lifecycle import AccessGuard, MountContext
from pyview.socket.socket import ComponentTarget
from pyview.uploads.entry import UploadEntry
from pyview.wire.uploads import Advance, ChosenFile


class Join(NamedTuple):
    """The first message. `admit` checks tokens, route and identity; it raises `JoinRefused`. It returns None when the
    page's own view, which had waited for it, answers the join. `let_go` is called when the join has been handled."""

    ref: str | None
    admit: Callable[[], Awaitable[MountContext | None]]
    navigated: bool
    let_go: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Rejoin:
    """The page is back on another connection: the view that waited for it answers the join."""

    ref: str | None
    visit: MountContext
    navigated: bool


class Event(NamedTuple):
    """Something happened in the browser."""

    ref: str | None
    name: str
    payload: Any


class ComponentEvent(NamedTuple):
    """Something happened in the browser that is for a live component."""

    ref: str | None
    name: str
    payload: Any
    cid: int


class ComponentUpdate(NamedTuple):
    """News for a live component: `send_update`."""

    target: ComponentTarget
    assigns: dict[str, Any]


class ComponentsLeaving(NamedTuple):
    """The elements of these components have gone from the page; they may still come back."""

    ref: str | None
    cids: list[int]


class ComponentsLeft(NamedTuple):
    """These components have not come back: the browser forgets those that the view forgets."""

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
    """The browser says how far a file has come."""

    ref: str | None
    advance: Advance


class UploadFailed(NamedTuple):
    """A file will not arrive."""

    entry: UploadEntry
    code: str
    reason: str | None


class Info(NamedTuple):
    """A message that the view sent itself. A broadcast comes as the `InfoEvent` that all of its subscribers share."""

    event: InfoEvent


class TimerFired(NamedTuple):
    """A timer is due."""

    timer: Timer


class RunInProcess(NamedTuple):
    """Something that work beside the mailbox does to the view, or to its component `cid`, and waits for."""

    cid: int | None
    action: Callable[[], Any]
    done: asyncio.Future[None]


class AsyncDone(NamedTuple):
    """Result of a task that ran beside the mailbox."""

    work: AsyncTask
    outcome: AsyncResult[Any]


class ClearFlash(NamedTuple):
    """The reader closed a message, of the view or of a component."""

    ref: str | None
    key: str | None
    cid: int | None = None


class Refresh(NamedTuple):
    """The connection takes updates again: render what was put off."""


class FilesChanged(NamedTuple):
    """What the page was made of is not as it was: a developer has changed a file."""


class Recheck(NamedTuple):
    """Somebody may have been signed out: look whether the view may go on."""


class SessionRenewed(NamedTuple):
    """The page has fetched its new cookie, and tells the socket."""

    ref: str | None
    payload: Any


class CookieChanged(NamedTuple):
    """The socket knows the browser's new cookie. `guard` makes the one that watches from now on; without it, somebody
    else is there than before."""

    guard: Callable[[MountContext], AccessGuard] | None


class CookieRejected(Exception):
    """The socket does not take the cookie that its page told it. The text is for the log."""


class Leave(NamedTuple):
    """The last message."""


class JoinRefused(Exception):
    """A join that is answered with an error; `response` is what the client understands. `audited`: the log knows."""

    def __init__(self, response: dict[str, Any], log: str | None = None, *, audited: bool = False) -> None:
        super().__init__(log or str(response.get("reason", "redirect")))
        self.response = response
        self.audited = audited


_MOST_NAMES = 12
_LONGEST_NAME = 40


def titled(message: Any) -> str:
    """Return the kind of a message, and the name of the event or info that it is."""
    match message:
        case Event(name=name):
            return f"event {name[:_LONGEST_NAME]!r}"
        case ComponentEvent(name=name, cid=cid):
            return f"event {name[:_LONGEST_NAME]!r} of component {cid}"
        case FilesChosen(event=event):
            return titled(event)
        case Info(event=event) | TimerFired(timer=event) | (InfoEvent() as event):
            return f"info {str(getattr(event, 'name', type(event).__name__))[:_LONGEST_NAME]!r}"
        case Join() | Rejoin() | Leave() | URLChanged():
            return type(message).__name__.lower()
    return type(message).__name__


def described(message: Any) -> str:
    """Return the title of a message with the names of what came with it."""
    if isinstance(message, Event | ComponentEvent):
        return titled(message) + _names(message.payload)
    return titled(message)


def _names(payload: Any) -> str:
    if not isinstance(payload, dict) or not payload:
        return ""
    names = [repr(str(name)[:_LONGEST_NAME]) for name in list(payload)[:_MOST_NAMES]]
    return f" with {', '.join(names)}"
