"""Renderers of views: a template yields diffs itself; the trees of a view with its own `render` are compared."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from pyview.components.template_names import (
    context_processor_names,
    function_components,
    template_names,
    without_context_names,
)
from pyview.live_view import LiveView
from pyview.meta import ContextProcessor, PyViewMeta
from pyview.rendering.templates import ViewTemplates
from pyview.socket.socket import LiveViewSocket
from pyview.template.environment import LiveEnvironment
from pyview.template.live_template import ContentRendering, LiveTemplate, as_page, is_content
from pyview.template.shared_pages import SharedDiff, SharedPage, SharedPages, is_shareable
from pyview.template.tree.nodes import Node, RenderPass, Unit
from pyview.template.tree.output import Live, TextPage
from pyview.template.tstrings.compiled import blame
from pyview.wire.diff import diff, without_stream_items

Diff = dict[str, Any]

R = TypeVar("R")


class Renderer(Protocol):
    """Renders one view. The first `update` after `reset` returns the whole tree, later ones return the changes."""

    def html(self, socket: LiveViewSocket[Any]) -> str | Awaitable[str]: ...
    def update(self, socket: LiveViewSocket[Any]) -> Diff | Awaitable[Diff]: ...
    def reset(self) -> None: ...


class Part(Protocol):
    """Renderer of a view inside a layout."""

    def html(self, socket: LiveViewSocket[Any]) -> str | Awaitable[str]: ...
    def part(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]: ...


class TemplateRenderer:
    """Renders the template of a view with its context."""

    __slots__ = (
        "__weakref__",
        "_functions",
        "_is_own",
        "_names",
        "_node",
        "_pages",
        "_processors",
        "_template",
    )

    def __init__(
        self,
        template: LiveTemplate,
        view: LiveView[Any],
        processors: Sequence[ContextProcessor],
        pages: SharedPages,
    ) -> None:
        self._template = template
        self._pages = pages
        self._names = _names_of(view)
        self._functions = function_components(type(view))
        self._processors = processors
        self._node: Any = None
        """The retained tree, or a page that holds it together with other views; None before the first render."""
        self._is_own = False
        """True if a part of the page, such as a component, belongs to this view and to no other one."""

    def html(self, socket: LiveViewSocket[Any]) -> str | Awaitable[str]:
        with TextPage(socket, self._template.environment) as page:
            text = self._template.render(socket.context, self._extras(socket))
        return page.filled(text) if page else text

    def update(self, socket: LiveViewSocket[Any]) -> Diff | Awaitable[Diff]:
        # If the template raises an error, the retained tree may be half updated.
        # The view then has no tree, and its next render sends a whole one.
        previous, self._node = self._node, None
        if type(previous) is SharedPage:
            self._pages.missed()
            previous = previous.own_tree()
        return self._update(socket, socket.context, self._extras(socket), previous)

    def update_alike(self, socket: LiveViewSocket[Any], *, is_last: bool) -> Diff | Awaitable[Diff]:
        """`update` for a change that other views of the template are likely to make, too, such as that by a broadcast.

        Views that show the same share one tree, one render and one `SharedDiff`. `is_last` says that no other change
        waits: before that, other views do not show the same yet, or not any more.
        """
        page = self._node
        # Parts of the page, or of its context, belong to this view alone.
        if type(page) is SharedPage and socket.components is None and socket.temporaries is None:
            return self._follow(page, socket, socket.context, self._extras(socket))
        update = self.update(socket)
        tree = self._node
        if is_last and type(tree) is Unit and self._pages.is_worth_a_try() and self._may_share(tree):
            self._pages.meet(self, tree)
        return update

    def followed(self, socket: LiveViewSocket[Any]) -> SharedDiff | None:
        """Return the diff of `update_alike` if another view has made the same change.

        None if that takes more time to find out.
        """
        page, assigns = self._node, socket.context
        if (
            type(page) is not SharedPage
            or page.asks_extras
            or type(assigns) is not dict
            or socket.components is not None
            or socket.temporaries is not None
        ):
            return None
        behind, step = self._template.environment.globals, page.step
        # Nearly always the next page; without calls of `after` and `taken`, since each delivery comes here.
        if step is None or not step.page.shows(_NO_NAMES, assigns, behind):
            step = page.after(_NO_NAMES, assigns, behind)
            if step is None:
                return None
        page = self._node = step.page
        page.was_followed = True
        return step.diff

    def _follow(
        self, page: SharedPage, socket: LiveViewSocket[Any], assigns: Any, extras: Mapping[str, Any]
    ) -> Diff | Awaitable[Diff]:
        environment = self._template.environment
        if type(assigns) is not dict:
            # Read now, so that the properties of a context are read once, whether the page is shared or not.
            assigns, extras = environment.name_reader.read(assigns, extras), _NO_NAMES
        step = page.after(extras, assigns, environment.globals)
        if step is None:
            return self._lead(page, socket, assigns, extras)
        self._node = step.taken()
        return step.diff

    def _lead(
        self, page: SharedPage, socket: LiveViewSocket[Any], assigns: Any, extras: Mapping[str, Any]
    ) -> Diff | Awaitable[Diff]:
        """Render what no view of `page` has rendered so far, for all of them."""
        self._node = None
        update = self._update(socket, assigns, extras, page.own_tree())
        tree = self._node
        if type(update) is dict and type(tree) is Unit and is_shareable(tree) and self._may_share(tree):
            step = self._pages.lead(self, page, tree, update)
            self._node, update = step.page, step.diff
        return update

    def _update(
        self, socket: LiveViewSocket[Any], assigns: Any, extras: Mapping[str, Any], previous: Node | None
    ) -> Diff | Awaitable[Diff]:
        node, diff, render_pass = self._template.renew(assigns, extras, socket, previous)
        self._node = node
        if render_pass.asked_owner or render_pass.uncached:
            self._is_own = True
        if render_pass:
            diff = as_page(diff, render_pass)
        if socket.temporaries is not None:
            socket.context = socket.temporaries.reset(socket.context, node)
        components = socket.components
        return diff if components is None else components.completed_page(diff, node)

    def _may_share(self, tree: Unit) -> bool:
        return not self._is_own and self._template.made_by_inputs(tree)

    @property
    def tree(self) -> Any:
        """Root node of the last render; None if it belongs to other views, too."""
        return self._node if isinstance(self._node, Node) else None

    @property
    def templates(self) -> list[LiveTemplate]:
        """The template of the view, or that of its layout and its own."""
        return [self._template]

    @property
    def own_tree(self) -> Unit | None:
        return self._node if type(self._node) is Unit and self._may_share(self._node) else None

    def show(self, page: SharedPage) -> None:
        self._node = page

    def may_add(self, names: Iterable[str]) -> bool:
        return bool(self._processors) or not {*self._names, *self._functions, "streams"}.isdisjoint(names)

    def reset(self) -> None:
        self._node = None
        self._is_own = False

    def part(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        """Return the state that the slot of a layout keeps until the next render, and the changes."""
        socket: LiveViewSocket[Any] = render_pass.host
        node, change = self._template.part(socket.context, self._extras(socket), render_pass, previous)
        if socket.temporaries is not None:
            socket.context = socket.temporaries.reset(socket.context, node)
        return node, change

    def _extras(self, socket: LiveViewSocket[Any]) -> Mapping[str, Any]:
        extras = self._names
        # `socket.flash` would make a `Flash` for every view, and most have no message.
        if socket.has_flash:
            extras = {**extras, "flash": socket.flash}
        if socket.streams is not None:
            extras = {**extras, "streams": socket.streams.names}
        if self._functions:
            extras = {**without_context_names(self._functions, socket.context), **extras}
        return self._with_processed(socket, extras) if self._processors else extras

    def _with_processed(self, socket: LiveViewSocket[Any], extras: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add the names of the context processors. The view's own names take precedence."""
        meta = PyViewMeta(socket, self._template)
        return {**context_processor_names(self._processors, meta, socket.context), **extras}


