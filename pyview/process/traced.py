"""A view whose messages are traced."""

from collections.abc import Awaitable, Coroutine
from inspect import isawaitable
from typing import Any, ClassVar

from pyview.events.info_event import InfoEvent
from pyview.live_view import LiveView
from pyview.observability.telemetry import Telemetry
from pyview.process.messages import (
    ComponentEvent,
    ComponentUpdate,
    Event,
    Info,
    Join,
    Return,
    Tick,
    URLChanged,
)
from pyview.process.outlet import Outlet
from pyview.process.site import Site
from pyview.process.view_process import ViewProcess
from pyview.rendering.lifecycle import Location, Visit
from pyview.rendering.renderers import Diff, Renderer
from pyview.socket.socket import LiveViewSocket


class TracedViewProcess(ViewProcess):
    """One message is one span, and within it are spans for what takes its time."""

    __slots__ = ("_counted", "_telemetry")

    def __init__(self, site: Site, outlet: Outlet, telemetry: Telemetry) -> None:
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

    def _made_renderer(self, view: LiveView[Any], visit: Visit) -> Renderer:
        return _TracedRenderer(super()._made_renderer(view, visit), self._telemetry, self._name)

    async def _disconnect(self) -> None:
        if self._counted:
            self._counted = False
            self._telemetry.ended(self._name)
        await super()._disconnect()

    _kinds: ClassVar[dict[type, str]] = {
        Join: "join",
        Return: "return",
        Event: "event",
        ComponentEvent: "event",
        ComponentUpdate: "component_update",
        InfoEvent: "info",
        Info: "info",
        Tick: "info",
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
