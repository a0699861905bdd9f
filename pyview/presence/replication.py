"""The entries of other workers: learnt from their messages, and forgotten when they fall silent.

Every worker numbers its changes, and says the number of the last one with each heartbeat. Who misses one asks for
everything. So messages may be lost, and workers killed: what is wrong is put right within a heartbeat or three.
"""

import math
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from pyview.presence.state import PresenceEntry, frozen

BEATS_MISSED: Final = 3  # heartbeats of silence after which a worker counts as dead

Put = Callable[[str, str, str, PresenceEntry | None], None]
"""(topic, key, ref, entry): the entry is now this one, or gone."""

Message = dict[str, Any]


class Peer:
    """Another worker: its last change that is known, and where its entries are."""

    __slots__ = ("entries", "heard", "number")

    def __init__(self, number: int, heard: float) -> None:
        self.number = number
        self.heard = heard
        self.entries: dict[str, tuple[str, str]] = {}


class Others:
    """`put` stores an entry, `ask` asks a worker for all that it has, `tell` has this worker say all that it has."""

    def __init__(
        self, here: str, put: Put, ask: Callable[[str], None], tell: Callable[[], None], interval: float
    ) -> None:
        self._here = here
        self._put = put
        self._ask = ask
        self._tell = tell
        self._patience = BEATS_MISSED * interval
        self._peers: dict[str, Peer] = {}

    def __len__(self) -> int:
        """Return the number of other workers whose lists are here."""
        return len(self._peers)

    def hear(self, message: Message) -> None:
        """Take a message of another worker. Raises `KeyError`, `ValueError`, `TypeError` for what is none."""
        worker: str = message["from"]
        if worker == self._here:
            return
        peer = self._peers.get(worker)
        if peer is not None:
            peer.heard = time.monotonic()
        match message["kind"]:
            case "changes":
                self._changed(worker, peer, message["number"], message["entries"])
            case "everything":
                self._learn(worker, message["number"], message["entries"])
            case "beat":
                if peer is None or peer.number != message["number"]:
                    self._ask(worker)
            case "ask":
                if message["whom"] in (None, self._here):
                    self._tell()
            case "bye":
                self.forget(worker)

    def _changed(self, worker: str, peer: Peer | None, number: int, changes: list[Any]) -> None:
        if peer is None or number != peer.number + 1:
            self._ask(worker)
            return
        peer.number = number
        for entry in map(_entry, changes):
            self._take(peer, entry)

    def _take(self, peer: Peer, entry: PresenceEntry) -> None:
        gone = entry.meta is None
        self._put(entry.topic, entry.key, entry.ref, None if gone else entry)
        if gone:
            peer.entries.pop(entry.ref, None)
        else:
            peer.entries[entry.ref] = (entry.topic, entry.key)

    def _learn(self, worker: str, number: int, everything: list[Any]) -> None:
        entries = {entry.ref: entry for entry in map(_entry, everything)}
        peer = self._peers.setdefault(worker, Peer(number, time.monotonic()))
        peer.number = number
        self._drop(peer, [ref for ref in peer.entries if ref not in entries])
        for entry in entries.values():
            self._take(peer, entry)

    def _drop(self, peer: Peer, refs: Iterable[str]) -> None:
        for ref in refs:
            topic, key = peer.entries.pop(ref)
            self._put(topic, key, ref, None)

    def forget(self, worker: str) -> None:
        """The worker has gone, and everybody on it."""
        peer = self._peers.pop(worker, None)
        if peer is not None:
            self._drop(peer, list(peer.entries))

    def forget_all(self) -> None:
        for worker in list(self._peers):
            self.forget(worker)

    def excuse_all(self) -> None:
        """Count everybody's silence from now on."""
        for peer in self._peers.values():
            peer.heard = time.monotonic()

    def until_silent(self) -> float:
        """Seconds until the next worker counts as dead if it says nothing more; infinite without workers."""
        heard = min((peer.heard for peer in self._peers.values()), default=math.inf)
        return heard + self._patience - time.monotonic()

    def forget_the_silent(self) -> None:
        """Those who have not been heard for some heartbeats count as dead. If they are not, they will be heard."""
        limit = time.monotonic() - self._patience
        for worker in [worker for worker, peer in self._peers.items() if peer.heard < limit]:
            self.forget(worker)


def _entry(fields: list[Any]) -> PresenceEntry:
    ref, topic, key, at, meta = fields
    return PresenceEntry(ref, topic, key, at, frozen(meta))
