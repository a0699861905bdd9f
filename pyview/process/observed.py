"""A view whose messages are traced.

A view whose messages are logged, one line each: for developers, on the logger `pyview.messages` at DEBUG.

The line has the names of what came with a message, never the values: those may be a password.

Which kind a view is, decided once when it joins, so that a plain one asks nothing.
"""

import logging
import time
from collections.abc import Awaitable, Coroutine
from inspect import isawaitable
from typing import Any, ClassVar, Final

from pyview.events.info_event import InfoEvent
from pyview.live_view import LiveView
from pyview.observability.telemetry import Telemetry
from pyview.process.app_context import AppContext
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
from pyview.process.reloading import ReloadingViewProcess
from pyview.process.unread import Unread
from pyview.process.view_process import ViewConnection, ViewProcess
from pyview.rendering.lifecycle import Location, MountContext
from pyview.rendering.renderers import Diff, Renderer
from pyview.socket.socket import LiveViewSocket

logger = logging.getLogger("pyview.messages")


class LoggedViewProcess(ViewProcess):
    """One message is one line, written when it has been handled."""

    __slots__ = ()

    def _handle(self, message: Any) -> Coroutine[Any, Any, None]:
        if type(message) is Unread:
            return super()._handle(message)  # which handles what is in it
        return self._logged(message, super()._handle(message))

    async def _logged(self, message: Any, work: Coroutine[Any, Any, None]) -> None:
        begun = time.perf_counter()
        try:
            await work
        except Exception as error:
            self._say(message, begun, f" failed: {type(error).__qualname__}")
            raise
        self._say(message, begun, "")

    def _say(self, message: Any, begun: float, end: str) -> None:
        milliseconds = (time.perf_counter() - begun) * 1000
        logger.debug("%s: %s in %.1f ms%s", self._name, described(message), milliseconds, end)


def logs_messages() -> bool:
    """Whether the messages of a view that is made now are logged."""
    return logger.isEnabledFor(logging.DEBUG)


class TracedViewProcess(ViewProcess):
    """One message is one span, and within it are spans for what takes its time."""

    __slots__ = ("_counted", "_telemetry")

    def __init__(self, site: AppContext, outlet: ViewConnection, telemetry: Telemetry) -> None:
        super().__init__(site, outlet)
        self._telemetry = telemetry
        self._counted = False

    def _handle(self, message: Any) -> Coroutine[Any, Any, None]:
        kind = self._kinds.get(type(message))
        work = super()._handle(message)
        return work if kind is None else self._traced(kind, message, work)

    async def _traced(self, kind: str, message: Any, work: Coroutine[Any, Any, None]) -> None:
        named = {"pyview.event": message.name[:100]} if kind == "event" else {}
        with self._telemetry.message(kind, self._name, **named):
            await work

    async def _call_mount(self, view: LiveView[Any]) -> None:
        self._telemetry.joined(self._name)
        self._counted = True
        with self._telemetry.callback("mount", self._name):
            await super()._call_mount(view)

    async def _params(self, location: Location) -> None:
        with self._telemetry.callback("handle_params", self._name):
            await super()._params(location)

    def _made_renderer(self, view: LiveView[Any], visit: MountContext) -> Renderer:
        return _TracedRenderer(super()._made_renderer(view, visit), self._telemetry, self._name)

    async def _disconnect(self) -> None:
        if self._counted:
            self._counted = False
            self._telemetry.ended(self._name)
        await super()._disconnect()

    _kinds: ClassVar[dict[type, str]] = {
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


class _TracedRenderer:
    """Another renderer, timed."""

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

    async def _awaited(self, update: Awaitable[Diff]) -> Diff:
        with self._telemetry.render(self._name):
            return await update


class LoggedTracedViewProcess(LoggedViewProcess, TracedViewProcess):
    """Logged and traced."""

    __slots__ = ()


class ReloadingLoggedViewProcess(ReloadingViewProcess, LoggedViewProcess):
    """In development, and logged."""

    __slots__ = ()


class ReloadingTracedViewProcess(ReloadingViewProcess, TracedViewProcess):
    """In development, and traced."""

    __slots__ = ()


class ReloadingLoggedTracedViewProcess(ReloadingViewProcess, LoggedTracedViewProcess):
    """All of it."""

    __slots__ = ()


# By whether it is in development, and whether it is logged.
_PLAIN: Final[dict[tuple[bool, bool], type[ViewProcess]]] = {
    (False, False): ViewProcess,
    (False, True): LoggedViewProcess,
    (True, False): ReloadingViewProcess,
    (True, True): ReloadingLoggedViewProcess,
}
_TRACED: Final[dict[tuple[bool, bool], type[TracedViewProcess]]] = {
    (False, False): TracedViewProcess,
    (False, True): LoggedTracedViewProcess,
    (True, False): ReloadingTracedViewProcess,
    (True, True): ReloadingLoggedTracedViewProcess,
}


def view_process(site: AppContext, outlet: ViewConnection) -> ViewProcess:
    """A process for a view of `site`."""
    kind = site.file_watch is not None, logs_messages()
    telemetry = site.telemetry
    if telemetry is None or not telemetry.configured:
        return _PLAIN[kind](site, outlet)
    return _TRACED[kind](site, outlet, telemetry)
