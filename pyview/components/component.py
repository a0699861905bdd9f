"""LiveComponent: the class a developer writes.

What can be wrong with how components are placed or written.

What `LiveComponent.template` gets besides the context.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any, ClassVar, Generic, TypeVar, cast

from pyview.binding.callers import DONE
from pyview.components.socket import ComponentSocket
from pyview.meta import PyViewMeta
from pyview.template.component_tag import Slots
from pyview.template.tree.immutable import COMPONENT_MARK
from pyview.threads import inline

T = TypeVar("T")


class LiveComponent(Generic[T]):
    """A part of a view with state of its own. `T` is the type of `socket.context`.

    A template places it by `{{ live_component(Counter, id="a", start=3) }}`. Its life: `mount(socket, assigns)` once,
    `update(socket, assigns)` then and whenever the assigns are not provably the same as before, `handle_event` (or
    methods under `@event`) for events of elements with `phx-target="{{ myself }}"`, `disconnect(socket)` when it has
    gone from the page. All of them run in the turn of the view: nothing of one view ever overlaps. What they raise ends
    the view, as if it had raised itself.

    The template is the class attribute `template` (a name for the loader, or a `LiveTemplate`), or the method
    `template(assigns, meta)` that returns content, or the file `counter.html` beside the module for a class `Counter`,
    or the `.html` file of the module if that has no view. It must be one element, with nothing beside it. It sees the
    context, and `myself`, `slots` and `flash`.

    A class method `update_many(updates)` is called instead of `update`, once for all components of the class that a
    render has news for, with a list of `(socket, assigns)`: the place to load what all of them show at once.
    """

    template: ClassVar[Any] = None

    @inline
    def mount(self, socket: ComponentSocket[T], assigns: dict[str, Any]) -> Any:
        """The component is new: set what in `socket.context` the assigns do not give."""
        return DONE

    @inline
    def update(self, socket: ComponentSocket[T], assigns: dict[str, Any]) -> Any:
        """The component was placed, or has news: by default the assigns become part of the context.

        A context that is no dict takes those that it has attributes for; of a frozen dataclass a new one is made.
        """
        context: Any = socket.context
        fitting = {name: value for name, value in assigns.items() if hasattr(context, name)}
        if isinstance(context, dict):
            context.update(assigns)
        elif is_dataclass(context) and fitting:
            socket.context = cast(T, replace(cast(Any, context), **fitting))
        else:
            for name, value in fitting.items():
                setattr(context, name, value)
        return DONE

    @inline
    def disconnect(self, socket: ComponentSocket[T]) -> Any:
        """The component has gone from the page, or its view has ended. Runs once."""
        return DONE


setattr(LiveComponent, COMPONENT_MARK, True)


class DuplicateComponent(ValueError):
    """Two places of one page show a component of one class with one id. `places` are file and line of each."""

    def __init__(self, described: str, places: tuple[str, str]) -> None:
        first, second = places
        super().__init__(
            f"{described} stands in two places: {first} and {second}. Within a view a class and an id name one "
            "component, which can be in one place only: give each its own id"
        )
        self.places = places


class NotOneElement(ValueError):
    """A component's template is not one element: the browser could not find it again."""

    def __init__(self, component: type, template: str, statics: list[str]) -> None:
        shown = "{{ }}".join(statics).strip()
        super().__init__(
            f"{template}: the template of the live component {component.__qualname__} must be exactly one element, "
            "with nothing beside it and no condition around it. Put one around all of it, such as <div>...</div>. "
            f"It begins: {shown[:120]!r}"
        )


class TooManyComponents(RuntimeError):
    """A view has more components than it may have, or they go deeper than anybody can mean."""


@dataclass(frozen=True, slots=True)
class ComponentMeta:
    """`cid` is the component's number in its view, `slots` the content it was given, by name. `socket` is the
    component's own socket, `parent_meta.socket` that of its view."""

    cid: int
    parent_meta: PyViewMeta
    slots: Slots = field(default_factory=Slots)
    _socket: ComponentSocket[Any] | None = None

    @property
    def socket(self) -> ComponentSocket[Any]:
        if self._socket is None:
            raise RuntimeError(
                "this ComponentMeta was made without a socket: ComponentMeta(cid, parent_meta, slots, socket)"
            )
        return self._socket

    @property
    def flash(self) -> Mapping[str, Any]:
        """The component's own messages."""
        return self.socket.flash

    @property
    def myself(self) -> int:
        """What `phx-target` names."""
        return self.cid
