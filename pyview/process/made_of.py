"""What the page of one view was made of: its templates, and the files beside the view."""

from typing import Any

from pyview.live_view import LiveView
from pyview.process.file_watch import Look
from pyview.rendering.templates import FilesOfView, ViewFiles
from pyview.template.sources import Sources


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

    def is_current(self, look: Look) -> bool:
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

    def _stamp_of(self, look: Look) -> object:
        return look.at(self._view_class, lambda: self._files.stamp(self._view_class))

    def _read(self) -> FilesOfView:
        found = self._files.of(self._view_class) if any(self._stamp) else None
        return found or FilesOfView(self._view_class.__name__, None, None)
