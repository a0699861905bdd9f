"""The inbox of a view and its end: what comes in, one message at a time, and how all of it stops.

What a view says, and to whom: the end of its connection.

The only exit of a view: what a turn has brought leaves here, as a diff with its reply or as a departure.

Who is there, asked again: before a handler, after news of the session, in the way of a patrol.

Messages of a page and of the application: one message, one function.

Messages for the live components of a view.

Messages about files.

What the socket of a view may ask for.

The life of one joined view, from its join on: message -> handler -> render -> diff -> push.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from inspect import isawaitable
from types import CoroutineType
from typing import Any, ClassVar, Protocol

from starlette.exceptions import HTTPException

from pyview.auth.identity import Identity
from pyview.background.result import AsyncResult
from pyview.background.timers import Timer, Timers
from pyview.background.work import AsyncTask, AsyncTasks
from pyview.binding import BindingError, Resources
from pyview.binding.callers import EventCaller, InfoCaller
from pyview.components.instance import Instance
from pyview.events import (
    EventRequirements,
    UnknownEvent,
    UnknownInfo,
    UnknownOutcome,
    async_caller,
    event_caller,
    event_requirements,
    info_caller,
)
from pyview.events.info_event import InfoEvent
from pyview.live_view import LiveView
from pyview.navigation import Navigate, Patch, Redirect
from pyview.presence.presence import ViewPresence
from pyview.process.app_context import AppContext
from pyview.process.components import ViewComponents
from pyview.process.mailbox import Handlers, Mailbox
from pyview.process.messages import (
    AsyncDone,
    ClearFlash,
    ComponentEvent,
    ComponentsLeaving,
    ComponentsLeft,
    ComponentUpdate,
    CookieChanged,
    CookieRejected,
    Event,
    FilesChosen,
    Info,
    Join,
    JoinRefused,
    Leave,
    Preflight,
    Recheck,
    Refresh,
    Rejoin,
    RunInProcess,
    SessionRenewed,
    TimerFired,
    UploadAdvanced,
    UploadFailed,
    URLChanged,
    titled,
)
from pyview.process.nested import Children
from pyview.process.snapshot import ViewSnapshot, display_name_of
from pyview.process.tasks import local
from pyview.process.unread import Intake, Unread
from pyview.process.uploads import UploadLoad, UploadManager
from pyview.rendering import lifecycle
from pyview.rendering.lifecycle import AccessGuard, Location, MountContext, Parent
from pyview.rendering.renderers import Diff, Renderer
from pyview.rendering.templates import FILES_EVENT
from pyview.requirement import first_unmet, wants_fresh
from pyview.sessions.change import NO_SESSION, SESSION_EVENT, TOO_EARLY, SessionChange, SessionNotWritable
from pyview.socket.socket import ComponentTarget, ConnectedLiveViewSocket, LiveViewSocket
from pyview.template.nested import Nested, NestedElement
from pyview.template.tree.stream import ShownItems
from pyview.threads import off_loop, on_loop
from pyview.uploads.registry import UploadRegistry
from pyview.wire.message import encoded


class ViewConnection(Protocol):
    """The view's end of a connection. A process outlives none of its calls: they return at once."""

    @property
    def client(self) -> str: ...
    @property
    def is_full(self) -> bool: ...
    def reply(self, ref: str | None, status: str, response: dict[str, Any]) -> None: ...
    def push(self, event: str, payload: Any) -> None: ...
    def refused(self) -> None: ...
    def closed(self) -> None: ...
    def crashed(self) -> None: ...
    def overloaded(self) -> None: ...
    def when_writable(self, call: Callable[[], None]) -> None: ...
    def locate(self, url: str) -> Location | None: ...
    def sign_in_url(self, redirect: str, page: str) -> str: ...
    @property
    def has_session(self) -> bool: ...
    def order(self, change: SessionChange) -> str | None: ...
    async def renew(self, payload: Any) -> dict[str, str]: ...
    @property
    def page(self) -> str | None: ...
    def upload_load(self) -> UploadLoad: ...


logger = logging.getLogger("pyview")

_MANY_WAIT = 32  # messages, fewer than a mailbox handles in one turn


