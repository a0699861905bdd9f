"""PyViewMeta, the second argument of `LiveView.render`; and the type of context processors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pyview.socket.socket import LiveViewSocket
from pyview.template.live_template import LiveTemplate


@dataclass(frozen=True, slots=True)
class PyViewMeta:
    """Second argument of `LiveView.render(assigns, meta)`.

    `socket` is the view's socket, `template` the template found for the view, or None if there is none.
    """

    socket: LiveViewSocket[Any]
    template: LiveTemplate | None = None

    @property
    def flash(self) -> Mapping[str, Any]:
        return self.socket.flash


ContextProcessor: TypeAlias = Callable[[PyViewMeta], Mapping[str, Any]]
"""Returns names for the templates of all views of an application. Called at every render, so it should be fast."""
