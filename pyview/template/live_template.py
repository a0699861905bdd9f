"""Rendering of views and components: from a template that many views share, or from content made in Python."""

import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import jinja2
from jinja2.runtime import Context

from pyview.template.context import LiveContext
from pyview.template.environment import LiveEnvironment, create_environment, own_globals
from pyview.template.tree.immutable import is_template_class
from pyview.template.tree.nodes import ALWAYS, Diff, Node, RenderPass, Unit, share_statics, unwrapped
from pyview.template.tree.output import Live, TextPage
from pyview.template.tree.stream import settle
from pyview.template.tstrings.compiled import content_text


class RenderedContent(Protocol):
    """Result of a view's `render`: the page as text, and as a tree for the wire."""

    def tree(self) -> dict[str, Any]: ...
    def text(self, socket: Any = None) -> str: ...


class LiveTemplate:
    """One template, compiled once. Views, threads and event loops may share it.

    `load` returns the compiled template. With the environment's `auto_reload` it is called at every render, and returns
    another template when the source has changed.
    """

    __slots__ = ("_load", "_spare", "_template", "_text", "environment")

    def __init__(
        self, environment: LiveEnvironment, load: Callable[[], jinja2.Template], text: str | None = None
    ) -> None:
        self.environment = environment
        self._text = text
        self._load = load
        self._template = load()
        # Contexts of this template that no render uses. To make one costs as much time as to render a small template.
        # `pop` and `append` of a list are atomic, so threads need no lock.
        self._spare: list[LiveContext] = []

    @classmethod
    def from_string(
        cls, source: str, name: str | None = None, environment: LiveEnvironment | None = None
    ) -> "LiveTemplate":
        """Make a template from its source. Errors show `name`. Raises TemplateSyntaxError."""
        environment = environment or create_environment()
        code = environment.compile(source, name, name)
        template = environment.template_class.from_code(environment, code, environment.make_globals(None))
        return cls(environment, lambda: template, source)

    @classmethod
    def from_file(
        cls, path: str | os.PathLike[str], environment: LiveEnvironment | None = None
    ) -> "LiveTemplate":
        """Load a template file. It finds other files (to include, to extend) in its directory, then in the loader.

        Raises TemplateNotFound if there is no such file, TemplateSyntaxError with file and line.
        """
        file = Path(path)
        beside = (environment or create_environment()).beside(file.parent)
        return cls(beside, lambda: beside.get_template(file.name))

    @classmethod
    def from_loader(cls, name: str, environment: LiveEnvironment) -> "LiveTemplate":
        """Load a template by its name from the environment's loader. Raises TemplateNotFound, TemplateSyntaxError."""
        return cls(environment, lambda: environment.get_template(name))

    @property
    def name(self) -> str | None:
        """Name of the template in error messages."""
        return self.current().name

    @property
    def filename(self) -> str | None:
        """File of the template, None if it came from no file."""
        return self.current().filename

    def source(self) -> str | None:
        """Return the source text, None if it is no longer available."""
        name, loader = self.name, self.environment.loader
        if self._text is not None or name is None or loader is None:
            return self._text
        try:
            return loader.get_source(self.environment, name)[0]
        except jinja2.TemplateNotFound:
            return None

    def current(self) -> jinja2.Template:
        """Return the compiled template; with `auto_reload`, after loading the file again if it has changed."""
        if self.environment.auto_reload:
            self._template = self._load()
            self._spare.clear()  # another template may have other blocks
        return self._template

    def render(self, assigns: Any, extras: Mapping[str, Any] | None = None) -> str:
        """Render the page as text, as Jinja2 does. The names in `extras` take precedence over those of `assigns`."""
        template = self.current()
        context = self._take_context(template, assigns, extras)
        try:
            text = self.environment.concat(template.root_render_func(context))
        except Exception:
            self.environment.handle_exception()
        if type(context) is LiveContext:
            context.keep_in(self._spare)
        return text

    def part(
        self, assigns: Any, extras: Mapping[str, Any] | None, render_pass: RenderPass, previous: Any
    ) -> tuple[Any, Any]:
        """Render this template as a page or a part of one. Return (what to retain, what changed or None).

        See `Live.render`.
        """
        # Written out, because each event comes here: a call of `current` costs more than this check.
        template = self.current() if self.environment.auto_reload else self._template
        context = self._take_context(template, assigns, extras)
        root: Any = template.root_render_func
        try:
            result: tuple[Any, Any] = root.tree(context, previous, render_pass)
        except Exception:
            self.environment.handle_exception()
        if type(context) is LiveContext:
            context.keep_in(self._spare)
        return result

    def renew(
        self, assigns: Any, extras: Mapping[str, Any] | None, host: Any, previous: Node | None
    ) -> tuple[Node, dict[str, Any], RenderPass]:
        """Render again for a view or a component. Return (node to retain, diff, the nodes that are new in the diff).

        `host` is its socket, `previous` the node retained by its last render. If the template raises an error, that
        node may be half updated: it must not be used again, and the next render has to be a whole tree.
        """
        render_pass = RenderPass()
        render_pass.owner = host
        render_pass.environment = self.environment
        node, diff = self.part(assigns, extras, render_pass, previous)
        # Also if the template shows no stream: changes of a hidden stream must not pile up.
        if render_pass.streams is not None or getattr(host, "streams", None) is not None:
            settle(render_pass)
        return node, ({} if diff is None else diff), render_pass

    def made_by_inputs(self, node: Any) -> bool:
        """Return True if the root unit says all that `node` was made from: another one with its inputs is the same."""
        template = self.current()
        root: Any = template.root_render_func
        # A template that extends another has the root of that one, with names that it has set itself.
        return (
            type(node) is Unit
            and node.segment is root.segment
            and not node.segment.mask & ALWAYS
            and not self.environment.auto_reload
            and not own_globals(template)
        )

    def _take_context(
        self, template: jinja2.Template, assigns: Any, extras: Mapping[str, Any] | None
    ) -> Context:
        """Return a context for one render, a spare one if there is one."""
        try:
            context = self._spare.pop()
        except IndexError:
            return self.environment.context_for(template, assigns, extras)
        if type(assigns) is dict and extras:  # as `read` does for nearly every view
            context.parent = {**assigns, **extras}
        else:
            context.parent = self.environment.name_reader.read(assigns, extras)
        return context

    def rendering(self, host: Any = None) -> "Rendering":
        """Return a rendering of this template for one view. Its live values belong to `host`, the view's socket."""
        return Rendering(self, host)


