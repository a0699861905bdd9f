"""Recording of messages for the inspector: it wraps the table of handlers, once per application in development.

Without a recorder none of this runs, and a view has the plain table.
"""

import inspect
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import orjson

from pyview.binding.callers import own_callback
from pyview.components.instance import ComponentInstance
from pyview.components.renderers import TemplateComponentRenderer
from pyview.events.decorators import ASYNC_RESULTS, EVENTS, INFOS, handlers_of
from pyview.events.info_event import InfoEvent
from pyview.navigation import Patch
from pyview.process.answers import finish
from pyview.process.mailbox import Handler, Handlers
from pyview.process.messages import (
    AsyncDone,
    ComponentEvent,
    ComponentUpdate,
    Event,
    FilesChanged,
    FilesChosen,
    HandOver,
    Info,
    Join,
    Leave,
    Recheck,
    Rejoin,
    RunInProcess,
    StepBack,
    TimerFired,
    UploadAdvanced,
    URLChanged,
    titled,
)
from pyview.process.unread import Unread
from pyview.process.view_process import ViewProcess
from pyview.recording.copies import MISSING, Copy, lay_attributes, restored
from pyview.recording.entries import HandlerSource, MessageEntry, SocketState, ViewRecord, ViewState
from pyview.recording.parts import sent_parts
from pyview.recording.recorder import Recorder
from pyview.recording.shown import LONGEST_TEXT, as_json, printable, summary, without_secrets
from pyview.template.live_template import LiveTemplate

logger = logging.getLogger("pyview")

_NOT_RECORDED = (Unread, Leave, HandOver, Recheck, FilesChanged, UploadAdvanced)
"""Messages of which nothing is noted. An unread one has the message inside it, which is noted."""

_FRAME_BYTES = 40  # around a payload: references, topic and event


class Running:
    """One message while it is handled: what is noted of it, and its times so far."""

    def __init__(self, process: ViewProcess, message: Any) -> None:
        self.process = process
        self.entry = MessageEntry(0, time.time(), titled(message), type(message).__name__)
        self.start = time.perf_counter()
        self.render_seconds = 0.0
        self.send_seconds = 0.0
        self.error: Exception | None = None
        self.templates: dict[int | None, list[LiveTemplate]] = {}


class RecordingConnection:
    """The connection of a view while it handles a message: what is sent on it is noted, then sent."""

    def __init__(self, connection: Any, running: Running) -> None:
        self._connection = connection
        self._running = running

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def reply(self, ref: str | None, status: str, response: dict[str, Any]) -> None:
        with self._timed():
            self._connection.reply(ref, status, response)
        if status != "ok":
            self._running.entry.error = str(response.get("reason", "")) or "answered with an error"
        with _harmless():
            self._note(response, response.get("diff") or response.get("rendered"), "rendered" in response)

    def push(self, event: str, payload: Any) -> None:
        with self._timed():
            self._connection.push(event, payload)
        with _harmless():
            self._note(payload, payload if event == "diff" else None, False)

    def push_shared(self, frame_end: bytes, *, more: bool) -> None:
        with self._timed():
            self._connection.push_shared(frame_end, more=more)
        self._running.entry.sent += len(frame_end)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._running.send_seconds += time.perf_counter() - start

    def _note(self, payload: Any, diff: Any, is_whole: bool) -> None:
        entry = self._running.entry
        entry.sent += len(orjson.dumps(payload)) + _FRAME_BYTES
        if not diff or not isinstance(diff, dict):
            return
        text = orjson.dumps(diff)
        entry.diff_bytes = len(text)
        entry.diff = text[:LONGEST_TEXT].decode(errors="ignore")
        entry.is_whole = is_whole
        if not is_whole:
            running = self._running
            components = _sent_components(running.process, diff)
            roots = {cid: each.renderer.node for cid, each in components.items()}
            entry.parts = sent_parts(diff, getattr(running.process.renderer, "tree", None), roots)
            running.templates = {
                cid: [each.renderer.template]
                for cid, each in components.items()
                if isinstance(each.renderer, TemplateComponentRenderer)
            }


def _sent_components(process: ViewProcess, diff: Mapping[str, Any]) -> dict[int, ComponentInstance]:
    """Return the components whose parts are in a diff, by their cids."""
    found = {int(cid): process.component(int(cid)) for cid in diff.get("c") or ()}
    return {cid: each for cid, each in found.items() if each is not None and each.mounted}


