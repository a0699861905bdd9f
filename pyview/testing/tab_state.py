"""The state of one tab, which its views, its navigation and the page of the test share."""

import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import httpx
from bs4 import BeautifulSoup

from pyview.process.reloading import LOAD_EVENT
from pyview.rendering.templates import FILES_EVENT
from pyview.sessions.change import SESSION_EVENT
from pyview.socket.socket import DOWNLOAD_EVENT
from pyview.template.root_template import PAGE_EVENT
from pyview.testing.browser import Browser
from pyview.testing.connection import ClientConnection, Pending
from pyview.testing.errors import NoAnswer, NotConnected, SocketClosed
from pyview.testing.files import ChosenFiles
from pyview.testing.forms import Fields
from pyview.testing.history import History
from pyview.testing.kept import KeptViews
from pyview.testing.location import set_cookie
from pyview.testing.screen import Screen
from pyview.testing.steps import (
    ChangeSession,
    DropComponents,
    FollowRedirect,
    JoinAgain,
    LiveRedirect,
    LoadAgain,
    Step,
    SubmitTriggered,
    SyncInnerViews,
)
from pyview.testing.view import View, shown_components
from pyview.wire.merge import ProtocolError, extract

FLASH_COOKIE = "__phoenix_flash__"
# The age in seconds that the client gives both cookies: long enough for one load, and no longer.
COOKIE_AGE = 60


