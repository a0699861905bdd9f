"""A handler that is also the name of its event, for templates."""

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any


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