class InnerContent(Live):
    """The value of `{{ inner_content }}` in a layout: the view itself."""

    __slots__ = ("_inner",)

    def __init__(self, inner: "Part") -> None:
        self._inner = inner

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        return self._inner.part(render_pass, previous)

    async def html(self, host: Any) -> str:
        rendered = self._inner.html(host)
        return rendered if isinstance(rendered, str) else await rendered

    @property
    def described(self) -> str:
        return "inner_content"


class LayoutRenderer(TemplateRenderer):
    """Renders a layout with the context of the view, and the view in it."""

    __slots__ = ("_content", "_inner")

    def __init__(
        self,
        layout: LiveTemplate,
        view: LiveView[Any],
        processors: Sequence[ContextProcessor],
        pages: SharedPages,
        inner: "Part",
    ) -> None:
        super().__init__(layout, view, processors, pages)
        self._inner = inner
        self._content = InnerContent(inner)

    def update(self, socket: LiveViewSocket[Any]) -> Diff | Awaitable[Diff]:
        inner = self._inner
        # A view's own `render` may be async, and no template can await in the middle of a render.
        if isinstance(inner, CustomRenderer):
            return self._update_prepared(inner, socket)
        return super().update(socket)

    async def _update_prepared(self, inner: "CustomRenderer", socket: LiveViewSocket[Any]) -> Diff:
        await inner.prepare(socket)
        diff = super().update(socket)
        return diff if isinstance(diff, dict) else await diff

    @property
    def templates(self) -> list[LiveTemplate]:
        inner = self._inner
        return [self._template, *(inner.templates if isinstance(inner, TemplateRenderer) else ())]

    def _extras(self, socket: LiveViewSocket[Any]) -> Mapping[str, Any]:
        # Last, so that no context processor can take the place of the view.
        return {**super()._extras(socket), "inner_content": self._content}


