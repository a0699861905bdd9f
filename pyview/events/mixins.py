"""BaseEventHandler and AutoEventDispatch: optional company for `LiveView`, listed before it as a base.

`@event` and `@info` methods work on any view. The mixins add what is said below.
"""

from inspect import isawaitable
from types import MappingProxyType
from typing import Any, Final

from pyview.binding.callbacks import Resources
from pyview.binding.callers import no_handler
from pyview.events.decorators import (
    EVENTS,
    INFOS,
    OUTCOMES,
    EventMethod,
    EventReference,
    handlers_of,
    registrations,
)
from pyview.events.dispatch import decorated_event_caller, decorated_info_caller

NOBODY: Final = Resources(session=MappingProxyType({}))
"""Who is there when a test calls a handler by hand."""


def _event_arguments(event: str, payload: Any, socket: Any) -> tuple[str, Any, Any]:
    return event, payload, socket


def _info_arguments(event: Any, socket: Any) -> tuple[Any, Any]:
    return event, socket


class BaseEventHandler:
    """Two methods that claim one event are found when the class is made.

    Its `handle_event` and `handle_info` are there to be called: by `super()` from a view's own, for what that
    does not know, and by tests. They run `@event` and `@info` methods, and raise `UnknownEvent` and
    `UnknownInfo`.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        handlers_of(cls, EVENTS)
        handlers_of(cls, INFOS)
        handlers_of(cls, OUTCOMES)

    @no_handler
    async def handle_event(self, *args: Any, **kwargs: Any) -> Any:
        """`handle_event(event, payload, socket)`"""
        event, payload, socket = _event_arguments(*args, **kwargs)
        result = decorated_event_caller(type(self))(self, event, payload, socket, NOBODY)
        return await result if isawaitable(result) else result

    @no_handler
    async def handle_info(self, *args: Any, **kwargs: Any) -> Any:
        """`handle_info(event, socket)`"""
        event, socket = _info_arguments(*args, **kwargs)
        result = decorated_info_caller(type(self))(self, event, socket, NOBODY)
        return await result if isawaitable(result) else result


class AutoEventDispatch(BaseEventHandler):
    """An `@event` method is also the name of its event: `self.save` is the text `"save"`, and still callable.

    A template writes `phx-click="{{ save }}"` where the view gives it the reference.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for one in registrations(cls, EVENTS):
            if one.method in vars(cls):
                setattr(cls, one.method, EventMethod(one.function, one.names[0]))


def event_references(view: object) -> dict[str, EventReference]:
    """Method name -> reference, of an `AutoEventDispatch` view; empty for any other."""
    if not isinstance(view, AutoEventDispatch):
        return {}
    return {one.method: getattr(view, one.method) for one in registrations(type(view), EVENTS)}
