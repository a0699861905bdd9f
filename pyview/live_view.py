"""LiveView: the base class of views."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from pyview.binding.callers import DONE, no_handler
from pyview.keeping.spec import KeepArgument, declare, refuse_arguments
from pyview.meta import PyViewMeta
from pyview.socket.socket import LiveViewSocket
from pyview.template.container import ContainerElement
from pyview.template.live_template import Content, LiveRender
from pyview.template.tree.immutable import VIEW_MARK
from pyview.threads import inline

T = TypeVar("T")


class LiveView(Generic[T]):
    """A live page, or a part of one. `T` is the type of `socket.context`.

    Life cycle: `mount`, `handle_params` and `render` answer the HTTP request. When the browser joins within a few
    seconds, the same view goes on, unless one of them asked whether a browser has joined or called what only a joined
    view can do, such as `subscribe`. Otherwise a new view is made, and the same three run on a connected socket. Then
    `handle_event` and `handle_info` run for each event and message, with a render after each.

    Callbacks of one view never overlap. Each may be an `async def`, or a `def`, which runs in a worker thread. Each may
    declare typed parameters instead of the classic ones; the signatures of the base class are open, so that type
    checkers accept both. A view overrides the callbacks that it needs, or decorates methods with `@event` and `@info`.
    The callbacks of this class do nothing, and may be called by `super()`. An event without a handler is an error.

    Class attributes:

    - `template`: a name for the loader, or a `LiveTemplate`. Default: the `.html` file beside the module of the class.
      Or a method `template(assigns, meta)` that returns a template string (PEP 750).
    - `layout`: a live template around that of the view, with `{{ inner_content }}` in the place of the view: a file
      beside the module of the class that names it, or a name for the loader. False disables the layout of a live
      session or a base class.
    - `container`: the element of the view: a tag, or a tag and its attributes, `("main", {"class": "wide"})`.
    - `on_mount`: functions that run before `mount`, those of base classes first; see `pyview.hooks`.
    - `mount_once`: False to mount the view again when the browser joins. True to go on with the view of the HTTP
      response also if it holds objects that could end with the request, such as a database session. Default: neither.

    Class argument `keep`, as in `class Board(LiveView[State], keep=("draft", "step"))`: what survives of the context
    when the page returns to another worker, or after a deploy. `True` keeps all names, `Keep(...)` sets more, `False`
    turns off what a base class keeps.
    """

    template: ClassVar[Any] = None
    layout: ClassVar[Any] = None
    container: ClassVar[ContainerElement | None] = None
    on_mount: ClassVar[Sequence[Callable[..., Any]]] = ()
    mount_once: ClassVar[bool | None] = None

    def __init_subclass__(cls, *, keep: KeepArgument = None, **kwargs: Any) -> None:
        try:
            super().__init_subclass__(**kwargs)
        except TypeError as error:
            refuse_arguments(cls, kwargs, error)
        declare(cls, keep)
        if not isinstance(cls.mount_once, bool | None):
            raise TypeError(
                f"{cls.__qualname__}.mount_once: expected True, False or None; got {cls.mount_once!r}"
            )

    @inline
    def mount(self, *args: Any, **kwargs: Any) -> Any:
        """Set `socket.context`. Classic signature: `mount(socket, session)`.

        Runs for the HTTP response, and again when the browser joins, unless the view of the response goes on. It may
        declare parameters of the URL, such as `mount(self, socket, page: int = 1)`.
        """
        return DONE

    @no_handler
    def handle_params(self, *args: Any, **kwargs: Any) -> Any:
        """Handle the URL of the page. Classic signature: `handle_params(url, params, socket)`.

        Runs after `mount`, and whenever the URL changes within the view.
        """
        return DONE

    @no_handler
    def handle_event(self, *args: Any, **kwargs: Any) -> Any:
        """Handle events without an `@event` method. Classic signature: `handle_event(event, payload, socket)`.

        The result is the reply to the event.
        """
        return DONE

    @no_handler
    def handle_info(self, *args: Any, **kwargs: Any) -> Any:
        """Handle timers and messages without an `@info` method. Classic signature: `handle_info(event, socket)`."""
        return DONE

    @no_handler
    def handle_async(self, *args: Any, **kwargs: Any) -> Any:
        """Handle results of `socket.start_async` without an `@async_result` method.

        Classic signature: `handle_async(name, result, socket)`.
        """
        return DONE

    @inline
    def restored(self, socket: LiveViewSocket[T]) -> Any:
        """React to a kept state: the page has come back to a new view, and what `keep` names was laid over its context.

        Runs after `mount` and `handle_params`, before the render. May be `async def`.
        """
        return DONE

    @inline
    def reconnected(self, socket: LiveViewSocket[T]) -> Any:
        """React to a restored connection: the page has rejoined this view, whose state was kept, without `mount`.

        May be `async def`. The whole view is rendered afterwards.
        """
        return DONE

    async def disconnect(self, socket: LiveViewSocket[T]) -> None:
        """Clean up when the view ends. Runs once for each view that joined, or whose connected `mount` began."""

    async def render(self, assigns: T, meta: PyViewMeta) -> Content:
        """Return the content of the view: by default its template, rendered with its context.

        An override may also return a template string, or a live value. Raises `NotImplementedError` without a template.
        """
        if callable(self.template):
            return self.template(assigns, meta)  # type: ignore[no-any-return]
        if meta.template is None:
            raise NotImplementedError(
                f"{type(self).__qualname__} has no template and no render(). Write an .html file beside its module, "
                "name one in the class attribute `template`, or define render()"
            )
        return LiveRender(meta.template, assigns, meta)


setattr(LiveView, VIEW_MARK, True)
