"""One joined live view, as the client keeps it: its identity, its tree, and what it tells the server to join."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pyview.testing.connection import Channel
from pyview.testing.streams import StreamedItems
from pyview.wire.client_tree import Tree, check_reach, merge, to_html


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
    channel: Channel = field(init=False)
    _html: dict[bool, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.channel = Channel(f"lv:{self.id}")

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
