"""The socket that a view's callbacks receive: its state, and the methods of a view.

It is one class, and long, since it is what users program against. During the first HTTP render the socket is an
`UnconnectedSocket`; once the browser has joined it is a `ConnectedLiveViewSocket`. Every method works on both, so that
`mount` needs no branches: what makes no sense without a browser (timers, subscriptions, pushed events) does nothing on
an `UnconnectedSocket`.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from functools import partial
from inspect import isawaitable
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Literal, TypeAlias, TypeGuard, TypeVar

import orjson

from pyview.auth.identity import Identity
from pyview.background.assigns import ASSIGN, Assignment, StreamAssignment, find, listed
from pyview.background.result import AsyncResult
from pyview.background.stream_runner import AsyncStreamRunner
from pyview.background.tasks import Key, OnResult, TaskSource, dismiss
from pyview.background.timers import Timer
from pyview.background.view_tasks import ViewTasks
from pyview.downloads.content import DownloadContent, download_of
from pyview.events.info_event import InfoEvent
from pyview.flash import Flash
from pyview.hooks import Stage, ViewHooks
from pyview.js.commands import JsCommands
from pyview.navigation import Kind, Navigate, Patch, Redirect, external_url, path_from
from pyview.presence.view_presence import ViewPresence
from pyview.sessions.change import SessionChange
from pyview.sessions.session import with_shared
from pyview.socket.connect import ConnectData, ConnectInfo, connecting_of
from pyview.socket.runtime import ComponentSockets, ComponentTarget, Runtime
from pyview.socket.uploads import UploadMethods
from pyview.stream import Stream, Streams
from pyview.template.nested import Nested, NestedElement
from pyview.template.root_template import PAGE_EVENT, PageAttributes
from pyview.template.temporary import Temporaries
from pyview.template.tree.stream import ShownItems
from pyview.threads import on_loop
from pyview.wire.message import encoded

T = TypeVar("T")

DOWNLOAD_EVENT = "pyview:download"
EXEC_EVENT = "pyview:exec"

PushedEvent: TypeAlias = tuple[str, orjson.Fragment] | tuple[str, orjson.Fragment, bool]
"""Name and payload, and True for one that is dispatched before the patch."""
START = "start_async"

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class LiveViewSocket(UploadMethods, Generic[T]):
    """The socket of one view.

    `context` is the data of the template: a dict, TypedDict, dataclass or pydantic model; `{}` until the view sets it.
    `live_title` is the page's title. Both may be set at any time; what changed is sent when the callback returns.
    `csp_nonce` is that of the page's content security policy, if it has one, for `<script nonce=...>` in a template.
    """

    connected: ClassVar[bool] = False
    _runtime: Runtime
    cid: int | None = None
    """Number of the live component whose socket this is; None for a view's own."""

    __slots__ = (
        "_flash",
        "_runtime",
        "_shared",
        "components",
        "connecting",
        "context",
        "csp_nonce",
        "hooks",
        "identity",
        "live_title",
        "navigation",
        "page_attributes",
        "patched",
        "pushed",
        "session_change",
        "streams",
        "temporaries",
    )

    def __init__(
        self,
        runtime: Runtime,
        identity: Identity,
        flash: Flash | None = None,
        shared: Mapping[str, Any] = _NOTHING,
    ) -> None:
        self._set_up(runtime, flash)
        self.live_title: str | None = None
        self.csp_nonce: str | None = None
        self.connecting: ConnectData | None = None
        self.page_attributes: PageAttributes | None = None
        self.identity = identity
        self.navigation: Navigate | Redirect | None = None
        self.patched: Patch | None = None
        self.session_change: SessionChange | None = None
        # None until the first event, and again after each answer: most views push none.
        self.pushed: list[PushedEvent] | None = None
        self._shared = shared

    def _set_up(self, runtime: Runtime, flash: Flash | None) -> None:
        """Set the state that the socket of a component has for itself as well."""
        # Parts that few views need are None until their first use. Every open page would pay for empty ones.
        self.context: T = {}  # type: ignore[assignment]  # a view that never sets it still renders
        self.hooks: ViewHooks | None = None
        self.components: ComponentSockets | None = None
        self.streams: Streams | None = None
        self.temporaries: Temporaries | None = None
        self._flash = flash
        self._runtime = runtime

    def temporary(self, **values: Any) -> None:
        """Reset these names of the context to `values` after each render, so that large values are freed.

        The page keeps what it shows until a name gets another value. For lists, streams are better. A view with
        temporary names is mounted again after a lost connection, since it could not render them again.

        Raises `TypeError` for values that can change, such as lists: give `()`.
        """
        if self.temporaries is None:
            self.temporaries = Temporaries()
        self.temporaries.add(values)

    @property
    def connect_params(self) -> Mapping[str, Any]:
        """Parameters of the page's script for this join (`LiveViewConfig.params`), and `_mounts`, the number of joins
        before it. Empty during the first HTTP request. Raises `NotConnecting` after the mount."""
        return connecting_of(self, "connect_params").params

    @property
    def connect_info(self) -> ConnectInfo:
        """Address, URI, user agent and allowed headers of the request or the handshake. Raises `NotConnecting` after
        the mount."""
        return connecting_of(self, "connect_info").info

    @property
    def live_action(self) -> str | None:
        """`action` of the route of the current URL, from `add_live_view(..., action=...)`; None if it has none."""
        return self._runtime.live_action()

    @property
    def path(self) -> str:
        """Path of the page's URL as the browser shows it, without its query, such as for the current link of a menu."""
        return self._runtime.here().partition("?")[0]

    @property
    def page(self) -> PageAttributes:
        """Attributes of the document: language, classes, `<meta>` and `<link>` elements. They may be changed at any
        time, and are reset by the next view. Raises `ValueError` in a nested view."""
        if self.page_attributes is None:
            self._runtime.check_is_page()
            self.page_attributes = PageAttributes()
        return self.page_attributes

    def queue_page_attributes(self, page: PageAttributes) -> None:
        """Send the attributes that have changed with the next answer."""
        changes = page.changes()
        if changes is not None:
            self.queue_event(PAGE_EVENT, encoded(changes, "socket.page"))

    # User and session

    @property
    def user(self) -> Any:
        """User that the authentication middleware found, or an `UnauthenticatedUser`."""
        return self.identity.user

    @property
    def session(self) -> Mapping[str, Any]:
        """Session, read-only, with the data of the view's live session. A change of it appears here once the browser
        has the new cookie."""
        return with_shared(self.identity.session, self._shared)

    async def update_session(self, values: Mapping[str, Any]) -> None:
        """Change the session and stay on the page. Values are JSON data; None removes a key.

        The browser fetches its new cookie when the callback returns. The view goes on, unless another user is signed
        in then: the page is loaded again in that case. A navigation of the same callback follows the change, over HTTP.

        Raises `SessionNotWritable` during `mount` and the first `handle_params` and in an application without
        sessions, `TypeError` for a value that is not JSON-serialisable, `ValueError` for a session that is too large.
        """
        self._change_session(SessionChange.of(values))

    async def clear_session(self) -> None:
        """Sign out: empty the session. Every open page of the session is loaded again. Values that `update_session` or
        `redirect` sets afterwards, in the same callback, go into a new session. Raises `SessionNotWritable`."""
        self._change_session(SessionChange(clear=True))

    def _change_session(self, change: SessionChange) -> None:
        # Raised here, while the callback that asks for the change can still catch it.
        self._runtime.check_session_writable()
        self.session_change = (self.session_change or SessionChange()).then(change)

    # Flash messages

    @property
    def flash(self) -> Flash:
        if self._flash is None:
            self._flash = Flash()
        return self._flash

    @property
    def has_flash(self) -> bool:
        return bool(self._flash)

    def put_flash(self, key: str, value: Any) -> None:
        """Show `value` under `key` until the next patch; it survives a navigation or redirect."""
        self.flash.put(key, value)

    def clear_flash(self, key: str | None = None) -> None:
        """Remove one flash message, or all of them."""
        if self._flash is not None:
            self._flash.drop(key)

    # Hooks

    def attach_hook(self, name: str, stage: Stage, function: Callable[..., Any]) -> None:
        """Call `function` before each `stage` of this view: `handle_params`, `handle_event`, `handle_info` or
        `handle_async`. With `after_render` it is called with the socket when a render has been sent; what it changes is
        shown with the next render.

        The function takes what the view's callback of that name takes, sync or async, `Depends` too. Data of the client
        reaches it as a whole (`params`, `payload`), or in parameters marked `FromClient`. It returns None to go on and
        `Halt()` to skip the callback; in `handle_event`, `Halt(reply)` answers the event. Hooks run in the order in
        which they were attached, after the checks of `@requires`.

        Raises `ValueError` for a name that is taken in this stage, `SignatureError` for a parameter that cannot be
        filled.
        """
        if self.hooks is None:
            self.hooks = ViewHooks()
        self.hooks.attach(name, stage, function)

    async def assign_new(self, name: str, make: Callable[[], Any]) -> Any:
        """Return `name` of the context, a dict. If it is not there, set it to what `make` returns, sync or async.

        A nested view takes the value of the view around it, if that one has it: data that both need is loaded once.
        Raises `TypeError` for a context that is no dict.
        """
        context: Any = self.context
        if not isinstance(context, dict):
            raise TypeError(
                f"assign_new({name!r}, ...) expected a dict as context, got a {type(context).__name__}"
            )
        if name not in context:
            around = self._runtime.context_around
            if isinstance(around, Mapping) and name in around:
                context[name] = around[name]
            else:
                made = make()
                context[name] = await made if isawaitable(made) else made
        return context[name]

    def detach_hook(self, name: str, stage: Stage) -> None:
        """Remove an attached hook, if it is there."""
        if self.hooks is not None:
            self.hooks.detach(name, stage)

    # Broadcasts, timers, messages to the view itself

    async def subscribe(self, topic: str) -> None:
        """Receive the broadcasts of `topic` in `handle_info`, as `InfoEvent(topic, message)`."""
        await self._runtime.subscribe(topic)

    async def unsubscribe(self, topic: str) -> None:
        """Stop receiving `topic`."""
        await self._runtime.unsubscribe(topic)

    async def broadcast(self, topic: str, message: Any, *, keep: float = 0.0) -> None:
        """Send `message` to every subscriber of `topic`, this view included if it subscribes to it.

        `keep`: seconds for which the message is kept for workers that are cut off from the others.
        """
        await self._runtime.broadcast(topic, message, keep)

    @property
    def presence(self) -> ViewPresence:
        """Presence on topics: `await socket.presence.track("room:7", user.id, {...})`,
        `socket.presence.list("room:7")`."""
        return self._runtime.presence()

    def schedule_info(self, event: Any, seconds: float) -> Timer | None:
        """Call `handle_info(event)` every `seconds`, until the view ends or the timer is cancelled."""
        return self._runtime.schedule(event, seconds, repeat=True)

    def schedule_info_once(self, event: Any, seconds: float | None = None) -> Timer | None:
        """Call `handle_info(event)` once, `seconds` from now, or right after this callback."""
        return self._runtime.schedule(event, seconds or 0.0, repeat=False)

    async def send_info(self, event: InfoEvent) -> None:
        """Send `event` to this view's `handle_info`; it runs after the callback that is running now."""
        self._runtime.send_info(event)

    # Streams

    def stream(
        self,
        name: str,
        items: Iterable[Any] = (),
        *,
        dom_id: Callable[[Any], str] | None = None,
        at: int = -1,
        limit: int | None = None,
        reset: bool = False,
    ) -> Stream[Any]:
        """Put items into the stream of that name, in templates `streams.<name>`; the first call makes the stream.

        `dom_id` returns the id of an item's element, by default `<name>-<item.id>`. With `reset`, the items replace all
        others. Raises `TypeError` for an item without an id.
        """
        stream = self._streams().get_or_create(name, dom_id)
        if reset:
            stream.reset()
        stream.insert_many(items, at=at, limit=limit)
        return stream

    def stream_configure(self, name: str, *, dom_id: Callable[[Any], str]) -> None:
        """Set the function that makes the ids of a stream, before its first `stream`. Raises `ValueError` after it."""
        self._streams().configure(name, dom_id)

    def stream_insert(
        self, name: str, item: Any, *, at: int = -1, limit: int | None = None, update_only: bool = False
    ) -> str:
        """`Stream.insert` for the stream of that name. Raises `NoSuchStream`."""
        return self._streams().names[name].insert(item, at=at, limit=limit, update_only=update_only)

    def stream_insert_many(
        self,
        name: str,
        items: Iterable[Any],
        *,
        at: int = -1,
        limit: int | None = None,
        update_only: bool = False,
    ) -> list[str]:
        """`Stream.insert_many` for the stream of that name. Raises `NoSuchStream`."""
        return self._streams().names[name].insert_many(items, at=at, limit=limit, update_only=update_only)

    def stream_delete(self, name: str, item: Any) -> str:
        """Delete an item of the stream of that name. Raises `NoSuchStream`."""
        return self._streams().names[name].delete(item)

    def stream_delete_by_dom_id(self, name: str, dom_id: str) -> str:
        """Delete the item whose element has this id. Raises `NoSuchStream`."""
        return self._streams().names[name].delete_by_id(dom_id)

    def _streams(self) -> Streams:
        if self.streams is None:
            self.streams = Streams()
        return self.streams

    # Background tasks

    def assign_async(self, names: str | Iterable[str], job: TaskSource, *, reset: bool = False) -> None:
        """Run `job` in the background and put its result into names of the context, each as an `AsyncResult`.

        `job` is an `async def` function without parameters, a `def` for a worker thread, or a coroutine. For several
        names it returns a mapping with a value for each. An earlier result is kept while loading, unless `reset`. The
        last call for a name wins. During the first HTTP render the names are loading, and nothing is started.
        Raises `TooMuchWork`.
        """
        assignment = Assignment(
            self, listed(names), several=not isinstance(names, str), log_crash=self._log_crash
        )
        assignment.begin(reset)
        self._start_task(ASSIGN, assignment.names, job, assignment.on_result)

    def start_async(self, name: str, job: TaskSource) -> None:
        """Run `job` in the background; `handle_async(name, result, socket)` is called with its result.

        `job` is as in `assign_async`, `result` an `AsyncResult`. A task that runs under the same name is cancelled. A
        crash of the job is logged, and fails the result, not the view. Raises `TooMuchWork`.
        """
        self._start_task(START, (name,), job, partial(self._handle_async, name))

    def cancel_async(self, what: str | AsyncResult[Any] | Iterable[str]) -> bool:
        """Cancel tasks by name, or by the `AsyncResult` that a task will fill. Return False if there was none."""
        if not self.connected:
            return False
        names = self._names_loading(what) if isinstance(what, AsyncResult) else listed(what)
        stop = self._runtime.tasks().stop
        keys = [Key(self.cid, kind, name) for name in names for kind in (ASSIGN, START)]
        # A list: with a generator, `any` would stop at the first task and leave the others running.
        return any([on_loop(stop, key) for key in keys])

    def stream_async(
        self,
        name: str,
        job: TaskSource | Callable[[], AsyncIterator[Any]] | AsyncIterator[Any],
        *,
        dom_id: Callable[[Any], str] | None = None,
        at: int = -1,
        limit: int | None = None,
        reset: bool = False,
    ) -> None:
        """Fill the stream of that name with the items that `job` returns or yields.

        `job` is as in `assign_async`, or an async generator or its function, whose items are shown one by one. The
        context has an `AsyncResult` without a result under the same name: it is loading, done or failed. With `reset`,
        the first items replace all others. Raises `TooMuchWork`.
        """
        assignment = StreamAssignment(
            self, self.stream(name, dom_id=dom_id), at, limit, reset, self._log_crash
        )
        assignment.begin()
        if self.connected:
            # The items come in turns of the view, so that no callback sees a stream that changes under it.
            run_in_process = partial(self._runtime.run_in_process, self.cid)
            self._start_task(ASSIGN, (name,), assignment.job(job, run_in_process), assignment.on_result)
        else:
            dismiss(job)

    def _log_crash(self, what: str, error: BaseException) -> str:
        return self._runtime.tasks().log_crash(what, error)

    @property
    def stream_runner(self) -> AsyncStreamRunner:
        """Runner of async generators whose values are sent to this view."""
        return AsyncStreamRunner(self._runtime if self.connected else None, self.cid)

    def view_tasks(self, kind: str) -> ViewTasks | None:
        """Return the tasks of one kind, for parts of PyView; None during the first HTTP render, which starts none."""
        if self._runtime.is_connected():
            return ViewTasks(self._runtime, self.cid, kind)
        return None

    def _start_task(self, kind: str, names: Iterable[str], job: TaskSource, on_result: OnResult) -> None:
        # The first page starts nothing, because its socket ends with the response.
        if self.connected:
            # A plain `def` handler runs in a worker thread, and tasks can be started on the event loop only.
            on_loop(
                self._runtime.tasks().start, [Key(self.cid, kind, name) for name in names], job, on_result
            )
        else:
            dismiss(job)

    async def _handle_async(self, name: str, result: AsyncResult[Any], keys: frozenset[Key]) -> None:
        await self._runtime.handle_async(self, name, result)

    def _names_loading(self, result: AsyncResult[Any]) -> list[str]:
        names = [str(name) for name in self._runtime.tasks().names(self.cid, ASSIGN)]
        return [name for name in names if find(self, name) is result]

    # Live components

    async def send_update(self, component: type | int, /, id: Any = None, **assigns: Any) -> None:
        """Call `update` of a component of this view, by its class and id or by its number, with `assigns`.

        It runs after the callback that is running now. A component that is not there is ignored: it may have gone
        meanwhile.
        """
        self._runtime.send_update(_target(component, id), assigns, 0.0)

    def send_update_after(
        self, seconds: float, component: type | int, /, id: Any = None, **assigns: Any
    ) -> Timer | None:
        """`send_update`, `seconds` from now, unless the timer is cancelled."""
        return self._runtime.send_update(_target(component, id), assigns, seconds)

    def component_registry(self) -> ComponentSockets:
        """Return the registry of the view's components, made at the first call."""
        if self.components is None:
            self.components = self._runtime.make_components()
        return self.components

    # The browser

    async def push_event(
        self, event: str, value: Any = None, *, dispatch: Literal["after", "before"] = "after"
    ) -> None:
        """Dispatch `event` in the browser, to hooks and as `phx:<event>` on window. `value` is JSON data.

        It is dispatched after the page is patched, or before that with `dispatch="before"`. Raises `UnencodableValue`.
        """
        if dispatch not in ("after", "before"):
            raise ValueError(f"push_event(dispatch=) expects 'after' or 'before' the patch, got {dispatch!r}")
        # Encoded now: the error points to this call, and later changes of `value` do not reach the browser.
        # Also without a browser, so that the first page already shows the mistake.
        fragment = encoded({} if value is None else value, f"push_event({event!r})")
        if self.connected:
            self.queue_event(event, fragment, before=dispatch == "before")

    def download(
        self, content: DownloadContent, *, filename: str | None = None, media_type: str | None = None
    ) -> None:
        """Let the browser save a file, once the running callback returns.

        `content` is bytes, a text, a `pathlib.Path`, an iterator of bytes or texts (async or not), or a function
        without parameters, sync or async, that returns one of these: it is called when the browser fetches the file.
        Iterators and functions run after the callback, beside the view, and must not use the socket. `filename` may be
        left out for a path. `media_type` follows from the name by default.

        The link works once, for this user and for `SecurityConfig.download_max_age` seconds, as long as the user may
        see this view. During the first HTTP render nothing happens. Raises `TypeError` for another content or a
        missing name, `ValueError` for content that is larger than `SecurityConfig.max_pending_download_bytes`.
        """
        offered = download_of(content, filename, media_type)
        token = self._runtime.offer_download(offered)
        if token is not None:
            payload = {"token": token, "filename": offered.filename}
            self.queue_event(DOWNLOAD_EVENT, encoded(payload, "download()"))

    async def exec_js(self, commands: JsCommands, *, to: str | None = None) -> None:
        """Run JS commands in the browser once it has patched the page.

        They run on every element that the CSS selector `to` finds, otherwise on the element of the component or the
        main view whose socket this is: a command without a target is about that element, and events are pushed from
        there. `push_event` carries commands as well, in any payload; a hook runs them with `this.js().exec(commands)`.
        Raises `TypeError` for anything but JS commands.
        """
        if not isinstance(commands, JsCommands):
            raise TypeError(f"exec_js expects JS commands, such as js.show('#menu'), got {commands!r}")
        await self.push_event(EXEC_EVENT, {"to": to, "cid": self.cid, "commands": commands})

    async def push_patch(
        self, path: str = "", params: Mapping[str, Any] | None = None, *, replace: bool = False
    ) -> None:
        """Change the URL within this view; `handle_params` runs before this returns.

        Without a path, the page's own path stays. A relative path, such as "?page=2" or "#top", is resolved against the
        page. Raises `UnsafeURL`.
        """
        # `?` is the page's own path without its query. An empty URL would be refused.
        target = self._path(path or "?", params)
        await self._runtime.patch(Patch(target.removesuffix("?"), _kind(replace)))

    async def replace_patch(self, path: str = "", params: Mapping[str, Any] | None = None) -> None:
        """`push_patch` without a new entry in the browser's history."""
        await self.push_patch(path, params, replace=True)

    async def push_navigate(
        self, path: str, params: Mapping[str, Any] | None = None, *, replace: bool = False
    ) -> None:
        """Go to another live view on this socket, once the running callback returns.

        A relative path, such as "edit" or "../users", is resolved against the page. Raises `UnsafeURL`.
        """
        self.navigation = Navigate(self._path(path, params), _kind(replace))

    async def replace_navigate(self, path: str, params: Mapping[str, Any] | None = None) -> None:
        """`push_navigate` without a new entry in the browser's history."""
        await self.push_navigate(path, params, replace=True)

    async def redirect(
        self,
        path: str | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        external: str | None = None,
        status: int = 302,
        session: Mapping[str, Any] | None = None,
    ) -> None:
        """Load a page over HTTP: a path on this site, or `external=` for an http(s) URL elsewhere.

        A relative path is resolved against the page. With `session`, the session is changed first, as by
        `update_session`. Raises `UnsafeURL`, and what `update_session` raises.
        """
        if (path is None) == (external is None):
            raise TypeError("redirect() expects either a path on this site or external='https://...'")
        # Checked before the session is changed: a URL that is refused must change nothing.
        target = self._path(path, params) if path is not None else external_url(external or "")
        if session is not None:
            await self.update_session(session)
        self.navigation = Redirect(target, status)

    def _path(self, path: str, params: Mapping[str, Any] | None) -> str:
        return path_from(self._runtime.here(), path, params)

    # Nested views

    def nest(self, child: Nested) -> NestedElement:
        """Return the element with which the client joins `child`, for the view's template."""
        return self._runtime.nest(child)

    async def nested_html(self, child: Nested) -> str:
        """Return the HTML of `child` in the first page."""
        return await self._runtime.nested_html(child)

    def show_items(self, shown: Sequence[ShownItems]) -> None:
        """End the nested views that a render has removed with their stream items."""
        self._runtime.show_items(shown)

    async def close(self) -> None:
        """End this view; its page does nothing until it is loaded again."""
        await self._runtime.close()

    def queue_event(self, event: str, payload: orjson.Fragment, *, before: bool = False) -> None:
        """Send `event` with the next answer, to be dispatched after the patch or before it."""
        if self.pushed is None:
            self.pushed = []
        self.pushed.append((event, payload, True) if before else (event, payload))

    def pending_event_bytes(self) -> int:
        """Return the bytes of the pushed events that have not been sent yet."""
        # The payloads are encoded already, so this copies bytes only.
        return sum(len(orjson.dumps(event[1])) for event in self.pushed or ())

    def take_events(self) -> list[PushedEvent] | None:
        """Return and forget the pushed events that have not been sent yet."""
        # Taken out, so that an event is sent once, whichever of diff, join or navigation carries it.
        events, self.pushed = self.pushed, None
        return events


