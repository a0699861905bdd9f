"""One joined live view, as the client keeps it: its identity, its tree, and what it tells the server to join.

How the client lets go of live components whose elements have gone from the page.

The two requests of a page whose view has changed the session, as its script makes them.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pyview.testing.browser import Browser
from pyview.testing.connection import ClientChannel, ClientConnection, Pending
from pyview.testing.payloads import COMPONENT
from pyview.testing.streams import StreamedItems
from pyview.testing.tree_html import check_reach, to_html
from pyview.wire.merge import Tree, merge


@dataclass(slots=True)
class View:
    """`href` is where the view is; `navigated` says that it came by live navigation, for as long as it lives.

    `tree` is what the client keeps, `shown` what the page shows: the items of streams as well.
    """

    id: str
    session: str
    static: str | None
    href: str
    navigated: bool = False
    flash: str | None = None
    referer: str | None = None
    joins: int = 0
    attempts: int = 0
    tree: Tree = field(default_factory=dict)
    shown: Tree = field(default_factory=dict)
    streamed: StreamedItems = field(default_factory=StreamedItems)
    channel: ClientChannel = field(init=False)
    _html: dict[bool, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.channel = ClientChannel(f"lv:{self.id}")

    def join_payload(self, params: dict[str, Any]) -> dict[str, Any]:
        """The payload of `phx_join`. Each one counts as an attempt until a join succeeds."""
        payload = {
            "redirect" if self.navigated else "url": self.href,
            "params": {**params, **self._reserved_params()},
            "session": self.session,
            "static": self.static or None,
            "sticky": False,
        }
        self.attempts += 1
        return payload if self.flash is None else {**payload, "flash": self.flash}

    def _reserved_params(self) -> dict[str, Any]:
        counts: dict[str, Any] = {"_mounts": self.joins, "_mount_attempts": self.attempts}
        if self.channel.received:
            counts["_received"] = self.channel.received
        return counts if self.referer is None else {**counts, "_live_referer": self.referer}

    def joined(self, rendered: Tree, *, resumed: bool = False) -> None:
        """Take the first tree of a mount."""
        self.channel.state = "joined"
        self.flash = None
        self.joins, self.attempts = self.joins + 1, 0
        if not resumed:
            self.streamed.joined()
        self._keep(merge({}, rendered))

    def update(self, diff: Tree) -> str:
        """Merge a diff. The view's HTML, with marks on what the patch leaves alone."""
        before = self.shown
        whole = self.tree
        self._keep(merge(whole, diff))
        check_reach(self.tree, diff, whole)
        return to_html(self.shown, strip=False, since=before)

    def prune(self, cids: Iterable[int]) -> None:
        """Forget components, as the server has."""
        known = self.tree.get("c", {})
        left = {cid: component for cid, component in known.items() if int(cid) not in {*cids}}
        self._keep({**self.tree, "c": left})

    def html(self, *, strip: bool = True) -> str:
        """The view's HTML; without `strip`, components carry the number that events name."""
        if strip not in self._html:
            self._html[strip] = to_html(self.shown, strip=strip)
        return self._html[strip]

    def _keep(self, tree: Tree) -> None:
        self.tree = self.streamed.absorb(tree)
        self.shown = self.streamed.shown(self.tree)
        self._html = {}
        self.html()  # what cannot be shown is told now, not when a test happens to look


_MARK = re.compile(rf' {COMPONENT}="(\d+)"')

Answer = Callable[[Pending], Awaitable[None]]


def shown_components(view: View) -> frozenset[int]:
    """The numbers of the components whose elements are in the view's HTML."""
    if "c" not in view.tree:
        return frozenset()
    return frozenset(map(int, _MARK.findall(view.html(strip=False))))


async def let_go(view: View, connection: ClientConnection, cids: frozenset[int], answer: Answer) -> None:
    """Say that components will go, then that those have gone that did not come back; forget what the server forgets."""
    going = await _told(view, connection, "cids_will_destroy", cids, answer)
    if going is None:
        return
    gone = await _told(view, connection, "cids_destroyed", cids, answer)
    view.prune(gone.response["cids"] if gone is not None else [])


async def _told(
    view: View, connection: ClientConnection, message: str, cids: frozenset[int], answer: Answer
) -> Pending | None:
    """The answer to a message about those that are still not shown; None if there are none, or nobody answers."""
    connection.pump()
    left = sorted(cids - shown_components(view))
    if not left or view.channel.state != "joined":
        return None
    pending = await connection.push(view.channel, message, {"cids": left})
    await answer(pending)
    return pending if pending.status == "ok" else None


async def changed_session(browser: Browser, url: str, csrf: str, view: View, token: str) -> str | None:
    """The receipt for a change; None when the server refuses it."""
    body = {"id": view.id.removeprefix("phx-"), "session": view.session, "token": token}
    answer = await _post(browser, url, csrf, body)
    return None if answer is None else str(answer["receipt"])


async def passed_cookie(browser: Browser, url: str, csrf: str, view: View, receipt: str) -> str | None:
    """The browser's cookie, sealed for the socket; None when the server refuses it."""
    answer = await _post(browser, f"{url}/pass", csrf, {"id": view.id, "token": receipt})
    return None if answer is None else str(answer["pass"])


async def _post(browser: Browser, url: str, csrf: str, body: dict[str, str]) -> dict[str, Any] | None:
    headers = {"origin": browser.settings.origin, "sec-fetch-site": "same-origin", "x-csrf-token": csrf}
    response = await browser.http.post(url, json=body, headers=headers)
    found: dict[str, Any] | None = response.json() if response.is_success else None
    return found
