"""`Page`: the test's interface to one page of the browser."""

import json
import time
import webbrowser
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import httpx
from bs4 import Tag

from pyview.js.commands import JsCommands
from pyview.testing.child import Child
from pyview.testing.dom import Element, described, find_one, find_only, select, text_of
from pyview.testing.downloads import SavedFile, fetch_offered
from pyview.testing.errors import ElementNotFound, NotConnected, PageError
from pyview.testing.files import LocalFile
from pyview.testing.forms import Value, Values, attribute, form_of
from pyview.testing.gestures import Gestures
from pyview.testing.payloads import Occasion, target_cids, with_cid
from pyview.testing.tab import Tab
from pyview.testing.uploads import Chosen, Uploader, drop_target

CLICKABLE = (
    "a, button, input[type=submit], input[type=button], input[type=reset], label, summary, [phx-click]"
)
# A condition of the test may depend on anything, not only on messages, so `wait_for` looks again and again.
POLL = 0.02
MAIN_VIEW = "[data-phx-main]"

Target = str | Element


class Page:
    """One page, from `await client.open(url)`.

    Reading is plain (`page.html`, `page.find("h1").text`). Acting is awaited (`await page.click("#inc")`) and returns
    when the server has answered and the page has followed every navigation. Elements are named by a CSS selector, by
    a text, or by an `Element` found before. A missing element raises an `AssertionError` that lists those of the page.
    """

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self._gestures = Gestures(tab)

    # --- reading ---

    @property
    def status(self) -> int | None:
        """The HTTP status of the document; None if a redirect led outside the application."""
        return None if self._tab.state.response is None else self._tab.state.response.status_code

    @property
    def response(self) -> httpx.Response:
        """The HTTP response that brought the document, after redirects."""
        if self._tab.state.response is None:
            raise PageError(f"{self._tab.state.url} is outside the application, so it was not loaded")
        return self._tab.state.response

    @property
    def url(self) -> str:
        """The URL in the address bar."""
        self._tab.state.pump()
        return self._tab.state.url

    @property
    def path(self) -> str:
        """The URL without scheme and host: path, query, fragment."""
        # `raw_path` is what a request sends, so it has no fragment.
        return httpx.URL(self.url).raw_path.decode() + (
            f"#{httpx.URL(self.url).fragment}" if "#" in self.url else ""
        )

    @property
    def title(self) -> str:
        """The title of the document."""
        self._tab.state.pump()
        return self._tab.state.screen.title

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the document that the view has set with `socket.page`.

        A dict with those of `lang`, `dir`, `html_class`, `body_class`, `meta` and `link` that are set.
        """
        self._tab.state.pump()
        return self._tab.state.screen.attributes

    @property
    def html(self) -> str:
        """The HTML of the whole document, with that of the live view as it is now."""
        return self._tab.state.html

    @property
    def text(self) -> str:
        """The visible text, with white space normalized."""
        return text_of(self._tab.state.soup)

    @property
    def connected(self) -> bool:
        """True while the live view is joined."""
        return self._tab.state.connected

    @property
    def close_code(self) -> int | None:
        """The close code of the socket; None while it is open, or if the page has none."""
        self._tab.state.pump()
        return None if self._tab.state.connection is None else self._tab.state.connection.socket.close_code

    @property
    def events(self) -> list[tuple[str, Any]]:
        """The events that the server pushed to the page's scripts: `(name, payload)`, oldest first.

        The test may `clear()` the list.
        """
        self._tab.state.pump()
        return self._tab.state.events

    @property
    def crashes(self) -> int:
        """The number of crashes of views (`phx_error`) on this page."""
        self._tab.state.pump()
        return self._tab.state.crashes

    @property
    def version(self) -> str | None:
        """The `liveview_version` that the server sent when the view joined."""
        return self._tab.state.version

    @property
    def dropped(self) -> list[Any]:
        """The frames that the client dropped, because their channel had been left."""
        self._tab.state.pump()
        return [] if self._tab.state.connection is None else self._tab.state.connection.dropped

    def find(self, css: str, text: str | None = None) -> Element:
        """Return the first element that matches. Raises `ElementNotFound`.

        With `text`: an element with exactly that text, apart from white space; if there is none, one that contains it.
        """
        return Element(find_one(self._tab.state.soup, css, text))

    def find_all(self, css: str, text: str | None = None) -> list[Element]:
        """Return all elements that match, in document order."""
        return [Element(tag) for tag in select(self._tab.state.soup, css, text)]

    def exists(self, css: str, text: str | None = None) -> bool:
        return bool(select(self._tab.state.soup, css, text))

    def has_text(self, text: str) -> bool:
        return " ".join(text.split()) in self.text

    def child(self, id: str) -> Child:
        """Return the nested, sticky or embedded view whose element has that id. It need not exist yet."""
        return Child(self._tab, id)

    def value(self, css: Target) -> str:
        """Return the value of a field: typed, chosen or rendered."""
        return self._tab.state.fields.value(self._only(css))

    # --- acting ---

    async def click(self, css: Target = CLICKABLE, text: str | None = None) -> None:
        """Click an element: a live link, a `phx-click` on or around it, a link, a button of a form, a checkbox."""
        await self._gestures.click(self._only(css, text))

    async def submit(
        self, form: Target = "form", values: Values | None = None, *, submitter: str | None = None
    ) -> None:
        """Fill in a form and submit it with its first button, or with the button that `submitter` selects.

        A form with `phx-submit` sends an event. Any other form is sent over HTTP and the page shows the response.
        `values` are `{name: value}`; fields that it does not name keep their values.
        """
        tag = self._form(form)
        button = None if submitter is None else find_only(self._tab.state.soup, submitter)
        await self._gestures.submit(tag, values or {}, button)

    async def change(self, form: Target, values: Values | Value, target: str | None = None) -> None:
        """Change fields as typing does: `change("form", {"email": "x"})`, or `change("#email", "x")` for one field.

        One change event is sent. Its `_target` is the last field of `values`, or the field named `target`.
        """
        tag = self._only(form)
        if tag.name != "form" and not isinstance(values, Mapping):
            values, tag = {attribute(tag, "name"): values}, self._form_around(tag)
        if not isinstance(values, Mapping) or not values or tag.name != "form":
            raise PageError(
                f"expected a form and {{name: value}}, or one field and its value; got <{tag.name}> and {values!r}"
            )
        await self._gestures.change(tag, values, target or list(values)[-1])

    async def choose(self, file_input: Target, *files: LocalFile, send: bool = True) -> Chosen:
        """Choose files at an input made with `live_file_input`, which sends the form's `phx-change` event.

        With `auto_upload` the files are uploaded then, otherwise when the form is submitted. With `send=False` the
        test uploads them itself, with `await chosen.send(name, percent)`.
        """
        return await self._gestures.choose(self._only(file_input), files, send=send)

    async def drop_files(self, zone: Target, *files: LocalFile, send: bool = True) -> Chosen:
        """Drop files on an element inside a `phx-drop-target`; then do as `choose`."""
        target = drop_target(self._only(zone), self._tab.state.soup)
        return await self._gestures.choose(target, files, send=send)

    async def download(self) -> SavedFile:
        """Fetch the file that the page was offered first and has not fetched, as the browser does by itself.

        Raises `PageError` if no file was offered, or if the server refuses it.
        """
        return await fetch_offered(self._tab.state)

    @property
    def uploaders(self) -> dict[str, Uploader]:
        """The uploaders of the page for external uploads, by name, instead of the scripts in `window.Uploaders`.

        The client calls `await uploader(file, meta, progress)`.
        """
        return self._gestures.files.uploaders

    async def key(
        self, css: Target | None, key: str, *, events: tuple[str, ...] = ("keydown", "keyup")
    ) -> None:
        """Press and release a key in an element; with None, anywhere, for `phx-window-keydown` and `-keyup`."""
        if not await self._gestures.key(self._maybe(css), key, events):
            raise PageError(
                f"no binding handles the key at {css!r}: expected phx-keydown or phx-keyup on the element, or "
                "phx-window-keydown or phx-window-keyup on the page"
            )

    async def focus(self, css: Target | None) -> None:
        """Focus an element, or the window if `css` is None."""
        await self._focus(css, "focus")

    async def blur(self, css: Target | None) -> None:
        """Blur an element, or the window if `css` is None."""
        await self._focus(css, "blur")

    async def _focus(self, css: Target | None, event: str) -> None:
        if not await self._gestures.focus(self._maybe(css), event):
            binding = f"phx-window-{event}" if css is None else f"phx-{event}"
            raise PageError(f"no binding handles {event} at {css!r}: expected {binding}")

    async def push(self, event: str, value: Any = None, *, target: str | int | None = None) -> Any:
        """Push an event as a hook of a script does; return the handler's reply, or None.

        `target` is the number of a component, or a selector of an element in it.
        """
        payload = {"type": "hook", "event": event, "value": {} if value is None else value}
        cid = None if target is None else target_cids(self._tab.state.soup, target, self._tab.state.soup)[0]
        return await self._tab.request("event", with_cid(payload, cid))

    async def run(self, commands: JsCommands | list[Any], at: Target = MAIN_VIEW) -> None:
        """Run JS commands at an element, as `socket.exec_js` and hooks do: pushes, patches, navigation, `exec`.

        The commands of `socket.exec_js` arrive in `events`, as `("pyview:exec", {"commands": [...], ...})`. Commands
        that change only the appearance of the page have no effect here.
        """
        await self._gestures.run(
            json.dumps(commands, default=JsCommands.__json__), Occasion(None, self._only(at))
        )

    async def send(self, event: str, payload: dict[str, Any]) -> Any:
        """Send any message on the view's channel, for tests of the protocol; return the reply in its diff, or None."""
        return await self._tab.request(event, payload)

    async def heartbeat(self) -> None:
        """Send a heartbeat and wait for its answer."""
        await self._tab.heartbeat()

    # --- navigating ---

    def show(self, *, browser: bool = True) -> Path:
        """Write the document as it is now into a file, and open the file in your browser, to debug a test.

        Its scripts do not run. Returns the file's path.
        """
        with NamedTemporaryFile(
            "w", suffix=".html", prefix="pyview-", delete=False, encoding="utf-8"
        ) as file:
            file.write(self.html)
        path = Path(file.name)
        if browser:
            webbrowser.open(path.as_uri())
        return path

    async def open(self, url: str) -> None:
        """Load a URL over HTTP, and join its live view if it has one."""
        await self._go(lambda: self._tab.open(url))

    async def reload(self) -> None:
        await self._go(lambda: self._tab.open(self._tab.state.url, replace=True))

    async def patch(self, href: str, *, replace: bool = False) -> None:
        """Act as a click on a patch link: new params for the same view."""
        await self._go(lambda: self._tab.navigation.patch(href, "replace" if replace else "push"))

    async def navigate(self, href: str, *, replace: bool = False) -> None:
        """Act as a click on a navigate link: another view on the same connection."""
        await self._go(lambda: self._tab.navigation.navigate(href, "replace" if replace else "push"))

    async def back(self) -> None:
        await self._go(lambda: self._tab.navigation.go(-1))

    async def forward(self) -> None:
        await self._go(lambda: self._tab.navigation.go(1))

    async def _go(self, step: Callable[[], Awaitable[None]]) -> None:
        await step()
        await self._tab.follow()

    # --- waiting ---

    async def settle(self, seconds: float = 0.0) -> None:
        """Process everything that is ready: broadcasts, infos, timers that are due.

        With `seconds`, go on for that time, for what is not ready yet.
        """
        await self._tab.settle(seconds)

    async def wait_for(
        self, what: str | Callable[["Page"], object], timeout: float = 5.0, *, text: str | None = None
    ) -> None:
        """Wait until an element exists (`what` is a selector, with a text), or until `what(page)` is true.

        `timeout` is in seconds. Raises `PageError`.
        """
        until = time.monotonic() + timeout
        while not self._holds(what, text):
            if time.monotonic() > until:
                wanted = described(what, text) if isinstance(what, str) else what
                raise PageError(
                    f"waited {timeout} s for {wanted}; the text of the page is {self.text[:400]!r}"
                )
            await self._tab.settle(POLL)

    def _holds(self, what: str | Callable[["Page"], object], text: str | None) -> bool:
        if isinstance(what, str):
            return self.exists(what, text)
        try:
            return bool(what(self))
        except ElementNotFound:
            return False  # what(page) may look for elements that do not exist yet

    # --- the connection ---

    async def drop(self) -> None:
        """Lose the connection without a closing handshake. The page stays as it is until `reconnect`."""
        await self._tab.drop()

    async def reconnect(self) -> None:
        """Connect again and rejoin, as the browser does by itself; the client sends the input of forms again."""
        await self._tab.reconnect()

    async def close(self) -> None:
        """Close the tab."""
        await self._tab.close()

    def abort(self) -> None:
        """Forget the page without waiting for the server."""
        if self._tab.state.connection is not None:
            self._tab.state.connection.socket.abort()

    # --- helpers ---

    def _only(self, target: Target, text: str | None = None) -> Tag:
        return target.tag if isinstance(target, Element) else find_only(self._tab.state.soup, target, text)

    def _maybe(self, target: Target | None) -> Tag | None:
        return None if target is None else self._only(target)

    def _form(self, target: Target) -> Tag:
        tag = self._only(target)
        if tag.name != "form":
            raise PageError(f"expected a form to submit, got a <{tag.name}> for {target!r}")
        return tag

    def _form_around(self, tag: Tag) -> Tag:
        form = form_of(tag)
        if form is None:
            raise PageError(
                f"the field {Element(tag)!r} is in no form, and the client does not send such a field"
            )
        return form

    def __repr__(self) -> str:
        try:
            state = "live" if self.connected else f"status {self.status}"
        except (PageError, NotConnected):
            state = "broken"
        return f"<Page {self._tab.state.url} ({state})>"
