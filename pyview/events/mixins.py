"""BaseEventHandler and AutoEventDispatch: optional mixins, listed before `LiveView` as bases.

`@event` and `@info` methods work on any view; the mixins add early checks, `super()` calls and references.
"""

from inspect import getattr_static, isawaitable
from types import MappingProxyType
from typing import Any, Final

from pyview.binding.callbacks import Resources
from pyview.binding.callers import no_handler
from pyview.events.decorators import (
    ASYNC_RESULTS,
    EVENTS,
    INFOS,
    EventMethod,
    EventReference,
    handlers_of,
    registrations,
)
from pyview.events.dispatch import decorated_event_caller, decorated_info_caller

NO_RESOURCES: Final = Resources(session=MappingProxyType({}))
"""Empty session and no user, for a handler that a test or `super()` calls."""


def _event_arguments(event: str, payload: Any, socket: Any) -> tuple[str, Any, Any]:
    return event, payload, socket


def _info_arguments(event: Any, socket: Any) -> tuple[Any, Any]:
    return event, socket


class BaseEventHandler:
    """Mixin that finds two methods for one event when the class is created, and that `super()` can call.

    A view's own `handle_event` and `handle_info` can pass other events on with `super()`, and tests can call the
    methods. They run the `@event` and `@info` methods, and raise `UnknownEvent` and `UnknownInfo`.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        handlers_of(cls, EVENTS)
        handlers_of(cls, INFOS)
        handlers_of(cls, ASYNC_RESULTS)

    @no_handler
    async def handle_event(self, *args: Any, **kwargs: Any) -> Any:
        """Call the `@event` method. The parameters are `(event, payload, socket)`."""
        # With `*args: Any, **kwargs: Any`, type checkers accept overrides with any parameters. This call
        # checks the classic ones.
        event, payload, socket = _event_arguments(*args, **kwargs)
        result = decorated_event_caller(type(self))(self, event, payload, socket, NO_RESOURCES)
        return await result if isawaitable(result) else result

    @no_handler
    async def handle_info(self, *args: Any, **kwargs: Any) -> Any:
        """Call the `@info` method. The parameters are `(event, socket)`."""
        event, socket = _info_arguments(*args, **kwargs)
        result = decorated_info_caller(type(self))(self, event, socket, NO_RESOURCES)
        return await result if isawaitable(result) else result


class AutoEventDispatch(BaseEventHandler):
    """Mixin that makes an `@event` method also the name of its event: `self.save` is the text `"save"`, and callable.

    A template can use `phx-click="{{ save }}"` instead of repeating the name.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for one in registrations(cls, EVENTS):
            # Also a method of a plain mixin, which is no subclass of this class.
            if not isinstance(getattr_static(cls, one.method), EventMethod):
                setattr(cls, one.method, EventMethod(one.function, one.names[0]))


def event_references(view: object) -> dict[str, EventReference]:
    """Return the references of an `AutoEventDispatch` view by method name; empty for any other view."""
    if not isinstance(view, AutoEventDispatch):
        return {}
    return {one.method: getattr(view, one.method) for one in registrations(type(view), EVENTS)}
