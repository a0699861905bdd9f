"""One live view as the client keeps it: its tokens, its tree, the payload of its join."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pyview.testing.connection import ClientChannel, ClientConnection, Pending
from pyview.testing.payloads import COMPONENT
from pyview.testing.streams import StreamedItems
from pyview.testing.tree_html import check_reach, to_html
from pyview.wire.merge import Tree, merge


@dataclass(slots=True)
class View:
    """The client's state of one view.

    `href` is the URL of the view. `navigated` is True if the view came by live navigation. `joins` counts its
    successful joins, `attempts` the joins since the last successful one. `tree` is what the client keeps; `shown` is
    what the page shows, which includes the items of streams.
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
        """Return the payload of `phx_join`, and count the attempt."""
        reserved: dict[str, Any] = {"_mounts": self.joins, "_mount_attempts": self.attempts}
        if self.channel.received:
            reserved["_received"] = self.channel.received
        if self.referer is not None:
            reserved["_live_referer"] = self.referer
        payload = {
            "redirect" if self.navigated else "url": self.href,
            "params": {**params, **reserved},
            "session": self.session,
            "static": self.static or None,
            "sticky": False,
        }
        self.attempts += 1
        return payload if self.flash is None else {**payload, "flash": self.flash}

    def joined(self, rendered: Tree, *, resumed: bool = False) -> None:
        """Take the tree of a join. `resumed` is True if the server has kept the view, and its streams, meanwhile."""
        self.channel.state = "joined"
        self.flash = None
        self.joins, self.attempts = self.joins + 1, 0
        if not resumed:
            self.streamed.joined()
        self._keep(merge({}, rendered))

    def update(self, diff: Tree) -> str:
        """Merge a diff; return the view's HTML, with marks on the elements that the patch leaves alone."""
        old_shown, old_tree = self.shown, self.tree
        self._keep(merge(old_tree, diff))
        # A merge without an error is not enough: the client may hold the right tree and not patch all of it.
        check_reach(self.tree, diff, old_tree)
        return to_html(self.shown, strip=False, since=old_shown)

    def prune(self, cids: Iterable[int]) -> None:
        """Remove components that the server has removed."""
        removed = {*cids}
        known = self.tree.get("c", {})
        kept = {cid: component for cid, component in known.items() if int(cid) not in removed}
        self._keep({**self.tree, "c": kept})

    def html(self, *, strip: bool = True) -> str:
        """Return the view's HTML; without `strip`, components carry the number that events name."""
        if strip not in self._html:
            self._html[strip] = to_html(self.shown, strip=strip)
        return self._html[strip]

    def _keep(self, tree: Tree) -> None:
        self.tree = self.streamed.absorb(tree)
        self.shown = self.streamed.shown(self.tree)
        self._html = {}
        self.html()  # raise a ProtocolError here, at the message that caused it, not when the test looks


_MARK = re.compile(rf' {COMPONENT}="(\d+)"')

WaitForAnswer = Callable[[Pending], Awaitable[None]]


def shown_components(view: View) -> frozenset[int]:
    """Return the numbers of the components whose elements are in the view's HTML."""
    if "c" not in view.tree:
        return frozenset()
    return frozenset(map(int, _MARK.findall(view.html(strip=False))))


async def drop_components(
    view: View, connection: ClientConnection, cids: frozenset[int], answer: WaitForAnswer
) -> None:
    """Tell the server that components have gone from the page, in the client's two messages.

    Between them a component may come back: then the second message does not name it, and the server keeps it.
    """
    announced = await _send_gone(view, connection, "cids_will_destroy", cids, answer)
    if announced is None:
        return
    confirmed = await _send_gone(view, connection, "cids_destroyed", cids, answer)
    view.prune(confirmed.response["cids"] if confirmed is not None else [])


async def _send_gone(
    view: View, connection: ClientConnection, message: str, cids: frozenset[int], answer: WaitForAnswer
) -> Pending | None:
    """Send a message about the components that are still not shown; None if there are none, or no answer came."""
    connection.pump()
    gone = sorted(cids - shown_components(view))
    if not gone or view.channel.state != "joined":
        return None
    pending = await connection.push(view.channel, message, {"cids": gone})
    await answer(pending)
    return pending if pending.status == "ok" else None
