"""Values computed once per class and stored on it."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

STORE = "__pyview_compiled__"


def cached_on_class(cls: type, key: str, build: Callable[[], T]) -> T:
    """Return the result of `build()`, computed once per class and key; a subclass has its own.

    The value is stored on `cls` itself, so that it is freed with the class: reloading and tests make many classes.
    """
    # Not getattr(): that would find the store of a base class. Nearly always the value is there, so that is tried
    # first: a page asks six times.
    try:
        found: T = cls.__dict__[STORE][key]
    except KeyError:
        found = build()
        _store_of(cls)[key] = found
    return found


def _store_of(cls: type) -> dict[str, Any]:
    if STORE not in cls.__dict__:
        setattr(cls, STORE, {})
    store: dict[str, Any] = cls.__dict__[STORE]
    return store
