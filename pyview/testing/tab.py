"""One browser tab: loads documents, joins their live view, applies what the server sends, goes where it says.

It reacts as the JavaScript client does, with two differences that make tests fast and sure: nothing is delayed
(rejoins and reloads happen at once), and what would go round in circles, or pass unseen, is an error.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import httpx
from bs4 import BeautifulSoup, Tag

from pyview.process.reloading import LOAD_EVENT
from pyview.rendering.templates import FILES_EVENT
from pyview.sessions.change import SESSION_EVENT
from pyview.template.root_template import PAGE_EVENT
from pyview.testing.browser import Browser, Loaded
from pyview.testing.connection import ClientChannel, ClientConnection, Pending, Push, new_refs
from pyview.testing.errors import NoAnswer, NotConnected, PageError, SocketClosed, TooManyReloads, ViewCrashed
from pyview.testing.files import ChosenFiles
from pyview.testing.forms import Fields, Submission, submission
from pyview.testing.history import History
from pyview.testing.inner_views import SESSION, InnerViews
from pyview.testing.location import absolute, delete_cookie, path_and_query, same_origin, set_cookie
from pyview.testing.recovery import recoverable, recoveries
from pyview.testing.screen import Screen
from pyview.testing.view import View, changed_session, let_go, passed_cookie, shown_components
from pyview.threads import threads_at_work
from pyview.wire.merge import ProtocolError, extract

FLASH_COOKIE = "__phoenix_flash__"
RELOAD_COOKIE = "__phoenix_reload_status__"
COOKIE_AGE = 60
GOODBYE = 4000
MAX_RELOADS = 3
MAX_STEPS = 20
IDLE_ROUNDS = 30
THREAD_POLL = 0.002
UPLOAD = "lvu:"

Step = Callable[[], Awaitable[None]]


class Tab:
    """The machinery under a `Page`. Frames are taken in when the test looks or waits, in the order they came."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.url = browser.settings.base_url
        self.response: httpx.Response | None = None
        self.screen = Screen()
        self.history = History()
        self.connection: ClientConnection | None = None
        self.version: str | None = None
        self.events: list[tuple[str, Any]] = []
        self.crashes = 0
        self.chosen_files = ChosenFiles()
        self._steps: deque[Step] = deque()
        self._crashed = False
        self._reloads = 0
        self._link = 0
        self._arrived: Callable[[], None] | None = None
        self._submitters: dict[str, Tag] = {}
        self._mark = ""
        self.inner = InnerViews(self)

    # --- looking ---

    @property
    def connected(self) -> bool:
        """True while events can be sent."""
        self.pump()
        view, connection = self.view, self.connection
        if view is None and connection is not None and connection.open:
            return any(one.channel.state == "joined" for one in self.inner.views.values())
        return (
            view is not None and connection is not None and connection.open and view.channel.state == "joined"
        )

    @property
    def view(self) -> View | None:
        """The live view of the document that is shown."""
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

    def pump(self) -> bool:
        """Take in what has arrived; False when nothing had."""
        return self.connection.pump() if self.connection is not None else False

    # --- loading documents ---

    async def open(self, url: str, *, replace: bool = False) -> None:
        """What the user asks for, so whatever failed before is forgiven."""
        self._reloads = 0
        await self.load(url, replace=replace)

    async def load(self, url: str, *, replace: bool = False) -> None:
        """GET a document, and join its live view if it has one."""
        await self.unload()
        url = absolute(self.url, url)
        loaded = await self.browser.fetch(url, referer="" if self.response is None else self.url)
        await self._show(loaded, replace=replace)

    async def submit(self, form: Submission) -> None:
        """Send a form over HTTP and show what comes back."""
        referer = self.url
        await self.unload()
        await self._show(await self.browser.submit(form, referer=referer), replace=False)

    async def unload(self) -> None:
        """Leave the document: its view is left and its socket closed."""
        connection, self.connection = self.connection, None
        view, self.screen.view = self.view, None
        self._steps.clear()
        self._arrived = None
        self.inner.forget()
        if connection is not None and connection.open:
            if view is not None:
                await connection.leave(view.channel)
            await connection.socket.close(1000, self.browser.settings.timeout)

    async def _show(self, loaded: Loaded, *, replace: bool) -> None:
        self.url, self.response = loaded.url, loaded.response
        self._mark = secrets.token_hex(4)
        self.history.loaded(loaded.url, replace=replace)
        self.screen.load(_html(loaded.response))
        self.chosen_files = ChosenFiles()
        self._link = 0
        if self.screen.document.is_live:
            self.screen.view = self._view_of_document(self.url)
            await self._connect()
            await self._join()
        elif self.soup.select_one(f"[{SESSION}]") is not None:
            await self._connect()
            await self.inner.sync()

    def _view_of_document(self, href: str) -> View:
        document = self.screen.document
        view_id, session = document.attribute("id"), document.attribute("data-phx-session")
        if not view_id or not session:
            raise ProtocolError(
                f"the main element needs `id` and `data-phx-session`, it has {document.attributes}"
            )
        return View(view_id, session, document.attribute("data-phx-static"), href)

    # --- connecting and joining ---

    async def _connect(self, refs: Any = None) -> None:
        delete_cookie(self.browser.http.cookies, self.url, RELOAD_COOKIE)
        params = {**self._app_params(), "vsn": "2.0.0"}
        socket = self.browser.socket(f"{self._live_path}/websocket", params, {})
        await socket.connect(self.browser.settings.timeout)
        self.connection = ClientConnection(socket, refs or new_refs(), self._on_push)

    @property
    def _live_path(self) -> str:
        path = self.browser.settings.live_path or self.screen.meta("pyview-live-path") or "/live"
        return path.rstrip("/")

    def _app_params(self) -> dict[str, Any]:
        csrf = self.screen.meta("csrf-token")
        return {**({} if csrf is None else {"_csrf_token": csrf}), **self.browser.settings.connect_params}

    def join_params(self) -> dict[str, Any]:
        tracked = self.screen.tracked_statics(self.url)
        params = {**self._app_params(), "_load": self._mark}
        return {**params, **({"_track_static": tracked} if tracked else {})}

    async def _join(self) -> None:
        """Join the view's channel; a refusal is followed as the client follows it."""
        view, connection = self._live()
        forms = recoverable(self.soup, view.id) if view.joins else {}
        self.chosen_files.forget()  # their inputs have new references then
        pending = await connection.join(view.channel, view.join_payload(self.join_params()), self._on_joined)
        await self.answer(pending)
        if pending.status == "ok":
            self._reloads = 0
            await self._recover(forms)
            self.screen.patch_fields(view.html(strip=False), view.id)
        elif pending.status == "error":
            view.channel.state = "errored"
            self._refused(view, pending.response)

    def _on_joined(self, response: dict[str, Any]) -> None:
        view, _ = self._live()
        rendered = response.get("rendered")
        if not isinstance(rendered, dict):
            raise ProtocolError(f"the answer to a join needs `rendered`, got {sorted(response)}")
        if "r" in rendered:
            raise ProtocolError("`r` at the top level of `rendered` is read as a reply; no event was sent")
        if "container" in response:
            self.screen.put_container(response["container"])
        self.version = response.get("liveview_version")
        parts = extract(rendered)
        view.joined(parts.diff, resumed=bool(response.get("resumed")))
        self.history.joined(view.id)
        self.screen.put_title(parts.title, joining=True)
        self._take_events(parts.events)
        self.changed()
        if self._arrived is not None:
            self.screen.fields = Fields()
            self._arrived()
            self._arrived = None
        if "live_patch" in response:
            self._on_live_patch(response["live_patch"])

    def _refused(self, view: View, response: dict[str, Any]) -> None:
        self._take_events(response.get("events", []))
        if "redirect" in response:
            self._on_redirect(response["redirect"])
        elif "live_redirect" in response:
            self._on_live_redirect(response["live_redirect"])
        else:
            self._steps.append(partial(self._reload, view, response))

    async def _reload(self, view: View, response: dict[str, Any]) -> None:
        """Load the page again instead: its HTTP request can show what the join could not."""
        self._reloads += 1
        url, reason = view.href, response.get("reason")
        if reason == "reload":
            set_cookie(
                self.browser.http.cookies, self.url, RELOAD_COOKIE, str(response.get("token")), COOKIE_AGE
            )
        elif reason in ("stale", "unauthorized"):
            self._put_flash(view.flash)
        if self._reloads > MAX_RELOADS:
            raise TooManyReloads(
                f"{url} was loaded {MAX_RELOADS} times and its join was refused each time: {reason!r}"
            )
        await self.load(url, replace=url == self.url)

    async def _rejoin(self) -> None:
        view, _ = self._live()
        await self.inner.leave_children(view.id)
        if view.attempts >= MAX_RELOADS:
            raise ViewCrashed(
                f"the view at {self.url} crashed {view.attempts} times in a row while it was joined"
            )
        await self._join()

    async def _recover(self, forms: Mapping[str, Tag]) -> None:
        """After a rejoin, tell the new view what the user had typed."""
        view, connection = self._live()
        for payload in recoveries(forms, self.soup, self.fields):
            await self.answer(await connection.push(view.channel, "event", payload, self._on_reply))

    # --- what the server sends ---

    def _on_push(self, channel: ClientChannel, push: Push) -> None:
        if channel.state == "left":
            return
        inner = self.inner.of_channel(channel)
        if inner is not None:
            self.inner.on_push(inner, push)
            return
        if channel.topic.startswith(UPLOAD):
            self._on_upload_push(channel, push)
            return
        if push.event not in self._pushes:
            raise ProtocolError(f"the client knows no message {push.event!r}")
        if channel.state == "joining" and push.event != "phx_error":
            raise ProtocolError(f"{push.event!r} came before the answer to the join")
        self._pushes[push.event](self, push.payload)

    def _on_upload_push(self, channel: ClientChannel, push: Push) -> None:
        if push.event not in ("phx_close", "phx_error"):
            raise ProtocolError(f"the channel of a file knows no message {push.event!r}")
        channel.state = "closed" if push.event == "phx_close" else "errored"
        _, connection = self._live()
        connection.lose(lambda pending: pending.join_ref == channel.join_ref)

    def _on_diff(self, diff: dict[str, Any]) -> None:
        if "r" in diff:
            raise ProtocolError("`r` is the reply to an event, but this diff answers none")
        self._apply(diff)

    def _on_live_patch(self, patch: dict[str, Any]) -> None:
        view, _ = self._live()
        self._link += 1
        view.href = absolute(self.url, patch["to"])
        self._went(view.href, "patch", _kind(patch))

    def _on_redirect(self, redirect: dict[str, Any]) -> None:
        self._steps.append(partial(self._redirect, redirect))

    def _on_live_redirect(self, redirect: dict[str, Any]) -> None:
        self._steps.append(partial(self._live_redirect, redirect))

    def _on_close(self, _: Any) -> None:
        self._lose("closed")

    def _on_error(self, _: Any) -> None:
        self._lose("errored")
        self.crashed(self._rejoin)

    def crashed(self, again: Step) -> None:
        self.crashes += 1
        self._crashed = True
        self._steps.append(again)

    def _lose(self, state: str) -> None:
        view, connection = self._live()
        view.channel.state = state
        connection.lose(lambda pending: pending.join_ref == view.channel.join_ref)

    _pushes: Mapping[str, Callable[["Tab", Any], None]] = {
        "diff": _on_diff,
        "live_patch": _on_live_patch,
        "redirect": _on_redirect,
        "live_redirect": _on_live_redirect,
        "phx_close": _on_close,
        "phx_error": _on_error,
    }

    def _on_reply(self, response: dict[str, Any]) -> None:
        if "diff" in response:
            self._apply(response["diff"])
        if "live_patch" in response:
            self._on_live_patch(response["live_patch"])
        self.go_where(response)

    def go_where(self, response: Mapping[str, Any]) -> None:
        """Note where an answer sends the page."""
        if "redirect" in response:
            self._on_redirect(response["redirect"])
        if "live_redirect" in response:
            self._on_live_redirect(response["live_redirect"])

    def reload_instead(self, view: View, response: dict[str, Any]) -> None:
        """Load the page again, as the client does when a join is refused."""
        self._steps.append(partial(self._reload, view, response))

    def _apply(self, diff: dict[str, Any]) -> None:
        view, _ = self._live()
        parts = extract(diff)
        if parts.diff:
            shown = shown_components(view)
            marked = view.update(parts.diff)
            self.let_go(view, shown)
            components = parts.diff["c"] if set(parts.diff) == {"c"} else None
            self.screen.patch_fields(marked, view.id, components)
            self.changed()
        self.take_news(parts.title, parts.events)

    def take_news(self, title: Any, events: list[Any]) -> None:
        """What comes with a diff besides the page."""
        self.screen.put_title(title, joining=False)
        self._take_events(events)

    def let_go(self, view: View, shown: frozenset[int]) -> None:
        """Of the components that the view has shown until now, tell the server which ones have gone."""
        cids = shown - shown_components(view)
        if cids:
            _, connection = self._live()
            self._steps.append(partial(let_go, view, connection, cids, self.answer))

    def changed(self) -> None:
        self.screen.changed()
        if self.screen.has_inner and self.inner.sync not in self._steps:
            self._steps.append(self.inner.sync)
        if self.screen.form_to_submit() is not None:
            self._steps.append(self._trigger_action)

    async def _trigger_action(self) -> None:
        form = self.screen.form_to_submit()
        if form is not None:
            submitter = self._submitters.get(str(form.get("id", "")))
            await self.submit(submission(form, submitter, self.fields, self.url))

    def _take_events(self, events: list[Any]) -> None:
        for event in events:
            if not (isinstance(event, list) and len(event) in (2, 3) and isinstance(event[0], str)):
                raise ProtocolError(
                    f"a pushed event is [name, payload] or [name, payload, true], got {event!r}"
                )
            if event[0] == PAGE_EVENT:
                self.screen.attributes = event[1]
            elif event[0] == SESSION_EVENT:
                self._steps.append(partial(self._change_session, event[1]))
            elif event[0] == FILES_EVENT:
                self.screen.put_style_sheet(event[1])
            elif event[0] == LOAD_EVENT:
                self._load_again_once()
            else:
                self.events.append((event[0], event[1]))

    def _load_again_once(self) -> None:
        if self._load_again not in self._steps:
            self._steps.append(self._load_again)

    async def _load_again(self) -> None:
        await self.load(self.url, replace=True)

    async def _change_session(self, order: dict[str, Any]) -> None:
        """Have the session changed over HTTP, then go on as the order says: elsewhere, or on this socket."""
        view, _ = self._live()
        receipt = await changed_session(self.browser, self._session_url, self._csrf, view, order["token"])
        if receipt is None:
            await self._reload(view, {"reason": "the session was not changed"})
        elif "to" in order:
            await self._redirect(order)
        else:
            await self._renew(view, receipt)

    async def _renew(self, view: View, receipt: str) -> None:
        """Tell the socket the new cookie; the page's tokens are new then, too."""
        cookie = await passed_cookie(self.browser, self._session_url, self._csrf, view, receipt)
        self.pump()
        if cookie is None or view.channel.state != "joined":
            return
        _, connection = self._live()
        payload = {"pass": cookie, "session": view.session}
        pending = await connection.push(view.channel, "session_renewed", payload)
        await self.answer(pending)
        if pending.status == "ok":
            view.session = pending.response["session"]
            self.screen.renew(view.session, pending.response["csrf"])
        elif pending.status == "error":
            await self._reload(view, {"reason": "the socket refused the new cookie"})

    @property
    def _session_url(self) -> str:
        return f"{self._live_path}/session"

    @property
    def _csrf(self) -> str:
        return self.screen.meta("csrf-token") or ""

    # --- sending ---

    async def request(self, event: str, payload: dict[str, Any], source: Tag | None = None) -> Any:
        """Send a message to the view that `source` is in, by default the page's, wait for its answer, and go where it
        says. The reply to a hook, or None."""
        return extract((await self.exchange(event, payload, source)).get("diff", {})).reply

    async def exchange(
        self, event: str, payload: dict[str, Any], source: Tag | None = None
    ) -> dict[str, Any]:
        """`request`, for the whole answer; `{}` if none came."""
        inner = self.inner.find(source)
        if inner is not None:
            response = await self.inner.exchange(inner, event, payload)
            await self.follow()
            return response
        view, connection = self._require(event)
        pending = await connection.push(view.channel, event, payload, self._on_reply)
        await self.answer(pending)
        await self.follow()
        if pending.status == "error":
            raise PageError(f"the server answered {event!r} with an error: {pending.response}")
        return dict(pending.response) if pending.status == "ok" else {}

    async def join_upload(self, channel: ClientChannel, token: str) -> Pending:
        """Open the channel of a file."""
        _, connection = self._require("an upload")
        pending = await connection.join(channel, {"token": token}, lambda _: None)
        await self.answer(pending)
        channel.state = "joined" if pending.status == "ok" else "errored"
        return pending

    async def push_chunk(self, channel: ClientChannel, data: bytes) -> Pending:
        """Send bytes of a file, and wait until they have been taken."""
        _, connection = self._require("bytes of a file")
        pending = await connection.push_bytes(channel, "chunk", data)
        await self.answer(pending)
        return pending

    async def leave_upload(self, channel: ClientChannel) -> None:
        _, connection = self._require("leaving an upload")
        await self.answer(await connection.leave(channel))

    async def heartbeat(self) -> None:
        _, connection = self._live()
        await self.answer(await connection.heartbeat())

    async def answer(self, pending: Pending) -> None:
        """Wait for the answer. It does not come if the view crashes or is closed: then the status is "lost"."""
        connection, view = self.connection, self.view
        assert connection is not None
        deadline = time.monotonic() + self.browser.settings.timeout
        while connection.pump() or pending.status is None:
            if pending.status is None and not await connection.socket.wait(
                max(0.0, deadline - time.monotonic())
            ):
                raise NoAnswer(f"no answer to {pending.event!r} within {self.browser.settings.timeout} s")
        if pending.status == "lost" and not connection.open:
            raise SocketClosed(connection.socket.close_code or 1006, connection.socket.close_reason)
        if (
            pending.status == "lost"
            and view is not None
            and view.channel.state == "closed"
            and not self._steps
        ):
            raise NotConnected(f"the server closed the channel without an answer to {pending.event!r}")

    async def follow(self) -> None:
        """Go where the server sent the page, until it rests."""
        self.pump()
        taken = 0
        while self._steps:
            if (taken := taken + 1) > MAX_STEPS:
                raise PageError(f"the page was sent on {MAX_STEPS} times in a row, last to {self.url}")
            await self._steps.popleft()()
            self.pump()
        if self._crashed:
            self._crashed = False
            if self.browser.settings.raise_crashes:
                raise ViewCrashed(
                    f"the view at {self.url} raised (see the log); it has joined again and starts anew. "
                    "If that is what the test is about: pytest.raises(ViewCrashed), or raise_crashes=False."
                )

    async def settle(self, seconds: float = 0.0) -> None:
        """Let everything that is ready happen, in threads too; with `seconds`, also what comes in that time."""
        until = time.monotonic() + seconds
        patience = until + self.browser.settings.timeout
        idle = 0
        while idle < IDLE_ROUNDS:
            await asyncio.sleep(0)
            idle = 0 if self.pump() or self._steps else idle + 1
            await self.follow()
            remaining = until - time.monotonic()
            if idle >= IDLE_ROUNDS and threads_at_work() and time.monotonic() < patience:
                await asyncio.sleep(THREAD_POLL)
                idle = 0
                continue
            if idle >= IDLE_ROUNDS and remaining > 0 and self.connection is not None and self.connection.open:
                await self.connection.socket.wait(remaining)
                idle = 0

    # --- going elsewhere ---

    async def patch(self, href: str, kind: str = "push") -> None:
        """What a click on a patch link does."""
        href = absolute(self.url, href)
        if not self.connected:
            await self.load(href)
            return
        await self._patch(href, partial(self._went, href, "patch", kind))

    async def _patch(self, href: str, commit: Callable[[], None]) -> None:
        view, connection = self._live()
        # A patch that the server pushes meanwhile is a newer link: then its address counts, not this one.
        link = self._link = self._link + 1
        pending = await connection.push(view.channel, "live_patch", {"url": href}, self._on_reply)
        await self.answer(pending)
        if pending.status == "error":
            await self.load(self.url, replace=True)
        elif pending.status == "ok" and pending.response.get("link_redirect"):
            await self._navigate(href, None, commit)
        elif pending.status == "ok" and self._link == link and not _leads_away(pending.response):
            view.href = href
            commit()
        await self.follow()

    async def navigate(self, href: str, kind: str = "push", flash: str | None = None) -> None:
        """Live navigation: leave the view, join another one on the same socket."""
        href = absolute(self.url, href)
        if not self.connected and not (self.view and self.connection and self.connection.open):
            self._put_flash(flash)
            await self.load(href)
            return
        if not same_origin(href, self.url):
            raise ProtocolError(f"live navigation cannot leave the origin: {href!r}; a redirect can")
        await self._navigate(href, flash, partial(self._went, href, "redirect", kind))

    async def _navigate(self, href: str, flash: str | None, commit: Callable[[], None]) -> None:
        old, connection = self._live()
        delete_cookie(self.browser.http.cookies, self.url, RELOAD_COOKIE)
        await self.inner.leave_children(old.id)
        await connection.leave(old.channel)
        self._link += 1
        self._arrived = commit
        self._steps.clear()
        view = self.screen.view = self._view_of_document(href)
        view.tree, view.shown = old.tree, old.shown  # the old page stays in sight until the new one is there
        self.screen.attributes = {}
        view.navigated, view.flash, view.referer = True, flash, self.url
        await self._join()

    async def _redirect(self, redirect: dict[str, Any]) -> None:
        self._put_flash(redirect.get("flash"))
        await self.load(redirect["to"])

    async def _live_redirect(self, redirect: dict[str, Any]) -> None:
        await self.navigate(redirect["to"], _kind(redirect), redirect.get("flash"))

    async def go(self, by: int) -> None:
        """The back and forward buttons."""
        before = self.history.current
        entry, kind = self.history.step(by)
        if entry.document != before.document:
            await self.load(entry.url, replace=True)
            return
        moved = path_and_query(self.url) != path_and_query(entry.url)
        self.url = entry.url
        view = self.view
        if not moved or view is None:
            return
        if kind == "patch" and self.connected and entry.view_id == view.id:
            await self._patch(entry.url, _nothing)
        else:
            await self._navigate(entry.url, None, _nothing)

    def _went(self, href: str, history_kind: str, kind: str) -> None:
        view, _ = self._live()
        if href != self.url:
            self.history.went(href, history_kind, view.id, replace=kind == "replace")
        self.url = href

    def _put_flash(self, flash: str | None) -> None:
        if flash is not None:
            set_cookie(self.browser.http.cookies, self.url, FLASH_COOKIE, flash, COOKIE_AGE)

    # --- losing and finding the server ---

    async def drop(self) -> None:
        """Lose the connection, as in a tunnel."""
        self.pump()
        connection = self.connection
        if connection is None or not connection.open:
            raise NotConnected(f"{self.url} has no connection to lose")
        for view in (self.view, *self.inner.views.values()):
            if view is not None:
                view.channel.state = "errored"
        await connection.socket.drop(self.browser.settings.timeout)

    async def close(self) -> None:
        """Close the tab: the client says goodbye by the close code, so that the view does not wait."""
        connection, self.connection = self.connection, None
        if connection is not None and connection.open:
            await connection.socket.close(GOODBYE, self.browser.settings.timeout)

    async def reconnect(self) -> None:
        """Connect again and rejoin, as the client does by itself after a while."""
        self.pump()
        connection, view = self.connection, self.view
        if connection is None or (view is None and not self.inner.views):
            raise NotConnected(f"{self.url} has no live view to join again")
        if connection.open:
            await self.drop()
        await self._connect(connection.refs)
        if view is not None:
            await self._join()
        await self.inner.rejoin_roots()
        await self.follow()

    # --- small helps ---

    def remember_submitter(self, form: Tag, submitter: Tag | None) -> None:
        """Which button to name when the server later asks for the form over HTTP."""
        if submitter is not None:
            self._submitters[str(form.get("id", ""))] = submitter

    def _live(self) -> tuple[View, ClientConnection]:
        if self.view is None or self.connection is None:
            raise NotConnected(f"{self.url} is not a live page (HTTP status {self._status()})")
        return self.view, self.connection

    def _require(self, what: str) -> tuple[View, ClientConnection]:
        """The view and the connection, if messages can be sent."""
        if self.connected:
            return self._live()
        _, connection = self._live()
        code = connection.socket.close_code
        closed = "the server closed its channel" if code is None else f"the socket is closed with code {code}"
        raise NotConnected(f"{what!r} cannot be sent: {closed}. `await page.reconnect()` connects again.")

    def _status(self) -> int | None:
        return None if self.response is None else self.response.status_code


def _leads_away(response: dict[str, Any]) -> bool:
    return "redirect" in response or "live_redirect" in response


def _nothing() -> None:
    """Going back in history changes no history."""


def _kind(navigation: dict[str, Any]) -> str:
    kind = navigation.get("kind")
    if kind not in ("push", "replace") or not isinstance(navigation.get("to"), str):
        raise ProtocolError(f"a navigation has `kind` push or replace and `to`, got {navigation!r}")
    return str(kind)


def _html(response: httpx.Response | None) -> str:
    if response is None:
        return ""
    if "html" in response.headers.get("content-type", ""):
        return response.text
    escaped = response.text.replace("&", "&amp;").replace("<", "&lt;")
    return f"<html><body><pre>{escaped}</pre></body></html>"
