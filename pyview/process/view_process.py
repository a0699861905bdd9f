"""The life of one joined view, from its join on: message -> handler -> render -> diff -> push."""

import logging
from typing import Any, ClassVar

from starlette.exceptions import HTTPException

from pyview.binding import BindingError
from pyview.events import event_caller, event_requirements, info_caller
from pyview.events.info_event import InfoEvent
from pyview.live_view import LiveView
from pyview.navigation import Patch
from pyview.process.exits import patch_payload
from pyview.process.mailbox import Handlers
from pyview.process.messages import (
    Aside,
    ClearFlash,
    ComponentEvent,
    ComponentsLeaving,
    ComponentsLeft,
    ComponentUpdate,
    CookieChanged,
    Event,
    FilesChosen,
    Info,
    Join,
    JoinRefused,
    Landed,
    Leave,
    Preflight,
    Recheck,
    Refresh,
    Return,
    SessionRenewed,
    Tick,
    UploadAdvanced,
    UploadFailed,
    URLChanged,
)
from pyview.process.outlet import Outlet
from pyview.process.runtime import RunningView
from pyview.process.unread import Intake, Unread
from pyview.rendering import lifecycle
from pyview.rendering.lifecycle import Visit
from pyview.rendering.renderers import Diff, Renderer
from pyview.rendering.templates import FILES_EVENT
from pyview.socket.socket import ConnectedLiveViewSocket

logger = logging.getLogger("pyview")


