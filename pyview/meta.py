"""What `LiveView.render` gets besides the context."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pyview.socket.socket import LiveViewSocket
from pyview.template.live_template import LiveTemplate


@dataclass(frozen=True, slots=True)
class PyViewMeta:
    """`socket` is the view's socket, `template` the file found for the view (None when there is none)."""

    socket: LiveViewSocket[Any]
    template: LiveTemplate | None = None

    @property
    def flash(self) -> Mapping[str, Any]:
        return self.socket.flash


ContextProcessor: TypeAlias = Callable[[PyViewMeta], Mapping[str, Any]]
"""Adds names to the templates of all views of an application; asked at every render, so it should be quick."""
