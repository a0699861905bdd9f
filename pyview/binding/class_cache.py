"""Values computed once per class and stored on it."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

STORE = "__pyview_compiled__"


def cached_on_class(cls: type, key: str, build: Callable[[], T]) -> T:
    """Return the result of `build()`, computed once per class and key; a subclass has its own.

    The value is stored on `cls` itself, so that it is freed with the class: reloading and tests make many classes.
    """
    # Not getattr(): that would find the store of a base class.
    store: dict[str, Any] | None = cls.__dict__.get(STORE)
    if store is None:
        store = {}
        setattr(cls, STORE, store)
    if key not in store:
        store[key] = build()
    result: T = store[key]
    return result