class ViewProcess(RunningView):
    """A view that a browser joins, leaves for a while, and comes back to."""

    __slots__ = ()

    def belongs_to(self, visit: Visit, *, complete: bool) -> bool:
        """Whether it is what `visit` is to be shown. `complete`: the page has got all that was sent to it. What it has
        not got of a stream, nobody could send again."""
        if any(socket.temporaries is not None for socket in self._sockets):
            return False
        if self._streams and not complete:
            return False
        own = self._visit
        same = visit.location.route is own.location.route and visit.place.parent is own.place.parent
        # The page may hold two tokens for one sticky view, of two pages; what one asked holds for what it has mounted.
        return same and visit.place.around.same_rights(own.place.around) and self.can_wait

    def detach(self, outlet: Outlet) -> None:
        """The connection broke off: go on without rendering, on an `outlet` that leads nowhere, until `attach`."""
        self._outlet = outlet
        self._away = True
        if self.upload_manager is not None:
            self.upload_manager.interrupt()

    def attach(self, outlet: Outlet, intake: Intake, message: Return) -> None:
        """The page is back, at `outlet`. What waits in the mailbox is handled first; then the join is answered.
        `intake`: where it counts from now on."""
        self.detach(outlet)
        self.charge(intake)
        self.post(message)

    async def _join(self, message: Join) -> None:
        try:
            await self._joined(message)
        finally:
            message.let_go()

    async def _joined(self, message: Join) -> None:
        try:
            visit = await message.admit()
            rendered = {} if visit is None else await self._mount(visit)
        except JoinRefused as refusal:
            self._refuse(message.ref, refusal.response, refusal)
        except BindingError as error:
            self._refuse(message.ref, self._site.failed_mount(HTTPException(400)), error)
        except HTTPException as error:
            self._refuse(message.ref, self._site.failed_mount(error), error)
        except Exception as error:
            self.log_crash("join", error)
            self._join_crashed(message)
        else:
            if visit is None:
                self._end()
            elif not self._ended:
                self._answer_join(message, rendered)
        if self._ended:
            await self._disconnect()
        elif self.socket.hooks is not None:
            await lifecycle.after_render(self.socket, self._visit)

    async def _return(self, message: Return) -> None:
        """Answer the join of a page that is back, as `_join` does for a new one: all of the view is rendered."""
        self._away = self._changing = False
        self._title = None
        self._renderer.reset()
        if self.upload_manager is not None:
            self.upload_manager.drop_interrupted()
        here = self._visit.location if self._visit.routed else message.visit.location
        self._visit = message.visit._replace(location=here, connecting=None)
        self._guard = message.visit.guard
        self._take_identity(message.visit.identity)
        if self._view is not None:
            await lifecycle.reconnected(self._view, self.socket)
        if message.visit.location.page != here.page and self.socket.patched is None:
            self.socket.patched = Patch(here.page, "replace")  # the page has not heard of the last one
        departure = self._wished_departure()
        if departure is not None and not self._ended:
            self._refuse(message.ref, departure | self._parting_events())
            await self._disconnect()
        elif not self._ended:
            self._answer_join(message, await self._rendered())
            await self._forget_components()
            await lifecycle.after_render(self.socket, self._visit)

    async def _mount(self, visit: Visit) -> Diff:
        self._visit = visit
        self._parent = visit.place.parent
        if self._parent is not None and not self._parent.adopt(self):
            raise JoinRefused({"reason": "stale"}, "the view around it has ended")
        self._guard = visit.guard
        self._name = visit.view_class.__qualname__
        self._resources = lifecycle.resources_of(visit)
        self.socket = ConnectedLiveViewSocket(self, visit.identity, visit.flash, visit.shared)
        self.socket.csp_nonce = visit.csp_nonce
        self.socket.connecting = visit.connecting
        self._visit = visit._replace(connecting=None)
        if await lifecycle.run_hooks(self.socket, visit) or self._ended:
            return {}
        view = self._view = await lifecycle.create(visit, self._resources)
        self._on_event = event_caller(visit.view_class)
        self._on_info = info_caller(visit.view_class)
        self._requirements = event_requirements(visit.view_class)
        self._mounting = True
        await self._call_mount(view)
        self._mounting = False
        if self.has_ended:
            return {}
        if self.socket.navigation is None:
            await self._params(self._visit.location)
        if self.socket.navigation is not None:
            return {}
        files = self._site.templates.files.of(visit.view_class)
        if files is not None:
            self.socket.queue_event(FILES_EVENT, files.announcement(visit.place.id), before=True)
        self._renderer = self._made_renderer(view, visit)
        return await self._rendered()

    async def _call_mount(self, view: LiveView[Any]) -> None:
        await lifecycle.mount(view, self.socket, self._visit, self._resources)

    def _made_renderer(self, view: LiveView[Any], visit: Visit) -> Renderer:
        return lifecycle.renderer_of(view, visit, self._site.templates, self._site.context_processors)

    async def _rendered(self) -> Diff:
        update = self._renderer.update(self.socket)
        return self._with_news(update if type(update) is dict else await update)  # type: ignore[misc]

    def _answer_join(self, message: Join | Return, rendered: Diff) -> None:
        socket = self.socket
        if socket.navigation is not None:
            self._refuse(message.ref, self._departure(socket.navigation) | self._parting_events())
            return
        response: dict[str, Any] = {
            "rendered": rendered,
            "liveview_version": self._site.liveview_version,
        }
        if type(message) is Return and self._streams:
            response["resumed"] = True  # to our own client: keep the items of streams, which the tree has not
        if message.navigated:
            response["container"] = self._visit.location.route.container.wire
        if socket.patched is not None:
            response["live_patch"] = patch_payload(socket.patched)
            socket.patched = None
        self._live = True
        socket.connecting = None
        self._outlet.reply(message.ref, "ok", response)

    def _join_crashed(self, message: Join) -> None:
        if self._view is None or not self._visit.place.awaited:
            self._refuse(message.ref, {"reason": "join crashed"})
            return
        # The client holds the page back until each view in it has joined: one that fails shall not stop the others.
        # It joins with nothing to show, and crashes then, so that the client tries again a few times. Our lines of the
        # client read `failed`, and keep the HTML of the first page.
        nothing = {"rendered": {"s": [""]}, "liveview_version": self._site.liveview_version}
        self._outlet.reply(message.ref, "ok", nothing | {"failed": True})
        self._end()
        self._outlet.crashed()

    def _refuse(self, ref: str | None, response: dict[str, Any], error: Exception | None = None) -> None:
        if error is not None:
            logger.info("%s: join refused: %s", self._name, error)
        self._end()
        self._outlet.reply(ref, "error", response)
        self._outlet.refused()

    _handlers: ClassVar[Handlers] = {
        Event: RunningView._event,
        Unread: RunningView._read_late,
        ComponentEvent: RunningView._component_event,
        ComponentUpdate: RunningView._component_update,
        ComponentsLeaving: RunningView._components_leaving,
        ComponentsLeft: RunningView._components_left,
        InfoEvent: RunningView._inform,
        Info: RunningView._info,
        Tick: RunningView._tick,
        Aside: RunningView._aside,
        Landed: RunningView._landed,
        FilesChosen: RunningView._files_chosen,
        Preflight: RunningView._preflight,
        UploadAdvanced: RunningView._upload_advanced,
        UploadFailed: RunningView._upload_failed,
        URLChanged: RunningView._url_changed,
        ClearFlash: RunningView._clear_flash,
        Refresh: RunningView._refresh,
        Recheck: RunningView._recheck,
        SessionRenewed: RunningView._session_renewed,
        CookieChanged: RunningView._cookie_changed,
        Join: _join,
        Return: _return,
        Leave: RunningView._leave,
    }
