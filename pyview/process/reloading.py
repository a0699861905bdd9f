"""A page in development follows the files that it was made from.

The view goes on with its state when a template or a style sheet has changed, and the whole page is sent. A template
that cannot be rendered any more leaves the page as it is, and is tried again until it can be. The page is loaded again
when a script has changed, or when the view could not show again what its page shows.
"""

import logging
from collections.abc import Awaitable, Callable
from traceback import walk_tb
from typing import Any, Final

from jinja2 import TemplateSyntaxError

from pyview.components.registry import ComponentRegistry
from pyview.live_view import LiveView
from pyview.observability.error_ids import new_error_id, own_part
from pyview.process.components import ViewComponents
from pyview.process.failure_display import FAILURE_EVENT, MENDED_EVENT, Activity, failure_message
from pyview.process.file_watch import ScanCache
from pyview.process.messages import FilesChanged
from pyview.process.view_process import ViewProcess
from pyview.recording.recorder import timed
from pyview.rendering.renderers import Diff, Renderer
from pyview.rendering.templates import FILES_EVENT, FilesOfView, ViewFiles
from pyview.socket.socket import LiveViewSocket
from pyview.template.live_template import LiveTemplate
from pyview.template.sources import Sources, recording_sources
from pyview.wire.message import encoded

logger = logging.getLogger("pyview")

LOAD_EVENT: Final = "pyview:load"
"""The event that makes a browser load the page again."""


class PageSources:
    """The files that a page was made from.

    `templates` are those of the last whole render. The files beside the view are those that the page knows of.
    """

    __slots__ = ("_beside", "_files", "_stamp", "_view_class", "templates")

    def __init__(self, files: ViewFiles, view_class: type[LiveView[Any]]) -> None:
        self.templates: Sources = {}
        self._files = files
        self._view_class = view_class
        self._stamp = files.stamp(view_class)
        self._beside = self._read()

    @property
    def templates_are_current(self) -> bool:
        return all(source.is_up_to_date for source in self.templates.values())

    def is_current(self, scan: ScanCache) -> bool:
        """Return True if no file has changed."""
        stamp = scan.at(self._view_class, lambda: self._files.stamp(self._view_class))
        return stamp == self._stamp and all(
            scan.at(id(source), lambda source=source: source.is_up_to_date)  # type: ignore[misc]
            for source in self.templates.values()
        )

    def changed_files(self) -> tuple[FilesOfView, bool] | None:
        """Return the files beside the view if they have changed, and True if its script has."""
        self._stamp = self._files.stamp(self._view_class)
        before, self._beside = self._beside, self._read()
        return None if before == self._beside else (self._beside, before.script != self._beside.script)

    def _read(self) -> FilesOfView:
        # Most views have no files beside them.
        found = self._files.of(self._view_class) if any(self._stamp) else None
        return found or FilesOfView(self._view_class.__name__, None, None)


