"""The page of the inspector: a live view of the views of one page, which the token in its URL names."""

import os
import re
from typing import Any, ClassVar, Final

from starlette.exceptions import HTTPException

from pyview.auth.requires import public
from pyview.events import InfoEvent, event
from pyview.failures.editors import editor_link, pattern_or_default
from pyview.inspector.reasons import OriginCache
from pyview.inspector.rows import TreeRow, details_of, message_rows, tree_rows, view_rows
from pyview.live_view import LiveView
from pyview.process.messages import StepBack
from pyview.recording.entries import PageKey, SocketState, ViewRecord
from pyview.recording.recorder import Recorder
from pyview.recording.shown import without_secrets
from pyview.socket.socket import LiveViewSocket
from pyview.template.live_template import LiveTemplate
from pyview.template.view_files import file_beside
from pyview.tokens.page import InvalidToken, Tokens

_PERIOD: Final = 0.25  # seconds between two looks for something new
_LOOK: Final = InfoEvent("pyview inspector")
_TABS: Final = ("messages", "state", "connection")
_MOST_OPENED: Final = 200
_LONGEST_PATH: Final = 200
_NUMBER: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_NOTHING: Final[dict[str, Any]] = {"views": [], "messages": [], "details": None, "tree": [], "chosen": ""}

Socket = LiveViewSocket[dict[str, Any]]


class InspectorPage(LiveView[dict[str, Any]], keep=False):
    """The view of the inspector. `inspector_view` returns the class for one application."""

    template: ClassVar[Any] = None
    layout = False
    mount_once = False
    recorder: ClassVar[Recorder]
    tokens: ClassVar[Tokens]
    origins: ClassVar[OriginCache]
    editor: ClassVar[str]

    async def mount(self, socket: Socket, token: str = "") -> None:
        try:
            self._page: PageKey = self.tokens.read_inspector_token(token, socket.identity.binding)
        except InvalidToken:
            raise HTTPException(403) from None
        self._view = ""
        self._cid: int | None = None
        self._message = 0
        self._tab = "messages"
        self._opened = {".0"}
        self._version = -1
        self._show(socket)
        socket.schedule_info(_LOOK, _PERIOD)

    async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
        # Asked and not told: what is inspected does no work for the inspector.
        if self.recorder.version_of(self._page) != self._version:
            self._show(socket)

    @event("view")
    async def select_view(self, socket: Socket, key: str, cid: str = "") -> None:
        self._view, self._cid = key, int(cid) if _NUMBER.fullmatch(cid) else None
        self._message = 0
        self._show(socket)

    @event("message")
    async def select_message(self, socket: Socket, number: int) -> None:
        self._message = 0 if number == self._message else number
        self._show(socket)

    @event("tab")
    async def select_tab(self, socket: Socket, name: str) -> None:
        if name in _TABS:
            self._tab = name
            self._show(socket)

    @event("open")
    async def open_or_close(self, socket: Socket, path: str) -> None:
        if path in self._opened:
            self._opened.discard(path)
        elif len(self._opened) < _MOST_OPENED and len(path) < _LONGEST_PATH:
            self._opened.add(path)
        self._show(socket)

    @event("back")
    async def step_back(self, socket: Socket, number: int) -> None:
        record = self._record(self.recorder.views_of(self._page))
        entry = None if record is None else record.message(number)
        process = None if record is None else record.running
        if entry is not None and entry.before is not None and process is not None:
            process.post_soon(StepBack(entry.before, number))

    def link(self, file: str, line: int) -> str:
        """Return the link that opens a line in the developer's editor; "" for code without a file."""
        return editor_link(self.editor, file, line)

    def _record(self, records: list[ViewRecord]) -> ViewRecord | None:
        """Return the chosen view, else the first that runs."""
        running = [each for each in records if each.running is not None] or records
        chosen = (each for each in records if each.key == self._view)
        return next(chosen, running[0] if running else None)

    def _show(self, socket: Socket) -> None:
        self._version = self.recorder.version_of(self._page)
        records = self.recorder.views_of(self._page)
        record = self._record(records)
        socket.context = {"tab": self._tab, "tabs": _TABS, **_NOTHING}
        if record is not None:
            socket.context |= self._names_of(record, records)

    def _names_of(self, record: ViewRecord, records: list[ViewRecord]) -> dict[str, Any]:
        entry, shown = record.message(self._message), self._state_of(record)
        return {
            "views": view_rows(records, (record.key, self._cid), self.link),
            "messages": message_rows(record, self._cid, self._message),
            "details": None if entry is None else details_of(record, entry, self.origins, self.link),
            "tree": self._tree(record, shown) if shown is not None and self._tab == "state" else [],
            "chosen": record.view if shown is None else shown.name,
        }

    def _state_of(self, record: ViewRecord) -> SocketState | None:
        if record.state is None or self._cid is None:
            return record.state and record.state.own
        return record.state.components.get(self._cid)

    def _tree(self, record: ViewRecord, shown: SocketState) -> list[TreeRow]:
        more: dict[str, Any] = {}
        if record.state is not None and self._cid is None:
            state = record.state
            more = {
                "flash": state.flash,
                "live_title": state.title,
                "URL": without_secrets(state.location.page),
            }
        return tree_rows(shown, more, self._opened)


def inspector_view(recorder: Recorder, tokens: Tokens) -> type[LiveView[Any]]:
    """Return the view of the inspector of one application.

    It shows the page that its token names, to the session and user that this page was sent to.
    """
    # A template of its own, since the environment of the application may have other rules.
    file = file_beside(InspectorPage, ".html")
    template = None if file is None else LiveTemplate.from_file(file)
    names: dict[str, Any] = {
        "recorder": recorder,
        "tokens": tokens,
        "origins": OriginCache(),
        "template": template,
    }
    names["editor"] = pattern_or_default(os.environ)
    return public(type("Inspector", (InspectorPage,), {**names, "__module__": __name__}))
