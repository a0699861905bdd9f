"""Dispatch of an event to its handler: the decorated method, else `handle_event` or `handle_info`, else an error."""

from typing import Any, NamedTuple

from pyview.binding.callbacks import Resources
from pyview.binding.callers import (
    AsyncCaller,
    EventCaller,
    InfoCaller,
    compile_async,
    compile_event,
    compile_info,
    mount_caller,
    own_callback,
    params_caller,
    view_factory,
)
from pyview.binding.class_cache import cached_on_class
from pyview.binding.socket_only import check_socket_only
from pyview.events.decorators import (
    ASYNC_RESULTS,
    EVENTS,
    INFOS,
    UnknownAsyncResult,
    UnknownEvent,
    UnknownInfo,
    handlers_of,
)
from pyview.events.requirements import EventRequirements, event_requirements
from pyview.threads import off_loop


class Callers(NamedTuple):
    """Functions that call the handlers of a view class, and the requirements of its events, None without any."""

    event: EventCaller
    info: InfoCaller
    requirements: EventRequirements | None


def callers_of(view_class: type) -> Callers:
    """Return what a joined view needs of its class, by one look-up for each join.

    Raises `SignatureError`, `DuplicateHandler` and `MisplacedRequirement`.
    """
    return cached_on_class(
        view_class,
        "callers",
        lambda: Callers(event_caller(view_class), info_caller(view_class), event_requirements(view_class)),
    )


def event_caller(view_class: type) -> EventCaller:
    """Return the function that calls the class's handler of an event; compiled once per class.

    Raises `SignatureError` and `DuplicateHandler`. The function raises `UnknownEvent` and `BindingError`.
    """

    def compiled() -> EventCaller:
        # Not the placeholder of LiveView: without a handler of its own, an unknown event must stay an error.
        own = own_callback(view_class, "handle_event")
        return _event_dispatch(view_class, compile_event(off_loop(own)) if own else unknown_event)

    return cached_on_class(view_class, "event_caller", compiled)


def decorated_event_caller(view_class: type) -> EventCaller:
    """Return the same for `@event` methods only, without `handle_event`."""
    # `super().handle_event` of a mixin calls this. With the view's own `handle_event` it would call itself.
    return cached_on_class(view_class, "decorated_events", lambda: _event_dispatch(view_class, unknown_event))


def info_caller(view_class: type) -> InfoCaller:
    """Return the function that calls the class's handler of an `InfoEvent`; compiled once per class.

    Raises `SignatureError` and `DuplicateHandler`. The function raises `UnknownInfo`.
    """

    def compiled() -> InfoCaller:
        own = own_callback(view_class, "handle_info")
        return _info_dispatch(view_class, compile_info(off_loop(own)) if own else unknown_info)

    return cached_on_class(view_class, "info_caller", compiled)


def decorated_info_caller(view_class: type) -> InfoCaller:
    """Return the same for `@info` methods only, without `handle_info`."""
    return cached_on_class(view_class, "decorated_infos", lambda: _info_dispatch(view_class, unknown_info))


def async_caller(view_class: type) -> AsyncCaller:
    """Return the function that calls the class's handler of an async result; compiled once per class.

    Raises `SignatureError` and `DuplicateHandler`. The function raises `UnknownAsyncResult`.
    """
    return cached_on_class(view_class, "async_caller", lambda: _async_caller(view_class))


def compile_view(view_class: type) -> None:
    """Compile all callbacks of a view, so that a mistake in one shows when the application starts.

    Raises `SignatureError`, `DuplicateHandler` and `MisplacedRequirement`.
    """
    for compiled in (
        view_factory,
        mount_caller,
        params_caller,
        event_caller,
        info_caller,
        async_caller,
        event_requirements,
    ):
        compiled(view_class)
    check_socket_only(view_class, ("restored", "reconnected", "disconnect"))


# The last resort of a caller. They have the signature of a handler, so that the event path needs no check for them.
def unknown_event(view: Any, event: str, payload: Any, socket: Any, resources: Resources) -> Any:
    raise UnknownEvent(event, handlers_of(type(view), EVENTS))


def unknown_info(view: Any, event: Any, socket: Any, resources: Resources) -> Any:
    raise UnknownInfo(getattr(event, "name", event))


def unknown_async_result(view: Any, name: str, result: Any, socket: Any, resources: Resources) -> Any:
    raise UnknownAsyncResult(name)


def _event_dispatch(view_class: type, fallback: EventCaller) -> EventCaller:
    handlers = {
        name: compile_event(off_loop(one.function)) for name, one in handlers_of(view_class, EVENTS).items()
    }
    if not handlers:
        return fallback

    # One dictionary lookup for each event. Names of methods are never looked up: the browser sends the name.
    def dispatch(view: Any, event: str, payload: Any, socket: Any, resources: Resources) -> Any:
        return handlers.get(event, fallback)(view, event, payload, socket, resources)

    return dispatch


def _info_dispatch(view_class: type, fallback: InfoCaller) -> InfoCaller:
    handlers = {
        name: compile_info(off_loop(one.function)) for name, one in handlers_of(view_class, INFOS).items()
    }
    if not handlers:
        return fallback

    def dispatch(view: Any, event: Any, socket: Any, resources: Resources) -> Any:
        return handlers.get(getattr(event, "name", ""), fallback)(view, event, socket, resources)

    return dispatch


def _async_caller(view_class: type) -> AsyncCaller:
    own = own_callback(view_class, "handle_async")
    fallback = compile_async(off_loop(own)) if own else unknown_async_result
    handlers = {
        name: compile_async(off_loop(one.function))
        for name, one in handlers_of(view_class, ASYNC_RESULTS).items()
    }

    def dispatch(view: Any, name: str, result: Any, socket: Any, resources: Resources) -> Any:
        return handlers.get(name, fallback)(view, name, result, socket, resources)

    return dispatch
