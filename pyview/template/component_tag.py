"""`live_component(...)` in a template: says which component stands there, and with what.

It is a name of every live template, and a plain function for Python code that makes content. What it returns is made
anew at each render; the component itself lives in the view, found again by its class and id.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from jinja2.runtime import Macro, Undefined

from pyview.template.declared.declaration import DeclaredSlot
from pyview.template.sources import TemplateLine, calling_line
from pyview.template.tree.immutable import COMPONENT_MARK, is_template_class
from pyview.template.tree.macro import bound
from pyview.template.tree.nodes import RenderPass
from pyview.template.tree.output import Live

DEFAULT_SLOT = "default"


class SlotContent(Live):
    """Content that was written outside a component and is shown in it: `{{ slots.header }}`.

    Called, `{{ slots.row(item) }}`, it hands values to the content, if that takes any.
    """

    __slots__ = ("_args", "_kwargs", "_macro")

    def __init__(
        self, macro: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> None:
        self._macro = macro
        self._args = args
        self._kwargs = kwargs or {}

    def __call__(self, *args: Any, **kwargs: Any) -> "SlotContent":
        return SlotContent(self._macro, args, kwargs)

    @property
    def described(self) -> str:
        return "the content of a slot"

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        result: tuple[Any, Any] = self._macro.render(render_pass, previous, self._args, dict(self._kwargs))
        return result

    def __html__(self) -> str:
        return str(self._macro(*self._args, **self._kwargs))


class Slots(dict[str, Any]):
    """The content that a component was given, by the name of its place: `slots["header"]`, `slots.header`.

    What goes between `{% call live_component(...) %}` and `{% endcall %}` is `slots.default`.
    """

    __slots__ = ()


def slots(default: Any = None, /, **named: Any) -> Slots:
    """Content for a component: `live_component(Card, id="a", slots=slots(body, header=title))`.

    Each is a text, a macro (not called), a t-string, or anything else that may stand in a template.
    """
    given = named if default is None else {DEFAULT_SLOT: default, **named}
    return Slots({name: _slot(content) for name, content in given.items()})


def _slot(content: Any) -> Any:
    if isinstance(content, Macro):
        return SlotContent(bound(content))
    return DeclaredSlot(content, ()) if is_template_class(type(content)) else content


class ComponentTag(Live):
    """One place of a page where a component stands, as one render describes it."""

    __slots__ = ("assigns", "component", "id", "place", "slots")

    def __init__(
        self, component: type, id: Any, assigns: dict[str, Any], slots: Slots | None, place: TemplateLine
    ) -> None:
        self.component = component
        self.id = id
        self.assigns = assigns
        self.slots = slots
        self.place = place

    @property
    def described(self) -> str:
        return described(self.component, self.id)

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        result: tuple[Any, Any] = (
            _host(self, render_pass.host).component_registry().place(self, render_pass.host, previous)
        )
        return result

    async def html(self, host: Any) -> str:
        text: str = await _host(self, host).component_registry().html(self, host)
        return text


def described(component: type, id: Any) -> str:
    """What errors call a component."""
    return f"live_component({component.__qualname__}, id={id!r})"


def _host(tag: ComponentTag, host: Any) -> Any:
    if host is None:
        raise TypeError(f"{tag.described} is rendered without a view: a live component needs one to live in")
    return host


def live_component(component: type, /, id: Any, *, caller: Any = None, **assigns: Any) -> ComponentTag:
    """A component in a page: `{{ live_component(Counter, id="a", start=3) }}`.

    Its class and id say which component it is: as long as both are rendered, the same one goes on, wherever it stands.
    `assigns` go to its `update`, whenever one of them is not provably the same as before. `slots=slots(...)` is content
    for it, and so is what a call block holds: `{% call live_component(Card, id="a") %}...{% endcall %}`.

    Raises `TypeError` for a class that is no `LiveComponent`.
    """
    if not getattr(component, COMPONENT_MARK, False):
        raise TypeError(
            f"live_component() expects a class derived from LiveComponent, got {component!r}. A template knows those "
            "that its view's module has or imports, and what the view's context holds"
        )
    _check_id(component, id)
    content = _given_slots(assigns.pop("slots", None), caller)
    return ComponentTag(component, id, assigns, content, calling_line())


def _check_id(component: type, id: Any) -> None:
    if isinstance(id, Hashable) and not isinstance(id, Undefined):
        return
    raise TypeError(
        f"live_component({component.__qualname__}) expects an id that is hashable, such as text or a number, got {id!r}"
    )


def _given_slots(given: Mapping[str, Any] | None, caller: Callable[..., Any] | None) -> Slots | None:
    if caller is None:
        return None if given is None else Slots({name: _slot(content) for name, content in given.items()})
    return Slots({**slots(**(given or {})), DEFAULT_SLOT: _slot(caller)})
