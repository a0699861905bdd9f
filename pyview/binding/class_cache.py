"""Something worked out once for a class, and again for each subclass."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

STORE = "__pyview_compiled__"


def cached_on_class(cls: type, key: str, build: Callable[[], T]) -> T:
    """The result of `build()`, kept on `cls` itself, so that it lives and dies with the class."""
    store: dict[str, Any] | None = cls.__dict__.get(STORE)
    if store is None:
        store = {}
        setattr(cls, STORE, store)
    if key not in store:
        store[key] = build()
    result: T = store[key]
    return result
