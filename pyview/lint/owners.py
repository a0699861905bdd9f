"""The views and components of an application: those with a route, and those that their templates name."""

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import nodes

from pyview.components.component import LiveComponent
from pyview.components.names import component_classes
from pyview.events.decorators import EVENTS, registrations
from pyview.lint.sources import Source, Templates, nodes_in
from pyview.live_view import LiveView


@dataclass(frozen=True, slots=True)
class Owner:
    """A class with its templates; None where it renders otherwise. `layouts` stand around it."""

    cls: type
    templates: Templates | None
    layouts: tuple[Templates, ...] = ()

    @property
    def parts(self) -> tuple[Templates, ...]:
        """Its own template, and those around it."""
        return (*(() if self.templates is None else (self.templates,)), *self.layouts)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every file that its pages are made of."""
        return tuple(source for one in self.parts for source in one.all)


def classes_named(owner: Owner) -> Iterator[type]:
    """The views and components that the templates of `owner` hold, as far as they name them."""
    known = component_classes(owner.cls)
    for _, node in nodes_in(owner.sources):
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.args:
            first = node.args[0]
            if node.node.name in ("live_render", "live_component") and isinstance(first, nodes.Name):
                found = known.get(first.name)
                if isinstance(found, type) and issubclass(found, LiveView | LiveComponent):
                    yield found


def scripts_beside(cls: type) -> str:
    """The JavaScript beside the module of a class: hooks may cause events."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if file is None:
        return ""
    return "\n".join(path.read_text(errors="replace") for path in sorted(Path(file).parent.glob("**/*.js")))


def own_handlers(cls: type) -> Iterator[tuple[str, str, int]]:
    """(names, file, line) of each `@event` method, its names joined by a space."""
    for one in registrations(cls, EVENTS):
        function = inspect.unwrap(one.function)
        code = getattr(function, "__code__", None)
        if code is not None:
            yield " ".join(one.names), code.co_filename, code.co_firstlineno
