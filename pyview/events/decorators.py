"""The decorators @event, @info and @async_result, the handlers that they make, and the errors around them.

A decorator only marks its function. The handlers of a class are found once per class, so a subclass may override or
remove the handler of a base class.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial, update_wrapper
from types import FunctionType
from typing import Any, TypeVar, overload

from pyview.binding.class_cache import cached_on_class
from pyview.requirement import CarriesRequirement, Conditions, Requirement, require, requirement_of

F = TypeVar("F", bound=Callable[..., Any])

EVENTS = "__pyview_events__"
INFOS = "__pyview_infos__"
ASYNC_RESULTS = "__pyview_async_results__"


@overload
def event(function: F, /) -> F: ...
@overload
def event(*names: str, requires: Conditions | CarriesRequirement | None = None) -> Callable[[F], F]: ...
def event(*names: Any, requires: Conditions | CarriesRequirement | None = None) -> Any:
    """Mark a method as the handler of browser events with these names: `@event("add", "increase")`.

    Without names (`@event` or `@event()`) the event has the name of the method. The method takes `(event, payload,
    socket)`, or typed parameters as in `handle_event`. `requires` is the same as `@requires(...)` on the method: a
    scope, a rule, a list of them, or `requires(...)` itself.
    """
    return _mark(EVENTS, names, None if requires is None else requirement_of(requires))


@overload
def info(function: F, /) -> F: ...
@overload
def info(*names: str) -> Callable[[F], F]: ...
def info(*names: Any) -> Any:
    """Mark a method as the handler of `InfoEvent`s with these names: `@info("ticks")`.

    The name of a broadcast is its topic. Without names (`@info` or `@info()`) it is the name of the method. The method
    takes `(event, socket)`, or any of `event`, `payload`, `socket`, `session`, `user`, `auth`, `url`.
    """
    return _mark(INFOS, names)


@overload
def async_result(function: F, /) -> F: ...
@overload
def async_result(*names: str) -> Callable[[F], F]: ...
def async_result(*names: Any) -> Any:
    """Mark a method as the handler of results of `socket.start_async` with these names: `@async_result("report")`.

    Without names (`@async_result` or `@async_result()`) it is the name of the method. The method takes `(name, result,
    socket)` as `handle_async` does, or any of `name`, `result`, `socket`, `session`, `user`, `auth`, `url`.
    """
    return _mark(ASYNC_RESULTS, names)


outcome = async_result
"""Earlier name of `async_result`."""


def marked_names(function: object, mark: str) -> tuple[str, ...]:
    """Return the names that a method was marked with; none for any other object."""
    names: tuple[str, ...] = getattr(function, mark, ())
    return names


def _mark(mark: str, names: tuple[Any, ...], requirement: Requirement | None = None) -> Any:
    # Without parentheses, Python passes the method itself.
    if len(names) == 1 and not isinstance(names[0], str):
        return _marked(mark, names[0], (), requirement)
    return lambda function: _marked(mark, function, names, requirement)


def _marked(mark: str, function: Any, names: tuple[Any, ...], requirement: Requirement | None) -> Any:
    # A mark on anything else, such as a partial, would make a handler that no event reaches.
    if not isinstance(function, FunctionType):
        got = type(function).__name__
        raise TypeError(
            f"@event, @info and @async_result expect names as text, or go directly on a method, got {got}"
        )
    # Decorators may be stacked, so the names add up.
    for name in names or (_public_name(function),):
        setattr(function, mark, (*marked_names(function, mark), _checked(name, mark)))
    if requirement is not None:
        require(function, requirement)
    return function


def _public_name(function: FunctionType) -> str:
    if function.__name__.startswith("_"):
        raise TypeError(
            f"{function.__qualname__} has a private name, which cannot be the name of an event. "
            'Pass a name: @event("name")'
        )
    return function.__name__


def _checked(name: Any, mark: str) -> str:
    if not isinstance(name, str) or not name:
        raise TypeError(f"@event, @info and @async_result expect names as text, got {name!r}")
    # The client sends such events itself (`lv:clear-flash`), and PyView answers them before any handler.
    if mark == EVENTS and name.startswith("lv:"):
        raise ValueError(f"event {name!r}: names that start with 'lv:' are reserved for the client")
    return name


class UnknownEvent(LookupError):
    """The view has no handler for an event of the browser.

    `name` comes from the browser. `handled`: names of the events with a decorated method, for a suggestion.
    """

    def __init__(self, name: str, handled: Iterable[str] = ()) -> None:
        short = name[:80]  # a browser can send any text, and this one goes to the log
        super().__init__(f"no handler for event {short!r}; {_advice(short, [*handled])}")
        self.name = name


def _advice(name: str, handled: list[str]) -> str:
    # Templates put this prefix before a value that would be JS commands; see pyview/js/bindings.py.
    if name.startswith("unsafe:["):
        return (
            "the value of a phx-* attribute begins with '[', which the browser would run as JS commands: "
            "use a chain of pyview.js there, such as js.push('save')"
        )
    close = get_close_matches(name, handled, n=1)
    return f"did you mean {close[0]!r}?" if close else f"decorate a method with @event({name!r})"


class UnknownInfo(LookupError):
    """The view has no handler for an `InfoEvent`."""

    def __init__(self, name: object) -> None:
        super().__init__(f"no @info method and no handle_info for {name!r}")
        self.name = name


class UnknownAsyncResult(LookupError):
    """The view has no handler for the result of its async work."""

    def __init__(self, name: object) -> None:
        super().__init__(f"no @async_result method and no handle_async for the async work {name!r}")
        self.name = name


class DuplicateHandler(TypeError):
    """Two methods of one class handle the same event. Raised when the class is created, or first used."""

    def __init__(self, name: str, first: str, second: str) -> None:
        super().__init__(f"{first} and {second} both handle {name!r}; one event has one handler")
        self.name = name


class EventReference(str):
    """The name of an event as text; calling it calls the method that handles the event."""

    __slots__ = ("_method",)
    _method: Callable[..., Any]

    def __new__(cls, name: str, method: Callable[..., Any]) -> "EventReference":
        reference = super().__new__(cls, name)
        reference._method = method
        return reference

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._method(*args, **kwargs)


class EventMethod:
    """Descriptor that replaces a decorated method in a class: `self.save` is an `EventReference`."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        update_wrapper(self, function)  # type: ignore[arg-type]  # for documentation tools
        self.function = function
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> EventReference:
        method = self.function if instance is None else partial(self.function, instance)
        return EventReference(self.name, method)


