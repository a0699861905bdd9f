"""The inbox of a view and its end: what comes in, one message at a time, and how all of it stops."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from inspect import isawaitable
from typing import Any

from pyview.background.timers import Timers
from pyview.background.work import Works
from pyview.binding import Resources
from pyview.binding.callers import EventCaller, InfoCaller
from pyview.components.instance import Instance
from pyview.events import EventRequirements
from pyview.events.info_event import InfoEvent
from pyview.live_view import LiveView
from pyview.process.components import ViewComponents
from pyview.process.described import titled
from pyview.process.mailbox import Mailbox
from pyview.process.messages import Leave
from pyview.process.nested import Children
from pyview.process.outlet import Outlet
from pyview.process.site import Site
from pyview.process.snapshot import ViewSnapshot, display_name_of
from pyview.process.tasks import local
from pyview.process.unread import Intake, Unread
from pyview.process.uploads import UploadManager
from pyview.rendering.lifecycle import Guard, Parent, Visit
from pyview.rendering.renderers import Renderer
from pyview.socket.socket import ConnectedLiveViewSocket, LiveViewSocket
from pyview.threads import off_loop

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
    _visit: Visit
    _guard: Guard | None
    _on_event: EventCaller
    _on_info: InfoCaller
    _renderer: Renderer
    _requirements: EventRequirements | None
    _resources: Resources

    def __init__(self, site: Site, outlet: Outlet) -> None:
        super().__init__(site.run_queue, site.security.max_mailbox)
        self._site = site
        self._outlet = outlet
        self._timers: Timers | None = None
        self._works: Works | None = None
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
                    await self._components.part_with(self._components)
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