class Rendering:
    """The retained state of one connected view's template. Two threads must not use it at the same time."""

    __slots__ = ("_host", "_node", "_template")

    def __init__(self, template: LiveTemplate, host: Any = None) -> None:
        self._template = template
        self._host = host
        self._node: Node | None = None

    def update(self, assigns: Any, extras: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Render, and return the whole tree at first, later a diff, `{}` if nothing changed.

        Statics that a message uses more than once are in its table `p`. `assigns` and `extras` as for
        `LiveTemplate.render`. If the template raises an error, the next update is a whole tree.
        """
        diff, render_pass = self._render(assigns, extras)
        return as_page(diff, render_pass) if render_pass else diff

    def part(self, assigns: Any, extras: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Render a component as `update` does. The diff has statics in place, and `r` if it is exactly one element."""
        return self._render(assigns, extras)[0]

    def tree(self, assigns: Any, extras: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Render, and return the whole tree with all statics in place."""
        self.reset()
        diff = self._render(assigns, extras)[0]
        diff.pop("r", None)
        return diff

    @property
    def node(self) -> Node | None:
        """Root node of the last render, None before the first."""
        return self._node

    def reset(self) -> None:
        """Forget the last render. The next update is a whole tree."""
        self._node = None

    def _render(self, assigns: Any, extras: Mapping[str, Any] | None) -> tuple[dict[str, Any], RenderPass]:
        # If the render raises an error, nodes may be half updated. Then the next update must be a whole tree.
        previous, self._node = self._node, None
        self._node, diff, render_pass = self._template.renew(assigns, extras, self._host, previous)
        return diff, render_pass


def as_page(diff: dict[str, Any], render_pass: RenderPass) -> dict[str, Any]:
    """Turn the diff of a page into a message: statics that several of its new nodes use move into the table `p`."""
    diff.pop("r", None)  # at the top of a message `r` is the reply to an event
    return share_statics(diff, render_pass)


class LiveRender:
    """The content of one render of a template, for views that return it from their own `render`."""

    __slots__ = ("_assigns", "_extras", "_host", "_template")

    def __init__(self, template: LiveTemplate, assigns: Any, meta: Any = None) -> None:
        self._template = template
        self._assigns = assigns
        self._host = None if meta is None else meta.socket
        self._extras = {} if meta is None else _names_of(meta.socket)

    def tree(self) -> dict[str, Any]:
        """Return the whole tree, with its statics in place."""
        return self._template.rendering(self._host).tree(self._assigns, self._extras)

    def text(self, socket: Any = None) -> str:
        """Return the page as text."""
        return self._template.render(self._assigns, self._extras)


def _names_of(socket: Any) -> dict[str, Any]:
    # A socket has no `streams` until the view makes one; then the empty ones of the environment count.
    names = {"flash": socket.flash}
    streams = getattr(socket, "streams", None)
    return names if streams is None else {**names, "streams": streams.names}


class TemplateString(Protocol):
    """A template string (PEP 750): `string.templatelib.Template`, or the class of a backport."""

    @property
    def strings(self) -> tuple[str, ...]: ...
    @property
    def interpolations(self) -> tuple[Any, ...]: ...


Content: TypeAlias = RenderedContent | TemplateString | Live
"""Result of a view's `render`."""


def is_content(content: Any) -> bool:
    """Return True for a template string or a live value, which `ContentRendering` can render."""
    return is_template_class(type(content)) or isinstance(content, Live)


class ContentRendering:
    """The retained state of a view or component that makes its content in Python.

    Live values belong to `host`, its socket.
    """

    __slots__ = ("_environment", "_host", "_slot")

    def __init__(self, environment: LiveEnvironment, host: Any) -> None:
        self._environment = environment
        self._host = host
        self._slot: Any = None

    def update(self, content: Any) -> Diff:
        """Render a view. Return the whole tree at first, later a diff; shared statics are in the table `p`."""
        tstrings = self._environment.tstrings
        diff, render_pass = self._render(
            tstrings.render if is_template_class(type(content)) else tstrings.alone, content
        )
        if not render_pass:
            return diff
        diff.pop("r", None)  # at the top of a message `r` is the reply to an event
        return share_statics(diff, render_pass)

    def part(self, content: Any) -> Diff:
        """Render a component. The diff has statics in place, and `r` if it is exactly one element."""
        return self._render(self._environment.tstrings.content, content)[0]

    def html(self, content: Any) -> str | Awaitable[str]:
        """Return the content as HTML for a page that is rendered to text."""
        # Live values leave marks inside, because their HTML may have to be awaited and a template cannot
        # wait.
        with TextPage(self._host, self._environment) as page:
            text = content_text(self._environment.tstrings, content)
        return page.filled(text) if page else text

    @property
    def node(self) -> Node | None:
        """Root node of the last render, None before the first."""
        slot = unwrapped(self._slot)
        return slot if isinstance(slot, Node) else None

    def reset(self) -> None:
        """Forget the last render. The next update is a whole tree."""
        self._slot = None

    def _render(self, render: Any, content: Any) -> tuple[Diff, RenderPass]:
        render_pass = RenderPass()
        render_pass.owner = self._host
        render_pass.environment = self._environment
        # If the render raises an error, nodes may be half updated. Then the next update must be a whole tree.
        previous, self._slot = self._slot, None
        slot, change = render(render_pass, previous, content)
        if render_pass.streams is not None or getattr(self._host, "streams", None) is not None:
            settle(render_pass)
        self._slot = previous if change is None else slot
        return ({} if change is None else change), render_pass
