"""Names of a template besides those of its context: events, component classes, context processors.

They depend on the class that the template belongs to, and on the modules of that class and of its bases.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pyview.binding.class_cache import cached_on_class
from pyview.events import AutoEventDispatch, event_references
from pyview.meta import ContextProcessor, PyViewMeta
from pyview.template.component import Component
from pyview.template.tree.immutable import COMPONENT_MARK, VIEW_MARK


def template_names(owner: object) -> Mapping[str, Any]:
    """Return the names for the template of a view or component: component classes, views, and event methods.

    Classes are those that the module of its class, or of a base class, defines or imports. Event methods are included
    for an `AutoEventDispatch`.
    """
    components = component_classes(type(owner))
    if not isinstance(owner, AutoEventDispatch):
        return components
    return {**components, **{name: str(event) for name, event in event_references(owner).items()}}


def component_classes(cls: type) -> Mapping[str, type]:
    """Return the component and view classes, by name, that the modules of `cls` and its bases define or import."""
    return cached_on_class(cls, "component_classes", lambda: _component_classes(cls))


def function_components(cls: type) -> Mapping[str, Component[Any]]:
    """Return the function components, by name, that the modules of `cls` and its bases define or import."""
    return cached_on_class(
        cls,
        "function_components",
        lambda: {name: value for name, value in _module_names(cls) if isinstance(value, Component)},
    )


def without_context_names(
    components: Mapping[str, Component[Any]], context: Any
) -> dict[str, Component[Any]]:
    """Return the components whose names the context does not have, because the context has priority."""
    return {name: component for name, component in components.items() if not _in_context(context, name)}


def _module_names(cls: type) -> Iterator[tuple[str, Any]]:
    # The class's own module comes last, so that its names win in a dict.
    for module in dict.fromkeys(base.__module__ for base in reversed(cls.__mro__)):
        if not module.startswith("pyview.") and module in sys.modules:
            yield from vars(sys.modules[module]).items()


def _component_classes(cls: type) -> dict[str, type]:
    return {
        name: value
        for name, value in _module_names(cls)
        if isinstance(value, type)
        and (hasattr(value, COMPONENT_MARK) or (hasattr(value, VIEW_MARK) and value is not cls))
        and not value.__module__.startswith("pyview.")
    }


def context_processor_names(
    processors: Iterable[ContextProcessor], meta: PyViewMeta, context: Any
) -> dict[str, Any]:
    """Return the names of the application's context processors that the context does not have. Raises `TypeError`."""
    added: dict[str, Any] = {}
    for processor in processors:
        names = processor(meta)
        if not isinstance(names, Mapping):
            raise TypeError(
                f"context processor {processor!r} returned {type(names).__name__}; expected a dict of names and values"
            )
        added.update(names)
    return {name: value for name, value in added.items() if not _in_context(context, name)}


def _in_context(context: Any, name: str) -> bool:
    return name in context if isinstance(context, Mapping) else hasattr(context, name)
