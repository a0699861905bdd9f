"""The entries of other workers: received in messages, and removed when a worker stops sending.

Every worker numbers its changes, and sends the number of the last one with each heartbeat. A worker that has missed a
change asks for all entries. So messages may be lost and workers killed: every list is right again after one heartbeat,
or after three if a worker has died.
"""

import math
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from pyview.presence.state import PresenceEntry, frozen

MISSED_HEARTBEATS: Final = 3  # heartbeats without a message after which a worker counts as dead

Put = Callable[[str, str, str, PresenceEntry | None], None]
"""Sets the entry at (topic, key, ref), or removes it with None."""

Message = dict[str, Any]


class Peer:
    """Another worker: the number of its last known change, and the places of its entries."""

    __slots__ = ("entries", "last_message", "number")

    def __init__(self, number: int, last_message: float) -> None:
        self.number = number
        self.last_message = last_message
        self.entries: dict[str, tuple[str, str]] = {}


class Peers:
    """The other workers.

    `put` stores an entry, `request` asks a worker for all of its entries, `send_all` sends all entries of this worker.
    """

    def __init__(
        self,
        worker_id: str,
        put: Put,
        request: Callable[[str], None],
        send_all: Callable[[], None],
        interval: float,
    ) -> None:
        self._worker_id = worker_id
        self._put = put
        self._request = request
        self._send_all = send_all
        self._timeout = MISSED_HEARTBEATS * interval
        self._peers: dict[str, Peer] = {}

    def __len__(self) -> int:
        """Return the number of other workers whose entries are known."""
        return len(self._peers)

    def receive(self, message: Message) -> None:
        """Apply a message of another worker. Raises `KeyError`, `ValueError`, `TypeError` if it is invalid."""
        worker: str = message["from"]
        if worker == self._worker_id:
            return
        peer = self._peers.get(worker)
        if peer is not None:
            # Any message is a sign of life, so a busy worker is not removed if its heartbeat is late.
            peer.last_message = time.monotonic()
        match message["kind"]:
            case "changes":
                self._apply_changes(worker, peer, message["number"], message["entries"])
            case "everything":
                self._replace_entries(worker, message["number"], message["entries"])
            case "beat":
                if peer is None or peer.number != message["number"]:
                    self._request(worker)
            case "ask":
                # None asks every worker: the sender has just started.
                if message["whom"] in (None, self._worker_id):
                    self._send_all()
            case "bye":
                self.remove(worker)

    def _apply_changes(self, worker: str, peer: Peer | None, number: int, changes: list[Any]) -> None:
        # A message was lost, or came twice. Apply nothing: the answer to the request has all entries.
        if peer is None or number != peer.number + 1:
            self._request(worker)
            return
        peer.number = number
        for entry in map(_entry, changes):
            self._apply(peer, entry)

    def _apply(self, peer: Peer, entry: PresenceEntry) -> None:
        removed = entry.meta is None
        self._put(entry.topic, entry.key, entry.ref, None if removed else entry)
        if removed:
            peer.entries.pop(entry.ref, None)
        else:
            peer.entries[entry.ref] = (entry.topic, entry.key)

    def _replace_entries(self, worker: str, number: int, everything: list[Any]) -> None:
        entries = {entry.ref: entry for entry in map(_entry, everything)}
        peer = self._peers.setdefault(worker, Peer(number, time.monotonic()))
        peer.number = number
        # Entries that are missing in the list were removed while a message was lost.
        self._remove_entries(peer, [ref for ref in peer.entries if ref not in entries])
        for entry in entries.values():
            self._apply(peer, entry)

    def _remove_entries(self, peer: Peer, refs: Iterable[str]) -> None:
        for ref in refs:
            topic, key = peer.entries.pop(ref)
            self._put(topic, key, ref, None)

    def remove(self, worker: str) -> None:
        """Remove a worker and all of its entries."""
        peer = self._peers.pop(worker, None)
        if peer is not None:
            self._remove_entries(peer, list(peer.entries))

    def remove_all(self) -> None:
        for worker in list(self._peers):
            self.remove(worker)

    def reset_timeouts(self) -> None:
        """Start the timeout of every worker again."""
        for peer in self._peers.values():
            peer.last_message = time.monotonic()

    def next_timeout(self) -> float:
        """Return the seconds until a worker counts as dead if none sends a message; `inf` without workers."""
        oldest = min((peer.last_message for peer in self._peers.values()), default=math.inf)
        return oldest + self._timeout - time.monotonic()

    def remove_timed_out(self) -> None:
        """Remove the workers that have missed their heartbeats. A live one comes back with its next message."""
        limit = time.monotonic() - self._timeout
        for worker in [worker for worker, peer in self._peers.items() if peer.last_message < limit]:
            self.remove(worker)


def _entry(fields: list[Any]) -> PresenceEntry:
    ref, topic, key, at, meta = fields
    return PresenceEntry(ref, topic, key, at, frozen(meta))
