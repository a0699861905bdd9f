"""Views that are made for one test."""

from types import new_class
from typing import Any

from pyview import LiveComponent, LiveView


def view_of(context: Any, keep: Any) -> Any:
    """Return a new view class with a context of that type."""
    return new_class("View", (LiveView[context],), {"keep": keep})


def component_of(context: Any, keep: Any) -> Any:
    """Return a new component class with a context of that type."""
    return new_class("Part", (LiveComponent[context],), {"keep": keep})
