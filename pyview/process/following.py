"""How a view renders in development: anew when a template that it was made of has changed.

The view itself goes on with its state, and all of the page is sent. A template that cannot be rendered any more leaves
the page as it is, and is tried again until it can be.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from pyview.components.registry import Components
from pyview.process.made_of import MadeOf
from pyview.process.template_failure import described
from pyview.rendering.renderers import Diff, Renderer
from pyview.socket.socket import LiveViewSocket
from pyview.template.sources import Sources, noting


class Author(Protocol):
    """Who has to hear of it."""

    def made_anew(self) -> None: ...
    def failed(self, problem: str, error: Exception) -> None: ...
    def mended(self) -> None: ...


class FollowingRenderer:
    """`make` makes the renderer that follows no files; a renderer that is new sends the whole page. `problem` is what
    is wrong with a template, None while nothing is."""

    __slots__ = ("_author", "_empty", "_make", "_renderer", "made_of", "problem")

    def __init__(self, make: Callable[[], Renderer], made_of: MadeOf, author: Author) -> None:
        self._make = make
        self._author = author
        self._empty = False
        self.problem: str | None = None
        self.made_of = made_of
        with noting(made_of.sources):
            self._renderer = make()

    def is_current(self) -> bool:
        """Whether the page shows what its templates say now."""
        return self.problem is None and self.made_of.templates_are_current

    def html(self, socket: LiveViewSocket[Any]) -> str | Awaitable[str]:
        return self._renderer.html(socket)

    def reset(self) -> None:
        self._renderer.reset()
        self._empty = True

    async def update(self, socket: LiveViewSocket[Any]) -> Diff:
        if not self.is_current():
            return await self._made_anew(socket)
        try:
            diff = await _rendered(self._renderer, socket, self.made_of.sources)
        except Exception:
            if self.is_current():
                raise  # the view's own fault
            return await self._made_anew(socket)
        self._empty = False
        return diff

    async def _made_anew(self, socket: LiveViewSocket[Any]) -> Diff:
        sources: Sources = {}
        if isinstance(socket.components, Components):
            socket.components.start_over()
        try:
            with noting(sources):
                renderer = self._make()
            diff = await _rendered(renderer, socket, sources)
        except Exception as error:
            return self._failed(error)
        self._renderer, self.made_of.sources = renderer, sources
        self._empty = False
        if self.problem is not None:
            self.problem = None
            self._author.mended()
        self._author.made_anew()
        return diff

    def _failed(self, error: Exception) -> Diff:
        problem = described(error)
        if problem != self.problem:  # it is tried again and again, and said once
            self.problem = problem
            self._author.failed(problem, error)
        # A page that is back has nothing that it could go on showing.
        empty, self._empty = self._empty, False
        return {"s": [""]} if empty else {}


async def _rendered(renderer: Renderer, socket: LiveViewSocket[Any], sources: Sources) -> Diff:
    with noting(sources):
        update = renderer.update(socket)
        return update if isinstance(update, dict) else await update
