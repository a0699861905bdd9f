"""Tracing and logging of messages: each wraps the table of handlers, once per application.

A log line has the names of a message's payload, never the values: those may be passwords.
"""

import logging
import time
from collections.abc import Awaitable
from inspect import isawaitable
from typing import Any, Final

from pyview.events.info_event import InfoEvent
from pyview.observability.telemetry import Telemetry
from pyview.process.mailbox import Handler, Handlers
from pyview.process.messages import (
    ComponentEvent,
    ComponentUpdate,
    Event,
    Info,
    Join,
    Rejoin,
    TimerFired,
    URLChanged,
    described,
)
from pyview.process.unread import Unread
from pyview.process.view_process import ViewProcess
from pyview.rendering.renderers import Diff, Renderer
from pyview.socket.socket import LiveViewSocket
from pyview.template.live_template import LiveTemplate

logger = logging.getLogger("pyview.messages")

_SPANS: Final[dict[type, str]] = {
    Join: "join",
    Rejoin: "return",
    Event: "event",
    ComponentEvent: "event",
    ComponentUpdate: "component_update",
    InfoEvent: "info",
    Info: "info",
    TimerFired: "info",
    URLChanged: "patch",
}
"""Name of the span for each kind of message that has one."""


def logs_messages() -> bool:
    """Return True if the messages of a view that joins now are to be logged."""
    return logger.isEnabledFor(logging.DEBUG)


def logged(handlers: Handlers) -> Handlers:
    """Return handlers that log one line for each message when it has been handled.

    An unread message is not logged: the message inside it is.
    """
    return {kind: handler if kind is Unread else _logged(handler) for kind, handler in handlers.items()}


def _logged(handler: Handler) -> Handler:
    async def handle(process: ViewProcess, message: Any) -> None:
        start = time.perf_counter()
        try:
            await handler(process, message)
        except Exception as error:
            _log(process, message, start, f" failed: {type(error).__qualname__}")
            raise
        _log(process, message, start, "")

    return handle


def _log(process: ViewProcess, message: Any, start: float, end: str) -> None:
    recorder = process.app.recorder
    if recorder is not None and not recorder.watches(process):
        return  # the inspector looks for something new four times a second
    milliseconds = (time.perf_counter() - start) * 1000
    logger.debug("%s: %s in %.1f ms%s", process.name, described(message), milliseconds, end)


def traced(handlers: Handlers, telemetry: Telemetry) -> Handlers:
    """Return handlers that make one span of each message."""
    return {
        kind: _traced(handler, telemetry, _SPANS[kind]) if kind in _SPANS else handler
        for kind, handler in handlers.items()
    }


def _traced(handler: Handler, telemetry: Telemetry, span: str) -> Handler:
    async def handle(process: ViewProcess, message: Any) -> None:
        attributes = {"pyview.event": message.name[:100]} if span == "event" else {}
        with telemetry.message(span, process.name, **attributes):
            await handler(process, message)

    return handle


class TracedRenderer:
    """Renderer whose renders are spans."""

    def __init__(self, renderer: Renderer, telemetry: Telemetry, name: str) -> None:
        self._renderer = renderer
        self._telemetry = telemetry
        self._name = name
        self.html = renderer.html
        self.reset = renderer.reset

    def update(self, socket: LiveViewSocket[Any]) -> Diff | Awaitable[Diff]:
        with self._telemetry.render(self._name):
            update = self._renderer.update(socket)
        return self._awaited(update) if isawaitable(update) else update

    @property
    def tree(self) -> Any:
        """Root node of the last render, for the inspector."""
        return getattr(self._renderer, "tree", None)

    @property
    def templates(self) -> list[LiveTemplate]:
        """The templates of the view and of its layout, for the inspector."""
        return getattr(self._renderer, "templates", [])

    async def _awaited(self, update: Awaitable[Diff]) -> Diff:
        with self._telemetry.render(self._name):
            return await update
