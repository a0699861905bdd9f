"""LiveView: the class a developer writes."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from pyview.binding.callers import DONE, no_handler
from pyview.meta import PyViewMeta
from pyview.socket.socket import LiveViewSocket
from pyview.template.container import ContainerElement
from pyview.template.live_template import Content, LiveRender
from pyview.template.tree.immutable import VIEW_MARK
from pyview.threads import inline

T = TypeVar("T")


class LiveView(Generic[T]):
    """One page. `T` is the type of `socket.context`.

    The life of a view: `mount`, `handle_params`, `render` answer the HTTP request; when the browser joins, the same
    three run again on a connected socket; then `handle_event` and `handle_info` as things happen, a render after each.
    Callbacks of one view never overlap. Each may be `async def`, or `def`, which runs in a worker thread; it may
    declare typed parameters instead of the classic ones: the base class leaves signatures open, so that a type checker
    accepts either.

    A view overrides what it needs of them, or has methods under `@event` and `@info`. Those of this class do nothing,
    and may be called by `super()`. An event that a view has no handler for is an error all the same.

    The template is the `.html` file beside the module of the class, or the one named by the class attribute
    `template`; or the method `template(assigns, meta)`, which returns a template string (PEP 750).

    `layout` is a template around that one, within the page and as live as it is, with `{{ inner_content }}` where the
    view comes: a file beside the module of the class that names it, or a name for the loader. False for none, where a
    live session or a base class has one.

    `container` is the element around the view: a tag, or a tag and its attributes, `("main", {"class": "wide"})`.

    `on_mount` lists functions that run before `mount`, those of base classes first; see `pyview.hooks`.
    """

    template: ClassVar[Any] = None
    layout: ClassVar[Any] = None
    container: ClassVar[ContainerElement | None] = None
    on_mount: ClassVar[Sequence[Callable[..., Any]]] = ()

    @inline
    def mount(self, *args: Any, **kwargs: Any) -> Any:
        """`mount(socket, session)`: set `socket.context`.

        Runs once for the HTTP response and once when the browser has joined. It may ask for parameters of the URL, such
        as `mount(self, socket, page: int = 1)`.
        """
        return DONE

    @no_handler
    def handle_params(self, *args: Any, **kwargs: Any) -> Any:
        """`handle_params(url, params, socket)`: the address of the page.

        Runs after `mount`, and whenever the address changes within the view.
        """
        return DONE

    @no_handler
    def handle_event(self, *args: Any, **kwargs: Any) -> Any:
        """`handle_event(event, payload, socket)`: the browser's events that have no `@event` method. What it returns
        answers them."""
        return DONE

    @no_handler
    def handle_info(self, *args: Any, **kwargs: Any) -> Any:
        """`handle_info(event, socket)`: timers and messages that have no `@info` method."""
        return DONE

    @no_handler
    def handle_async(self, *args: Any, **kwargs: Any) -> Any:
        """`handle_async(name, result, socket)`: results of `socket.start_async` that have no `@async_result` method."""
        return DONE

    @inline
    def reconnected(self, socket: LiveViewSocket[T]) -> Any:
        """The connection had broken off, and the page is back at this view: nothing was lost, `mount` does not run.

        May be `async def`. All of the view is rendered afterwards.
        """
        return DONE

    async def disconnect(self, socket: LiveViewSocket[T]) -> None:
        """The view has ended. Runs exactly once for a view whose connected `mount` began."""

    async def render(self, assigns: T, meta: PyViewMeta) -> Content:
        """The page's content: by default the view's template over its context.

        It may also be a template string, or a live value.
        """
        if callable(self.template):
            return self.template(assigns, meta)  # type: ignore[no-any-return]
        if meta.template is None:
            raise NotImplementedError(f"{type(self).__qualname__} has no template and no render()")
        return LiveRender(meta.template, assigns, meta)


setattr(LiveView, VIEW_MARK, True)
