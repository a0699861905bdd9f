"""The rows that the inspector shows: views, messages, the details of one message, the state as a tree."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from pyview.inspector.reasons import OriginCache, ShownPart, holds_reference, shown_parts
from pyview.recording.copies import Copy, Reference
from pyview.recording.entries import Change, HandlerSource, MessageEntry, SocketState, ViewRecord
from pyview.recording.shown import HIDDEN, as_json, children_of, is_secret, printable, summary

SLOW_MS: Final = 50.0
"""A handler that takes longer is marked."""

LARGE_BYTES: Final = 10_000
"""A diff that is larger is marked."""

_MOST_TREE_ROWS: Final = 400
_MOST_CHILDREN: Final = 100
_LONGEST_CHANGE: Final = 400
_LONGEST_NAME: Final = 100

EditorLink = Callable[[str, int], str]
"""Returns the link that opens a file at a line; "" without one."""


@dataclass(frozen=True, slots=True)
class ViewRow:
    """A view of the page, or a component of it: then `cid` is its number, else "". `state` is "left" after its end."""

    key: str
    cid: str
    name: str
    note: str
    depth: int
    state: str
    count: int
    selected: bool
    link: str


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message of the list."""

    number: int
    at: str
    title: str
    ms: str
    size: str
    slow: bool
    large: bool
    error: bool
    selected: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class MessageDetails:
    """Everything that is known of one message. `back` says why there is no way back, "" if there is one."""

    number: int
    title: str
    at: str
    payload: str
    handler: str
    handler_link: str
    handler_file: str
    handler_ms: str
    render_ms: str
    send_ms: str
    sent: str
    diff: str
    diff_bytes: str
    slow: bool
    large: bool
    is_whole: bool
    error: str
    changes: tuple[ChangeRow, ...]
    parts: tuple[ShownPart, ...]
    stays: tuple[str, ...]
    back: str


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A value of the state. `path` names it, `open` is None for one without anything inside."""

    path: str
    name: str
    value: str
    depth: int
    open: bool | None


def view_rows(
    records: Iterable[ViewRecord], selected: tuple[str, int | None], link: EditorLink
) -> list[ViewRow]:
    """Return the views of a page, each with its components behind it."""
    return [row for record in records for row in _rows_of(record, selected, link)]


def _rows_of(record: ViewRecord, selected: tuple[str, int | None], link: EditorLink) -> Iterator[ViewRow]:
    left = record.running is None
    note = f"#{record.dom_id}" + (f", joined {record.joins} times" if record.joins > 1 else "")
    yield ViewRow(
        record.key,
        "",
        record.view,
        note,
        record.depth,
        "left" if left else "",
        len(record.messages),
        selected == (record.key, None),
        link(record.file.file, record.file.line),
    )
    components = record.state.components if record.state is not None and not left else {}
    for cid, state in islice(components.items(), _MOST_CHILDREN):
        yield ViewRow(
            record.key,
            str(cid),
            state.name,
            f"component {cid}",
            record.depth + 1,
            "",
            sum(each.cid == cid for each in record.messages),
            selected == (record.key, cid),
            "",
        )


def message_rows(record: ViewRecord, cid: int | None, selected: int) -> list[MessageRow]:
    """Return the messages of a view, the newest first; with `cid`, those of that component only."""
    messages = [each for each in record.messages if cid is None or each.cid == cid]
    return [_message_row(each, each.number == selected) for each in reversed(messages)]


def _message_row(entry: MessageEntry, selected: bool) -> MessageRow:
    return MessageRow(
        entry.number,
        _clock_time(entry.at),
        entry.title,
        milliseconds(entry.total_ms),
        size(entry.sent),
        entry.handler_ms > SLOW_MS,
        entry.diff_bytes > LARGE_BYTES,
        bool(entry.error),
        selected,
    )


def details_of(
    record: ViewRecord, entry: MessageEntry, origins: OriginCache, link: EditorLink
) -> MessageDetails:
    """Return the details of a message."""
    handler = entry.handler or HandlerSource("", "", 0)
    return MessageDetails(
        number=entry.number,
        title=entry.title,
        at=_clock_time(entry.at),
        payload=entry.payload,
        handler=handler.name,
        handler_link=link(handler.file, handler.line),
        handler_file=f"{handler.file.rpartition('/')[2]}:{handler.line}" if handler.file else "",
        handler_ms=milliseconds(entry.handler_ms),
        render_ms=milliseconds(entry.render_ms),
        send_ms=milliseconds(entry.send_ms),
        sent=size(entry.sent),
        diff=entry.diff,
        diff_bytes=size(entry.diff_bytes),
        slow=entry.handler_ms > SLOW_MS,
        large=entry.diff_bytes > LARGE_BYTES,
        is_whole=entry.is_whole,
        error=entry.error,
        changes=tuple(map(_change_row, entry.changes())),
        parts=tuple(shown_parts(record, entry, origins)),
        stays=tuple(_stays(entry)),
        back=_no_way_back(record, entry),
    )


def _no_way_back(record: ViewRecord, entry: MessageEntry) -> str:
    if record.running is None:
        return "The view has ended."
    if entry.before is None:
        return "The state before this message is not known."
    return ""


def _stays(entry: MessageEntry) -> Iterator[str]:
    """Yield the names that stay as they are when the view goes back, with the reason."""
    if entry.before is None:
        return
    for state in (entry.before.own, *entry.before.components.values()):
        for copy in (state.context, state.attributes):
            yield from _kept_names(copy)


def _kept_names(copy: Any) -> Iterator[str]:
    if type(copy) is not Copy:
        return
    for name, value in copy.entries:
        if type(value) is Reference:
            yield f"{name} ({value.reason})"
        elif holds_reference(value):
            yield f"objects in {name}"


def _change_row(change: Change) -> ChangeRow:
    name = f"{change.owner}: {change.name}" if change.owner else change.name
    if is_secret(change.name):
        return ChangeRow(name, HIDDEN, HIDDEN)
    return ChangeRow(name, _short(change.before), _short(change.after))


def _short(value: Any) -> str:
    text = as_json(value)
    return text if len(text) <= _LONGEST_CHANGE else f"{text[:_LONGEST_CHANGE]}…"


# The state as a tree


def tree_rows(state: SocketState, more: dict[str, Any], opened: set[str]) -> list[TreeRow]:
    """Return the state of a view or component as rows. `opened` are the paths of the open ones."""
    groups = {"context": state.context, "self": state.attributes, **more}
    shown = ((name, value) for name, value in groups.items() if not _is_empty(value))
    return [*islice(_tree(shown, "", 0, opened), _MOST_TREE_ROWS)]


def _is_empty(value: Any) -> bool:
    return value is None or (type(value) is Copy and not value.values)


def _tree(entries: Iterable[tuple[Any, Any]], path: str, depth: int, opened: set[str]) -> Iterator[TreeRow]:
    for position, (name, value) in enumerate(entries):
        here = f"{path}.{position}"
        if position == _MOST_CHILDREN:
            yield TreeRow(here, "…", "more", depth, None)
            return
        secret = is_secret(name)
        children = None if secret else children_of(value)
        inside = None if children is None else [*islice(children, _MOST_CHILDREN + 1)]
        is_open = (here in opened) if inside else None
        label = printable(name[:_LONGEST_NAME]) if isinstance(name, str) else summary(name)
        yield TreeRow(here, label, HIDDEN if secret else summary(value), depth, is_open)
        if is_open and inside:
            yield from _tree(inside, here, depth + 1, opened)


# Numbers


def milliseconds(value: float) -> str:
    return f"{value:.2f} ms" if value < 10 else f"{value:,.0f} ms"


def size(value: int) -> str:
    return f"{value} B" if value < 1000 else f"{value / 1000:,.1f} kB"


def _clock_time(at: float) -> str:
    return f"{time.strftime('%H:%M:%S', time.localtime(at))}.{int(at % 1 * 1000):03}"
