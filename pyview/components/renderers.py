"""Renderers of one component: by its template file, or by its method `template`, which returns content.

`component_template` finds the template of a class: named on the class, or a file beside its module.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from pyview.components.component import ComponentMeta, LiveComponent, NotOneElement
from pyview.components.socket import ComponentSocket
from pyview.components.template_names import (
    context_processor_names,
    function_components,
    template_names,
    without_context_names,
)
from pyview.live_view import LiveView
from pyview.meta import ContextProcessor, PyViewMeta
from pyview.socket.socket import LiveViewSocket
from pyview.template.compiler.single_root import is_single_root
from pyview.template.component_tag import DEFAULT_SLOT, Slots
from pyview.template.environment import LiveEnvironment
from pyview.template.live_template import ContentRendering, LiveTemplate, Rendering, is_content
from pyview.template.tree.nodes import Diff, Node, Segment
from pyview.template.tree.output import TextPage
from pyview.template.view_files import TemplateFileNotFound, file_beside, has_template_method, template_for
from pyview.wire.diff import diff, without_stream_items


def component_template(component: type, environment: LiveEnvironment) -> LiveTemplate | None:
    """Return the template of a component class, or None if its `template` is a method.

    For a class `StarRating` without a named template, the search beside its module is `star_rating.html`, then the file
    with the name of the module, unless the module has a view: then that file belongs to the view.

    Raises `TemplateFileNotFound`, and the errors of Jinja2.
    """
    if has_template_method(component):
        return None
    if getattr(component, "template", None) is None and not hasattr(component, "template_file"):
        return _beside(component, environment)
    return template_for(component, environment)


def _beside(component: type, environment: LiveEnvironment) -> LiveTemplate:
    own: Path | None = None
    for cls in component.__mro__:
        module_file = file_beside(cls, ".html")
        if module_file is None or cls.__module__.startswith("pyview."):
            continue
        named = module_file.with_name(f"{_snake_case(cls.__name__)}.html")
        own = own or named
        if named.is_file():
            return LiveTemplate.from_file(named, environment)
        if module_file.is_file() and not _has_view(cls.__module__):
            return LiveTemplate.from_file(module_file, environment)
    raise TemplateFileNotFound(component, own)


def _has_view(module: str) -> bool:
    found = vars(sys.modules[module]).values()
    return any(
        isinstance(one, type) and issubclass(one, LiveView) and one.__module__ == module for one in found
    )


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


NO_SLOTS = Slots()

_NO_FLASH: Mapping[str, Any] = MappingProxyType({})


class ComponentRenderer(Protocol):
    """Renders one component. `update` returns its diff; the whole tree at first and after `reset`."""

    @property
    def node(self) -> Node | None: ...
    def update(self, slots: Slots) -> Diff: ...
    async def html(self, slots: Slots) -> str: ...
    def reset(self) -> None: ...


class TemplateComponentRenderer:
    """Renders the component's template with its context."""

    __slots__ = (
        "_class_names",
        "_component",
        "_functions",
        "_meta",
        "_names",
        "_processors",
        "_rendering",
        "_socket",
        "_template",
    )

    def __init__(
        self,
        template: LiveTemplate,
        component: LiveComponent[Any],
        socket: ComponentSocket[Any],
        meta: PyViewMeta,
        processors: Sequence[ContextProcessor],
    ) -> None:
        self._template = template
        self._meta = meta
        self._processors = processors
        self._component = type(component)
        self._rendering: Rendering = template.rendering(socket)
        self._class_names = template_names(component)
        self._functions = function_components(type(component))
        self._names: dict[str, Any] = {}
        self._socket = socket

    @property
    def node(self) -> Node | None:
        return self._rendering.node

    @property
    def template(self) -> LiveTemplate:
        return self._template

    def update(self, slots: Slots) -> Diff:
        socket = self._socket
        part = self._rendering.part(socket.context, self._extras(slots))
        # After the render: the page has these values now, and the server need not keep them.
        if socket.temporaries is not None:
            socket.context = socket.temporaries.reset(socket.context, self.node)
        return part

    async def html(self, slots: Slots) -> str:
        self._check_root()
        with TextPage(self._socket, self._template.environment) as page:
            text = self._template.render(self._socket.context, self._extras(slots))
        return await page.filled(text)

    def reset(self) -> None:
        self._rendering.reset()

    def _check_root(self) -> None:
        # Check for HTTP too: the developer must see the error in the page, not only in a join that fails.
        root: Any = self._template.current().root_render_func
        if root.segment is not None:  # None: this template extends another one, which has the root
            check_segment(root.segment, self._component)

    def _extras(self, slots: Slots) -> Mapping[str, Any]:
        socket = self._socket
        # What is put in front later has less priority: function components, then context processors.
        names = self._own_names(with_id=not _has_id(socket.context))
        if slots or socket.has_flash:
            names = {**names, "slots": slots, "flash": socket.flash}
        if socket.streams is not None:
            names = {**names, "streams": socket.streams.names}
        if self._functions:
            names = {**without_context_names(self._functions, socket.context), **names}
        if DEFAULT_SLOT in slots:
            # `slots` is not empty, so this dict is a copy, and not the one that `_own_names` keeps.
            names["caller"] = slots[DEFAULT_SLOT]
        if self._processors:
            names = {**context_processor_names(self._processors, self._meta, socket.context), **names}
        return names

    def _own_names(self, *, with_id: bool) -> dict[str, Any]:
        # Cached as long as `with_id` stays the same: a page may have thousands of components.
        if not self._names or ("id" in self._names) is not with_id:
            socket = self._socket
            own = {"myself": socket.cid, "slots": NO_SLOTS, "flash": _NO_FLASH}
            self._names = {**self._class_names, **own, **({"id": socket.id} if with_id else {})}
        return self._names


