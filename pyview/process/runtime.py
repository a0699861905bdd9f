"""The calls of a view's socket, carried out by its process."""

import asyncio
from collections.abc import Callable, Sequence
from inspect import isawaitable
from typing import Any

from pyview.background.result import AsyncResult
from pyview.background.tasks import AsyncTask, AsyncTasks
from pyview.background.timers import Timer, Timers
from pyview.downloads.content import Download
from pyview.events import async_caller
from pyview.events.info_event import InfoEvent
from pyview.navigation import Navigate, Patch
from pyview.presence.view_presence import ViewPresence
from pyview.process.callbacks import call_handle_info
from pyview.process.components import ViewComponents
from pyview.process.downloads import DownloadOwner
from pyview.process.messages import AsyncDone, ComponentUpdate, Event, Info, Leave, RunInProcess, TimerFired
from pyview.process.nested import Children
from pyview.process.view_process import ViewProcess
from pyview.pubsub.memory import broadcast_kept
from pyview.rendering import lifecycle
from pyview.sessions.change import NO_SESSION, TOO_EARLY, SessionNotWritable
from pyview.socket.runtime import ComponentTarget
from pyview.socket.socket import LiveViewSocket
from pyview.template.nested import Nested, NestedElement
from pyview.template.tree.stream import ShownItems
from pyview.threads import on_loop
from pyview.uploads.registry import UploadRegistry

# A `handle_params` that patches each time would never end.
_MOST_PATCHES_IN_A_TURN = 20


