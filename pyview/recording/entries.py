"""Records of messages: what a view was sent, what that took, and the state before and after."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from weakref import ref

from pyview.recording.copies import MISSING, Copy
from pyview.recording.parts import SentPart
from pyview.template.live_template import LiveTemplate

MOST_MESSAGES: Final = 200
"""Messages that are kept of one view."""

PageKey = tuple[str, str]
"""The id of a page, and that of this load of the page."""


class HandlerSource(NamedTuple):
    """A handler: its qualified name, its file and its first line. `file` is "" for one without source."""

    name: str
    file: str
    line: int


class SocketState(NamedTuple):
    """Copies of the context of a view or a component, and of the attributes of its object."""

    name: str
    context: Any
    attributes: Any


class ViewState(NamedTuple):
    """State of a view at one moment. `components` are those of its components by their cids. `location` is its URL."""

    own: SocketState
    components: dict[int, SocketState]
    title: str | None
    flash: Any
    location: Any


class Change(NamedTuple):
    """A name whose value has changed: `owner` is "" for the view, else a component."""

    owner: str
    cid: int | None
    name: str
    before: Any
    after: Any


@dataclass(slots=True)
class MessageEntry:
    """One message. Times are in milliseconds, `at` is the Unix time of its start in seconds, sizes are in bytes.

    `handler_ms` includes the checks of the user, `render_ms` the diff. `before` and `after` are None where the state is
    not known, and `before` also when there is no room for it any more. `error` is "" unless the handler failed.
    """

    number: int
    at: float
    title: str
    kind: str
    payload: str = ""
    cid: int | None = None
    handler: HandlerSource | None = None
    handler_ms: float = 0.0
    render_ms: float = 0.0
    send_ms: float = 0.0
    sent: int = 0
    diff: str = ""
    diff_bytes: int = 0
    is_whole: bool = False
    parts: list[SentPart] = field(default_factory=list)
    before: ViewState | None = None
    after: ViewState | None = None
    error: str = ""
    size: int = 0

    @property
    def total_ms(self) -> float:
        return self.handler_ms + self.render_ms + self.send_ms

    def changes(self) -> list[Change]:
        """Return the names whose values differ between before and after."""
        if self.before is None or self.after is None:
            return []
        return [*changes_between(self.before, self.after)]


def changes_between(before: ViewState, after: ViewState) -> list[Change]:
    """Return the names whose values differ between two states."""
    found = _of_socket("", None, before.own, after.own)
    for cid, state in after.components.items():
        earlier = before.components.get(cid)
        if earlier is not None:
            found += _of_socket(state.name, cid, earlier, state)
    if before.title != after.title:
        found.append(Change("", None, "live_title", before.title, after.title))
    if before.flash is not after.flash:
        found.append(Change("", None, "flash", before.flash, after.flash))
    return found


def _of_socket(owner: str, cid: int | None, before: SocketState, after: SocketState) -> list[Change]:
    pairs = (("", before.context, after.context), ("self.", before.attributes, after.attributes))
    return [
        Change(owner, cid, f"{prefix}{name}", then, now)
        for prefix, one, other in pairs
        if one is not other
        for name, then, now in _differing(one, other)
    ]


def _differing(before: Any, after: Any) -> list[tuple[str, Any, Any]]:
    if type(before) is not Copy or type(after) is not Copy or after.keys is None or before.keys is None:
        return [("", before, after)]
    then, now = dict(before.entries), dict(after.entries)
    names = dict.fromkeys([*then, *now])
    return [
        (str(name), then.get(name, MISSING), now.get(name, MISSING))
        for name in names
        if then.get(name, before) is not now.get(name, after)
    ]


@dataclass(slots=True)
class ViewRecord:
    """Record of one view of a page: the messages of its process, and of those before it in the same element.

    `process` refers to the process that was seen last. `left_at` is the time of its end, None while it runs.
    `templates` are those of the view, and of components by their cids.
    """

    page: PageKey
    dom_id: str
    view: str
    file: HandlerSource
    depth: int
    order: int
    copier: Any
    process: "ref[Any] | None" = None
    state: ViewState | None = None
    templates: dict[int | None, list[LiveTemplate]] = field(default_factory=dict)
    left_at: float | None = None
    joins: int = 0
    numbers: int = 0
    bytes: int = 0
    messages: deque[MessageEntry] = field(default_factory=deque)

    @property
    def key(self) -> str:
        """Name of the record within its page."""
        return f"{self.dom_id}.{self.order}"

    @property
    def running(self) -> Any:
        """The process of the view; None after its end."""
        process = None if self.process is None else self.process()
        return None if process is None or process.ended else process

    def message(self, number: int) -> MessageEntry | None:
        return next((each for each in self.messages if each.number == number), None)