class Actor(Mailbox):
    """One view, one message at a time. Also its pub/sub subscriber."""

    __slots__ = (
        "__weakref__",
        "_away",
        "_changing",
        "_children",
        "_components",
        "_guard",
        "_live",
        "_mounting",
        "_name",
        "_on_event",
        "_on_info",
        "_outlet",
        "_parent",
        "_parted",
        "_patches",
        "_put_off",
        "_renderer",
        "_requirements",
        "_resources",
        "_site",
        "_timers",
        "_title",
        "_view",
        "_visit",
        "_works",
        "socket",
        "upload_manager",
    )

    socket: ConnectedLiveViewSocket[Any]
    _visit: MountContext
    _guard: AccessGuard | None
    _on_event: EventCaller
    _on_info: InfoCaller
    _renderer: Renderer
    _requirements: EventRequirements | None
    _resources: Resources

    def __init__(self, site: AppContext, outlet: ViewConnection) -> None:
        super().__init__(site.run_queue, site.security.max_mailbox)
        self._site = site
        self._outlet = outlet
        self._timers: Timers | None = None
        self._works: AsyncTasks | None = None
        self.upload_manager: UploadManager | None = None
        self._view: LiveView[Any] | None = None
        self._name = "a view that has not joined"
        self._title: str | None = None
        self._put_off = False
        self._parted = False
        self._mounting = False
        self._live = False
        self._away = False
        self._changing = False
        self._components: ViewComponents | None = None
        self._children: Children | None = None
        self._parent: Parent | None = None
        self._patches = 0

    def deliver(self, event: InfoEvent) -> Callable[[], Awaitable[None]] | None:
        """File a broadcast. Returns what its publisher should await when too many wait for a view that keeps up."""
        self.post_soon(event)
        # A view that is not behind because it waits for something, such as the publisher itself, is not waited for.
        waiting = self._waiting
        if waiting is None or len(waiting) <= _MANY_WAIT or self._run_queue.idle:
            return None
        return self._run_queue.served

    @property
    def _internal_limit(self) -> float:
        return self._site.security.max_internal_messages

    def stop(self) -> None:
        """The browser has gone. Everything the view holds is released now; `disconnect` runs once, last.

        A handler that is under way goes on to its end, for a bounded time; see `Unfinished`.
        """
        if self._ended:
            return
        if self._parent is not None:
            self._parent.forget(self._visit.place.id)
        self._end()
        self.post(Leave())
        if not self._parted:
            self._site.unfinished.add(self)

    def cut_off(self, seconds: float) -> None:
        """Cancel the handler that has gone on for `seconds` after the end of its view."""
        self._site.unfinished.discard(self)
        if self._parted:
            return  # `disconnect` has begun, which has a time limit of its own
        what = f"{self._name}: {titled(self._handled)}"
        self._site.complaints.warn(
            self.client,
            f"{what} was cancelled, {seconds:g} s after its reader had gone or the server began to stop",
        )
        self._interrupt()

    @property
    def _handled(self) -> Any:
        """The message that is being handled: for one that had to wait unread, what is in it."""
        message = self._handling
        if type(message) is not Unread or self._task is None:
            return message
        return local(getattr(self._task.get_coro(), "cr_await", None), "content")

    def log_crash(self, what: str, error: BaseException) -> str:
        """Log that something of the view has crashed; returns the correlation id."""
        return self._site.crashes.log(self.client, self._name, what, error)

    @property
    def client(self) -> str:
        """The address of its browser, for the log."""
        return self._outlet.client

    def _overflowed(self) -> None:
        logger.warning(
            "%s: more than %s messages of the browser wait for it; the view is closed",
            self._name,
            self._limit,
        )
        self._outlet.crashed()
        self.stop()

    def _overflowed_inside(self) -> None:
        # A handler that runs at this moment sends itself a burst. One that has not begun waits for the run queue.
        if self._task is None or self._task is asyncio.current_task():
            return
        logger.warning(
            "%s: more than %s messages of the application wait for it; the view begins anew. A handler of it waits for"
            " too long: let `start_async` do that",
            self._name,
            self._internal_limit,
        )
        self._outlet.crashed()
        self.stop()

    def _dropped(self, messages: Iterable[Any]) -> None:
        for message in _unread(messages):
            message.let_go()

    def charge(self, intake: Intake) -> None:
        """Let what waits unread count for another connection."""
        for message in _unread(self._waiting or ()):
            message.charge(intake)

    @property
    def unread_bytes(self) -> int:
        """About how many bytes wait unread."""
        return sum(message.size for message in _unread(self._waiting or ()))

    async def _read_late(self, message: Unread) -> None:
        """Handle what is in a message that had to wait, or was too large to be read before its turn."""
        try:
            content = message.read()
            if content is not None:
                await self._handle(content)
        finally:
            message.let_go()

    @property
    def name(self) -> str:
        return self._name

    @property
    def binding(self) -> str:
        return self._visit.identity.binding

    def snapshot(self) -> ViewSnapshot | None:
        """What it is doing; None before it is there and after its end."""
        if self._view is None or self._ended:
            return None
        components = self._components
        return ViewSnapshot(
            view=self._name,
            page=self._visit.location.page,
            user=display_name_of(self._visit.identity.user),
            waiting=self.waiting,
            components=0 if components is None else len(components),
            timers=0 if self._timers is None else len(self._timers),
            nested=not self._visit.routed,
        )

    async def _raised(self, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            self._cancelled()
        elif isinstance(error, Exception):
            await self._crash(error)
        else:
            raise error

    def _cancelled(self) -> None:
        # A handler that goes on for too long after stop() is cancelled; any other cancellation is not ours to swallow.
        task = asyncio.current_task()
        if not self._ended or task is None:
            raise asyncio.CancelledError
        task.uncancel()

    async def _crash(self, error: Exception) -> None:
        self.log_crash("a handler", error)
        if not self._ended:
            self._end()
            self._outlet.crashed()
            await self._disconnect()

    def _end(self) -> None:
        """No message, timer or broadcast reaches the view after this."""
        self._shut()
        self._site.pubsub.drop(self)
        self._site.presence.drop(self)
        if self._children is not None:
            self._children.end()
        if self._parent is not None:
            self._parent.release(self)
        if self._timers is not None:
            self._timers.cancel()
        if self._works is not None:
            self._works.cancel()
        if self.upload_manager is not None:
            self.upload_manager.stop()

    async def _disconnect(self) -> None:
        self._parted = True
        self._site.unfinished.discard(self)
        view, self._view = self._view, None
        try:
            if view is not None:
                await self._tell_disconnect(view)
            if self.upload_manager is not None:
                await self.upload_manager.close()
        finally:
            if self._live:
                self._renderer.reset()  # what was shown may be large, and the garbage collector long in coming
            self._site.processes.discard(self)

    async def _tell_disconnect(self, view: LiveView[Any]) -> None:
        try:
            async with asyncio.timeout(self._site.disconnect_timeout):
                if self._components is not None:
                    await self._components.disconnect(self._components)
                ended: Any = off_loop(view.disconnect)(self.socket)
                if isawaitable(ended):
                    await ended
        except Exception as error:
            self.log_crash("disconnect", error)

    async def _leave(self, message: Leave) -> None:
        await self._disconnect()

    @property
    def dom_id(self) -> str:
        """The id of its element."""
        return self._visit.place.id

    def end_with_parent(self) -> None:
        """The view around this one has ended."""
        self._outlet.closed()
        self.stop()

    def component(self, cid: int | None) -> Instance | None:
        """The component of that number: `.component` is the object, `.socket` its socket. None if it has gone."""
        return None if self._components is None or cid is None else self._components.find(cid)

    def touch(self, cids: Iterable[int | None]) -> bool:
        """Something of these components may have changed, None is the view. Whether nothing but components may have."""
        touched = set(cids)
        for cid in touched:
            component = self.component(cid)
            if component is not None and self._components is not None:
                self._components.touch(component)
        return None not in touched

    @property
    def _streams(self) -> bool:
        """Whether the browser has items that the view has forgotten."""
        return any(socket.streams is not None for socket in self._sockets)

    @property
    def _sockets(self) -> list[LiveViewSocket[Any]]:
        return [self.socket, *(each.socket for each in self._components or ())]

    @property
    def has_ended(self) -> bool:
        """True when its reader has left or it has failed; a handler may still be under way."""
        return self._ended

    @property
    def can_wait(self) -> bool:
        """Whether a page could come back to it: it has been shown, and goes on."""
        return self._live and not self._ended

    @property
    def guarded(self) -> bool:
        """Whether its visitor may lose the right to see it."""
        return self._guard is not None


def _unread(messages: Iterable[Any]) -> Iterator[Unread]:
    return (message for message in messages if type(message) is Unread)


class Exits(Actor):
    """An actor that says what a turn has brought."""

    __slots__ = ()

    @property
    def _page(self) -> str:
        """What the browser loads to start over: for a nested view, the page around it."""
        location = self._visit.location
        return location.page if self._visit.routed else self._outlet.page or location.page

    async def _finish(
        self,
        ref: str | None,
        answer: Any = None,
        *,
        part: bool = False,
        fields: dict[str, Any] | None = None,
    ) -> None:
        """Send what the turn brought: patches first, then the diff with its reply, or a departure.

        `part`: of the page, nothing but components may have changed. `fields` stand beside the diff.
        """
        if self._ended:
            return
        self._patches = 0
        socket = self.socket
        if socket.hooks is not None:
            socket.hooks.keep_names(socket)
        if self._away:
            self._keep_for_return()
            return
        pending = socket.navigation is not None or socket.session_change is not None
        if pending and await self._departs(ref):
            return
        if ref is None and self._outlet.is_full:
            self._put_off_render()
            return
        if part and self._components is not None:
            update = self._components.completed({})
        else:
            update = self._renderer.update(socket)
        diff = self._with_news(update if type(update) is dict else await update)  # type: ignore[misc]
        if answer is not None:
            diff["r"] = encoded(answer, "a handler's reply")
        if socket.patched is not None:
            self._outlet.push("live_patch", patch_payload(socket.patched))
            socket.patched = None
        if ref is not None:
            response = {"diff": diff} if diff else {}
            self._outlet.reply(ref, "ok", response if fields is None else response | fields)
        elif diff:
            self._outlet.push("diff", diff)
        if socket.hooks is not None:
            await lifecycle.after_render(socket, self._visit)

    def _with_news(self, diff: Diff) -> Diff:
        """The diff since the last render, with the events and the title of this turn."""
        socket = self.socket
        if socket.live_title != self._title:
            self._title = socket.live_title
            diff["t"] = str(self._title or "")
        if socket.page_attributes is not None:
            socket.queue_page_attributes(socket.page_attributes)
        events = socket.take_events()
        if events:
            diff["e"] = events
        return diff

    def _keep_for_return(self) -> None:
        """Nothing is rendered and nobody is sent anywhere: all of it waits in the socket for the page."""
        if self._holds_too_much():
            self._outlet.overloaded()

    def _put_off_render(self) -> None:
        # The browser reads slower than the view changes: one render, of the newest state, when it can take it.
        if self._holds_too_much():
            self._outlet.overloaded()
        elif not self._put_off:
            self._put_off = True
            self._outlet.when_writable(self._writable)

    def _holds_too_much(self) -> bool:
        return self.socket.pending_event_bytes() > self._site.security.max_queued_bytes

    def _writable(self) -> None:
        self.post_soon(Refresh())

    async def _departs(self, ref: str | None) -> bool:
        """Leave, if that is what was wished for."""
        leave = self._wished_departure()
        if leave is not None:
            await self._depart(ref, leave)
        return leave is not None

    def _wished_departure(self) -> dict[str, Any] | None:
        """What makes the page leave, None while it stays. A change of the session comes first."""
        navigation, change = self.socket.navigation, self.socket.session_change
        if change is None:
            return None if navigation is None else self._departure(navigation)
        if self._changing:
            # Its order has to say which session it is for, so this one waits until the last one's cookie is there.
            return None
        return self._order(change, navigation)

    def _order(self, change: SessionChange, navigation: Navigate | Redirect | None) -> dict[str, Any] | None:
        """Let the page have the session changed, and go on afterwards, loading what comes next over HTTP."""
        self.socket.session_change = None
        token = self._outlet.order(change)
        if token is None:
            # Not known from any other browser: loading the page gives it a cookie, if it takes any.
            logger.warning("%s: the session stays as it is, the browser has no cookie of ours", self._name)
            return self._departure(Redirect(self._page))
        target = {} if navigation is None else {"to": navigation.to, **self._carried_flash()}
        self.socket.queue_event(SESSION_EVENT, encoded({"token": token, **target}, SESSION_EVENT))
        self._changing = True
        return None if navigation is None else {}

    async def _depart(self, ref: str | None, leave: dict[str, Any]) -> None:
        if self._visit.place.sticky and "live_redirect" in leave:
            await self._send_on(ref, leave)
            return
        events = self._parting_events()
        if events:
            self._outlet.push("diff", {"e": events["events"]})
        if ref is not None:
            self._outlet.reply(ref, "ok", leave)
        else:
            for event, payload in leave.items():
                self._outlet.push(event, payload)
        self._end()
        self._outlet.closed()
        await self._disconnect()

    async def _send_on(self, ref: str | None, leave: dict[str, Any]) -> None:
        """Have the page go elsewhere, and stay: so does a sticky view."""
        self.socket.navigation = None
        self.socket.clear_flash()  # it travels with the page
        if ref is not None:
            self._outlet.reply(ref, "ok", leave)
        else:
            self._outlet.push("live_redirect", leave["live_redirect"])
        await self._finish(None)

    def _departure(self, navigation: Navigate | Redirect) -> dict[str, Any]:
        flash = self._carried_flash()
        if isinstance(navigation, Navigate):
            return {"live_redirect": {"kind": navigation.kind, "to": navigation.to, **flash}}
        return {"redirect": {"to": navigation.to, "status": navigation.status, **flash}}

    def _carried_flash(self) -> dict[str, str]:
        flash = self.socket.flash
        return {"flash": self._site.flash_token(flash)} if flash else {}

    def _parting_events(self) -> dict[str, Any]:
        events = self.socket.take_events()
        return {"events": events} if events else {}

    def _reject(self, ref: str | None, reason: str, log: str) -> None:
        self._site.complaints.warn(self._name, log)
        self._outlet.reply(ref, "error", {"reason": reason})


def patch_payload(patch: Patch) -> dict[str, str]:
    """A patch as the client is told of it."""
    return {"kind": patch.kind, "to": patch.to}


class Watched(Exits):
    """A view that goes on only as long as its visitor may see it."""

    __slots__ = ()

    async def _settled(self, ref: str | None) -> bool:
        """Whether who is there may go on; who may not has been answered."""
        return self._guard is None or self._guard.is_fresh() or await self._may_go_on(ref)

    async def _may_go_on(
        self, ref: str | None, location: Location | None = None, *, fresh: bool = False
    ) -> bool:
        """Ask the guard; who is turned away loads the page over HTTP, where the answer is the right one."""
        if self._guard is None:
            return True
        location = location or self._visit.location
        if not await self._guard.allows(location, fresh=fresh):
            page = location.page if self._visit.routed else self._page
            await self._depart(ref, self._departure(Redirect(page)))
            return False
        identity = self._guard.identity
        if identity is not self._visit.identity:
            self._visit = self._visit._replace(identity=identity)
            self._take_identity(identity)
        return True

    def _take_identity(self, identity: Identity) -> None:
        self._resources = lifecycle.resources_of(self._visit)
        self.socket.identity = identity

    async def _permits(
        self, requirements: EventRequirements, message: Event | ComponentEvent, owner: Any
    ) -> bool:
        """Whether who is there may cause an event of `owner`, a view or component; who may not has been answered."""
        asked = requirements.of(message.name)
        if wants_fresh(asked) and not await self._may_go_on(message.ref, fresh=True):
            return False
        unmet = await first_unmet(asked, self.socket.identity, owner)
        if unmet is None:
            return not self._ended
        if self._guard is not None:
            self._guard.log_denied(message.name)
        if unmet.redirect is None:
            self._outlet.reply(message.ref, "error", {"reason": "forbidden"})
        elif not self._ended:
            url = self._outlet.sign_in_url(unmet.redirect, self._page)
            await self._depart(message.ref, self._departure(Redirect(url)))
        return False

    async def _recheck(self, message: Recheck) -> None:
        if self._guard is not None and not self._guard.is_fresh():
            await self._may_go_on(None)

    async def _session_renewed(self, message: SessionRenewed) -> None:
        try:
            tokens = await self._outlet.renew(message.payload)
        except CookieRejected as error:
            self._reject(message.ref, "stale", f"a new cookie was not taken: {error}")
        else:
            self._outlet.reply(message.ref, "ok", tokens)

    async def _cookie_changed(self, message: CookieChanged) -> None:
        self._changing = False
        if message.guard is None:
            await self._depart(None, self._departure(Redirect(self._page)))
            return
        self._guard = message.guard(self._visit)
        if self._children is not None:
            self._children.renew()
        if await self._may_go_on(None):
            await self._finish(None)


class Hearing(Watched):
    """A view's own handlers."""

    __slots__ = ()

    async def _params(self, location: Location) -> None:
        if location is not self._visit.location:
            self._visit = self._visit._replace(location=location)
        if self._view is not None:
            await lifecycle.handle_params(self._view, self.socket, self._visit)

    async def _event(self, message: Event) -> None:
        guard = self._guard
        if guard is not None and not guard.is_fresh() and not await self._may_go_on(message.ref):
            return
        if self._requirements is not None and not await self._permits(
            self._requirements, message, self._view
        ):
            return
        try:
            call = self._on_event if self.socket.hooks is None else self._on_hooked_event
            answer = call(self._view, message.name, message.payload, self.socket, self._resources)
            if type(answer) is CoroutineType or isawaitable(answer):
                answer = await answer
        except UnknownEvent as error:
            self._reject(message.ref, "unknown_event", str(error))
        except BindingError as error:
            self._reject(message.ref, "bad_payload", str(error))
        else:
            await self._finish(message.ref, answer)

    async def _on_hooked_event(
        self, view: Any, event: str, payload: Any, socket: LiveViewSocket[Any], resources: Resources
    ) -> Any:
        """The answer of a hook that halted, else that of the view's own handler."""
        hooks = socket.hooks
        halt = hooks and await hooks.before_event(event, payload, socket, resources)
        if halt:
            return halt.reply
        answer = self._on_event(view, event, payload, socket, resources)
        return await answer if isawaitable(answer) else answer

    async def _on_hooked_info(
        self, view: Any, event: Any, socket: LiveViewSocket[Any], resources: Resources
    ) -> None:
        hooks = socket.hooks
        if hooks and await hooks.before_info(event, socket, resources):
            return
        answer = self._on_info(view, event, socket, resources)
        if isawaitable(answer):
            await answer

    async def _url_changed(self, message: URLChanged) -> None:
        location = self._outlet.locate(message.url)
        if location is None or not self._visit.location.route.may_be_patched_to(location.route):
            self._outlet.reply(message.ref, "ok", {"link_redirect": True})
            return
        if not await self._may_go_on(message.ref, location, fresh=True):
            return
        self.socket.clear_flash()
        try:
            await self._params(location)
        except (BindingError, HTTPException) as error:
            # The client then loads the URL over HTTP, which answers with the status.
            self._site.complaints.warn(self._name, str(error))
            self._outlet.reply(message.ref, "ok", {"link_redirect": True})
        else:
            await self._finish(message.ref)

    def _info(self, message: Info) -> Coroutine[Any, Any, None]:
        return self._handle_info(message.event)

    def _tick(self, message: TimerFired) -> Coroutine[Any, Any, None]:
        message.timer.waiting = False
        return self._handle_info(message.timer.event)

    async def _handle_info(self, event: Any) -> None:
        try:
            answer = self._call_handle_info(event)
            if type(answer) is CoroutineType or isawaitable(answer):
                await answer
        except UnknownInfo as error:
            logger.warning("%s: %s", self._name, error)
        else:
            await self._finish(None)

    async def call_handle_info(self, event: InfoEvent) -> None:
        """Let the view handle an info within this turn. Raises `UnknownInfo`."""
        answer = self._call_handle_info(event)
        if isawaitable(answer):
            await answer

    def _call_handle_info(self, event: InfoEvent) -> Any:
        """What the handler of an info returns; it may have to be awaited."""
        call = self._on_info if self.socket.hooks is None else self._on_hooked_info
        return call(self._view, event, self.socket, self._resources)

    async def _clear_flash(self, message: ClearFlash) -> None:
        if message.cid is None:
            self.socket.clear_flash(message.key)
            await self._finish(message.ref)
            return
        component = self.component(message.cid)
        if component is not None:
            component.socket.clear_flash(message.key)
        await self._finish(message.ref, part=self.touch([message.cid]))

    async def _refresh(self, message: Refresh) -> None:
        self._put_off = False
        await self._finish(None)

    async def handle_async(self, socket: LiveViewSocket[Any], name: str, result: AsyncResult[Any]) -> None:
        """Let the view handle what came of its work. Raises `UnknownOutcome`."""
        hooks = socket.hooks
        if hooks is not None and await hooks.before_async(name, result, socket, self._resources):
            return
        component = self.component(socket.cid)
        owner = self._view if component is None else component.component
        answer = async_caller(type(owner))(owner, name, result, socket, self._resources)
        if isawaitable(answer):
            await answer

    async def _aside(self, message: RunInProcess) -> None:
        try:
            done = message.action()
            if isawaitable(done):
                await done
        except UnknownInfo as error:
            logger.warning("%s: %s", self._name, error)
        await self._finish(None, part=self.touch([message.cid]))
        if not message.done.done():  # who waits for it may have been cancelled
            message.done.set_result(None)

    async def _landed(self, message: AsyncDone) -> None:
        work = message.work
        if self._works is None or not work.keys:
            return
        keys = self._works.settle(work)
        try:
            await work.on_result(message.outcome, keys)
        except (UnknownInfo, UnknownOutcome) as error:
            logger.warning("%s: %s", self._name, error)
        await self._finish(None, part=self.touch(key.cid for key in keys))


class Placing(Hearing):
    """A view with components."""

    __slots__ = ()

    async def _component_event(self, message: ComponentEvent) -> None:
        guard, components = self._guard, self._components
        if guard is not None and not guard.is_fresh() and not await self._may_go_on(message.ref):
            return
        component = self.component(message.cid)
        if component is None or components is None:
            # It is gone; the client waits for an answer all the same.
            self._outlet.reply(message.ref, "ok", {})
            return
        asked = component.requirements
        if asked is not None and not await self._permits(asked, message, component.component):
            return
        try:
            answer = components.call(component, message.name, message.payload, self._resources)
            if type(answer) is CoroutineType or isawaitable(answer):
                answer = await answer
        except UnknownEvent as error:
            components.discard_parent_events()
            self._reject(message.ref, "unknown_event", f"{component.described}: {error}")
        except BindingError as error:
            components.discard_parent_events()
            self._reject(message.ref, "bad_payload", str(error))
        else:
            await self._finish_component(message.ref, answer, component)

    async def _finish_component(
        self, ref: str | None, answer: Any, component: Instance, fields: dict[str, Any] | None = None
    ) -> None:
        parent_events = self._components.queued_parent_events() if self._components is not None else []
        for parent_event in parent_events:
            await self._read(parent_event, component)
        socket = self.socket
        leaves = socket.navigation is not None or socket.patched is not None
        if leaves:
            component.socket.hand_over_flash()
        await self._finish(ref, answer, part=not leaves and not parent_events, fields=fields)

    async def _read(self, parent_event: Event, sender: Instance) -> None:
        """Let the view's handler have an event that a component sent it."""
        asked = self._requirements
        if self._ended or (asked is not None and not await self._permits(asked, parent_event, self._view)):
            return
        try:
            call = self._on_event if self.socket.hooks is None else self._on_hooked_event
            answer = call(self._view, parent_event.name, parent_event.payload, self.socket, self._resources)
            if isawaitable(answer):
                await answer
        except (UnknownEvent, BindingError) as error:
            logger.warning(
                "%s: %s sent %r to its view: %s", self._name, sender.described, parent_event.name, error
            )

    async def _component_update(self, message: ComponentUpdate) -> None:
        if self._components is not None and self._components.deliver_update(message):
            await self._finish(None, part=True)

    async def _components_leaving(self, message: ComponentsLeaving) -> None:
        if self._components is not None:
            self._components.will_destroy(message.cids)
        self._outlet.reply(message.ref, "ok", {})

    async def _components_left(self, message: ComponentsLeft) -> None:
        components = self._components
        gone = [] if components is None else components.destroyed(message.cids)
        self._outlet.reply(message.ref, "ok", {"cids": [each.cid for each in gone]})
        for component in gone:
            if self._works is not None:
                self._works.drop(component.cid)
            if self.upload_manager is not None:
                self.upload_manager.registry.release(component.cid)
        if components is not None:
            await components.disconnect(gone)

    async def _forget_components(self) -> None:
        """The page has a new tree, and will not say that what is not in it has gone."""
        if self._components is not None:
            lost = self._components.unknown()
            self._components.will_destroy(lost)
            await self._components_left(ComponentsLeft(None, lost))


class Receiving(Placing):
    """A view that may be sent files."""

    __slots__ = ()

    @property
    def _manager(self) -> UploadManager:
        if self.upload_manager is None:
            self.upload_manager = UploadManager(self._site, self)
        return self.upload_manager

    @property
    def uploads(self) -> UploadRegistry:
        return self._manager.registry

    def upload_load(self) -> UploadLoad:
        return self._outlet.upload_load()

    async def may_receive(self) -> bool:
        """Return True if the user may still send files. If not, the view ends at its next turn."""
        if self._guard is None or await self._guard.admits(self._visit.location):
            return True
        self.post_soon(Recheck())
        return False

    async def _files_chosen(self, message: FilesChosen) -> None:
        manager = self.upload_manager
        if manager is not None:
            if not await self._settled(None):
                return
            only_components = self.touch(manager.choose(message.files))
            if not only_components and type(message.event) is ComponentEvent:
                # After a component's event nothing of the view is rendered.
                self.post_soon(Refresh())
        await self._handle(message.event)

    async def _preflight(self, message: Preflight) -> None:
        if await self._settled(message.ref):
            answer = await self._manager.preflight(message)
            await self._finish_upload(message.ref, answer.socket, answer.fields)

    async def _upload_advanced(self, message: UploadAdvanced) -> None:
        if await self._settled(message.ref):
            await self._finish_upload(message.ref, await self._manager.advance(message))

    async def _upload_failed(self, message: UploadFailed) -> None:
        await self._finish_upload(None, await self._manager.fail(message))

    async def _finish_upload(
        self, ref: str | None, socket: LiveViewSocket[Any] | None, fields: dict[str, Any] | None = None
    ) -> None:
        """Send what has come of an upload that `socket` allows: the view's own, or a component's."""
        component = self.component(None if socket is None else socket.cid)
        if component is None:
            await self._finish(ref, fields=fields)
        else:
            self.touch([component.cid])
            await self._finish_component(ref, None, component, fields)


_MOST_PATCHES_IN_A_TURN = 20


class RunningView(Receiving):
    """The view's runtime."""

    __slots__ = ()

    async def subscribe(self, topic: str) -> None:
        if not self._ended:
            await self._site.pubsub.subscribe(topic, self)

    async def unsubscribe(self, topic: str) -> None:
        await self._site.pubsub.unsubscribe(topic, self)

    async def broadcast(self, topic: str, message: Any) -> None:
        await self._site.pubsub.broadcast(topic, message)

    def presence(self) -> ViewPresence:
        return ViewPresence(self._site.presence, lambda: None if self._ended else self)

    def schedule(self, event: Any, seconds: float, *, repeat: bool) -> Timer | None:
        if self._ended:
            return None
        return on_loop(self._schedule, event, seconds, repeat)

    def _schedule(self, event: Any, seconds: float, repeat: bool) -> Timer:
        if self._timers is None:
            self._timers = Timers(self._fire)
        return self._timers.every(event, seconds) if repeat else self._timers.once(event, seconds)

    def _fire(self, timer: Timer) -> None:
        self.post_soon(timer.event if type(timer.event) is ComponentUpdate else TimerFired(timer))

    def make_components(self) -> ViewComponents:
        refresh = self._writable
        self._components = ViewComponents(self.socket, self, self._site, lambda: self._resources, refresh)
        return self._components

    def send_update(self, target: ComponentTarget, assigns: dict[str, Any], seconds: float) -> Timer | None:
        news = ComponentUpdate(target, assigns)
        if seconds > 0:
            return self.schedule(news, seconds, repeat=False)
        self.post_soon(news)
        return None

    def send_view(self, event: str, payload: Any) -> None:
        parent_event = Event(None, event, payload)
        if self._components is None or not self._components.queue_parent_event(parent_event):
            self.post_soon(parent_event)

    def send_info(self, event: InfoEvent) -> None:
        self.post_soon(Info(event))

    def works(self) -> AsyncTasks:
        """What goes on beside the mailbox."""
        if self._works is None:
            limit = self._site.security.max_async_work
            self._works = AsyncTasks(self._name, self._land, limit, self.log_crash)
            if self._ended:
                self._works.cancel()
        return self._works

    def _land(self, work: AsyncTask, outcome: AsyncResult[Any]) -> None:
        self.post_soon(AsyncDone(work, outcome))

    def run_in_process(self, cid: int | None, action: Callable[[], Any]) -> asyncio.Future[None]:
        """Have `action` done to the view, or to one of its components, in its turn. Done when it was rendered."""
        done = asyncio.get_running_loop().create_future()
        self.post_soon(RunInProcess(cid, action, done))
        return done

    def live_action(self) -> str | None:
        return self._visit.location.route.action

    def here(self) -> str:
        """Path and query of the page, which relative addresses count from."""
        return self._page

    async def patch(self, wish: Patch) -> None:
        if not self._visit.routed:
            raise lifecycle.without_url(wish, self._visit)
        location = self._outlet.locate(wish.to)
        if location is None or not self._visit.location.route.may_be_patched_to(location.route):
            raise ValueError(
                f"push_patch({wish.to!r}) leads out of {self._name}; use push_navigate for another view."
            )
        if self._view is None:
            self.socket.navigation = Navigate(wish.to, wish.kind)  # there is no view yet that could stay
            return
        self._patches += 1
        if self._patches > _MOST_PATCHES_IN_A_TURN:
            raise RuntimeError(f"{self._name} patched its URL {self._patches} times in one turn")
        self.socket.patched = wish
        if self._mounting:
            self._visit = self._visit._replace(location=location)  # handle_params follows mount anyway
        else:
            await self._params(location)

    def check_session_writable(self) -> None:
        if not self._live:
            raise SessionNotWritable(TOO_EARLY)
        if not self._outlet.has_session:
            raise SessionNotWritable(NO_SESSION)

    @property
    def context_around(self) -> Any:
        return None if self._parent is None else self._parent.context

    def check_is_page(self) -> None:
        lifecycle.check_is_page(self._visit)

    def nest(self, child: Nested) -> NestedElement:
        if self._children is None:
            self._children = Children(self._site, self.socket)
        return self._children.container(child, self._visit)

    def show_items(self, shown: Sequence[ShownItems]) -> None:
        if self._children is not None:
            self._children.show_items(shown)

    async def nested_html(self, child: Nested) -> str:
        return self.nest(child).html

    @property
    def children(self) -> Children | None:
        """The views inside this one; None if it never had any."""
        return self._children

    @property
    def location(self) -> Location | None:
        """Where the view is, None before its mount."""
        return self._visit.location if self._view is not None else None

    async def close(self) -> None:
        self._end()
        self._outlet.closed()
        self.post(Leave())


class ViewProcess(RunningView):
    """A view that a browser joins, leaves for a while, and comes back to."""

    __slots__ = ()

    def belongs_to(self, visit: MountContext, *, complete: bool) -> bool:
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

    def detach(self, outlet: ViewConnection) -> None:
        """The connection broke off: go on without rendering, on an `outlet` that leads nowhere, until `attach`."""
        self._outlet = outlet
        self._away = True
        if self.upload_manager is not None:
            self.upload_manager.interrupt()

    def attach(self, outlet: ViewConnection, intake: Intake, message: Rejoin) -> None:
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

    async def _return(self, message: Rejoin) -> None:
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
        leave = self._wished_departure()
        if leave is not None and not self._ended:
            self._refuse(message.ref, leave | self._parting_events())
            await self._disconnect()
        elif not self._ended:
            self._answer_join(message, await self._rendered())
            await self._forget_components()
            await lifecycle.after_render(self.socket, self._visit)

    async def _mount(self, visit: MountContext) -> Diff:
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

    def _made_renderer(self, view: LiveView[Any], visit: MountContext) -> Renderer:
        return lifecycle.renderer_of(view, visit, self._site.templates, self._site.context_processors)

    async def _rendered(self) -> Diff:
        update = self._renderer.update(self.socket)
        return self._with_news(update if type(update) is dict else await update)  # type: ignore[misc]

    def _answer_join(self, message: Join | Rejoin, rendered: Diff) -> None:
        socket = self.socket
        if socket.navigation is not None:
            self._refuse(message.ref, self._departure(socket.navigation) | self._parting_events())
            return
        response: dict[str, Any] = {
            "rendered": rendered,
            "liveview_version": self._site.liveview_version,
        }
        if type(message) is Rejoin and self._streams:
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
        InfoEvent: RunningView._handle_info,
        Info: RunningView._info,
        TimerFired: RunningView._tick,
        RunInProcess: RunningView._aside,
        AsyncDone: RunningView._landed,
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
        Rejoin: _return,
        Leave: RunningView._leave,
    }
