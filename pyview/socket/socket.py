"""The socket a view's callbacks receive: its state, and everything it may wish for.

One class holds the state; two faces say where it runs. During the first HTTP render the socket is an
`UnconnectedSocket`; once the browser has joined it is a `ConnectedLiveViewSocket`. Every method works on both, so
that `mount` needs no branches: what makes no sense without a browser (timers, subscriptions, pushed events) does
nothing on the unconnected face.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from inspect import isawaitable
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeGuard, TypeVar

import orjson

from pyview.auth.identity import Identity
from pyview.background.assigns import ASSIGN, Assignment, Filling, find, listed
from pyview.background.result import AsyncResult
from pyview.background.stream_runner import AsyncStreamRunner
from pyview.background.timers import Timer
from pyview.background.work import AsyncTasks, Key, OnResult, TaskSource, dismiss
from pyview.events.info_event import InfoEvent
from pyview.flash import Flash
from pyview.hooks import Stage, ViewHooks
from pyview.js.commands import JsCommands
from pyview.navigation import Kind, Navigate, Patch, Redirect, external_url, path_from
from pyview.presence.presence import ViewPresence
from pyview.sessions.change import SessionChange
from pyview.sessions.session import with_shared
from pyview.socket.connect import ConnectData, ConnectInfo, connecting_of
from pyview.socket.uploads import UploadMethods
from pyview.stream import Stream, Streams
from pyview.template.nested import Nested, NestedElement
from pyview.template.root_template import PAGE_EVENT, PageAttributes
from pyview.template.temporary import Temporaries
from pyview.template.tree.stream import ShownItems
from pyview.threads import on_loop
from pyview.uploads.registry import UploadRegistry
from pyview.wire.message import encoded

T = TypeVar("T")

EXEC_EVENT = "pyview:exec"

PushedEvent: TypeAlias = tuple[str, orjson.Fragment] | tuple[str, orjson.Fragment, bool]
"""Name and payload, and True for one that is dispatched before the patch."""
START = "start_async"

_NOTHING: Mapping[str, Any] = MappingProxyType({})


ComponentTarget: TypeAlias = "tuple[type, Any] | int"
"""Which component of a view: its class and id, or its number."""


class ComponentSockets(Protocol):
    """The live components of one view."""

    def place(self, tag: Any, host: "LiveViewSocket[Any]", previous: Any) -> tuple[int, int | None]: ...
    async def html(self, tag: Any, host: "LiveViewSocket[Any]") -> str: ...
    def completed_page(
        self, diff: dict[str, Any], root: Any
    ) -> dict[str, Any] | Awaitable[dict[str, Any]]: ...


class Runtime(Protocol):
    """What runs a view: a live process, or one HTTP request."""

    async def subscribe(self, topic: str) -> None: ...
    async def unsubscribe(self, topic: str) -> None: ...
    async def broadcast(self, topic: str, message: Any) -> None: ...
    def presence(self) -> ViewPresence: ...
    def schedule(self, event: Any, seconds: float, *, repeat: bool) -> Timer | None: ...
    def send_info(self, event: InfoEvent) -> None: ...
    def tasks(self) -> AsyncTasks: ...
    def run_in_process(self, cid: int | None, action: Callable[[], Any]) -> Awaitable[None]: ...
    async def call_handle_info(self, event: InfoEvent) -> None: ...
    async def handle_async(
        self, socket: "LiveViewSocket[Any]", name: str, result: AsyncResult[Any]
    ) -> None: ...
    def live_action(self) -> str | None: ...
    def here(self) -> str: ...
    async def patch(self, wish: Patch) -> None: ...
    def make_components(self) -> ComponentSockets: ...
    def send_update(
        self, target: ComponentTarget, assigns: dict[str, Any], seconds: float
    ) -> Timer | None: ...
    def send_view(self, event: str, payload: Any) -> None: ...
    def check_session_writable(self) -> None: ...
    @property
    def context_around(self) -> Any: ...
    def check_is_page(self) -> None: ...
    def nest(self, child: Nested) -> NestedElement: ...
    def show_items(self, shown: Sequence[ShownItems]) -> None: ...
    async def nested_html(self, child: Nested) -> str: ...
    @property
    def uploads(self) -> UploadRegistry: ...
    async def close(self) -> None: ...


class LiveViewSocket(UploadMethods, Generic[T]):
    """State and wishes of one view.

    `context` is what the template sees: a dict, TypedDict, dataclass or pydantic model; `{}` until the view sets it.
    `csp_nonce` is that of the page's content security policy, if it has one, for `<script nonce=...>` in a template.
    `live_title` is the page's title. Both may be set at any time; what changed is sent when the callback returns.
    """

    connected: ClassVar[bool] = False
    _runtime: Runtime
    cid: int | None = None
    """The number of the live component whose socket this is; None for a view's own."""

    __slots__ = (
        "_events",
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
        self._events: list[PushedEvent] | None = None
        self._shared = shared

    def _set_up(self, runtime: Runtime, flash: Flash | None) -> None:
        """What the socket of a component has for itself as well."""
        self.context: T = {}  # type: ignore[assignment]  # a view that never sets it still renders
        self.hooks: ViewHooks | None = None
        self.components: ComponentSockets | None = None
        self.streams: Streams | None = None
        self.temporaries: Temporaries | None = None
        self._flash = flash
        self._runtime = runtime

    def temporary(self, **values: Any) -> None:
        """Let go of these names of the context after each render, which then are what is given here: for lists that are
        long, or large texts. The page keeps what it shows until a name gets another value.

        Streams are the better way for lists. A view with temporary names starts afresh after a broken connection, since
        it could not render them again. Raises `TypeError` for values that can change, such as lists: give `()`.
        """
        if self.temporaries is None:
            self.temporaries = Temporaries()
        self.temporaries.add(values)

    @property
    def connect_params(self) -> Mapping[str, Any]:
        """What the page's script passed when it joined (`LiveViewConfig.params`), and `_mounts`, how often the page has
        joined before; empty during the first HTTP request. Raises `NotConnecting` after the mount."""
        return connecting_of(self, "connect_params").params

    @property
    def connect_info(self) -> ConnectInfo:
        """How the browser came here: address, URI, user agent, allowed headers. Raises `NotConnecting` after the
        mount."""
        return connecting_of(self, "connect_info").info

    @property
    def live_action(self) -> str | None:
        """What `add_live_view(..., action=...)` says of the present URL; None where it says nothing."""
        return self._runtime.live_action()

    @property
    def page(self) -> PageAttributes:
        """The document around the view, beside its title: language, classes, `<meta>` and `<link>` elements. It may be
        changed at any time, and is as before when another view has come. Raises `ValueError` in a nested view."""
        if self.page_attributes is None:
            self._runtime.check_is_page()
            self.page_attributes = PageAttributes()
        return self.page_attributes

    def queue_page_attributes(self, page: PageAttributes) -> None:
        """Send what is new of them with the next answer."""
        news = page.changes()
        if news is not None:
            self.queue_event(PAGE_EVENT, encoded(news, "socket.page"))

    # Who is there

    @property
    def user(self) -> Any:
        """The user that the authentication middleware found, or an `UnauthenticatedUser`."""
        return self.identity.user

    @property
    def session(self) -> Mapping[str, Any]:
        """The session, read-only, with what the view's live session shares. A change of it is seen here once the
        browser has the new cookie."""
        return with_shared(self.identity.session, self._shared)

    async def update_session(self, values: Mapping[str, Any]) -> None:
        """Change the session, and stay on the page: JSON data; a value of None takes its key away.

        The browser fetches its new cookie when the callback returns. The view goes on, unless somebody else is signed
        in then: in that case the page is loaded anew. A navigation of the same callback follows the change, over HTTP.

        Raises `SessionNotWritable` while the page is made (`mount`, first `handle_params`) and in an application
        without sessions, `TypeError` for what JSON cannot say, `ValueError` for too much of it.
        """
        self._change_session(SessionChange.of(values))

    async def clear_session(self) -> None:
        """Sign out: empty the session. Every page of it is sent away. What `update_session` or `redirect` put in
        afterwards, in the same callback, is in a new session. Raises `SessionNotWritable`."""
        self._change_session(SessionChange(clear=True))

    def _change_session(self, change: SessionChange) -> None:
        self._runtime.check_session_writable()
        self.session_change = (self.session_change or SessionChange()).then(change)

    # Messages shown once

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
        """Take one message back, or all of them."""
        if self._flash is not None:
            self._flash.drop(key)

    # Functions that run before the view's own

    def attach_hook(self, name: str, stage: Stage, function: Callable[..., Any]) -> None:
        """Call `function` before each `stage` of this view: `handle_params`, `handle_event`, `handle_info` or
        `handle_async`; or, with the socket, when what was rendered has been sent: `after_render`. What that one changes
        is shown with the next render.

        It takes what the view's callback of that name takes, sync or async, `Depends` too. What the client sent
        reaches it as a whole (`params`, `payload`), or in parameters marked `FromClient`. It returns None to go on
        and `Halt()` to keep the callback from running; in `handle_event`, `Halt(reply)` answers the event. Hooks run
        in the order in which they were attached, after what `@requires` asks.

        Raises `ValueError` for a name that is taken in this stage, `SignatureError` for a parameter that cannot be
        filled.
        """
        if self.hooks is None:
            self.hooks = ViewHooks()
        self.hooks.attach(name, stage, function)

    async def assign_new(self, name: str, make: Callable[[], Any]) -> Any:
        """The value of `name` in the context, a dict; if it is not there, what `make` returns, sync or async.

        A nested view takes it over from the view around it, if that one has it: what both need is loaded once.
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
        """Take an attached hook off, if it is there."""
        if self.hooks is not None:
            self.hooks.detach(name, stage)

    # Broadcasts, timers, messages to oneself

    async def subscribe(self, topic: str) -> None:
        """Receive what is broadcast on `topic` in `handle_info`, as `InfoEvent(topic, message)`."""
        await self._runtime.subscribe(topic)

    async def unsubscribe(self, topic: str) -> None:
        """Stop receiving `topic`."""
        await self._runtime.unsubscribe(topic)

    async def broadcast(self, topic: str, message: Any) -> None:
        """Send `message` to every subscriber of `topic`, this view included if it subscribed."""
        await self._runtime.broadcast(topic, message)

    @property
    def presence(self) -> ViewPresence:
        """Who is where: `await socket.presence.track("room:7", user.id, {...})`, `socket.presence.list("room:7")`."""
        return self._runtime.presence()

    def schedule_info(self, event: Any, seconds: float) -> Timer | None:
        """Call `handle_info(event)` every `seconds`, until the view ends or the timer is cancelled."""
        return self._runtime.schedule(event, seconds, repeat=True)

    def schedule_info_once(self, event: Any, seconds: float | None = None) -> Timer | None:
        """Call `handle_info(event)` once, `seconds` from now, or right after this callback."""
        return self._runtime.schedule(event, seconds or 0.0, repeat=False)

    async def send_info(self, event: InfoEvent) -> None:
        """File `event` for `handle_info`; it runs after the callback that is running now."""
        self._runtime.send_info(event)

    # Lists that the browser keeps

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
        """Put items into the stream of that name, which templates have as `streams.<name>`; the first call makes it.

        `dom_id` makes the id of an item's element, by default `<name>-<item.id>`. With `reset`, the items take the
        place of all others. Raises `TypeError` for an item without an id.
        """
        stream = self._streams().made(name, dom_id)
        if reset:
            stream.reset()
        stream.insert_many(items, at=at, limit=limit)
        return stream

    def stream_configure(self, name: str, *, dom_id: Callable[[Any], str]) -> None:
        """Say how the ids of a stream are made, before its first `stream`. Raises `ValueError` after it."""
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
        """Take an item out of the stream of that name. Raises `NoSuchStream`."""
        return self._streams().names[name].delete(item)

    def stream_delete_by_dom_id(self, name: str, dom_id: str) -> str:
        """Take the item whose element has this id out of the stream of that name. Raises `NoSuchStream`."""
        return self._streams().names[name].delete_by_id(dom_id)

    def _streams(self) -> Streams:
        if self.streams is None:
            self.streams = Streams()
        return self.streams

    # Work that goes on beside the view

    def assign_async(self, names: str | Iterable[str], job: TaskSource, *, reset: bool = False) -> None:
        """Fill names of the context with what `job` returns, each an `AsyncResult`: loading until then.

        `job` is an `async def` function without parameters, a `def` for a worker thread, or a coroutine. For several
        names it returns a mapping with a value for each. A result that is there is kept while loading, unless
        `reset`. The last call for a name wins. During the first HTTP render names are loading, and nothing starts.
        Raises `TooMuchWork`.
        """
        assignment = Assignment(
            self, listed(names), several=not isinstance(names, str), log_crash=self._log_crash
        )
        assignment.begin(reset)
        self._begin(ASSIGN, assignment.names, job, assignment.on_result)

    def start_async(self, name: str, job: TaskSource) -> None:
        """Have `job` done beside the view, which goes on; `handle_async(name, result, socket)` gets what comes of it.

        `job` is as in `assign_async`, `result` an `AsyncResult`. What goes on under the same name is cancelled. A
        crash of the job is logged, and fails the result, not the view. Raises `TooMuchWork`.
        """
        self._begin(START, (name,), job, partial(self._hand_over, name))

    def cancel_async(self, what: str | AsyncResult[Any] | Iterable[str]) -> bool:
        """Cancel work by its name, or by the `AsyncResult` that it will fill: it fails. False if there was none."""
        if not self.connected:
            return False
        names = self._names_loading(what) if isinstance(what, AsyncResult) else listed(what)
        stop = self._runtime.tasks().stop
        keys = [Key(self.cid, kind, name) for name in names for kind in (ASSIGN, START)]
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
        """Fill the stream of that name with the items that `job` returns, or yields: those of an async generator are
        shown one by one.

        `job` is as in `assign_async`, or an async generator or its function. The name stands in the context as well,
        for an `AsyncResult` without a result: it says whether the stream is loading, or why it could not. With
        `reset`, the first items take the place of all others. Raises `TooMuchWork`.
        """
        filling = Filling(self, self.stream(name, dom_id=dom_id), at, limit, reset, self._log_crash)
        filling.begin()
        if self.connected:
            run_in_process = partial(self._runtime.run_in_process, self.cid)
            self._begin(ASSIGN, (name,), filling.job(job, run_in_process), filling.on_result)
        else:
            dismiss(job)

    def _log_crash(self, what: str, error: BaseException) -> str:
        return self._runtime.tasks().log_crash(what, error)

    @property
    def stream_runner(self) -> AsyncStreamRunner:
        """Runs async generators that send this view their values."""
        return AsyncStreamRunner(self._runtime if self.connected else None, self.cid)

    def _begin(self, kind: str, names: Iterable[str], job: TaskSource, on_result: OnResult) -> None:
        if self.connected:
            on_loop(
                self._runtime.tasks().start, [Key(self.cid, kind, name) for name in names], job, on_result
            )
        else:
            dismiss(job)

    async def _hand_over(self, name: str, result: AsyncResult[Any], keys: frozenset[Key]) -> None:
        await self._runtime.handle_async(self, name, result)

    def _names_loading(self, result: AsyncResult[Any]) -> list[str]:
        names = [str(name) for name in self._runtime.tasks().names(self.cid, ASSIGN)]
        return [name for name in names if find(self, name) is result]

    # Live components

    async def send_update(self, component: type | int, /, id: Any = None, **assigns: Any) -> None:
        """Call `update` of a component of this view with `assigns`: of that class and id, or of that number.

        It runs after the callback that is running now. A component that is not there is passed over: it may just have
        gone.
        """
        self._runtime.send_update(_target(component, id), assigns, 0.0)

    def send_update_after(
        self, seconds: float, component: type | int, /, id: Any = None, **assigns: Any
    ) -> Timer | None:
        """`send_update`, `seconds` from now, unless the timer is cancelled."""
        return self._runtime.send_update(_target(component, id), assigns, seconds)

    def component_registry(self) -> ComponentSockets:
        """The components of the view, from the first one on."""
        if self.components is None:
            self.components = self._runtime.make_components()
        return self.components

    # The browser

    async def push_event(
        self, event: str, value: Any = None, *, dispatch: Literal["after", "before"] = "after"
    ) -> None:
        """Dispatch `event` in the browser, to hooks and as `phx:<event>` on window. `value` is JSON data.

        It comes after the page is patched, or, with `dispatch="before"`, before that. Raises `UnencodableValue`.
        """
        if dispatch not in ("after", "before"):
            raise ValueError(f"push_event(dispatch=) expects 'after' or 'before' the patch, got {dispatch!r}")
        fragment = encoded({} if value is None else value, f"push_event({event!r})")
        if self.connected:
            self.queue_event(event, fragment, before=dispatch == "before")

    async def exec_js(self, commands: JsCommands, *, to: str | None = None) -> None:
        """Have the browser run JS commands once it has patched the page.

        They belong to every element that the CSS selector `to` finds, otherwise to the component that says so, or to
        the page's main view: what has no target of its own is about that element, and events are pushed from there.
        `push_event` carries commands as well, in any payload; a hook runs them with `this.js().exec(commands)`.
        """
        if not isinstance(commands, JsCommands):
            raise TypeError(f"exec_js expects JS commands, such as js.show('#menu'), got {commands!r}")
        await self.push_event(EXEC_EVENT, {"to": to, "cid": self.cid, "commands": commands})

    async def push_patch(
        self, path: str = "", params: Mapping[str, Any] | None = None, *, replace: bool = False
    ) -> None:
        """Change the URL within this view; `handle_params` runs before this returns.

        Without a path the page's own path stays. A relative one, such as "?page=2" or "#top", counts from the page.
        Raises `UnsafeURL`.
        """
        target = self._path(path or "?", params)
        await self._runtime.patch(Patch(target.removesuffix("?"), _kind(replace)))

    async def replace_patch(self, path: str = "", params: Mapping[str, Any] | None = None) -> None:
        """`push_patch` without a new entry in the browser's history."""
        await self.push_patch(path, params, replace=True)

    async def push_navigate(
        self, path: str, params: Mapping[str, Any] | None = None, *, replace: bool = False
    ) -> None:
        """Go to another live view on this socket, once the running callback returns.

        A relative path, such as "edit" or "../users", counts from the page. Raises `UnsafeURL`.
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

        A relative path counts from the page. With `session`, the session is changed first, as `update_session` does.
        Raises `UnsafeURL`, and what `update_session` raises.
        """
        if (path is None) == (external is None):
            raise TypeError("redirect() expects either a path on this site or external='https://...'")
        target = self._path(path, params) if path is not None else external_url(external or "")
        if session is not None:
            await self.update_session(session)
        self.navigation = Redirect(target, status)

    def _path(self, address: str, params: Mapping[str, Any] | None) -> str:
        return path_from(self._runtime.here(), address, params)

    # Views inside this one

    def nest(self, child: Nested) -> NestedElement:
        """The element that the client joins `child` with. The view's template asks for it."""
        return self._runtime.nest(child)

    async def nested_html(self, child: Nested) -> str:
        """`child` as it stands in the first page."""
        return await self._runtime.nested_html(child)

    def show_items(self, shown: Sequence[ShownItems]) -> None:
        """Note what a render did to streams whose items hold views: those that went with their items end."""
        self._runtime.show_items(shown)

    async def close(self) -> None:
        """End this view; its page goes quiet until it is loaded again."""
        await self._runtime.close()

    def queue_event(self, event: str, payload: orjson.Fragment, *, before: bool = False) -> None:
        """Send `event` with the next answer, to be dispatched after the patch or before it."""
        if self._events is None:
            self._events = []
        self._events.append((event, payload, True) if before else (event, payload))

    def pending_event_bytes(self) -> int:
        """The size of the pushed events that have not been sent yet."""
        return sum(len(orjson.dumps(event[1])) for event in self._events or ())

    def take_events(self) -> list[PushedEvent] | None:
        """The pushed events that have not been sent yet; the caller sends them."""
        events, self._events = self._events, None
        return events


def _target(component: type | int, id: Any) -> ComponentTarget:
    return component if isinstance(component, int) else (component, id)


def _kind(replace: bool) -> Kind:
    return "replace" if replace else "push"


class ConnectedLiveViewSocket(LiveViewSocket[T]):
    """The face of a view that a browser has joined."""

    __slots__ = ()
    connected: ClassVar[bool] = True


class UnconnectedSocket(LiveViewSocket[T]):
    """The face of a view during the first HTTP render."""

    __slots__ = ("__weakref__",)


def is_connected(socket: LiveViewSocket[T]) -> TypeGuard[ConnectedLiveViewSocket[T]]:
    """True once the browser has joined: the place to subscribe and to start timers."""
    return socket.connected
