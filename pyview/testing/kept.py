"""Params of a page that joins a view with kept state again, as in `client/src/returns.js`."""

from dataclasses import dataclass
from typing import Any

KEPT = "pyview:kept"


@dataclass(slots=True)
class _Kept:
    joins: int = 0
    token: str = ""


class KeptViews:
    """The views of one document that keep their state, by topic."""

    def __init__(self) -> None:
        self._by_topic: dict[str, _Kept] = {}
        self._workers: dict[str, str] = {}

    def params(self, topic: str) -> dict[str, Any]:
        """Return what the next join of a topic sends besides its own parameters."""
        kept, worker = self._by_topic.get(topic, _Kept()), self._workers.get(topic)
        found = {"_joins": kept.joins, "_kept": kept.token, "_worker": worker}
        return {name: value for name, value in found.items() if value}

    def joined(self, topic: str, response: dict[str, Any]) -> None:
        """Read the answer to a join."""
        if response.get("worker"):
            self._workers[topic] = response["worker"]
        if response.get("keeps"):
            self._by_topic[topic] = _Kept(self._by_topic.get(topic, _Kept()).joins + 1)
        else:
            self._by_topic.pop(topic, None)

    def pushed(self, topic: str, payload: dict[str, Any]) -> None:
        """Read a state that the server gives the page to carry."""
        joins = self._by_topic.get(topic, _Kept(1)).joins
        self._by_topic[topic] = _Kept(joins, payload.get("token", ""))

    def failed(self, topic: str) -> None:
        """Forget what a view kept that has failed."""
        self._by_topic.pop(topic, None)

    def left(self, topic: str) -> None:
        """Forget a view that has left the page."""
        self._by_topic.pop(topic, None)
        self._workers.pop(topic, None)
