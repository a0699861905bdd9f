"""A view in development, whose page follows the files that it was made of."""

import logging
from functools import partial
from typing import Any, ClassVar, Final

from jinja2 import TemplateSyntaxError

from pyview.live_view import LiveView
from pyview.process.file_watch import FileWatch, Look
from pyview.process.following import FollowingRenderer
from pyview.process.made_of import MadeOf
from pyview.process.mailbox import Handlers
from pyview.process.messages import FilesChanged
from pyview.process.view_process import ViewProcess
from pyview.rendering.lifecycle import Visit
from pyview.rendering.templates import FILES_EVENT
from pyview.template.sources import noting
from pyview.wire.message import encoded

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

    def look(self, look: Look) -> None:
        """Twice a second. One that is busy is asked again, one that is away is rendered when its page is back."""
        if self._busy or self._away:
            return
        if self._renderer.problem is not None or not self._renderer.made_of.is_current(look):
            self.post_soon(FilesChanged())

    def _made_renderer(self, view: LiveView[Any], visit: Visit) -> FollowingRenderer:
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
