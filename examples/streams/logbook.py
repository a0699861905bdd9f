"""An endless list: the page holds a window of it, the server no entry at all."""

from dataclasses import dataclass
from typing import Any, TypedDict

from examples.streams.archive import Archive, Entry
from pyview import LiveView, LiveViewSocket
from pyview.events import InfoEvent, event, info

PAGE = 30
WINDOW = 120


class LogbookContext(TypedDict):
    """``newest`` is the number of the latest entry, ``unseen`` the number of entries above the window."""

    newest: int
    unseen: int


@dataclass(frozen=True)
class Line:
    """An entry as it is shown to this user."""

    entry: Entry
    starred: bool


Socket = LiveViewSocket[LogbookContext]


class LogbookLiveView(LiveView[LogbookContext]):
    """Keep the numbers of the first and the last entry in the page, and of the starred and the hidden ones."""

    archive = Archive()
    top: int
    bottom: int

    async def mount(self, socket: Socket, session: Any) -> None:
        self.starred: set[int] = set()
        self.hidden: set[int] = set()
        socket.stream_configure("entries", dom_id=lambda line: f"entry-{line.entry.number}")
        self._show_latest(socket)
        socket.schedule_info(InfoEvent("refresh"), seconds=1)

    @info("refresh")
    async def refresh(self, socket: Socket) -> None:
        is_at_top = socket.context["unseen"] == 0 and self.top - self.bottom < 2 * PAGE
        socket.context["newest"] = self.archive.newest
        if is_at_top:
            self._show_newer(socket)
        socket.context["unseen"] = self.archive.newest - self.top

    @event
    async def latest(self, socket: Socket) -> None:
        self._show_latest(socket)

    # The client may ask twice before the first answer has come. What comes while it waits for the second one, it puts
    # at the end of the list. So an event that is not from the end of the window sends the whole window again.
    @event
    async def newer(self, socket: Socket, id: str) -> None:
        if id == self._id_of_first(range(self.top, self.bottom - 1, -1)):
            self._show_newer(socket)
        else:
            self._show_again(socket)
        socket.context["unseen"] = self.archive.newest - self.top

    @event
    async def older(self, socket: Socket, id: str) -> None:
        if id == self._id_of_first(range(self.bottom, self.top + 1)):
            self._show_older(socket)
        else:
            self._show_again(socket)
        socket.context["unseen"] = self.archive.newest - self.top

    def _show_older(self, socket: Socket) -> None:
        last = max(self.bottom - PAGE, 1)
        lines = self._lines(range(self.bottom - 1, last - 1, -1))
        socket.stream_insert_many("entries", lines, limit=-WINDOW)
        self.bottom = last
        self.top = min(self.top, last + WINDOW - 1)

    @event
    async def star(self, socket: Socket, number: int) -> None:
        if not 1 <= number <= self.archive.newest:
            return
        self.starred ^= {number}
        socket.stream_insert("entries", self._line(number), update_only=True)

    @event
    async def hide(self, socket: Socket, number: int) -> None:
        if not self.bottom <= number <= self.top:
            return
        self.hidden.add(number)
        socket.stream_delete_by_dom_id("entries", f"entry-{number}")

    def _show_latest(self, socket: Socket) -> None:
        newest = self.top = self.archive.newest
        self.bottom = newest - PAGE + 1
        self._show_again(socket)
        socket.context = {"newest": newest, "unseen": 0}

    def _show_again(self, socket: Socket) -> None:
        socket.stream("entries", self._lines(range(self.top, self.bottom - 1, -1)), reset=True)

    def _show_newer(self, socket: Socket) -> None:
        first = min(self.top + PAGE, self.archive.newest)
        lines = self._lines(range(self.top + 1, first + 1))
        socket.stream_insert_many("entries", lines, at=0, limit=WINDOW)
        self.top = first
        self.bottom = max(self.bottom, first - WINDOW + 1)

    def _id_of_first(self, numbers: range) -> str:
        """Return the id of the first of these entries that is not hidden."""
        return f"entry-{next((number for number in numbers if number not in self.hidden), 0)}"

    def _lines(self, numbers: range) -> list[Line]:
        return [self._line(number) for number in numbers if number not in self.hidden]

    def _line(self, number: int) -> Line:
        return Line(self.archive.entry(number), number in self.starred)