def _has_id(context: Any) -> bool:
    return "id" in context if type(context) is dict else hasattr(context, "id")


class ContentComponentRenderer:
    """Renders the result of the method `template`: a template string, or content with `tree()` and `text()`."""

    __slots__ = ("_component", "_previous", "_rendering", "_socket", "_view")

    def __init__(
        self,
        component: LiveComponent[Any],
        socket: ComponentSocket[Any],
        view: LiveViewSocket[Any],
        environment: LiveEnvironment,
    ) -> None:
        self._component = component
        self._socket = socket
        self._view = view
        self._rendering = ContentRendering(environment, socket)
        self._previous: Diff | None = None

    @property
    def node(self) -> Node | None:
        return self._rendering.node

    def update(self, slots: Slots) -> Diff:
        content = self._content(slots)
        return self._rendering.part(content) if is_content(content) else self._compared(content.tree())

    async def html(self, slots: Slots) -> str:
        content = self._content(slots)
        if is_content(content):
            html = self._rendering.html(content)
            return html if isinstance(html, str) else await html
        with TextPage(self._socket) as page:
            text = str(content.text())
        return await page.filled(text)

    def reset(self) -> None:
        self._rendering.reset()
        self._previous = None

    def _compared(self, tree: Diff) -> Diff:
        # The browser keeps the items of streams, so the server does not.
        streams = self._socket.streams is not None
        previous, self._previous = self._previous, without_stream_items(tree) if streams else tree
        return tree if previous is None else diff(previous, tree)

    def _content(self, slots: Slots) -> Any:
        meta = ComponentMeta(self._socket.cid, PyViewMeta(self._view), slots, self._socket)
        return self._component.template(self._socket.context, meta)


def check_one_element(part: Diff, node: Node | None, component: type) -> None:
    """Raise `NotOneElement` unless the statics of a whole tree form exactly one element."""
    if node is not None:
        check_segment(node.segment, component)
    elif not is_single_root(part["s"]):
        raise NotOneElement(component, f"{component.__module__}.{component.__qualname__}", part["s"])


def check_segment(segment: Segment, component: type) -> None:
    """Raise `NotOneElement` unless the body is exactly one element. The result is cached on the segment."""
    if segment.root or segment.one_element:
        return
    if not is_single_root(segment.statics):
        raise NotOneElement(component, segment.template, segment.statics)
    segment.one_element = True
