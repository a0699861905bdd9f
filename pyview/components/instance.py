"""One component of a view: its identity, its assigns, its compiled callbacks, and its state in the client."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from inspect import isawaitable
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from pyview.binding import Resources
from pyview.binding.callbacks import Callback, CallContext
from pyview.binding.callers import AsyncCaller, EventCaller, Handler, runner
from pyview.binding.class_cache import cached_on_class
from pyview.binding.compiler import compile_handler, is_classic
from pyview.binding.socket_only import check_socket_only
from pyview.components.component import LiveComponent
from pyview.components.renderers import NO_SLOTS, ComponentRenderer
from pyview.components.socket import ComponentSocket
from pyview.events import EventRequirements, async_caller, event_caller, event_requirements
from pyview.keeping.plan import Plan, development_plan_of, plan_of
from pyview.socket.runtime import Runtime
from pyview.template.component_tag import ComponentTag, Slots, described
from pyview.template.sources import TemplateLine
from pyview.template.tree.change import TRUST_OBJECTS, ChangeRule
from pyview.threads import off_loop

UpdateCaller = Callable[[Any, Any, dict[str, Any], Resources], Any]
"""`caller(component, socket, assigns, resources)` runs `mount` or `update`; returns its result or an awaitable."""

_UPDATE = Callback(
    name="mount or update of a component",
    classic=("socket", "assigns"),
    available=MappingProxyType(
        {
            "socket": attrgetter("socket"),
            "assigns": attrgetter("client"),
            "session": attrgetter("resources.session"),
            "user": attrgetter("resources.user"),
            "auth": attrgetter("resources.auth"),
            "url": attrgetter("resources.url"),
        }
    ),
)


@dataclass(frozen=True, slots=True)
class ComponentCallbacks:
    """Compiled callbacks of a component class.

    `update_many` is None if the class has none, `requirements` if none of its events requires anything, `keep` if it
    keeps nothing.
    """

    mount: UpdateCaller
    update: UpdateCaller
    update_many: Callable[..., Any] | None
    restored: Callable[..., Any]
    disconnect: Callable[..., Any]
    keep: Plan | None
    event: EventCaller
    async_result: AsyncCaller
    requirements: EventRequirements | None


def callbacks_of(cls: Any) -> ComponentCallbacks:
    """Return the callbacks of a class. Raises `SignatureError`, `DuplicateHandler` and `MisplacedRequirement`."""
    return cached_on_class(cls, "component_callbacks", lambda: _compiled(cls))


def development_callbacks_of(cls: Any) -> ComponentCallbacks:
    """Return the callbacks of a class in development, where it keeps everything. Raises the same."""
    keep = development_plan_of(cls)
    return cached_on_class(
        cls, "development_component_callbacks", lambda: replace(callbacks_of(cls), keep=keep)
    )


def _compiled(cls: Any) -> ComponentCallbacks:
    check_socket_only(cls, ("restored", "disconnect"))
    many = getattr(cls, "update_many", None)
    return ComponentCallbacks(
        mount=_compile(cls.mount),
        update=_compile(cls.update),
        update_many=None if many is None else off_loop(many),
        restored=off_loop(cls.restored),
        disconnect=off_loop(cls.disconnect),
        keep=plan_of(cls),
        event=event_caller(cls),
        async_result=async_caller(cls),
        requirements=event_requirements(cls),
    )


def _compile(handler: Handler) -> UpdateCaller:
    function = off_loop(handler)
    arguments = compile_handler(function, _UPDATE)
    if is_classic(arguments, _UPDATE):
        return lambda component, socket, assigns, resources: function(component, socket, assigns)
    run = runner(function, arguments)
    return lambda component, socket, assigns, resources: run(
        CallContext(resources, socket, client=assigns), component
    )


Key = tuple[type, Any]
"""Identity of a component within its view: its class and its id."""


class ComponentInstance:
    """A component, from the render that first placed it until the browser has confirmed its removal.

    - `component`, `renderer`: set by `mount`.
    - `client_has_tree`: the client has the component's whole tree, so diffs suffice.
    - `removal_pending`: the browser has reported that the component's element is gone.
    - `last_placed`, `last_rendered`: numbers of the last render passes that placed and rendered it.
    - `pending_assigns`: assigns that `update` has not received yet.
    - `line`, `previous_line`: template lines of its last two placements, for errors.
    """

    __slots__ = (
        "_assign_tokens",
        "callbacks",
        "cid",
        "client_has_tree",
        "component",
        "depth",
        "key",
        "last_placed",
        "last_rendered",
        "line",
        "pending_assigns",
        "previous_line",
        "removal_pending",
        "renderer",
        "slots",
        "socket",
    )

    renderer: ComponentRenderer

    def __init__(
        self, tag: ComponentTag, socket: ComponentSocket[Any], depth: int, callbacks: ComponentCallbacks
    ) -> None:
        self.key: Key = (tag.component, tag.id)
        self.callbacks = callbacks
        self.cid = socket.cid
        self.socket = socket
        self.depth = depth
        self.line: TemplateLine = tag.place
        self.previous_line: TemplateLine = tag.place
        self.component: LiveComponent[Any] | None = None
        self.slots = NO_SLOTS
        self.client_has_tree = False
        self.removal_pending = False
        self.last_placed = -1
        self.last_rendered = -1
        self.pending_assigns: list[dict[str, Any]] = []
        self._assign_tokens: dict[str, Any] | None = None

    @property
    def mounted(self) -> bool:
        return self.component is not None

    @property
    def up_to_date(self) -> bool:
        """True if it can be rendered without calling a callback first."""
        return not self.pending_assigns and self.component is not None

    @property
    def described(self) -> str:
        return described(*self.key)

    def receive(self, tag: ComponentTag, rule: ChangeRule) -> bool:
        """Store the assigns and slots of a tag. Return True if any of them may differ from the last render."""
        changed = self._receive_slots(tag.slots or NO_SLOTS, rule)
        if self._assign_tokens is not None and _same(tag.assigns, self._assign_tokens, rule):
            return changed
        # Tokens also detect changes inside a value, such as a list that got another item.
        self._assign_tokens = {name: rule.token(value, TRUST_OBJECTS) for name, value in tag.assigns.items()}
        self.pending_assigns.append(tag.assigns)
        return True

    def _receive_slots(self, slots: Slots, rule: ChangeRule) -> bool:
        if not slots and not self.slots:
            return False
        # Slot content reads variables of the parent's template, which no tag shows: always render it.
        self.slots = slots
        return True

    # Calls of the view

    @property
    def requirements(self) -> EventRequirements | None:
        """Requirements of its events; None if there are none."""
        return self.callbacks.requirements

    def call(self, event: str, payload: Any, resources: Resources) -> Any:
        """Return the result of the event handler, or an awaitable of it. Raises `UnknownEvent` and `BindingError`."""
        # A component without hooks costs no coroutine, as long as its handler needs none.
        if self.socket.hooks is None:
            return self.callbacks.event(self.component, event, payload, self.socket, resources)
        return self._hooked(event, payload, resources)

    async def _hooked(self, event: str, payload: Any, resources: Resources) -> Any:
        hooks = self.socket.hooks
        halt = hooks and await hooks.before_event(event, payload, self.socket, resources)
        if halt:
            return halt.reply
        return await finished(self.callbacks.event(self.component, event, payload, self.socket, resources))

    def join(self, runtime: Runtime) -> None:
        """Go on in a joined view: the first page has mounted the component, and the browser gets its whole tree."""
        self.socket.join(runtime)
        self.last_placed = self.last_rendered = -1

    async def mount(
        self, component: LiveComponent[Any], renderer: ComponentRenderer, resources: Resources
    ) -> None:
        """Set the component object and call its `mount` with the assigns of the tag."""
        self.component, self.renderer = component, renderer
        # The assigns stay pending, because `update` receives them too.
        await finished(self.callbacks.mount(component, self.socket, self.pending_assigns[0], resources))

    async def update(self, resources: Resources) -> None:
        """Call `update` with each pending set of assigns in order."""
        pending, self.pending_assigns = self.pending_assigns, []
        for assigns in pending:
            await finished(self.callbacks.update(self.component, self.socket, assigns, resources))

    async def restored(self) -> None:
        await finished(self.callbacks.restored(self.component, self.socket))

    async def disconnect(self) -> None:
        await finished(self.callbacks.disconnect(self.component, self.socket))


async def finished(result: Any) -> Any:
    """Await `result` if it is awaitable; return its value."""
    return await result if isawaitable(result) else result


def _same(assigns: Mapping[str, Any], tokens: Mapping[str, Any], rule: ChangeRule) -> bool:
    # Identity first, which saves a call for each assign that is the same object.
    return assigns.keys() == tokens.keys() and all(
        value is tokens[name] or rule.same(value, tokens[name]) for name, value in assigns.items()
    )
