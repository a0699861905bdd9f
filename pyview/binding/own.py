"""Callbacks that a base class has for `super()` to call, and what a class has beside them."""

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

NO_HANDLER: Final = "__pyview_no_handler__"
"""Marks a callback that handles nothing itself: it is there for `super()`, or looks for a handler."""


def no_handler(function: F) -> F:
    """Decorator for a callback of a base class: a class that has no other one has none."""
    setattr(function, NO_HANDLER, True)
    return function


def own_callback(cls: type, name: str) -> Callable[..., Any] | None:
    """Return the callback of that name that handles something, of the class or any base; None where there is none."""
    found = (vars(owner).get(name) for owner in cls.__mro__)
    return next((one for one in found if callable(one) and not hasattr(one, NO_HANDLER)), None)


class Done:
    """The result of a callback of a base class: `await super().mount(...)` waits for nothing.

    A coroutine would not do, since a plain `def` that calls the base class cannot await it.
    """

    __slots__ = ()

    def __await__(self) -> Iterator[Any]:
        return iter(())


DONE: Final = Done()