@dataclass(frozen=True, slots=True)
class Registration:
    """One handler of a class.

    `function` runs, perhaps an override without decorator; `owner` is the class whose method has the decorator.
    """

    method: str
    names: tuple[str, ...]
    owner: type
    function: Any

    @property
    def location(self) -> str:
        return f"{self.owner.__qualname__}.{self.method}"


def handlers_of(cls: type, mark: str) -> Mapping[str, Registration]:
    """Return the handlers by event name. A handler of a subclass replaces that of its base class.

    Raises `DuplicateHandler` if both methods are of one class, or of two classes of which neither is a subclass of the
    other.
    """
    return cached_on_class(cls, mark, lambda: _table(cls, mark))


def registrations(cls: type, mark: str) -> Iterator[Registration]:
    """Yield one registration for each decorated method, after overriding."""
    for method in _marked_methods(cls, mark):
        definitions = [(owner, plain(vars(owner)[method])) for owner in cls.__mro__ if method in vars(owner)]
        function = definitions[0][1]
        if callable(function):  # a subclass removes a handler with `save = None`
            owner, named = next(one for one in definitions if marked_names(one[1], mark))
            yield Registration(method, marked_names(named, mark), owner, function)


def plain(attribute: Any) -> Any:
    """Return the function of an `EventMethod`, any other attribute as it is."""
    return attribute.function if isinstance(attribute, EventMethod) else attribute


def _marked_methods(cls: type, mark: str) -> list[str]:
    # Base classes first: the handlers of a class keep their order in its subclasses.
    marked = (
        name
        for owner in reversed(cls.__mro__)
        for name, attribute in vars(owner).items()
        if marked_names(plain(attribute), mark)
    )
    return list(dict.fromkeys(marked))


def _table(cls: type, mark: str) -> dict[str, Registration]:
    table: dict[str, Registration] = {}
    for registration in registrations(cls, mark):
        for name in registration.names:
            earlier = table.get(name)
            table[name] = registration if earlier is None else _winner(name, earlier, registration)
    return table


def _winner(name: str, first: Registration, second: Registration) -> Registration:
    # Two methods of one class, or of two unrelated bases: their order would be an accident, so neither wins.
    if first.owner is not second.owner:
        if issubclass(second.owner, first.owner):
            return second
        if issubclass(first.owner, second.owner):
            return first
    raise DuplicateHandler(name, first.location, second.location)
