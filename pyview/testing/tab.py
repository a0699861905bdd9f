"""One browser tab: loads documents, joins their live views, follows what the server sends.

It behaves as the JavaScript client does, with two differences that make tests fast and reliable. Nothing is delayed:
rejoins and reloads happen at once. And what would go on for ever in a browser, or would go wrong without a message, is
an error.
"""

import asyncio
import secrets
import time
from collections.abc import Iterator
from typing import Any

import httpx
from bs4 import Tag

from pyview.testing.browser import Browser, Loaded
from pyview.testing.connection import ClientChannel, ClientConnection, Pending, Push, new_refs
from pyview.testing.errors import NotConnected, PageError, TooManyReloads, ViewCrashed, named, refused
from pyview.testing.files import ChosenFiles
from pyview.testing.forms import Submission, submission
from pyview.testing.inner_views import SESSION, InnerView, InnerViews
from pyview.testing.kept import KeptViews
from pyview.testing.location import absolute, delete_cookie, set_cookie
from pyview.testing.main_view import MainView, navigation_kind
from pyview.testing.navigation import RELOAD_COOKIE, Navigation
from pyview.testing.session_change import change_session
from pyview.testing.steps import (
    ChangeSession,
    DropComponents,
    FollowRedirect,
    JoinAgain,
    LiveRedirect,
    LoadAgain,
    Reload,
    Step,
    SubmitTriggered,
    SyncInnerViews,
)
from pyview.testing.tab_state import COOKIE_AGE, TabState
from pyview.testing.view import View, drop_components
from pyview.threads import threads_at_work
from pyview.wire.merge import ProtocolError, extract

# The close code by which the page's script says that the tab is closed: the server ends its views at once. With any
# other code they wait for a reconnection.
GOODBYE = 4000

OWN_EVENTS = "pyview:"
"""Prefix of messages between PyView and its own script, such as a failure in debug mode."""
# The script of PyView also stops after three quick loads, and then shows a message.
MAX_RELOADS = 3
MAX_STEPS = 20
IDLE_ROUNDS = 30
THREAD_POLL = 0.002
UPLOAD = "lvu:"