@contextmanager
def _harmless() -> Iterator[None]:
    """Log a failure of the recorder: no view may fail because of it."""
    try:
        yield
    except Exception:
        logger.exception("the inspector could not note a message")


def recorded(handlers: Handlers, recorder: Recorder) -> Handlers:
    """Return handlers that note each message, and one for `StepBack`."""
    every = {**handlers, StepBack: handle_step_back}
    return {
        kind: handler if kind in _NOT_RECORDED and kind is not Leave else _recorded(handler, recorder)
        for kind, handler in every.items()
    }


def _recorded(handler: Handler, recorder: Recorder) -> Handler:
    async def handle(process: ViewProcess, message: Any) -> None:
        if type(message) is Leave or not recorder.watches(process):
            await handler(process, message)
            _note_end(process, recorder)
            return
        running = recorder.running[process] = Running(process, message)
        connection, recording = process.connection, RecordingConnection(process.connection, running)
        process.connection = cast(Any, recording)
        try:
            await handler(process, message)
        except Exception as error:
            running.error = error
            raise
        finally:
            if cast(Any, process.connection) is recording:
                process.connection = connection
            recorder.running.pop(process, None)
            with _harmless():
                _finish(process, message, running, recorder)

    return handle


def _note_end(process: ViewProcess, recorder: Recorder) -> None:
    record = recorder.record_of(process)
    if record is not None and process.ended:
        recorder.left(record)


def _finish(process: ViewProcess, message: Any, running: Running, recorder: Recorder) -> None:
    total = time.perf_counter() - running.start
    if not recorder.watches(process):
        return  # the join of a view that is not recorded
    record = recorder.record_of(process) or _followed(process, recorder)
    if record is None:
        return
    entry = running.entry
    entry.render_ms, entry.send_ms = running.render_seconds * 1000, running.send_seconds * 1000
    entry.handler_ms = max(0.0, total * 1000 - entry.render_ms - entry.send_ms)
    if running.error is not None:
        entry.error = printable(f"{type(running.error).__qualname__}: {running.error}"[:500])
    entry.cid = getattr(message, "cid", None)
    entry.payload = _payload(message)
    entry.handler = handler_of(process, message)
    entry.before = record.state
    record.copier.size = 0
    if not entry.error and not process.ended and process.view is not None:
        entry.after = record.state = state_of(process, record)
    entry.size = 500 + len(entry.payload) + len(entry.diff) + 150 * len(entry.parts) + record.copier.size
    record.templates |= running.templates
    record.templates[None] = getattr(getattr(process, "renderer", None), "templates", [])
    recorder.add(record, entry)
    _note_end(process, recorder)


def _followed(process: ViewProcess, recorder: Recorder) -> ViewRecord | None:
    context = getattr(process, "mount_context", None)
    if context is None:
        return None
    recorder.prune()
    target, view = context.target, context.view_class
    page = target.page_id, context.visit.load_id
    return recorder.follow(
        process, page, target.id, view.__qualname__, source_of(view, view.__qualname__), target.depth
    )


# State


def state_of(process: ViewProcess, record: ViewRecord) -> ViewState:
    """Return a copy of the state of a view, which shares with that of its record what has not changed."""
    copier, before = record.copier, record.state
    socket, view = process.socket, process.view
    copier.begin()
    own = _socket_state(copier, record.view, socket.context, view, before and before.own)
    known = before.components if before is not None else {}
    components = {
        each.cid: _socket_state(
            copier, _named(each), each.socket.context, each.component, known.get(each.cid)
        )
        for each in process.components or ()
        if each.mounted
    }
    flash = copier.context(dict(socket.flash) if socket.has_flash else {}, before and before.flash)
    copier.end()
    return ViewState(own, components, socket.live_title, flash, process.mount_context.location)


def _named(component: ComponentInstance) -> str:
    cls, id = component.key
    return f"{cls.__qualname__} {summary(id)}"


def _socket_state(
    copier: Any, name: str, context: Any, owner: Any, before: SocketState | None
) -> SocketState:
    attributes = copier.context(dict(getattr(owner, "__dict__", {})), before and before.attributes)
    return SocketState(name, copier.context(context, before and before.context), attributes)


