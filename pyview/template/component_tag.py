"""`live_component(...)` in a template: the place of a live component, with its assigns and slots.

Every live template has this name, and Python code can call it as a function. Each render makes a new tag. The component
itself lives in the view, which finds it by its class and id.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
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
    """Content that is written outside a component and shown in it: `{{ slots.header }}`.

    A call, `{{ slots.row(item) }}`, passes arguments to the content.
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
        # A copy of the keyword arguments, because the macro removes those that it knows.
        result: tuple[Any, Any] = self._macro.render(render_pass, previous, self._args, dict(self._kwargs))
        return result

    def __html__(self) -> str:
        return str(self._macro(*self._args, **self._kwargs))


class Slots(dict[str, Any]):
    """Content for the slots of a component by name: `slots["header"]`, `slots.header`.

    The body of `{% call live_component(...) %}` is `slots.default`.
    """

    __slots__ = ()


def slots(default: Any = None, /, **named: Any) -> Slots:
    """Return content for a component: `live_component(Card, id="a", slots=slots(body, header=title))`.

    Each value is a text, a macro (not called), a template string, or another value that may stand in a template.
    """
    given = named if default is None else {DEFAULT_SLOT: default, **named}
    return Slots({name: _slot(content) for name, content in given.items()})


def _slot(content: Any) -> Any:
    if isinstance(content, Macro):
        return SlotContent(bound(content))
    return DeclaredSlot(content, ()) if is_template_class(type(content)) else content


class ComponentTag(Live):
    """A component in a page, as one render describes it. `place` is the line of the template."""

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

    @classmethod
    async def prepare(cls, values: Sequence["ComponentTag"], host: Any) -> None:
        # Together, as on a joined page: one `update_many` may load the data of all components of a class.
        await _host(values[0], host).component_registry().prepare(values, host)

    async def html(self, host: Any) -> str:
        text: str = await _host(self, host).component_registry().html(self)
        return text


def described(component: type, id: Any) -> str:
    """Return the name of a component in error messages."""
    return f"live_component({component.__qualname__}, id={id!r})"


def _host(tag: ComponentTag, host: Any) -> Any:
    if host is None:
        raise TypeError(
            f"{tag.described} was rendered without a view: a live component can only live in a view"
        )
    return host


def live_component(component: type, /, id: Any, *, caller: Any = None, **assigns: Any) -> ComponentTag:
    """Place a live component in a page: `{{ live_component(Counter, id="a", start=3) }}`.

    Class and id identify the component: as long as each render places both, it keeps its state, also when it moves.
    `assigns` go to its `update`, unless all of them are provably the same as before. `slots=slots(...)` is content for
    it, and so is the body of a call block: `{% call live_component(Card, id="a") %}...{% endcall %}`.

    Raises `TypeError` if the class is not a `LiveComponent`, or the id not hashable.
    """
    if not getattr(component, COMPONENT_MARK, False):
        raise TypeError(
            f"live_component() expects a class derived from LiveComponent, got {component!r}. A template knows the "
            "classes that its view's module defines or imports, and the values of the view's context"
        )
    _check_id(component, id)
    content = _given_slots(assigns.pop("slots", None), caller)
    return ComponentTag(component, id, assigns, content, calling_line())


def _check_id(component: type, id: Any) -> None:
    # An undefined value has a hash and equals any other: a misspelled id would be the same for all
    # components.
    if isinstance(id, Hashable) and not isinstance(id, Undefined):
        return
    raise TypeError(
        f"live_component({component.__qualname__}) expects a hashable id, such as text or a number, got {id!r}"
    )


def _given_slots(given: Mapping[str, Any] | None, caller: Callable[..., Any] | None) -> Slots | None:
    if caller is None:
        return None if given is None else Slots({name: _slot(content) for name, content in given.items()})
    return Slots({**slots(**(given or {})), DEFAULT_SLOT: _slot(caller)})