class ViewRuntime:
    """The `Runtime` of a joined view."""

    __slots__ = ("_process",)

    def __init__(self, process: ViewProcess) -> None:
        self._process = process

    def is_connected(self) -> bool:
        return True

    # Topics, timers, messages to itself

    async def subscribe(self, topic: str) -> None:
        # Nothing would end the subscription of a view that has ended.
        if not self._process.ended:
            await self._process.app.pubsub.subscribe(topic, self._process)

    async def unsubscribe(self, topic: str) -> None:
        await self._process.app.pubsub.unsubscribe(topic, self._process)

    async def broadcast(self, topic: str, message: Any, keep: float) -> None:
        await broadcast_kept(self._process.app.pubsub, topic, message, keep)

    def presence(self) -> ViewPresence:
        process = self._process
        # A view may keep this object, and what it tracked after its end would never be removed.
        return ViewPresence(
            process.app.presence, lambda: None if process.ended else process, lambda: process.shown
        )

    def schedule(self, event: Any, seconds: float, *, repeat: bool) -> Timer | None:
        return on_loop(self._schedule, event, seconds, repeat)

    def _schedule(self, event: Any, seconds: float, repeat: bool) -> Timer | None:
        process = self._process
        # A handler may go on after the end of its view, and a timer would have no end then. Checked here, on the event
        # loop: a view can end between the call of a handler in a worker thread and this one.
        if process.ended:
            return None
        if process.timers is None:
            process.timers = Timers(self._fire)
        return process.timers.every(event, seconds) if repeat else process.timers.once(event, seconds)

    def _fire(self, timer: Timer) -> None:
        event = timer.event
        self._process.post_soon(event if type(event) is ComponentUpdate else TimerFired(timer))

    def send_info(self, event: InfoEvent) -> None:
        self._process.post_soon(Info(event))

    async def call_handle_info(self, event: InfoEvent) -> None:
        """Let the view handle an info within this turn. Raises `UnknownInfo`."""
        answer = call_handle_info(self._process, event)
        if isawaitable(answer):
            await answer

    # Background tasks

    def tasks(self) -> AsyncTasks:
        """Return the view's background tasks; they are cancelled at its end."""
        process = self._process
        if process.tasks is None:
            limit = process.app.security.max_async_work
            process.tasks = AsyncTasks(process.name, self._task_done, limit, process.log_crash)
            if process.ended:
                # A handler that goes on after the end can start no task, since nothing would end it.
                process.tasks.cancel()
        return process.tasks

    def _task_done(self, task: AsyncTask, result: AsyncResult[Any]) -> None:
        self._process.post_soon(AsyncDone(task, result))

    def run_in_process(self, cid: int | None, action: Callable[[], Any]) -> asyncio.Future[None]:
        """Run `action` in the view's turn; it changes the view or its component `cid`. Done when it was rendered."""
        done = asyncio.get_running_loop().create_future()
        self._process.post_soon(RunInProcess(cid, action, done))
        return done

    async def handle_async(self, socket: LiveViewSocket[Any], name: str, result: AsyncResult[Any]) -> None:
        """Let the view or component of `socket` handle the result of its task. Raises `UnknownAsyncResult`."""
        process, hooks = self._process, socket.hooks
        if hooks is not None and await hooks.before_async(name, result, socket, process.resources):
            return
        component = process.component(socket.cid)
        owner = process.view if component is None else component.component
        answer = async_caller(type(owner))(owner, name, result, socket, process.resources)
        if isawaitable(answer):
            await answer

    # Components and nested views

    def make_components(self) -> ViewComponents:
        process = self._process
        process.components = ViewComponents(
            process.socket,
            self,
            process.app,
            lambda: process.resources,
            process.render_soon,
            process.keeping,
        )
        return process.components

    def send_update(self, target: ComponentTarget, assigns: dict[str, Any], seconds: float) -> Timer | None:
        update = ComponentUpdate(target, assigns)
        if seconds > 0:
            return self.schedule(update, seconds, repeat=False)
        self._process.post_soon(update)
        return None

    def send_view(self, event: str, payload: Any) -> None:
        parent_event, components = Event(None, event, payload), self._process.components
        # An event of a running component handler waits for its return, so that one answer has both changes.
        if components is None or not components.queue_parent_event(parent_event):
            self._process.post_soon(parent_event)

    @property
    def context_around(self) -> Any:
        return None if self._process.parent is None else self._process.parent.context

    def nest(self, child: Nested) -> NestedElement:
        process = self._process
        if process.children is None:
            process.children = Children(process.app, process.socket)
        return process.children.container(child, process.mount_context)

    def show_items(self, shown: Sequence[ShownItems]) -> None:
        if self._process.children is not None:
            self._process.children.show_items(shown)

    async def nested_html(self, child: Nested) -> str:
        return self.nest(child).html

    # URL, session, document, uploads

    def live_action(self) -> str | None:
        return self._process.mount_context.location.route.action

    def here(self) -> str:
        """Return path and query of the page, which relative URLs count from."""
        return self._process.page

    async def patch(self, patch: Patch) -> None:
        process = self._process
        if process.ended:
            return  # a handler or a task of the view goes on after its page has left
        if not process.mount_context.routed:
            raise lifecycle.without_url(patch, process.mount_context)
        # Checked as for a browser: a patch into another view would get past its guard and hooks.
        location = process.connection.locate(patch.to)
        if location is None or not process.mount_context.location.route.may_be_patched_to(location.route):
            raise ValueError(
                f"push_patch({patch.to!r}) leads out of {process.name}; use push_navigate for another view."
            )
        if process.view is None:
            # `on_mount` runs before there is a view that could stay.
            process.socket.navigation = Navigate(patch.to, patch.kind)
            return
        process.patches += 1
        if process.patches > _MOST_PATCHES_IN_A_TURN:
            raise RuntimeError(f"{process.name} patched its URL {process.patches} times in one turn")
        process.socket.patched = patch
        if process.mounting:
            process.mount_context = process.mount_context._replace(
                location=location
            )  # handle_params comes next
        else:
            await process.handle_params(location)

    def check_session_writable(self) -> None:
        if not self._process.joined:
            raise SessionNotWritable(TOO_EARLY)
        if not self._process.connection.has_session:
            raise SessionNotWritable(NO_SESSION)

    def offer_download(self, download: Download) -> str | None:
        """Return the token of the file's link; None after the end of the view, whose page could not use it."""
        return on_loop(self._offer_download, download)

    def _offer_download(self, download: Download) -> str | None:
        process = self._process
        if process.ended:
            return None
        context = process.mount_context
        owner = DownloadOwner(context.identity.binding, context.visit.browser, context.nested_page_guard)
        return process.app.downloads.offer(download, owner, (context.target.page_id, process.dom_id))

    def check_is_page(self) -> None:
        lifecycle.check_is_page(self._process.mount_context)

    @property
    def uploads(self) -> UploadRegistry:
        return self._process.uploads().registry

    async def close(self) -> None:
        self._process.end()
        self._process.connection.closed()
        # Posted, because the handler that has called this still runs.
        self._process.post(Leave())
