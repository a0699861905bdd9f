"""The names that a template has besides those of the context, because of the class it belongs to."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pyview.binding.class_cache import cached_on_class
from pyview.events import AutoEventDispatch, event_references
from pyview.meta import ContextProcessor, PyViewMeta
from pyview.template.component import Component
from pyview.template.tree.immutable import COMPONENT_MARK, VIEW_MARK


def template_names(owner: object) -> Mapping[str, Any]:
    """Of a view or a component: its event methods if it offers them, and the classes of components and of other views
    that its module knows.

    Those are the ones that the module of its class, or of a base class, defines or imports.
    """
    components = component_classes(type(owner))
    if not isinstance(owner, AutoEventDispatch):
        return components
    return {**components, **{name: str(event) for name, event in event_references(owner).items()}}


def component_classes(cls: type) -> Mapping[str, type]:
    """Name -> class, of the components and views that the modules of `cls` and of its bases know."""
    return cached_on_class(cls, "component_classes", lambda: _component_classes(cls))


def function_components(cls: type) -> Mapping[str, Component[Any]]:
    """Name -> function component, of those that the modules of `cls` and of its bases define or import."""
    return cached_on_class(cls, "function_components", lambda: _function_components(cls))


def _function_components(cls: type) -> dict[str, Component[Any]]:
    return {name: value for name, value in _names_of_modules(cls) if isinstance(value, Component)}


def without_context_names(
    components: Mapping[str, Component[Any]], context: Any
) -> dict[str, Component[Any]]:
    """Those whose names the context does not have: it comes first."""
    return {name: component for name, component in components.items() if not _has(context, name)}


def _names_of_modules(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield the names and values in the modules of a class and of its bases, its own module last."""
    for module in dict.fromkeys(base.__module__ for base in reversed(cls.__mro__)):
        if not module.startswith("pyview.") and module in sys.modules:
            yield from vars(sys.modules[module]).items()


def _component_classes(cls: type) -> dict[str, type]:
    return {
        name: value
        for name, value in _names_of_modules(cls)
        if isinstance(value, type)
        and (hasattr(value, COMPONENT_MARK) or (hasattr(value, VIEW_MARK) and value is not cls))
        and not value.__module__.startswith("pyview.")
    }


def context_processor_names(
    processors: Iterable[ContextProcessor], meta: PyViewMeta, context: Any
) -> dict[str, Any]:
    """What the application's context processors add to a template that has not got these names in its context."""
    added: dict[str, Any] = {}
    for processor in processors:
        added.update(_names_from(processor, meta))
    return {name: value for name, value in added.items() if not _has(context, name)}


def _names_from(processor: ContextProcessor, meta: PyViewMeta) -> Mapping[str, Any]:
    names = processor(meta)
    if not isinstance(names, Mapping):
        raise TypeError(
            f"context processor {processor!r} returned {type(names).__name__}; expected a dict of names"
        )
    return names


def _has(context: Any, name: str) -> bool:
    return name in context if isinstance(context, Mapping) else hasattr(context, name)