# Dicts, because the one is looked into by each delivery of a broadcast, and the other is copied into the names of every
# render. Neither is ever written to.
_NO_NAMES: Mapping[str, Any] = {}
_NO_FLASH: Mapping[str, Any] = {"flash": MappingProxyType({})}


def _names_of(view: LiveView[Any]) -> Mapping[str, Any]:
    """Return the names that a template has in addition to the context: `flash`, and those of the view class."""
    names = template_names(view)
    return {**names, **_NO_FLASH} if names else _NO_FLASH


class TStringRenderer:
    """Renders the template string that the view's method `template` returns."""

    __slots__ = ("_environment", "_rendering", "_view")

    def __init__(self, view: LiveView[Any], environment: LiveEnvironment) -> None:
        self._view = view
        self._environment = environment
        self._rendering: ContentRendering | None = None

    def html(self, socket: LiveViewSocket[Any]) -> str | Awaitable[str]:
        return self._with_position(ContentRendering(self._environment, socket).html, socket)

    def update(self, socket: LiveViewSocket[Any]) -> Diff | Awaitable[Diff]:
        # Kept from render to render: it has the tree that the next template string is compared with.
        if self._rendering is None:
            self._rendering = ContentRendering(self._environment, socket)
        change = self._with_position(self._rendering.update, socket)
        components = socket.components
        return change if components is None else components.completed_page(change, self._rendering.node)

    def reset(self) -> None:
        self._rendering = None

    def part(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        """Return the state that the slot of a layout keeps until the next render, and the changes."""
        tstrings = self._environment.tstrings
        return self._with_position(
            lambda content: tstrings.content(render_pass, previous, content), render_pass.host
        )

    def _with_position(self, render: Callable[[Any], R], socket: LiveViewSocket[Any]) -> R:
        """Call `render` with the template string. Its errors get the position in the source of the view."""
        template = self._view.template
        try:
            return render(template(socket.context, PyViewMeta(socket)))
        except Exception as error:
            blame(error, template)
            raise


class CustomRenderer:
    """Calls the view's own `render`. Trees that it returns are compared: nothing else knows what has changed."""

    __slots__ = ("_environment", "_prepared", "_previous", "_rendering", "_template", "_view")

    def __init__(
        self, view: LiveView[Any], template: LiveTemplate | None, environment: LiveEnvironment
    ) -> None:
        self._view = view
        self._template = template
        self._environment = environment
        self._previous: dict[str, Any] | None = None
        self._prepared: Any = None
        self._rendering: ContentRendering | None = None

    async def html(self, socket: LiveViewSocket[Any]) -> str:
        content = await self._content(socket)
        if is_content(content):
            html = ContentRendering(self._environment, socket).html(content)
            return html if isinstance(html, str) else await html
        # The text may contain live values, such as components, whose HTML is made only after the template.
        with TextPage(socket, self._environment) as page:
            text = str(content.text())
        return await page.filled(text)

    async def update(self, socket: LiveViewSocket[Any]) -> Diff:
        content = await self._content(socket)
        if is_content(content):
            change = self._rendered(content, socket)
        else:
            change = self._compared(content.tree(), streams=socket.streams is not None)
        components = socket.components
        node = None if self._rendering is None else self._rendering.node
        completed = change if components is None else components.completed_page(change, node)
        return await completed if inspect.isawaitable(completed) else completed

    def reset(self) -> None:
        self._previous = None
        self._rendering = None

    def _rendered(self, content: Any, socket: LiveViewSocket[Any]) -> Diff:
        # `render` may return a tree one time and a template string the next.
        # The state of the other kind does not match the page any more, so a whole tree is sent.
        self._previous = None
        if self._rendering is None:
            self._rendering = ContentRendering(self._environment, socket)
        return self._rendering.update(content)

    def _compared(self, tree: Diff, *, streams: bool) -> Diff:
        self._rendering = None
        # The browser keeps the items of streams. A copy of them here would cost memory until the next render.
        previous, self._previous = self._previous, without_stream_items(tree) if streams else tree
        return tree if previous is None else diff(previous, tree)

    async def prepare(self, socket: LiveViewSocket[Any]) -> None:
        """Render the content for `part`: a layout cannot await in the middle of its own render."""
        content = await self._content(socket)
        self._prepared = content if is_content(content) else content.tree()

    def part(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        """Return the state that the slot of a layout keeps until the next render, and the changes."""
        tree, self._prepared = self._prepared, None
        if is_content(tree):
            rendered: tuple[Any, Any] = self._environment.tstrings.content(render_pass, previous, tree)
            return rendered
        # `previous` is no dict if the last render returned a template string: then the whole tree is sent.
        change = diff(previous, tree) if type(previous) is dict else tree
        return tree, change or None

    async def _content(self, socket: LiveViewSocket[Any]) -> Any:
        content: Any = self._view.render(socket.context, PyViewMeta(socket, self._template))
        return await content if inspect.isawaitable(content) else content


def renderer_for(
    view: LiveView[Any],
    templates: ViewTemplates,
    processors: Sequence[ContextProcessor] = (),
    layout: LiveTemplate | None = None,
) -> Renderer:
    """Return the renderer of `view`, with `layout` around it. Raises what Jinja2 raises for an invalid template."""
    cls = type(view)
    template = templates.for_view(cls)
    pages = templates.shared_pages(cls)
    inner: TemplateRenderer | TStringRenderer | CustomRenderer
    # Before the template: a `render` of its own may use the template, which it gets with its meta.
    if cls.render is not LiveView.render:
        inner = CustomRenderer(view, template, templates.environment)
    elif template is not None:
        inner = TemplateRenderer(template, view, processors, pages)
    else:
        inner = TStringRenderer(view, templates.environment)
    return inner if layout is None else LayoutRenderer(layout, view, processors, pages, inner)
