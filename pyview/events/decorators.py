"""@event, @info and @outcome: mark a method as the handler of something."""

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar, overload

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