class ReloadingRenderer:
    """Renderer that makes the renderer of the view again when one of its templates has changed.

    `make` makes the renderer of the view, which renders a whole page first. `problem` is the error of a template, None
    while there is none; `about_problem` is what the page shows about it.
    """

    __slots__ = ("_empty", "_make", "_process", "_renderer", "about_problem", "problem", "sources")

    def __init__(self, process: ViewProcess, make: Callable[[], Renderer]) -> None:
        self._process = process
        self._make = make
        self._empty = False
        self.problem: str | None = None
        self.about_problem: dict[str, Any] = {}
        self.sources = PageSources(process.app.templates.files, process.mount_context.view_class)
        with recording_sources(self.sources.templates):
            self._renderer = make()

    def check_files(self, scan: ScanCache) -> None:
        """Check the files, twice a second. A busy view is checked later; a detached one renders when it is back."""
        if self._process.busy or self._process.detached:
            return
        if self.problem is not None or not self.sources.is_current(scan):
            self._process.post_soon(FilesChanged())

    def html(self, socket: LiveViewSocket[Any]) -> str | Awaitable[str]:
        return self._renderer.html(socket)

    def reset(self) -> None:
        self._renderer.reset()
        self._empty = True

    @property
    def tree(self) -> Any:
        """Root node of the last render; None if the view makes its tree itself."""
        return getattr(self._renderer, "tree", None)

    @property
    def templates(self) -> list[LiveTemplate]:
        """The templates of the view and of its layout."""
        return getattr(self._renderer, "templates", [])

    def update(self, socket: LiveViewSocket[Any]) -> Awaitable[Diff]:
        recorder, update = self._process.app.recorder, self._update(socket)
        return update if recorder is None else timed(update, self._process, recorder)

    async def _update(self, socket: LiveViewSocket[Any]) -> Diff:
        if not self._is_current():
            return await self._render_again(socket)
        try:
            diff = await _rendered(self._renderer, socket, self.sources.templates)
        except Exception:
            if self._is_current():
                raise  # the templates are as they were: it is the view that failed
            return await self._render_again(socket)
        self._empty = False
        return diff

    def update_components(self, socket: LiveViewSocket[Any], components: ViewComponents) -> Awaitable[Diff]:
        """Render only what has changed of components; the whole page if a template of theirs has changed and fails."""
        recorder, update = self._process.app.recorder, self._update_components(socket, components)
        return update if recorder is None else timed(update, self._process, recorder)

    async def _update_components(self, socket: LiveViewSocket[Any], components: ViewComponents) -> Diff:
        if self.problem is not None:
            return await self._update(socket)
        try:
            with recording_sources(self.sources.templates):
                update = components.completed({})
                return update if isinstance(update, dict) else await update
        except Exception:
            if self._is_current():
                raise
            return await self._update(socket)

    def announce_files(self) -> None:
        """Tell the page which files beside the view have changed."""
        changed = self.sources.changed_files()
        if changed is None:
            return
        files, script_changed = changed
        if script_changed:
            self._load_page()
        else:
            announcement = files.announcement(self._process.dom_id)
            self._process.socket.queue_event(FILES_EVENT, announcement, before=True)

    def _is_current(self) -> bool:
        return self.problem is None and self.sources.templates_are_current

    async def _render_again(self, socket: LiveViewSocket[Any]) -> Diff:
        # A set of its own: if this render fails, the page still follows the files that it shows.
        templates: Sources = {}
        if isinstance(socket.components, ComponentRegistry):
            # Components keep their own trees, made from their former templates.
            socket.components.invalidate()
        try:
            with recording_sources(templates):
                renderer = self._make()
            diff = await _rendered(renderer, socket, templates)
        except Exception as error:
            return self._failed(error)
        self._renderer, self.sources.templates = renderer, templates
        if self.problem is not None:
            self.problem = None
            logger.info("%s: the template renders again", self._process.name)
            self.about_problem = {}
            self._tell_page(MENDED_EVENT, {"scope": "template"})
        self._empty = False
        # Of streams and temporary names the server keeps nothing: the page shows them as the old template made them.
        if any(each.streams is not None or each.temporaries is not None for each in self._process.sockets):
            self._load_page()
        return diff

    def _failed(self, error: Exception) -> Diff:
        problem = described(error)
        if problem != self.problem:  # it is tried again twice a second, and logged once
            self.problem = problem
            self._log(error, problem, new_error_id())
        # A page that is back after a lost connection waits for a tree, and there is none that it could keep.
        empty, self._empty = self._empty, False
        return {"s": [""]} if empty else {}

    def _load_page(self) -> None:
        self._process.socket.queue_event(LOAD_EVENT, encoded({}, LOAD_EVENT))

    def _log(self, error: Exception, problem: str, error_id: str) -> None:
        process = self._process
        trace = (
            None
            if isinstance(error, TemplateSyntaxError)
            else (type(error), error, own_part(error.__traceback__))
        )
        text = "%s: the page stays as it is, its template fails (error id %s): %s"
        logger.error(text, process.name, error_id, problem, exc_info=trace)
        if process.app.development_client is None:
            self.about_problem = {"error_id": error_id}
        else:
            failure = process.failure(Activity("template"), error, error_id)
            self.about_problem = failure_message(process.app, failure, "template")
        self._tell_page(FAILURE_EVENT, self.about_problem)

    def _tell_page(self, event: str, payload: dict[str, Any]) -> None:
        # The answer to a join says it itself.
        if not self._empty:
            self._process.connection.push(event, payload)


async def _rendered(renderer: Renderer, socket: LiveViewSocket[Any], templates: Sources) -> Diff:
    with recording_sources(templates):
        update = renderer.update(socket)
        return update if isinstance(update, dict) else await update


def described(error: Exception) -> str:
    """Return the kind and the message of a template's error, with file and line as far as they are known."""
    message = error.message if isinstance(error, TemplateSyntaxError) else str(error)
    place = _place(error)
    where = "" if place is None else f"{place[0]}, line {place[1]}: "
    return f"{where}{type(error).__name__}: {message}"


def _place(error: Exception) -> tuple[str, int] | None:
    if isinstance(error, TemplateSyntaxError):
        return error.filename or error.name or "a template", error.lineno
    # Jinja2 puts a frame of its own making there for each template. The innermost comes last.
    frames = [
        (frame.f_code.co_filename, line)
        for frame, line in walk_tb(error.__traceback__)
        if "__jinja_exception__" in frame.f_globals
    ]
    return frames[-1] if frames else None