async def handle_step_back(process: ViewProcess, message: StepBack) -> None:
    """Put the view back to an earlier state, and render it. What was not copied stays as it is."""
    state, socket = message.state, process.socket
    socket.context = _laid_back(state.own, socket.context, process.view)
    cids: list[int | None] = [None]
    for component in process.components or ():
        earlier = state.components.get(component.cid)
        if earlier is not None:
            component.socket.context = _laid_back(earlier, component.socket.context, component.component)
            cids.append(component.cid)
    socket.live_title = state.title
    socket.clear_flash()
    socket.flash.update(restored(state.flash))
    location = process.mount_context.location
    moves = process.mount_context.routed and state.location.page != location.page
    if moves and location.route.may_be_patched_to(state.location.route):
        process.mount_context = process.mount_context._replace(location=state.location)
        socket.patched = Patch(state.location.page, "replace")
    process.touch(cids)
    await finish(process, None)


def _laid_back(state: SocketState, context: Any, owner: Any) -> Any:
    """Return the context of `state`, and set the attributes of its view or component."""
    if owner is not None and hasattr(owner, "__dict__") and type(state.attributes) is Copy:
        attributes = restored(state.attributes, dict(owner.__dict__))
        lay_attributes(owner, {name: value for name, value in attributes.items() if value is not MISSING})
    found = restored(state.context, context)
    return context if found is MISSING else found


# What is noted of a message


def _payload(message: Any) -> str:
    match message:
        case Event(payload=value) | ComponentEvent(payload=value):
            return as_json(value)
        case FilesChosen(event=event):
            return _payload(event)
        case Info(event=event) | TimerFired(timer=event):
            return _info_payload(event if isinstance(event, InfoEvent) else getattr(event, "event", event))
        case InfoEvent():
            return _info_payload(message)
        case URLChanged(url=url):
            return as_json(without_secrets(url))
        case ComponentUpdate(assigns=assigns):
            return as_json(assigns)
        case AsyncDone(task=task, result=result):
            return as_json({"task": task.title, "result": getattr(result, "result", None)})
        case StepBack(number=number):
            return as_json({"before message": number})
    return ""


def _info_payload(event: Any) -> str:
    payload = getattr(event, "payload", None)
    return "" if payload is None else as_json(payload)


def handler_of(process: ViewProcess, message: Any) -> HandlerSource | None:
    """Return the function of the application that handles a message; None if there is none."""
    view = process.mount_context.view_class
    match message:
        case Join() | Rejoin():
            name = "mount" if type(message) is Join else "reconnected"
            return _own(view, name)
        case Event(name=name):
            return _decorated(view, EVENTS, name, "handle_event")
        case ComponentEvent(name=name, cid=cid):
            component = process.component(cid)
            return None if component is None else _decorated(component.key[0], EVENTS, name, "handle_event")
        case FilesChosen(event=event):
            return handler_of(process, event)
        case InfoEvent():
            return _decorated(view, INFOS, getattr(message, "name", ""), "handle_info")
        case Info(event=event):
            return _decorated(view, INFOS, getattr(event, "name", ""), "handle_info")
        case TimerFired(timer=timer):
            return _decorated(view, INFOS, getattr(timer.event, "name", ""), "handle_info")
        case URLChanged():
            return _own(view, "handle_params")
        case ComponentUpdate(target=target) if not isinstance(target, int):
            return _own(target[0], "update")
        case AsyncDone(task=task):
            return _decorated(view, ASYNC_RESULTS, task.title, "handle_async")
        case RunInProcess(action=action):
            return source_of(action, getattr(action, "__qualname__", "an action"))
    return None


def _decorated(cls: type, mark: str, name: str, otherwise: str) -> HandlerSource | None:
    found = handlers_of(cls, mark).get(name)
    return _own(cls, otherwise) if found is None else source_of(found.function, found.function.__qualname__)


def _own(cls: type, name: str) -> HandlerSource | None:
    function: Callable[..., Any] | None = own_callback(cls, name)
    return None if function is None else source_of(function, function.__qualname__)


def source_of(target: Any, name: str) -> HandlerSource:
    """Return where a function or a class is written."""
    plain = inspect.unwrap(target)
    code = getattr(plain, "__code__", None)
    if code is not None:
        return HandlerSource(name, code.co_filename, code.co_firstlineno)
    try:
        return HandlerSource(name, inspect.getsourcefile(plain) or "", inspect.findsource(plain)[1] + 1)
    except (OSError, TypeError):
        return HandlerSource(name, "", 0)