def _target(component: type | int, id: Any) -> ComponentTarget:
    return component if isinstance(component, int) else (component, id)


def _kind(replace: bool) -> Kind:
    return "replace" if replace else "push"


class _AsksConnected(type):
    """Class of a class that shows by `isinstance` whether a browser has joined: the question counts as asked."""

    def __instancecheck__(cls, instance: object) -> bool:
        if isinstance(instance, LiveViewSocket):
            # Read for its effect: a first view whose code has asked is mounted again by the join.
            instance.connected  # noqa: B018
        return super().__instancecheck__(instance)


class ConnectedLiveViewSocket(LiveViewSocket[T], metaclass=_AsksConnected):
    """Socket of a view that a browser has joined."""

    # The slots are those of an `UnconnectedSocket`, which may become a socket of this class.
    __slots__ = ("__weakref__",)
    connected: ClassVar[bool] = True


class UnconnectedSocket(LiveViewSocket[T], metaclass=_AsksConnected):
    """Socket of a view during the first HTTP render."""

    # The runtime of a first page refers to its socket weakly.
    # In a cycle each page would wait for the garbage collector.
    __slots__ = ("__weakref__",)


class FirstSocket(UnconnectedSocket[T]):
    """Socket of a first render, which notices that code asks whether a browser has joined."""

    # A class of its own, since Python does not call `__instancecheck__` for an object of that very class.
    __slots__ = ()

    @property
    def connected(self) -> bool:  # type: ignore[override]  # a class variable of the others
        return self._runtime.is_connected()

    def join(self, runtime: Runtime, identity: Identity) -> ConnectedLiveViewSocket[T]:
        """Become the socket of a joined view: hooks, closures and the view itself may hold this very object."""
        self._runtime = runtime
        self.identity = identity
        socket: Any = self
        socket.__class__ = ConnectedLiveViewSocket
        return socket  # type: ignore[no-any-return]


def is_connected(socket: LiveViewSocket[T]) -> TypeGuard[ConnectedLiveViewSocket[T]]:
    """Return True once the browser has joined: then it makes sense to subscribe and to start timers."""
    return socket.connected