class Tab:
    """The implementation of a `Page`.

    Messages of the server are processed when the test looks at the page or waits, in the order in which they came.
    """

    def __init__(self, browser: Browser) -> None:
        self.state = TabState(browser)
        self.inner = InnerViews(self.state)
        self.main = MainView(self.state, self.inner)
        self.navigation = Navigation(self.state, self.main, self.inner, self.load, self.follow)
        self._submitters: dict[str, Tag] = {}

    # --- documents ---

    async def open(self, url: str, *, replace: bool = False) -> None:
        """Load a document because the user asks for it: earlier refused joins do not count any more."""
        self.state.reloads = 0
        await self.load(url, replace=replace)

    async def load(self, url: str, *, replace: bool = False) -> None:
        """GET a document, and join its live view if it has one."""
        await self._unload()
        url = absolute(self.state.url, url)
        referer = "" if self.state.response is None else self.state.url
        loaded = await self.state.browser.fetch(url, referer=referer)
        await self._show(loaded, replace=replace)

    async def submit(self, form: Submission) -> None:
        """Send a form over HTTP and show the response."""
        referer = self.state.url
        await self._unload()
        await self._show(await self.state.browser.submit(form, referer=referer), replace=False)

    async def _unload(self) -> None:
        """Leave the document: leave its view and close its socket."""
        state = self.state
        # Messages that arrive from now on belong to no document.
        connection, state.connection = state.connection, None
        view, state.screen.view = state.view, None
        state.steps.clear()
        self.main.after_join = None
        self.inner.forget()
        if connection is not None and connection.open:
            if view is not None:
                # Leave the channel first, so that the server ends the view and does not keep it for a reconnection.
                await connection.leave(view.channel)
            await connection.socket.close(1000, state.browser.settings.timeout)

    async def _show(self, loaded: Loaded, *, replace: bool) -> None:
        state = self.state
        state.url, state.response = loaded.url, loaded.response
        # Sent with every join: a duplicated tab has the same HTML, but must not take over the views of this tab.
        state.load_mark = secrets.token_hex(4)
        state.kept = KeptViews()
        state.history.loaded(loaded.url, replace=replace)
        state.screen.load(_html(loaded.response))
        state.chosen_files = ChosenFiles()
        state.links = 0
        if state.screen.document.is_live:
            state.screen.view = self.main.from_document(state.url)
            await self._connect(new_refs())
            await self.main.join()
        elif state.soup.select_one(f"[{SESSION}]") is not None:
            await self._connect(new_refs())
            await self.inner.sync()

    async def _reload(self, view: View, response: dict[str, Any]) -> None:
        """Load the page because its join was refused: an HTTP request can show what the join could not."""
        state = self.state
        state.reloads += 1
        url, reason = view.href, response.get("reason")
        # The server puts the HTTP status into a token, so that the load shows an error page with that status.
        if reason == "reload":
            cookies, token = state.browser.http.cookies, str(response.get("token"))
            set_cookie(cookies, state.url, RELOAD_COOKIE, token, COOKIE_AGE)
        # The flash of a live navigation would be lost with its refused join: keep it for the request that follows.
        elif reason in ("stale", "unauthorized"):
            state.put_flash(view.flash)
        if state.reloads > MAX_RELOADS:
            raise TooManyReloads(
                f"{url} was loaded {MAX_RELOADS} times and its join was refused each time: {reason!r}. A browser "
                "would go on loading it. The server's log has the reason of each refusal"
            )
        # HTML standard: a navigation to the current URL replaces the entry of the history.
        await self.load(url, replace=url == state.url)

    # --- the connection ---

    async def _connect(self, refs: Iterator[int]) -> None:
        state = self.state
        browser = state.browser
        delete_cookie(browser.http.cookies, state.url, RELOAD_COOKIE)
        params = {**state.connect_params(), "vsn": "2.0.0"}
        socket = browser.socket(f"{state.live_path}/websocket", params, {})
        await socket.connect(browser.settings.timeout)
        state.connection = ClientConnection(socket, refs, self._on_push, state.kept)

    def _on_push(self, channel: ClientChannel, push: Push) -> None:
        if channel.state == "left":
            return  # sent before the server had read that the client left
        if push.event.startswith(OWN_EVENTS):
            self.state.events.append((push.event, push.payload))
            return
        inner = self.inner.of_channel(channel)
        if inner is not None:
            self.inner.on_push(inner, push)
        elif channel.topic.startswith(UPLOAD):
            self._on_upload_push(channel, push)
        else:
            self.main.on_push(push)

    def _on_upload_push(self, channel: ClientChannel, push: Push) -> None:
        if push.event not in ("phx_close", "phx_error"):
            raise ProtocolError(f"the channel of a file knows no message {push.event!r}")
        channel.state = "closed" if push.event == "phx_close" else "errored"
        _, connection = self.state.live()
        connection.lose(lambda pending: pending.join_ref == channel.join_ref)

    async def drop(self) -> None:
        """Lose the connection without a closing handshake."""
        state = self.state
        state.pump()
        connection = state.connection
        if connection is None or not connection.open:
            raise NotConnected(f"{state.url} has no connection to lose")
        # The client marks its channels when the socket is gone, and joins those again that it has marked.
        for view in (state.view, *self.inner.views.values()):
            if view is not None:
                view.channel.state = "errored"
        await connection.socket.drop(state.browser.settings.timeout)

    async def close(self) -> None:
        """Close the tab. The close code tells the server that the page does not come back."""
        state = self.state
        connection, state.connection = state.connection, None
        if connection is not None and connection.open:
            await connection.socket.close(GOODBYE, state.browser.settings.timeout)

    async def reconnect(self) -> None:
        """Connect again and rejoin, as the client does by itself after a while."""
        state = self.state
        state.pump()
        connection, view = state.connection, state.view
        if connection is None or (view is None and not self.inner.views):
            raise NotConnected(f"{state.url} has no live view to join again")
        if connection.open:
            await self.drop()
        # As in the client, refs go on counting through a reconnection.
        await self._connect(connection.refs)
        if view is not None:
            await self.main.join()
        # Views inside others join after their parent, whose HTML carries their tokens.
        await self.inner.rejoin_roots()
        await self.follow()

    # --- sending ---

    async def request(self, event: str, payload: dict[str, Any], source: Tag | None = None) -> Any:
        """Send a message and follow its answer; return the reply of a hook event, or None.

        The message goes to the view that `source` is in, by default to the page's own view.
        """
        return extract((await self.exchange(event, payload, source)).get("diff", {})).reply

    async def exchange(
        self, event: str, payload: dict[str, Any], source: Tag | None = None
    ) -> dict[str, Any]:
        """Do as `request`, but return the whole answer, `{}` if none came."""
        inner = self.inner.find(source)
        if inner is not None:
            response = await self.inner.exchange(inner, event, payload)
            await self.follow()
            return response
        view, connection = self.state.require(named(event, payload))
        pending = await connection.push(view.channel, event, payload, self.main.on_reply)
        await self.state.answer(pending)
        await self.follow()
        if pending.status == "error":
            raise refused(event, payload, pending.response)
        return dict(pending.response) if pending.status == "ok" else {}

    async def join_upload(self, channel: ClientChannel, token: str) -> Pending:
        """Open the channel of a file."""
        _, connection = self.state.require("an upload")
        pending = await connection.join(channel, {"token": token}, lambda _: None)
        await self.state.answer(pending)
        channel.state = "joined" if pending.status == "ok" else "errored"
        return pending

    async def push_chunk(self, channel: ClientChannel, data: bytes) -> Pending:
        """Send bytes of a file and wait for the answer."""
        _, connection = self.state.require("bytes of a file")
        pending = await connection.push_bytes(channel, "chunk", data)
        await self.state.answer(pending)
        return pending

    async def leave_upload(self, channel: ClientChannel) -> None:
        """Close the channel of a file."""
        _, connection = self.state.require("leaving an upload")
        await self.state.answer(await connection.leave(channel))

    async def heartbeat(self) -> None:
        """Send a heartbeat and wait for the answer."""
        _, connection = self.state.live()
        await self.state.answer(await connection.heartbeat())

    # --- following ---

    async def follow(self) -> None:
        """Take the queued steps until none is left. Raises `ViewCrashed` if a view crashed meanwhile."""
        state = self.state
        state.pump()
        taken = 0
        while state.steps:
            if (taken := taken + 1) > MAX_STEPS:
                raise self._endless()
            await self._take(state.steps.popleft())
            state.pump()
        # Raised only now, when the page has joined again and the test can go on with it.
        if state.crashed:
            state.crashed = False
            if state.browser.settings.raise_crashes:
                raise ViewCrashed(
                    f"the view at {state.url} raised an exception, which the log shows with its traceback; the page "
                    "has joined again with a new mount. If the test expects the crash, use "
                    "pytest.raises(ViewCrashed) or LiveClient(app, raise_crashes=False)"
                )

    def _endless(self) -> PageError:
        """Return the error for a page that a browser would never stop to load, navigate or join."""
        state = self.state
        if state.crashed:
            return ViewCrashed(
                f"the view at {state.url} crashes again after each new join, {state.crashes} times so far. The log "
                "shows the traceback. After a join the client sends the input of forms again (their phx-change event)"
            )
        return PageError(
            f"the page was sent on {MAX_STEPS} times in a row, last to {state.url}: expected an end of redirects, "
            "live navigation and form submissions"
        )

    async def _take(self, step: Step) -> None:
        match step:
            case FollowRedirect(payload):
                self.state.put_flash(payload.get("flash"))
                await self.load(payload["to"])
            case LiveRedirect(payload):
                await self.navigation.navigate(payload["to"], navigation_kind(payload), payload.get("flash"))
            case Reload(view, response):
                await self._reload(view, response)
            case LoadAgain():
                await self.load(self.state.url, replace=True)
            case JoinAgain(InnerView() as view):
                await self.inner.rejoin(view)
            case JoinAgain():
                await self.main.rejoin()
            case SyncInnerViews():
                await self.inner.sync()
            case SubmitTriggered():
                await self._submit_triggered()
            case ChangeSession(order):
                await self._change_session(order)
            case DropComponents(view, cids):
                if self.state.connection is not None:
                    await drop_components(view, self.state.connection, cids, self.state.answer)

    async def _change_session(self, order: dict[str, Any]) -> None:
        following = await change_session(self.state, order)
        if following is not None:
            await self._take(following)

    async def _submit_triggered(self) -> None:
        form = self.state.screen.form_to_submit()
        if form is not None:
            submitter = self._submitters.get(str(form.get("id", "")))
            await self.submit(submission(form, submitter, self.state.fields, self.state.url))

    def remember_submitter(self, form: Tag, submitter: Tag | None) -> None:
        """Keep the button of a submitted form: the server may ask for the form over HTTP, which includes it."""
        if submitter is not None:
            self._submitters[str(form.get("id", ""))] = submitter

    async def settle(self, seconds: float = 0.0) -> None:
        """Process everything that is ready, work in threads included; with `seconds`, go on for that time."""
        state = self.state
        until = time.monotonic() + seconds
        give_up = until + state.browser.settings.timeout
        idle = 0
        # A message may pass through several tasks before it arrives, each of which needs a round of the event loop.
        while idle < IDLE_ROUNDS:
            await asyncio.sleep(0)
            idle = 0 if state.pump() or state.steps else idle + 1
            await self.follow()
            remaining = until - time.monotonic()
            # While a plain `def` handler runs in a thread, the event loop looks idle. A thread that hangs
            # must not hang the test, hence the limit.
            if idle >= IDLE_ROUNDS and threads_at_work() and time.monotonic() < give_up:
                await asyncio.sleep(THREAD_POLL)
                idle = 0
            elif (
                idle >= IDLE_ROUNDS
                and remaining > 0
                and state.connection is not None
                and state.connection.open
            ):
                await state.connection.socket.wait(remaining)
                idle = 0


def _html(response: httpx.Response | None) -> str:
    """Return the document that a browser shows for a response; other text is shown in `<pre>`."""
    if response is None:
        return ""
    if "html" in response.headers.get("content-type", ""):
        return response.text
    escaped = response.text.replace("&", "&amp;").replace("<", "&lt;")
    return f"<html><body><pre>{escaped}</pre></body></html>"
