"""Presence as one view's socket offers it."""

from collections.abc import Callable, Mapping
from typing import Any

from pyview.presence.entries import Present
from pyview.presence.presence import Presence
from pyview.pubsub.memory import Subscriber


class ViewPresence:
    """Who is where, seen and changed by one view.

    While the page is made over HTTP there is no view yet that could be present: then `track` and `subscribe` do
    nothing, and `list` tells who is there. What a view tracks ends with it.
    """

    __slots__ = ("_owner", "_presence")

    def __init__(self, presence: Presence, owner: Callable[[], Subscriber | None]) -> None:
        """`owner` gives the view, None when there is none or it has ended."""
        self._presence = presence
        self._owner = owner

    async def track(self, topic: str, key: object, meta: Mapping[str, Any] | None = None) -> None:
        """This view is on `topic` as `key`, such as a user's id. One key may have many views: tabs, devices.

        `meta` is JSON data about this page. Tracking the same key again changes its meta. Raises `UnencodableValue`.
        """
        owner = self._owner()
        if owner is not None:
            self._presence.track(owner, topic, key, meta)

    async def update(self, topic: str, key: object, meta: Mapping[str, Any]) -> None:
        """Change the meta of what this view tracks. Raises `LookupError` if it tracks no such key."""
        owner = self._owner()
        if owner is not None:
            self._presence.update(owner, topic, key, meta)

    async def untrack(self, topic: str, key: object = None) -> None:
        """This view is no longer there, as `key` or at all."""
        owner = self._owner()
        if owner is not None:
            self._presence.untrack(owner, topic, key)

    async def subscribe(self, topic: str) -> None:
        """Hear who comes to `topic` and who goes: `InfoEvent("presence_diff", PresenceDiff)`."""
        owner = self._owner()
        if owner is not None:
            self._presence.subscribe(topic, owner)

    async def unsubscribe(self, topic: str) -> None:
        """Hear of `topic` no more."""
        owner = self._owner()
        if owner is not None:
            self._presence.unsubscribe(topic, owner)

    def list(self, topic: str) -> dict[str, Present]:
        """Everybody on `topic`, by key; who came first goes first."""
        return self._presence.list(topic)

    def get(self, topic: str, key: object) -> Present | None:
        """Who is there under `key`, if anybody is."""
        return self._presence.get(topic, key)
