"""Presence as the socket of one view offers it: `socket.presence`."""

from collections.abc import Callable, Mapping
from typing import Any

from pyview.presence.presence import PageKey, Presence
from pyview.presence.state import Present
from pyview.pubsub.memory import Subscriber


class ViewPresence:
    """Presence of one view. The entries that it tracks end with it.

    During the first HTTP request there is no view that could be present: then `track` and `subscribe` do nothing, and
    `list` returns the users of the topic.
    """

    __slots__ = ("_owner", "_page", "_presence")

    def __init__(
        self,
        presence: Presence,
        owner: Callable[[], Subscriber | None],
        page: Callable[[], PageKey | None] = lambda: None,
    ) -> None:
        """`owner` returns the view, None if there is none or it has ended; `page` the texts that name its page."""
        self._presence = presence
        self._owner = owner
        self._page = page

    async def track(self, topic: str, key: object, meta: Mapping[str, Any] | None = None) -> None:
        """Track this view on `topic` under `key`, such as a user's id. One key may have many views: tabs, devices.

        `meta` is JSON data about this page. Tracking the same key again replaces its meta. Raises `UnencodableValue`.
        """
        owner = self._owner()
        if owner is not None:
            self._presence.track(owner, topic, key, meta, page=self._page())

    async def update(self, topic: str, key: object, meta: Mapping[str, Any]) -> None:
        """Replace the meta of this view. Raises `LookupError` if it does not track the key on the topic."""
        owner = self._owner()
        if owner is not None:
            self._presence.update(owner, topic, key, meta)

    async def untrack(self, topic: str, key: object = None) -> None:
        """Remove this view from `topic`, under `key` or under all of its keys."""
        owner = self._owner()
        if owner is not None:
            self._presence.untrack(owner, topic, key)

    async def subscribe(self, topic: str) -> None:
        """Send this view `InfoEvent("presence_diff", PresenceDiff)` for every change on `topic`."""
        owner = self._owner()
        if owner is not None:
            self._presence.subscribe(topic, owner)

    async def unsubscribe(self, topic: str) -> None:
        """Stop the notifications for `topic`."""
        owner = self._owner()
        if owner is not None:
            self._presence.unsubscribe(topic, owner)

    def list(self, topic: str) -> dict[str, Present]:
        """Return the users of `topic` by key, in the order in which they came."""
        return self._presence.list(topic)

    def get(self, topic: str, key: object) -> Present | None:
        """Return the user under `key`, None if not present."""
        return self._presence.get(topic, key)
