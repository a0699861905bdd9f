"""What a view or a component shows that makes its content in Python: template strings and live values."""

from collections.abc import Awaitable
from typing import Any, Protocol, TypeAlias

from pyview.template.environment import LiveEnvironment
from pyview.template.live_template import RenderedContent
from pyview.template.tree.immutable import is_template_class
from pyview.template.tree.live import Live, TextPage
from pyview.template.tree.nodes import Diff, Fresh, Node, unwrapped
from pyview.template.tree.statics import share_statics
from pyview.template.tree.stream import settle
from pyview.template.tstrings.content import content_text


class TemplateString(Protocol):
    """A template string (PEP 750): `string.templatelib.Template`, or that of a backport."""

    @property
    def strings(self) -> tuple[str, ...]: ...
    @property
    def interpolations(self) -> tuple[Any, ...]: ...


Content: TypeAlias = RenderedContent | TemplateString | Live
"""What `render` of a view may return."""


def is_content(content: Any) -> bool:
    """Whether this module can render it: a template string, or a live value."""
    return is_template_class(type(content)) or isinstance(content, Live)


class ContentRendering:
    """What one view or component shows, and how it came about. Live values belong to `host`, its socket."""

    __slots__ = ("_environment", "_host", "_slot")

    def __init__(self, environment: LiveEnvironment, host: Any) -> None:
        self._environment = environment
        self._host = host
        self._slot: Any = None

    def update(self, content: Any) -> Diff:
        """For a view: what changed, at first the whole tree. Statics used more than once are in the table `p`."""
        plans = self._environment.plans
        diff, fresh = self._render(plans.render if is_template_class(type(content)) else plans.alone, content)
        if not fresh:
            return diff
        diff.pop("r", None)  # at the top of a message `r` is the reply to an event
        return share_statics(diff, fresh)

    def part(self, content: Any) -> Diff:
        """For a component: its part of a message, with statics in place, and whether it is one element."""
        return self._render(self._environment.plans.content, content)[0]

    def html(self, content: Any) -> str | Awaitable[str]:
        """The content in a page that is made as text."""
        with TextPage(self._host, self._environment) as page:
            text = content_text(self._environment.plans, content)
        return page.filled(text) if page else text

    @property
    def node(self) -> Node | None:
        """What is retained of the last render; None before the first."""
        slot = unwrapped(self._slot)
        return slot if isinstance(slot, Node) else None

    def reset(self) -> None:
        """Forget what was rendered: the next update is a whole tree."""
        self._slot = None

    def _render(self, render: Any, content: Any) -> tuple[Diff, Fresh]:
        fresh = Fresh()
        fresh.host = self._host
        fresh.environment = self._environment
        # Should it raise, nodes may be half updated: the next update is a whole tree.
        previous, self._slot = self._slot, None
        slot, change = render(fresh, previous, content)
        if fresh.streams is not None or getattr(self._host, "streams", None) is not None:
            settle(fresh)
        self._slot = previous if change is None else slot
        return ({} if change is None else change), fresh
