"""@event, @info and @outcome: mark a method as the handler of something.

What can go wrong between an event and its handler.

A handler that is also the name of its event, for templates.

Which method of a class handles what: only decorated methods, found once per class.
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
OUTCOMES = "__pyview_outcomes__"


@overload
def event(function: F, /) -> F: ...
@overload
def event(*names: str, requires: Conditions | CarriesRequirement | None = None) -> Callable[[F], F]: ...
def event(*names: Any, requires: Conditions | CarriesRequirement | None = None) -> Any:
    """The method handles the browser's events of these names: `@event("add", "increase")`.

    Without names, `@event` or `@event()`, the method's own. The method takes the classic `(event, payload,
    socket)`, or typed parameters as in `handle_event`. `requires` is the same as `@requires(...)` on the method:
    a scope, a rule, a list of them, or `requires(...)` itself.
    """
    return _mark(EVENTS, names, None if requires is None else requirement_of(requires))


@overload
def info(function: F, /) -> F: ...
@overload
def info(*names: str) -> Callable[[F], F]: ...
def info(*names: Any) -> Any:
    """The method handles `InfoEvent`s of these names, which for a broadcast is its topic: `@info("ticks")`.

    Without names, `@info` or `@info()`, the method's own. The method takes `(event, socket)`, or any of
    `event`, `payload`, `socket`, `session`, `user`, `auth`, `url`.
    """
    return _mark(INFOS, names)


@overload
def outcome(function: F, /) -> F: ...
@overload
def outcome(*names: str) -> Callable[[F], F]: ...
def outcome(*names: Any) -> Any:
    """The method handles what comes of `socket.start_async` of these names: `@outcome("report")`.

    Without names, `@outcome` or `@outcome()`, the method's own. The method takes `(name, result, socket)` as
    `handle_async` does, or any of `name`, `result`, `socket`, `session`, `user`, `auth`, `url`.
    """
    return _mark(OUTCOMES, names)


def names_in(function: object, mark: str) -> tuple[str, ...]:
    """The names a method was marked with; none for any other object."""
    names: tuple[str, ...] = getattr(function, mark, ())
    return names


def _mark(mark: str, names: tuple[Any, ...], requirement: Requirement | None = None) -> Any:
    if len(names) == 1 and not isinstance(names[0], str):
        return _marked(mark, names[0], (), requirement)
    return lambda function: _marked(mark, function, names, requirement)


def _marked(mark: str, function: Any, names: tuple[Any, ...], requirement: Requirement | None) -> Any:
    if not isinstance(function, FunctionType):
        got = type(function).__name__
        raise TypeError(
            f"@event, @info and @outcome expect names as text, or go directly on a method, got {got}"
        )
    for name in names or (_public_name(function),):
        setattr(function, mark, (*names_in(function, mark), _checked(name, mark)))
    if requirement is not None:
        require(function, requirement)
    return function


def _public_name(function: FunctionType) -> str:
    if function.__name__.startswith("_"):
        raise TypeError(
            f"{function.__qualname__} is private by its name, so it cannot be the name of an event. "
            'Give one: @event("name")'
        )
    return function.__name__


def _checked(name: Any, mark: str) -> str:
    if not isinstance(name, str) or not name:
        raise TypeError(f"@event, @info and @outcome expect names as text, got {name!r}")
    if mark == EVENTS and name.startswith("lv:"):
        raise ValueError(f"event {name!r}: names that start with 'lv:' are the client's own")
    return name


class UnknownEvent(LookupError):
    """The view has no handler for what the browser sent. `name` is the client's own word, `handled` are the events that
    its decorated methods take."""

    def __init__(self, name: str, handled: Iterable[str] = ()) -> None:
        told = name[:80]
        super().__init__(f"no handler for event {told!r}; {_advice(told, [*handled])}")
        self.name = name


def _advice(told: str, handled: list[str]) -> str:
    if told.startswith("unsafe:["):
        return (
            "a phx-* attribute was given a text that begins with '[', which the browser would run as JS commands: "
            "only a chain of pyview.js, such as js.push('save'), may stand there"
        )
    close = get_close_matches(told, handled, n=1)
    return f"did you mean {close[0]!r}?" if close else f"decorate a method with @event({told!r})"


class UnknownInfo(LookupError):
    """The view has no handler for what the server sent it."""

    def __init__(self, name: object) -> None:
        super().__init__(f"no @info method and no handle_info for {name!r}")
        self.name = name


class UnknownOutcome(LookupError):
    """The view has no handler for what came of its own work."""

    def __init__(self, name: object) -> None:
        super().__init__(f"no @outcome method and no handle_async for the async work {name!r}")
        self.name = name


class DuplicateHandler(TypeError):
    """Two methods of one class claim the same event. Raised when the class is made, or first used."""

    def __init__(self, name: str, first: str, second: str) -> None:
        super().__init__(f"{first} and {second} both handle {name!r}; one event has one handler")
        self.name = name


class EventReference(str):
    """The name of an event, as text; called, it is the method that handles it."""

    __slots__ = ("_method",)
    _method: Callable[..., Any]

    def __new__(cls, name: str, method: Callable[..., Any]) -> "EventReference":
        reference = super().__new__(cls, name)
        reference._method = method
        return reference

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._method(*args, **kwargs)


class EventMethod:
    """Stands in a class for a decorated method: `self.save` is an `EventReference`."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        update_wrapper(self, function)  # type: ignore[arg-type]  # for documentation tools
        self.function = function
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> EventReference:
        method = self.function if instance is None else partial(self.function, instance)
        return EventReference(self.name, method)


@dataclass(frozen=True, slots=True)
class Registration:
    """`function` is what runs, perhaps an override without decorator; `owner` is the class that has one."""

    method: str
    names: tuple[str, ...]
    owner: type
    function: Any

    @property
    def place(self) -> str:
        return f"{self.owner.__qualname__}.{self.method}"


def handlers_of(cls: type, mark: str) -> Mapping[str, Registration]:
    """Name of an event -> its handler. A subclass's handler takes the event from its base's.

    Raises `DuplicateHandler` when neither class is the other's base, or both methods are of one class.
    """
    return cached_on_class(cls, mark, lambda: _table(cls, mark))


def registrations(cls: type, mark: str) -> Iterator[Registration]:
    """One for each decorated method, as the class sees it."""
    for method in _marked_methods(cls, mark):
        definitions = [(owner, plain(vars(owner)[method])) for owner in cls.__mro__ if method in vars(owner)]
        function = definitions[0][1]
        if callable(function):  # a subclass takes a handler away with `save = None`
            owner, named = next(one for one in definitions if names_in(one[1], mark))
            yield Registration(method, names_in(named, mark), owner, function)


def plain(attribute: Any) -> Any:
    """The function behind a method that is also a reference."""
    return attribute.function if isinstance(attribute, EventMethod) else attribute


def _marked_methods(cls: type, mark: str) -> list[str]:
    marked = (
        name
        for owner in reversed(cls.__mro__)
        for name, attribute in vars(owner).items()
        if names_in(plain(attribute), mark)
    )
    return list(dict.fromkeys(marked))


def _table(cls: type, mark: str) -> dict[str, Registration]:
    table: dict[str, Registration] = {}
    for registration in registrations(cls, mark):
        for name in registration.names:
            rival = table.get(name)
            table[name] = registration if rival is None else _winner(name, rival, registration)
    return table


def _winner(name: str, first: Registration, second: Registration) -> Registration:
    if first.owner is not second.owner:
        if issubclass(second.owner, first.owner):
            return second
        if issubclass(first.owner, second.owner):
            return first
    raise DuplicateHandler(name, first.place, second.place)
