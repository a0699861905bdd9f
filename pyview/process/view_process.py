"""The process of one joined view: its state, how it starts and ends, and the connection that it answers to.

What it does with a message is a plain function in `pyview.process.handlers`, found by the class of the message. Every
answer to the browser leaves through `pyview.process.answers`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from inspect import isawaitable
from typing import Any

from pyview.auth.identity import Identity
from pyview.background.tasks import AsyncTasks
from pyview.background.timers import Timers
from pyview.binding import Resources
from pyview.binding.callers import EventCaller, InfoCaller
from pyview.components.instance import ComponentInstance
from pyview.events import EventRequirements
from pyview.events.info_event import InfoEvent
from pyview.failures.failure import Failure
from pyview.live_view import LiveView
from pyview.observability.telemetry import Telemetry
from pyview.process.app_context import AppContext
from pyview.process.components import ViewComponents
from pyview.process.failure_display import FAILURE_EVENT, Activity, activity_of, failure_message
from pyview.process.keeper import Keeper
from pyview.process.kept_states import KEPT_EVENT
from pyview.process.mailbox import Handlers, Mailbox
from pyview.process.messages import Leave, Recheck, Refresh, Rejoin, titled
from pyview.process.nested import Children
from pyview.process.no_connection import NoConnection
from pyview.process.snapshot import ViewSnapshot, display_name_of, footprint
from pyview.process.tasks import local, start_plain
from pyview.process.unread import Intake, Unread
from pyview.process.uploads import UploadLoad, UploadManager
from pyview.process.view_connection import ViewConnection
from pyview.rendering import lifecycle
from pyview.rendering.lifecycle import AccessGuard, Location, MountContext, Parent
from pyview.rendering.renderers import Renderer
from pyview.socket.socket import ConnectedLiveViewSocket, LiveViewSocket
from pyview.threads import off_loop

logger = logging.getLogger("pyview")

_MANY_WAITING = 32  # messages, fewer than a mailbox handles in one turn
_SAMPLE = 32  # messages that stand for all, to estimate their size


class ViewProcess(Mailbox):
    """One view, one message at a time; also the subscriber of its topics.

    Attributes without an underscore are for the handlers. Those without a value in `__init__` are set by the join:
    `guard` is None for a view that every user may see for ever, `requirements` for one whose events ask for nothing.
    `detached`: its connection is lost, and it waits for its page. `changing_session`: its page is fetching a cookie.
    `keeper` is None for a view that keeps nothing.
    """

    __slots__ = (
        "__weakref__",
        "app",
        "call_event",
        "call_info",
        "changing_session",
        "children",
        "components",
        "connection",
        "counted",
        "detached",
        "disconnecting",
        "guard",
        "joined",
        "keeper",
        "mount_context",
        "mounting",
        "name",
        "parent",
        "patches",
        "render_deferred",
        "renderer",
        "requirements",
        "resources",
        "socket",
        "tasks",
        "telemetry",
        "timers",
        "title",
        "upload_manager",
        "view",
    )

    call_event: EventCaller
    call_info: InfoCaller
    guard: AccessGuard | None
    mount_context: MountContext
    renderer: Renderer
    requirements: EventRequirements | None
    resources: Resources
    socket: ConnectedLiveViewSocket[Any]

    def __init__(
        self,
        app: AppContext,
        connection: ViewConnection,
        handlers: Handlers,
        telemetry: Telemetry | None = None,
    ) -> None:
        super().__init__(app.run_queue, app.security.max_mailbox, handlers)
        self.app = app
        self.connection = connection
        self.telemetry = telemetry
        self.name = "a view that has not joined"
        self.title: str | None = None
        self.view: LiveView[Any] | None = None
        self.parent: Parent | None = None
        self.children: Children | None = None
        self.components: ViewComponents | None = None
        self.tasks: AsyncTasks | None = None
        self.timers: Timers | None = None
        self.upload_manager: UploadManager | None = None
        self.keeper: Keeper | None = None
        self.patches = 0
        self.changing_session = False
        self.counted = False
        self.detached = False
        self.disconnecting = False
        self.joined = False
        self.mounting = False
        self.render_deferred = False

    # What it is

    @property
    def client(self) -> str:
        """The IP address of its browser, for the log."""
        return self.connection.client

    @property
    def binding(self) -> str:
        """Digest of its session and user, which tokens for its browser are bound to."""
        return self.mount_context.identity.binding

    @property
    def dom_id(self) -> str:
        """The id of its element."""
        return self.mount_context.target.id

    @property
    def shown(self) -> tuple[str, str, str] | None:
        """The id of its page, of this load of the page, and of its element: the same when the page comes back, at this
        worker or another. None if the client does not name its loads."""
        target, load_id = self.mount_context.target, self.mount_context.visit.load_id
        return (target.page_id, load_id, target.id) if load_id else None

    @property
    def page(self) -> str:
        """URL that the browser loads to start over: for a nested view, that of the page around it."""
        location = self.mount_context.location
        return location.page if self.mount_context.routed else self.connection.page or location.page

    @property
    def location(self) -> Location | None:
        """Its URL as the routes read it; None before its mount."""
        return self.mount_context.location if self.view is not None else None

    @property
    def has_ended(self) -> bool:
        """True when its page has left or it has failed; a handler may still be running."""
        # For a second check after an await: type checkers take the attribute to be False still.
        return self.ended

    @property
    def can_wait(self) -> bool:
        """True if a page could come back to it: it has been shown, and has not ended."""
        return self.joined and not self.ended

    @property
    def guarded(self) -> bool:
        """True if its user may lose the right to see it."""
        return self.guard is not None

    @property
    def sockets(self) -> list[LiveViewSocket[Any]]:
        """The sockets of the view and of its components."""
        return [self.socket, *(each.socket for each in self.components or ())]

    @property
    def has_streams(self) -> bool:
        """True if the browser has items of streams, which the server does not keep."""
        return any(socket.streams is not None for socket in self.sockets)

    @property
    def unread_bytes(self) -> int:
        """Estimate of the bytes that wait unread."""
        return sum(message.size for message in _unread(self._waiting or ()))

    def snapshot(self) -> ViewSnapshot | None:
        """Return what it is doing; None before its mount and after its end."""
        if self.view is None or self.ended:
            return None
        return ViewSnapshot(
            view=self.name,
            page=self.mount_context.location.page,
            user=display_name_of(self.mount_context.identity.user),
            waiting=self.waiting,
            components=0 if self.components is None else len(self.components),
            timers=0 if self.timers is None else len(self.timers),
            nested=not self.mount_context.routed,
            detached=self.detached,
        )

    # Messages from outside the connection

    def deliver(self, event: InfoEvent) -> Callable[[], Awaitable[None]] | None:
        """File a broadcast. Return what its publisher should await when too many messages wait for the view."""
        if not self.busy and not self.ended:  # as `post_soon`, but without the call
            self.busy = True
            self._run_queue.add(self, event)
            return None
        self.post_soon(event)
        waiting = self._waiting
        # A view that waits for something, perhaps for the publisher itself, is not behind: waiting for it could last
        # for ever. While the run queue is busy, it is the queue that has to catch up.
        if waiting is None or len(waiting) <= _MANY_WAITING or self._run_queue.idle:
            return None
        return self._run_queue.served

    def render_soon(self) -> None:
        self.post_soon(Refresh())

    # Components and files

    def component(self, cid: int | None) -> ComponentInstance | None:
        """Return the component of that number: `.component` is the object, `.socket` its socket. None if it is gone."""
        return None if self.components is None or cid is None else self.components.find(cid)

    def touch(self, cids: Iterable[int | None]) -> bool:
        """Mark components as changed; None stands for the view. Return True if only components may have changed."""
        touched = set(cids)
        for cid in touched:
            component = self.component(cid)
            if component is not None and self.components is not None:
                self.components.touch(component)
        return None not in touched

    def uploads(self) -> UploadManager:
        """Return the manager of its uploads, made at the first call."""
        if self.upload_manager is None:
            self.upload_manager = UploadManager(self.app, self)
        return self.upload_manager

    def upload_load(self) -> UploadLoad:
        return self.connection.upload_load()

    async def may_receive(self) -> bool:
        """Return True if the user may still send files. If not, the view ends at its next turn."""
        if self.guard is None or await self.guard.admits(self.mount_context.location):
            return True
        self.post_soon(Recheck())
        return False

    # Its kept state

    def keeping(self) -> Keeper:
        """Return its keeper, made at the first call: the view or one of its components keeps its state."""
        if self.keeper is None:
            self.keeper = self.app.kept_states.begin(self, None)
            if self.joined:
                # The answer to the join did not ask the page to return with its number.
                self.keeper.mounted()
                self.connection.push(KEPT_EVENT, {})
        return self.keeper

    def drop_kept(self) -> None:
        """Delete its kept state: its page has left it."""
        if self.keeper is not None:
            self.app.kept_states.drop(self.keeper)

    def fail_kept(self) -> None:
        """Note that it has failed and starts again: a state that made it fail must not come back."""
        if self.keeper is not None:
            self.app.kept_states.failed(self.keeper)

    # The user and the URL

    def take_identity(self, identity: Identity) -> None:
        """Go on for `identity`: another session, another set of scopes, or a user who has signed in again."""
        # All three hold the user. A handler must never find two different ones.
        self.mount_context = self.mount_context._replace(identity=identity)
        self.resources = lifecycle.resources_of(self.mount_context)
        self.socket.identity = identity
        if self.keeper is not None:
            # Its key is made of session and user.
            self.app.kept_states.touch(self.keeper)

    async def handle_params(self, location: Location) -> None:
        """Go to `location`, and let the view handle its parameters. Raises what its callback raises."""
        if location is not self.mount_context.location:
            self.mount_context = self.mount_context._replace(location=location)
        if self.view is None:
            return
        noted = None if self.keeper is None else self.keeper.before_params()
        if self.telemetry is None:
            await lifecycle.handle_params(self.view, self.socket, self.mount_context)
        else:
            with self.telemetry.callback("handle_params", self.name):
                await lifecycle.handle_params(self.view, self.socket, self.mount_context)
        if noted and self.keeper is not None:
            self.keeper.after_params(noted)

    # A connection that breaks off, and a page that comes back

    def belongs_to(self, mount_context: MountContext, *, complete: bool) -> bool:
        """Return True if a page that joins with `mount_context` may go on with this view.

        `complete`: the page has received all that was sent. What it missed of a stream could not be sent again.
        """
        if not self.can_wait:
            return False
        # The server has dropped these values after their render and could not render them again.
        if any(socket.temporaries is not None for socket in self.sockets):
            return False
        if self.has_streams and not complete:
            return False
        own, asked = self.mount_context, mount_context
        # The page has been at another worker since, where its view has gone on. One more is a join after this one, the
        # same number a join whose answer was lost.
        if self.keeper is not None and asked.visit.joins - own.visit.joins not in (0, 1):
            return False
        same = asked.location.route is own.location.route and asked.target.parent is own.target.parent
        # The page may hold two tokens for one sticky view, of two pages. Its guards have to be those of its mount.
        return same and asked.target.page_guard.same_rights(own.target.page_guard)

    def detach(self, connection: ViewConnection) -> None:
        """Go on without rendering until `attach`: the connection was lost. `connection` drops what it is given."""
        self.connection = connection
        self.detached = True
        if self.keeper is not None:
            self.app.kept_states.hurry(self.keeper)
        if self.upload_manager is not None:
            # The rest of a file never comes: the file inputs of a page that joins again are empty.
            self.upload_manager.interrupt()

    def attach(self, connection: ViewConnection, intake: Intake, message: Rejoin) -> None:
        """Go on at `connection`, where the page is back. `intake` counts what waits unread from now on.

        Messages that wait are handled first, then the join is answered.
        """
        # Detached until the join is answered: before its tree the page has nothing to merge a diff into.
        self.detach(connection)
        self.charge(intake)
        self.post(message)

    def with_nested(self) -> Iterator["ViewProcess"]:
        """Yield the view, and all views that are nested in it."""
        yield self
        for child in self.children.processes if self.children is not None else ():
            yield from child.with_nested()

    def charge(self, intake: Intake) -> None:
        """Let what waits unread count for another connection."""
        for message in _unread(self._waiting or ()):
            message.charge(intake)

    # The end

    def stop(self) -> None:
        """End the view, since its browser has left. Its resources are freed now; `disconnect` runs once, last.

        A handler that is running goes on to its end, for a limited time; see `Unfinished`.
        """
        if self.ended:
            return
        if self.parent is not None:
            # The parent keeps nothing of a view whose element has gone.
            self.parent.forget(self.dom_id)
        self.end()
        if self.busy or self._takes_leave or self.upload_manager is not None:
            # Posted, so that `disconnect` waits for a handler that is still running.
            self.post(Leave())
        else:
            # Nothing is waited for: most pages end without a task.
            start_plain(self.handle(Leave()))
        # All of it is done already if no handler was running.
        if not self.disconnecting:
            self.app.unfinished.add(self)

    def hand_over(self) -> None:
        """Prepare for the end: another view takes over its page, here or at another worker."""
        self.app.presence.hand_over(self)

    def end_with_parent(self) -> None:
        """End the view, since the view around it has ended."""
        self.connection.closed()
        self.stop()

    def cut_off(self, seconds: float) -> None:
        """Cancel the handler that has gone on for `seconds` after the end of its view."""
        self.app.unfinished.discard(self)
        if self.disconnecting:
            return  # `disconnect` has a time limit of its own
        what = f"{self.name}: {titled(self._handled)}"
        self.app.client_warnings.warn(
            self.client,
            f"{what} was cancelled, {seconds:g} s after its page had left or the server began to stop",
        )
        self._interrupt()

    def end(self) -> None:
        """Let no message, timer or broadcast reach the view any more."""
        # First: what the rest of the end still posts is dropped.
        self._shut()
        if self.keeper is not None:
            self.app.kept_states.end(self.keeper)
        self.app.pubsub.drop(self)
        self.app.presence.drop(self)
        if self.app.file_watch is not None:
            self.app.file_watch.remove(self)
        if self.children is not None:
            self.children.end()
        if self.parent is not None:
            self.parent.release(self)
        if self.timers is not None:
            self.timers.cancel()
        if self.tasks is not None:
            self.tasks.cancel()
        if self.upload_manager is not None:
            self.upload_manager.stop()

    async def disconnect(self) -> None:
        """Run the view's `disconnect` and free what it holds. Comes last, after `end`."""
        self.disconnecting = True
        self.app.unfinished.discard(self)
        if self.counted and self.telemetry is not None:
            self.counted = False
            self.telemetry.ended(self.name)
        # Taken out, because a join that finds its page gone and the `Leave` of that page both come here.
        view, self.view = (self.view if self._takes_leave else None), None
        try:
            # Most views have nothing to do then, and a time limit for it would cost more than the rest of the end.
            if view is not None:
                await self._call_disconnect(view)
            if self.upload_manager is not None:
                if self.keeper is not None and not self.keeper.page_left:
                    self.upload_manager.leave()
                await self.upload_manager.close()
        finally:
            self.app.processes.discard(self)
            self._free()

    @property
    def _takes_leave(self) -> bool:
        """True if the view or a component has a `disconnect` to call."""
        view = self.view
        return view is not None and (self.components is not None or lifecycle.has_disconnect(view))

    def _free(self) -> None:
        """Break the cycles of references: in them, all that a left page had would wait for the garbage collector."""
        self.connection = NoConnection(self.client)
        if hasattr(self, "socket"):  # it has been mounted
            for each in self.components or ():
                each.socket.components = each.socket.hooks = None
            self.socket.components = self.socket.hooks = None
            del self.socket
        if hasattr(self, "renderer"):
            del self.renderer
        self.children = self.components = self.keeper = None
        self.tasks = self.timers = self.upload_manager = None

    async def _call_disconnect(self, view: LiveView[Any]) -> None:
        try:
            async with asyncio.timeout(self.app.disconnect_timeout):
                if self.components is not None:
                    await self.components.disconnect(self.components)
                result: Any = off_loop(view.disconnect)(self.socket)
                if isawaitable(result):
                    await result
        except Exception as error:
            # Only logged: its page has left.
            self.app.crashes.log(self.client, self.name, "disconnect", error)

    # Failures

    def log_crash(self, what: str, error: BaseException) -> str:
        """Log that something of the view has crashed, and show developers the failure. Return the error id."""
        error_id = self.app.crashes.log(self.client, self.name, what, error)
        if self.app.development_client is not None:
            failure = self.failure(Activity(what), error, error_id)
            self.connection.push(FAILURE_EVENT, failure_message(self.app, failure, "view"))
        return error_id

    def show_mistake(self, kind: str, text: str) -> None:
        """Show developers a message of the browser that the view cannot handle. `text` is the one of the log."""
        if self.app.development_client is not None:
            failure = Failure(kind, text, view=self.name, page=self.page)
            self.connection.push(FAILURE_EVENT, failure_message(self.app, failure, "view"))

    def failure(self, activity: Activity, error: BaseException, error_id: str) -> Failure:
        """Return a failure of the view, for developers."""
        page = self.page if hasattr(self, "mount_context") else ""
        return Failure.from_error(
            error,
            what=activity.what,
            view=self.name,
            page=page,
            payload=activity.payload,
            error_id=error_id,
        )

    async def _raised(self, error: BaseException, message: Any) -> None:
        if isinstance(error, asyncio.CancelledError):
            self._cancelled()
        elif isinstance(error, Exception):
            await self._crash(error, message)
        else:
            # `KeyboardInterrupt` and `SystemExit` are for the server.
            raise error

    def _cancelled(self) -> None:
        # `cut_off` cancels a handler that goes on for too long after the end. Any other cancellation is not for us.
        task = asyncio.current_task()
        if not self.ended or task is None:
            raise asyncio.CancelledError
        # asyncio asks this of code that suppresses a cancellation.
        task.uncancel()

    async def _crash(self, error: Exception, message: Any) -> None:
        error_id = self._log_handler(error, message)
        if not self.ended:
            self.fail_kept()
            # In this order: `disconnect` may take seconds, and the page joins again meanwhile.
            self.end()
            self.connection.crashed(error_id)
            await self.disconnect()

    def _log_handler(self, error: Exception, message: Any) -> str:
        """Log what a handler raised. Return the error id for the user; "" if the page shows the failure itself."""
        app = self.app
        if app.development_client is None:
            return app.crashes.log(self.client, self.name, "a handler", error)
        activity = activity_of(message, error)
        error_id = app.crashes.log(self.client, self.name, activity.what, error)
        failure = self.failure(activity, error, error_id)
        self.connection.push(FAILURE_EVENT, failure_message(app, failure, "view"))
        return ""

    @property
    def _internal_limit(self) -> float:
        return self.app.security.max_internal_messages

    def _is_too_large(self) -> bool:
        if self._waiting is None:
            return False
        sizes = [footprint(getattr(message, "payload", message)) for message in self._waiting.sample(_SAMPLE)]
        return sum(sizes) / len(sizes) * len(self._waiting) > self.app.security.max_internal_bytes

    def _overflowed(self) -> None:
        logger.warning(
            "%s: more than %s messages of the browser wait for it; the view is closed", self.name, self._limit
        )
        self.connection.crashed()
        self.stop()

    def _overflowed_inside(self) -> None:
        # A handler that is running now sends itself a burst: it will handle that. A view that has not begun waits for
        # the run queue. Only a handler that waits for something else is too slow.
        if self._task is None or self._task is asyncio.current_task():
            return
        limits = self.app.security
        logger.warning(
            "%s: more than %s messages of the application, or %.0f MiB, wait for it; the view starts again. One of its"
            " handlers waits for too long: let `start_async` do that (max_internal_messages, max_internal_bytes)",
            self.name,
            limits.max_internal_messages,
            limits.max_internal_bytes / 2**20,
        )
        self.connection.crashed()
        self.stop()

    def _dropped(self, messages: Iterable[Any]) -> None:
        for message in _unread(messages):
            message.release()

    @property
    def _handled(self) -> Any:
        """The message that is being handled: for one that had to wait unread, its content."""
        message = self._handling
        if type(message) is not Unread:
            return message
        # Read from the frame of `handle_unread`: to note it down would cost something with every message.
        return local(getattr(self._coroutine, "cr_await", None), "content")


def _unread(messages: Iterable[Any]) -> Iterator[Unread]:
    return (message for message in messages if type(message) is Unread)
