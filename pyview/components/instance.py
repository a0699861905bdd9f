"""One component of a view: who it is, what it was given, and what of it the browser knows.

The callbacks of a component class, their signatures compiled once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from pyview.binding import Resources
from pyview.binding.callbacks import Callback, CallContext
from pyview.binding.callers import AsyncCaller, EventCaller, Handler, runner
from pyview.binding.class_cache import cached_on_class
from pyview.binding.compiler import compile_handler, is_classic
from pyview.components.component import LiveComponent
from pyview.components.renderers import NO_SLOTS, Parts
from pyview.components.socket import ComponentSocket
from pyview.events import EventRequirements, async_caller, event_caller, event_requirements
from pyview.template.component_tag import ComponentTag, Slots, described
from pyview.template.sources import TemplateLine
from pyview.template.tree.change import TRUST_OBJECTS, ChangeRule
from pyview.threads import off_loop

UpdateCaller = Callable[[Any, Any, dict[str, Any], Resources], Any]
"""`caller(component, socket, assigns, resources)`"""

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
    """`update_many` is None for a class that has none; `requirements` for one whose events require nothing."""

    mount: UpdateCaller
    update: UpdateCaller
    update_many: Callable[..., Any] | None
    disconnect: Callable[..., Any]
    event: EventCaller
    outcome: AsyncCaller
    requirements: EventRequirements | None


def callbacks_of(cls: Any) -> ComponentCallbacks:
    """Raises `SignatureError`, `DuplicateHandler` and `MisplacedRequirement`."""
    return cached_on_class(cls, "component_callbacks", lambda: _compiled(cls))


def _compiled(cls: Any) -> ComponentCallbacks:
    many = getattr(cls, "update_many", None)
    return ComponentCallbacks(
        mount=_compile(cls.mount),
        update=_compile(cls.update),
        update_many=None if many is None else off_loop(many),
        disconnect=off_loop(cls.disconnect),
        event=event_caller(cls),
        outcome=async_caller(cls),
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


class Instance:
    """A component from the render that first placed it until the browser has let go of it.

    `component` and `parts` are there once it is mounted. `known`: the browser has its whole tree. `marked`: the browser
    has said that the component's element has gone. `seen` is the number of the last render that placed it, `rendered`
    of the last that rendered it. `news` are assigns that `update` has not been told yet.
    """

    __slots__ = (
        "_tokens",
        "callbacks",
        "cid",
        "component",
        "depth",
        "former_place",
        "key",
        "known",
        "marked",
        "news",
        "parts",
        "place",
        "rendered",
        "seen",
        "slots",
        "socket",
    )

    parts: Parts

    def __init__(self, tag: ComponentTag, socket: ComponentSocket[Any], depth: int) -> None:
        self.key: Key = (tag.component, tag.id)
        self.callbacks = callbacks_of(tag.component)
        self.cid = socket.cid
        self.socket = socket
        self.depth = depth
        self.place: TemplateLine = tag.place
        self.former_place: TemplateLine = tag.place
        self.component: LiveComponent[Any] | None = None
        self.slots = NO_SLOTS
        self.known = False
        self.marked = False
        self.seen = -1
        self.rendered = -1
        self.news: list[dict[str, Any]] = []
        self._tokens: dict[str, Any] | None = None

    @property
    def mounted(self) -> bool:
        return self.component is not None

    @property
    def is_told(self) -> bool:
        """Whether it can be rendered without a callback before."""
        return not self.news and self.component is not None

    @property
    def described(self) -> str:
        return described(*self.key)

    def take(self, tag: ComponentTag, rule: ChangeRule) -> bool:
        """Note what the place gives the component. Whether any of it may be other than at the last render."""
        changed = self._take_slots(tag.slots or NO_SLOTS, rule)
        if self._tokens is not None and _same(tag.assigns, self._tokens, rule):
            return changed
        self._tokens = {name: rule.token(value, TRUST_OBJECTS) for name, value in tag.assigns.items()}
        self.news.append(tag.assigns)
        return True

    def _take_slots(self, slots: Slots, rule: ChangeRule) -> bool:
        if not slots and not self.slots:
            return False
        self.slots = slots
        return True

    # What the view does with it

    @property
    def requirements(self) -> EventRequirements | None:
        """What its events require."""
        return self.callbacks.requirements

    def call(self, event: str, payload: Any, resources: Resources) -> Any:
        """The answer of its handler of an event, or an awaitable of it. Raises `UnknownEvent` and `BindingError`."""
        if self.socket.hooks is None:
            return self.callbacks.event(self.component, event, payload, self.socket, resources)
        return self._hooked(event, payload, resources)

    async def _hooked(self, event: str, payload: Any, resources: Resources) -> Any:
        hooks = self.socket.hooks
        halt = hooks and await hooks.before_event(event, payload, self.socket, resources)
        if halt:
            return halt.reply
        return await finished(self.callbacks.event(self.component, event, payload, self.socket, resources))

    async def mount(self, component: LiveComponent[Any], parts: Parts, resources: Resources) -> None:
        """From now on there is a component, which learns what its place gives it."""
        self.component, self.parts = component, parts
        await finished(self.callbacks.mount(component, self.socket, self.news[0], resources))

    async def update(self, resources: Resources) -> None:
        """Tell `update` the news, one after the other."""
        news, self.news = self.news, []
        for assigns in news:
            await finished(self.callbacks.update(self.component, self.socket, assigns, resources))

    async def disconnect(self) -> None:
        await finished(self.callbacks.disconnect(self.component, self.socket))


async def finished(result: Any) -> Any:
    return await result if isawaitable(result) else result


def _same(assigns: Mapping[str, Any], tokens: Mapping[str, Any], rule: ChangeRule) -> bool:
    return assigns.keys() == tokens.keys() and all(
        value is tokens[name] or rule.same(value, tokens[name]) for name, value in assigns.items()
    )
