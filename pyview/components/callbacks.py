"""The callbacks of a component class, their signatures compiled once."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from pyview.binding import Resources
from pyview.binding.callbacks import Call, Callback
from pyview.binding.callers import AsyncCaller, EventCaller, Handler, runner
from pyview.binding.compiler import compile_handler, is_classic
from pyview.binding.per_class import once_per_class
from pyview.events import EventRequirements, async_caller, event_caller, event_requirements
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
    return once_per_class(cls, "component_callbacks", lambda: _compiled(cls))


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
        Call(resources, socket, client=assigns), component
    )
