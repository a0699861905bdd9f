"""LiveComponent, the base class of components; its `ComponentMeta`, and the errors of components in templates."""

from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any, ClassVar, Generic, TypeVar, cast

from pyview.binding.callers import DONE
from pyview.components.socket import ComponentSocket
from pyview.keeping.spec import Keep, KeepArgument, declare, refuse_arguments
from pyview.meta import PyViewMeta
from pyview.template.component_tag import Slots
from pyview.template.tree.immutable import COMPONENT_MARK
from pyview.threads import inline

T = TypeVar("T")


class LiveComponent(Generic[T]):
    """A part of a view with its own state. `T` is the type of `socket.context`.

    A template places it by `{{ live_component(Counter, id="a", start=3) }}`. Its callbacks:

    - `mount(socket, assigns)`, once;
    - `update(socket, assigns)`, after `mount` and whenever the assigns may have changed;
    - `handle_event`, or methods decorated with `@event`, for events of elements with `phx-target="{{ myself }}"`;
    - `restored(socket)`, after the first `update`, if the page comes back with what its class argument `keep` names;
    - `disconnect(socket)`, when it is gone from the page.

    All of them run in the process of the view, so callbacks of one view never overlap. An exception in a callback ends
    the view.

    The template is the class attribute `template` (a name for the loader, or a `LiveTemplate`); or the method
    `template(assigns, meta)`, which returns content; or the file `counter.html` beside the module, for a class
    `Counter`; or the `.html` file of the module if the module has no view. It must be exactly one element. Its names
    are those of the context, and `myself`, `slots` and `flash`.

    If the class has a class method `update_many(updates)`, it is called instead of `update`, once per render for all
    components of the class with new assigns. `updates` is a list of `(socket, assigns)`. Use it to load the data of all
    components with one query.
    """

    template: ClassVar[Any] = None

    def __init_subclass__(cls, *, keep: KeepArgument = None, **kwargs: Any) -> None:
        try:
            super().__init_subclass__(**kwargs)
        except TypeError as error:
            refuse_arguments(cls, kwargs, error)
        if isinstance(keep, Keep) and keep.streams:
            raise ValueError(
                f"class {cls.__qualname__}(keep=...): only a view keeps streams; those of a component are filled again"
            )
        declare(cls, keep)

    # Without `inline`, each of these empty callbacks would cost a worker thread, as every plain `def` does.
    @inline
    def mount(self, socket: ComponentSocket[T], assigns: dict[str, Any]) -> Any:
        """Set the initial `socket.context`, as far as it does not come from the assigns."""
        return DONE

    @inline
    def update(self, socket: ComponentSocket[T], assigns: dict[str, Any]) -> Any:
        """Take over new assigns. By default they are copied into the context.

        A context that is no dict takes only the assigns that it has attributes for. A dataclass is replaced by a new
        one, because it may be frozen.
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
    def restored(self, socket: ComponentSocket[T]) -> Any:
        """React to a kept state: what `keep` names was laid over the context, after `mount` and `update`."""
        return DONE

    @inline
    def disconnect(self, socket: ComponentSocket[T]) -> Any:
        """Clean up. Runs once, when the component is gone from the page or its view has ended."""
        return DONE


# `pyview.template` knows components by this mark, because it may not import this package.
setattr(LiveComponent, COMPONENT_MARK, True)


class DuplicateComponent(ValueError):
    """One page contains two components of the same class with the same id. `places` are file and line of both."""

    def __init__(self, described: str, places: tuple[str, str]) -> None:
        first, second = places
        super().__init__(
            f"{described} is placed twice: {first} and {second}. Within a view, a class and an id identify one "
            "component, which can be in one place only. Give each its own id"
        )
        self.places = places


class NotOneElement(ValueError):
    """The template of a component is not exactly one element, so the client could not find it in the page."""

    def __init__(self, component: type, template: str, statics: list[str]) -> None:
        shown = "{{ }}".join(statics).strip()
        super().__init__(
            f"{template}: the template of the live component {component.__qualname__} must be exactly one element, "
            "with nothing beside it and no condition around it. Wrap all of it in one, such as <div>...</div>. "
            f"It begins: {shown[:120]!r}"
        )


class TooManyComponents(RuntimeError):
    """A view has more components than `SecurityConfig.max_components`, or they are nested too deeply."""


@dataclass(frozen=True, slots=True)
class ComponentMeta:
    """Second argument of `LiveComponent.template(assigns, meta)`.

    `cid` is the component's number in its view, `slots` the content passed to it, by name. `socket` is the component's
    own socket, `parent_meta.socket` that of its view.
    """

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
        """The component's own flash messages."""
        return self.socket.flash

    @property
    def myself(self) -> int:
        """The value for `phx-target`: the component's cid."""
        return self.cid