class TabState:
    """The document, the connection and the queued steps of one tab.

    `downloads` has the URLs of files that the page was offered and did not fetch. `links` counts live links and
    patches, to notice a newer one while an older one waits for its answer. `load_mark` names the loaded document in
    every join, `kept` has what its views keep. `reloads` counts loads in a row whose join was refused.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.url = browser.settings.base_url
        self.response: httpx.Response | None = None
        self.screen = Screen()
        self.history = History()
        self.connection: ClientConnection | None = None
        self.version: str | None = None
        self.events: list[tuple[str, Any]] = []
        self.chosen_files = ChosenFiles()
        self.downloads: deque[str] = deque()
        self.steps: deque[Step] = deque()
        self.crashes = 0
        self.crashed = False
        self.reloads = 0
        self.links = 0
        self.load_mark = ""
        self.kept = KeptViews()

    # --- the page ---

    @property
    def view(self) -> View | None:
        """The live view that owns the document; None if the document has none."""
        return self.screen.view

    @property
    def fields(self) -> Fields:
        return self.screen.fields

    @property
    def html(self) -> str:
        self.pump()
        return self.screen.html

    @property
    def soup(self) -> BeautifulSoup:
        self.pump()
        return self.screen.soup

    # --- the connection ---

    @property
    def connected(self) -> bool:
        """True if the live view is joined; on a page without one, if a view inside it is."""
        self.pump()
        connection, view = self.connection, self.view
        if connection is None or not connection.open:
            return False
        if view is None:
            return any(inner.channel.state == "joined" for inner in self.screen.inner.values())
        return view.channel.state == "joined"

    def pump(self) -> bool:
        """Process the messages that have arrived; return False if there were none."""
        return self.connection.pump() if self.connection is not None else False

    def live(self) -> tuple[View, ClientConnection]:
        """Return the view and the connection. Raises `NotConnected` if the page has none."""
        if self.view is None or self.connection is None:
            status = None if self.response is None else self.response.status_code
            raise NotConnected(f"{self.url} is not a live page (HTTP status {status})")
        return self.view, self.connection

    def require(self, message: str) -> tuple[View, ClientConnection]:
        """Return the view and the connection. Raises `NotConnected`, which names `message`, if they are not open."""
        if self.connected:
            return self.live()
        _, connection = self.live()
        code = connection.socket.close_code
        closed = "the server closed its channel" if code is None else f"the socket is closed with code {code}"
        raise NotConnected(f"cannot send {message}: {closed}. Connect again with await page.reconnect()")

    @property
    def live_path(self) -> str:
        path = self.browser.settings.live_path or self.screen.meta("pyview-live-path") or "/live"
        return path.rstrip("/")

    def connect_params(self) -> dict[str, Any]:
        """Return the parameters that the page's script sends with the connection and with every join."""
        csrf = self.screen.meta("csrf-token")
        return {**({} if csrf is None else {"_csrf_token": csrf}), **self.browser.settings.connect_params}

    def join_params(self) -> dict[str, Any]:
        """Return the `params` of a join."""
        tracked = self.screen.tracked_statics(self.url)
        params = {**self.connect_params(), "_load": self.load_mark}
        return {**params, **({"_track_static": tracked} if tracked else {})}

    async def answer(self, pending: Pending) -> None:
        """Wait for an answer. If the view crashes or is closed, none comes and the status is "lost"."""
        connection, view = self.connection, self.view
        assert connection is not None
        timeout = self.browser.settings.timeout
        deadline = time.monotonic() + timeout
        # Go on reading after the answer has come: pushes that the server sent right behind it belong to the same turn.
        while connection.pump() or pending.status is None:
            remaining = max(0.0, deadline - time.monotonic())
            if pending.status is None and not await connection.socket.wait(remaining):
                raise NoAnswer(
                    f"the server did not answer {pending.event!r} within {timeout} s. If the handler needs longer, "
                    "pass LiveClient(app, timeout=...)"
                )
        if pending.status == "lost" and not connection.open:
            raise SocketClosed(connection.socket.close_code or 1006, connection.socket.close_reason)
        closed = view is not None and view.channel.state == "closed"
        # A server may close the channel because it has sent the page elsewhere: then a step is queued.
        if pending.status == "lost" and closed and not self.steps:
            raise NotConnected(f"the server closed the channel without an answer to {pending.event!r}")

    # --- messages of the server, for every view of the page ---

    def apply(self, view: View, diff: dict[str, Any]) -> None:
        """Merge a diff of the page's view or of a view inside it."""
        parts = extract(diff)
        if parts.diff:
            # Compared before and after the merge, because the server removes components only if the client tells it.
            shown = shown_components(view)
            marked = view.update(parts.diff)
            gone = shown - shown_components(view)
            if gone:
                self.steps.append(DropComponents(view, gone))
            # A diff of components alone patches their elements and leaves the rest of the page untouched.
            components = parts.diff["c"] if set(parts.diff) == {"c"} else None
            self.screen.patch_fields(marked, view.id, components)
            self.page_changed()
        self.put_title_and_events(parts.title, parts.events)

    def put_title_and_events(self, title: Any, events: list[Any]) -> None:
        """Take over what comes with a diff besides the tree."""
        self.screen.put_title(title, joining=False)
        self.take_events(events)

    def take_events(self, events: list[Any]) -> None:
        """Take pushed events: PyView's own act on the page, all others are kept for the test."""
        for event in events:
            if not (isinstance(event, list) and len(event) in (2, 3) and isinstance(event[0], str)):
                raise ProtocolError(
                    f"a pushed event is [name, payload] or [name, payload, true], got {event!r}"
                )
            name, payload = event[:2]
            if name == PAGE_EVENT:
                self.screen.attributes = payload
            elif name == SESSION_EVENT:
                self.steps.append(ChangeSession(payload))
            elif name == FILES_EVENT:
                self.screen.put_style_sheet(payload)
            elif name == DOWNLOAD_EVENT:
                self.downloads.append(f"{self.live_path}/download/{payload['token']}")
            elif name == LOAD_EVENT:
                self._queue_once(LoadAgain())
            else:
                self.events.append((name, payload))

    def queue_navigation(self, response: Mapping[str, Any]) -> None:
        """Queue the navigation that an answer asks for, if any."""
        if "redirect" in response:
            self.steps.append(FollowRedirect(response["redirect"]))
        if "live_redirect" in response:
            self.steps.append(LiveRedirect(response["live_redirect"]))

    def page_changed(self) -> None:
        """Queue what the client does after it has patched the page."""
        self.screen.changed()
        if self.screen.has_inner:
            self._queue_once(SyncInnerViews())
        # `phx-trigger-action` appears with a diff, and the client submits the form after the patch.
        if self.screen.form_to_submit() is not None:
            self.steps.append(SubmitTriggered())

    # A second diff may arrive before the step is taken; one step then covers both.
    def _queue_once(self, step: Step) -> None:
        if step not in self.steps:
            self.steps.append(step)

    def view_crashed(self, view: View) -> None:
        """Note a `phx_error`, and queue the next join of the view."""
        self.lose_channel(view, "errored")
        self.crashes += 1
        self.crashed = True
        self.steps.append(JoinAgain(view))

    def lose_channel(self, view: View, state: str) -> None:
        """Give the channel of a view its final `state`: its pending messages get no answer any more."""
        assert self.connection is not None
        view.channel.state = state
        # Their answers will not come: without this, `answer` would wait until its timeout.
        self.connection.lose(lambda pending: pending.join_ref == view.channel.join_ref)

    # --- the address bar and cookies ---

    def record_navigation(self, href: str, history_kind: str, kind: str) -> None:
        """Write a live navigation to the history. `kind` is "push" or "replace"."""
        view, _ = self.live()
        # As the client: a link to the current URL makes no second entry.
        if href != self.url:
            self.history.navigated(href, history_kind, view.id, replace=kind == "replace")
        self.url = href

    def put_flash(self, flash: str | None) -> None:
        """Keep the flash messages of a redirect in the cookie that the next request sends."""
        if flash is not None:
            set_cookie(self.browser.http.cookies, self.url, FLASH_COOKIE, flash, COOKIE_AGE)
