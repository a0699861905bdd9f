"""A view in development, whose page follows the files that it was made of.

What the page of one view was made of: its templates, and the files beside the view.

What is wrong with a template that cannot be rendered, in words for the one who writes it.

How a view renders in development: anew when a template that it was made of has changed.

The view itself goes on with its state, and all of the page is sent. A template that cannot be rendered any more leaves
the page as it is, and is tried again until it can be.
"""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from traceback import walk_tb
from typing import Any, ClassVar, Final, Protocol

from jinja2 import TemplateSyntaxError

from pyview.components.registry import ComponentRegistry
from pyview.live_view import LiveView
from pyview.process.file_watch import FileWatch, ScanCache
from pyview.process.mailbox import Handlers
from pyview.process.messages import FilesChanged
from pyview.process.view_process import ViewProcess
from pyview.rendering.lifecycle import MountContext
from pyview.rendering.renderers import Diff, Renderer
from pyview.rendering.templates import FILES_EVENT, FilesOfView, ViewFiles
from pyview.socket.socket import LiveViewSocket
from pyview.template.sources import Sources, noting
from pyview.wire.message import encoded


class MadeOf:
    """`sources` are the templates, as they were when the page was last made anew. The files beside the view are those
    that the page has been told of."""

    __slots__ = ("_beside", "_files", "_stamp", "_view_class", "sources")

    def __init__(self, files: ViewFiles, view_class: type[LiveView[Any]]) -> None:
        self.sources: Sources = {}
        self._files = files
        self._view_class = view_class
        self._stamp = files.stamp(view_class)
        self._beside = self._read()

    @property
    def templates_are_current(self) -> bool:
        return all(source.is_up_to_date for source in self.sources.values())

    def is_current(self, look: ScanCache) -> bool:
        """Whether all of it is as it was."""
        return self._stamp_of(look) == self._stamp and all(
            look.at(id(source), lambda source=source: source.is_up_to_date)  # type: ignore[misc]
            for source in self.sources.values()
        )

    def news(self) -> tuple[FilesOfView, bool] | None:
        """The files beside the view if they are others than before, and whether its script is another one."""
        self._stamp = self._files.stamp(self._view_class)
        before, self._beside = self._beside, self._read()
        return None if before == self._beside else (self._beside, before.script != self._beside.script)

    def _stamp_of(self, look: ScanCache) -> object:
        return look.at(self._view_class, lambda: self._files.stamp(self._view_class))

    def _read(self) -> FilesOfView:
        found = self._files.of(self._view_class) if any(self._stamp) else None
        return found or FilesOfView(self._view_class.__name__, None, None)


def described(error: Exception) -> str:
    """One line or more: the kind of error, its message, file and line as far as they are known."""
    said = error.message if isinstance(error, TemplateSyntaxError) else str(error)
    place = _place(error)
    where = "" if place is None else f"{place[0]}, line {place[1]}: "
    return f"{where}{type(error).__name__}: {said}"


def _place(error: Exception) -> tuple[str, int] | None:
    if isinstance(error, TemplateSyntaxError):
        return error.filename or error.name or "a template", error.lineno
    # Jinja2 puts frames of its own making there, one for each template; the innermost comes last.
    frames = [
        (frame.f_code.co_filename, line)
        for frame, line in walk_tb(error.__traceback__)
        if "__jinja_exception__" in frame.f_globals
    ]
    return frames[-1] if frames else None


class ReloadListener(Protocol):
    """Who has to hear of it."""

    def made_anew(self) -> None: ...
    def failed(self, problem: str, error: Exception) -> None: ...
    def mended(self) -> None: ...


class FollowingRenderer:
    """`make` makes the renderer that follows no files; a renderer that is new sends the whole page. `problem` is what
    is wrong with a template, None while nothing is."""

    __slots__ = ("_author", "_empty", "_make", "_renderer", "made_of", "problem")

    def __init__(self, make: Callable[[], Renderer], made_of: MadeOf, author: ReloadListener) -> None:
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
        if isinstance(socket.components, ComponentRegistry):
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


logger = logging.getLogger("pyview")

LOAD_EVENT: Final = "pyview:load"
"""The event that has a page loaded again."""

PROBLEM_EVENT: Final = "pyview:problem"
"""The event that says what is wrong with a template of the page, or that nothing is any more."""

_NOT_TOLD: Final = "A template of this page cannot be rendered. The server's log says why."


class ReloadingViewProcess(ViewProcess):
    """It goes on with its state when a template or a style sheet has changed. When a script has, or when the view
    could not show again what its page shows, the page is loaded again."""

    __slots__ = ()

    _renderer: FollowingRenderer

    @property
    def _watch(self) -> FileWatch:
        assert self._site.file_watch is not None  # noqa: S101  or it would be of another kind
        return self._site.file_watch

    def look(self, look: ScanCache) -> None:
        """Twice a second. One that is busy is asked again, one that is away is rendered when its page is back."""
        if self._busy or self._away:
            return
        if self._renderer.problem is not None or not self._renderer.made_of.is_current(look):
            self.post_soon(FilesChanged())

    def _made_renderer(self, view: LiveView[Any], visit: MountContext) -> FollowingRenderer:
        made_of = MadeOf(self._site.templates.files, visit.view_class)
        make = partial(super()._made_renderer, view, visit)
        renderer = FollowingRenderer(make, made_of, self)
        if not self._ended:  # its page may have left while it was mounted
            self._watch.add(self)
        return renderer

    async def _finish(
        self,
        ref: str | None,
        answer: Any = None,
        *,
        part: bool = False,
        fields: dict[str, Any] | None = None,
    ) -> None:
        if self._ended:  # perhaps before there was a renderer
            return
        renderer = self._renderer
        try:
            with noting(renderer.made_of.sources):
                await super()._finish(ref, answer, part=part and renderer.problem is None, fields=fields)
        except Exception:
            if not part or renderer.is_current():
                raise
            # A component's template has failed, and nothing was sent yet: all of the page is rendered instead.
            await super()._finish(ref, answer, fields=fields)

    async def _files_changed(self, message: FilesChanged) -> None:
        news = self._renderer.made_of.news()
        if news is not None:
            files, script_changed = news
            if script_changed:
                self._load_page()
            else:
                announcement = files.announcement(self._visit.place.id)
                self.socket.queue_event(FILES_EVENT, announcement, before=True)
        await self._finish(None)

    def _load_page(self) -> None:
        self.socket.queue_event(LOAD_EVENT, encoded({}, LOAD_EVENT))

    def _end(self) -> None:
        self._watch.remove(self)
        super()._end()

    # As the author of its page

    def made_anew(self) -> None:
        """What the browser has been sent of streams and temporary names stands there as the old template made it."""
        if any(socket.streams is not None or socket.temporaries is not None for socket in self._sockets):
            self._load_page()

    def failed(self, problem: str, error: Exception) -> None:
        trace = None if isinstance(error, TemplateSyntaxError) else error
        logger.error(
            "%s: the page stays as it is, its template fails: %s", self._name, problem, exc_info=trace
        )
        self._tell_problem(problem if self._watch.tells() else _NOT_TOLD)

    def mended(self) -> None:
        logger.info("%s: the template is mended", self._name)
        self._tell_problem(None)

    def _tell_problem(self, problem: str | None) -> None:
        payload = {"id": self._visit.place.id, "text": problem}
        self.socket.queue_event(PROBLEM_EVENT, encoded(payload, PROBLEM_EVENT))

    _handlers: ClassVar[Handlers] = {**ViewProcess._handlers, FilesChanged: _files_changed}
