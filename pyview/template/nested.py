"""A live view inside another one: the live value of `live_render`, and the element that the client joins."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from pyview.template.container import Container, ContainerElement, container_of
from pyview.template.tree.nodes import RenderPass
from pyview.template.tree.output import Live, text_slot

MOST_DEEP = 8
"""Number of views that may be nested in each other."""

PAGE_PREFIX = "phx-"
"""Prefix of the ids of pages. The ids of nested views have another beginning, so a topic tells pages from them."""

_ID = re.compile(r"[A-Za-z][\w:.-]*", re.ASCII)


class NestedElement(NamedTuple):
    """The element of a nested view, and its id."""

    id: str
    html: str


class Host(Protocol):
    """The socket of the view, or of the component, in whose template a nested view stands."""

    def nest(self, child: "Nested") -> NestedElement: ...
    async def nested_html(self, child: "Nested") -> str: ...


class Nested(Live):
    """One `live_render` in a template. `id` is None if `dom_id` should choose it."""

    __slots__ = ("_container", "id", "session", "sticky", "view_class")

    def __init__(
        self,
        view_class: type[Any],
        id: str | None,
        session: Mapping[str, Any],
        sticky: bool,
        container: ContainerElement | None,
    ) -> None:
        """Raises `ValueError` for an id, a tag or an attribute that the client could not handle, `TypeError` for a
        container of another type."""
        if id is not None and (not _ID.fullmatch(id) or id.startswith(PAGE_PREFIX)):
            raise ValueError(
                f"live_render({view_class.__name__}, id={id!r}): expected a letter, then letters, digits, '-', '_', "
                f"':' or '.', and not the prefix {PAGE_PREFIX!r}, with which the ids of whole pages begin."
            )
        self.view_class = view_class
        self.id = id
        self.session = session
        self.sticky = sticky
        self._container = _container(view_class, container)

    @property
    def described(self) -> str:
        return f"live_render({self.view_class.__name__})"

    def dom_id(self, around: str) -> str:
        """Return the id of the element. `around` is the id of the view that it is in: a page or a nested view."""
        if self.id is not None:
            return self.id
        own = _kebab(self.view_class.__name__)
        # A page gets another id each time it loads, and a sticky view outlives its page.
        return f"live-{own}" if self.sticky or around.startswith(PAGE_PREFIX) else f"{around}-{own}"

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        host: Host | None = render_pass.host
        if host is None:
            raise RuntimeError(
                f"{self.described} was rendered without a view around it, so the client could not join it."
            )
        container = host.nest(self)
        if render_pass.nested is None:
            render_pass.nested = {}
        self.check_new(container.id, render_pass.nested)
        return text_slot(previous, container.html)

    def check_new(self, dom_id: str, known: dict[str, None]) -> None:
        """Add the id to those of the page. Raises `ValueError` if another nested view has it."""
        if dom_id in known:
            raise ValueError(
                f"{self.described}: two nested views of this page have the id {dom_id!r}. Give each its own: "
                f"live_render({self.view_class.__name__}, id=...)."
            )
        known[dom_id] = None

    async def html(self, host: Host) -> str:
        return await host.nested_html(self)

    def container(self, id: str, marks: Mapping[str, str], content: str = "") -> str:
        """Return the element. `marks` are its `data-phx-*` attributes, `content` the HTML inside."""
        return self._container.element(id, marks.items(), content)


def _container(view_class: type[Any], given: ContainerElement | None) -> Container:
    if given is not None:
        return container_of(given, "live_render(container)")
    own = view_class.container
    return Container() if own is None else container_of(own, f"{view_class.__qualname__}.container")


def _kebab(name: str) -> str:
    plain = name.removesuffix("LiveView").removesuffix("View") or name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", plain).strip("_").lower()
