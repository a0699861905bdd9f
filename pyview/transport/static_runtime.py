"""Runtime of a view during one HTTP request. It notes what a joined view would do otherwise."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from weakref import ReferenceType, ref

from pyview.background.result import AsyncResult
from pyview.background.tasks import AsyncTasks
from pyview.background.timers import Timer
from pyview.components.registry import ComponentRegistry
from pyview.downloads.content import Download
from pyview.events.info_event import InfoEvent
from pyview.navigation import Patch, Redirect
from pyview.presence.view_presence import ViewPresence
from pyview.process.app_context import AppContext
from pyview.pubsub.memory import broadcast_kept
from pyview.rendering import lifecycle
from pyview.rendering.lifecycle import MountContext
from pyview.sessions.change import TOO_EARLY, SessionNotWritable
from pyview.socket.runtime import ComponentTarget
from pyview.socket.socket import FirstSocket, LiveViewSocket
from pyview.template.nested import Nested, NestedElement
from pyview.template.tree.stream import ShownItems
from pyview.uploads.registry import UploadRegistry

RenderNested = Callable[[Nested, MountContext, Any], Awaitable[str]]
"""Renders a nested view. It gets the nested view, and the mount context and the context of the view around it."""


class StaticRender:
    """The `Runtime` of a view whose page is rendered over HTTP. A patch is a redirect.

    The socket owns its runtime, and the runtime holds a weak reference only. Without a reference cycle the memory of a
    page is freed as soon as the response is built, and not when the garbage collector runs.

    `needs_connection` is True once the view has asked whether it is joined, or called what does something else in a
    joined view. The view of the response cannot go on then, because its mount has to run on a joined socket.
    """

    # Thousands wait for their page: with a dict each would take 0.3 KiB more.
    __slots__ = (
        "_app",
        "_mount_context",
        "_parent_context",
        "_render_nested",
        "_socket",
        "allowed_uploads",
        "needs_connection",
        "resources",
    )

    _socket: "ReferenceType[FirstSocket[Any]]"

    def __init__(
        self, app: AppContext, mount_context: MountContext, parent_context: Any, render_nested: RenderNested
    ) -> None:
        self._app = app
        self._mount_context = mount_context
        self._parent_context = parent_context
        self._render_nested: RenderNested | None = render_nested
        self.resources = lifecycle.resources_of(mount_context)
        self.needs_connection = False
        self.allowed_uploads: UploadRegistry | None = None

    def belong_to(self, socket: FirstSocket[Any]) -> None:
        self._socket = ref(socket)

    def leave_request(self) -> None:
        """Let the request go, which may hold much memory: the view may wait for its page."""
        self._render_nested = self._parent_context = None

    @property
    def socket(self) -> FirstSocket[Any]:
        socket = self._socket()
        if socket is None:
            raise RuntimeError(
                "The page is rendered, and its socket is gone: use the socket during the request only."
            )
        return socket

    # A joined view would do something else

    def is_connected(self) -> bool:
        self.needs_connection = True
        return False

    async def subscribe(self, topic: str) -> None:
        """Only note it: the join subscribes."""
        self.needs_connection = True

    async def unsubscribe(self, topic: str) -> None:
        """Only note it: there is no subscription."""
        self.needs_connection = True

    async def broadcast(self, topic: str, message: Any, keep: float) -> None:
        self.needs_connection = True
        await broadcast_kept(self._app.pubsub, topic, message, keep)

    def presence(self) -> ViewPresence:
        self.needs_connection = True
        return ViewPresence(self._app.presence, lambda: None)

    def schedule(self, event: Any, seconds: float, *, repeat: bool) -> Timer | None:
        self.needs_connection = True
        return None

    def send_info(self, event: InfoEvent) -> None:
        """Only note it: the join mounts the view again, which sends its own events."""
        self.needs_connection = True

    def tasks(self) -> AsyncTasks:
        self.needs_connection = True
        raise RuntimeError("A first render has no background tasks: check is_connected(socket) first.")

    async def run_in_process(self, cid: int | None, action: Callable[[], Any]) -> None:
        """Only note it: there is no process."""
        self.needs_connection = True

    async def call_handle_info(self, event: InfoEvent) -> None:
        """Only note it: there is no process."""
        self.needs_connection = True

    async def handle_async(self, socket: LiveViewSocket[Any], name: str, result: AsyncResult[Any]) -> None:
        """Only note it: there is no background task."""
        self.needs_connection = True

    def send_update(self, target: ComponentTarget, assigns: dict[str, Any], seconds: float) -> Timer | None:
        """Only note it: the join makes the components again."""
        self.needs_connection = True
        return None

    def offer_download(self, download: Download) -> None:
        """Only note it: the page has no script yet that could fetch the file."""
        self.needs_connection = True

    def send_view(self, event: str, payload: Any) -> None:
        """Only note it: no event handler runs before the join."""
        self.needs_connection = True

    @property
    def context_around(self) -> Any:
        # The view around may be mounted again, and have other values then.
        self.needs_connection = self.needs_connection or self._parent_context is not None
        return self._parent_context

    async def close(self) -> None:
        """Only note it: the request ends by itself."""
        self.needs_connection = True

    # A joined view would do the same

    @property
    def uploads(self) -> UploadRegistry:
        """Rules of the uploads, for the template. Users choose files after the join."""
        if self.allowed_uploads is None:
            self.allowed_uploads = UploadRegistry(self._app.security)
        return self.allowed_uploads

    def live_action(self) -> str | None:
        return self._mount_context.location.route.action

    def here(self) -> str:
        """Return the path and query of the page, the base of relative URLs."""
        return self._mount_context.location.page

    async def patch(self, patch: Patch) -> None:
        if not self._mount_context.routed:
            raise lifecycle.without_url(patch, self._mount_context)
        # The browser has no view yet whose URL could change without a request.
        self.socket.navigation = Redirect(patch.to)

    def make_components(self) -> ComponentRegistry:
        settings = self._app.component_settings()
        return ComponentRegistry(self.socket, self, settings, lambda: self.resources, _nothing)

    def check_session_writable(self) -> None:
        raise SessionNotWritable(TOO_EARLY)

    def check_is_page(self) -> None:
        lifecycle.check_is_page(self._mount_context)

    def nest(self, child: Nested) -> NestedElement:
        raise RuntimeError(
            f"{child.described} is rendered by `nested_html` in the first page, not by `nest`."
        )

    def show_items(self, shown: Sequence[ShownItems]) -> None:
        """Do nothing: no item leaves a page that is rendered once."""

    async def nested_html(self, child: Nested) -> str:
        if self._render_nested is None:
            raise RuntimeError(f"{child.described} cannot be rendered: the page around it is complete.")
        return await self._render_nested(child, self._mount_context, self.socket.context)


def _nothing() -> None:
    """Do nothing: the page is rendered once."""
