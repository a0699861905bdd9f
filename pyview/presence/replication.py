"""The other workers: their messages, and their end.

Every worker numbers its changes, and sends the number of the last one with each heartbeat. A worker that has missed a
change asks for all entries. So messages may be lost: every list is right again after one heartbeat.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pyview.presence.places import Places
from pyview.presence.state import Place, PresenceEntry, frozen

Message = dict[str, Any]

_MOST_WORKERS: Final = 1000
_LARGEST_CLAIM: Final = 2**53
"""Unix time in milliseconds is far below."""


class Peer:
    """Another worker: the number of its last known change, and the time of its last message.

    While an answer with all of its entries comes, `next_part` is the number of its next message, and `answered` has the
    places of the entries so far.
    """

    __slots__ = ("answered", "last_message", "next_part", "number")

    def __init__(self, last_message: float) -> None:
        self.number = -1
        self.last_message = last_message
        self.next_part: int | None = None
        self.answered: set[Place] = set()


class Peers:
    """The other workers of one worker.

    `ask` asks a worker for all of its entries, `answer` sends a worker those of this one, `beat` sends a heartbeat.
    `clock` returns seconds. `handover` is the time that an entry waits for its page to come back elsewhere.
    """

    def __init__(
        self,
        worker_id: str,
        places: Places,
        clock: Callable[[], float],
        handover: float,
        *,
        ask: Callable[[str], None],
        answer: Callable[[str], None],
        beat: Callable[[], None],
    ) -> None:
        self._worker_id = worker_id
        self._places = places
        self._clock = clock
        self._handover = handover
        self._ask = ask
        self._answer = answer
        self._beat = beat
        self._peers: dict[str, Peer] = {}
        self._asked: set[str] = set()

    def __len__(self) -> int:
        """Return the number of other workers whose entries are known."""
        return sum(peer.number >= 0 for peer in self._peers.values())

    def receive(self, message: Message) -> None:
        """Apply a message of another worker. Raises `KeyError`, `ValueError`, `TypeError` if it is invalid."""
        worker = _text(message["from"])
        if worker == self._worker_id:
            return
        if message["kind"] == "bye":
            self._take_goodbye(worker, moved=bool(message["moved"]))
            return
        peer = self._peer(worker)
        # Any message is a sign of life, so a busy worker is not removed if its heartbeat is late.
        peer.last_message = self._clock()
        match message["kind"]:
            case "changes":
                self._apply_changes(worker, peer, _number(message["number"]), message["changes"])
            case "everything":
                self._take_part(worker, peer, message)
            case "beat":
                self._compare(worker, peer, _number(message["number"]))
                if message["answer"]:
                    self._beat()
            case "ask":
                # None asks every worker: the sender has just started.
                if message["whom"] in (None, self._worker_id):
                    self._answer(worker)
            case unknown:
                raise ValueError(unknown)

    def _peer(self, worker: str) -> Peer:
        peer = self._peers.get(worker)
        if peer is None:
            if len(self._peers) >= _MOST_WORKERS:
                raise ValueError(f"more than {_MOST_WORKERS} workers")
            peer = self._peers[worker] = Peer(self._clock())
        return peer

    def _compare(self, worker: str, peer: Peer, number: int) -> None:
        """Ask for all entries if the last change of the worker, `number`, is unknown."""
        # Once per heartbeat: further changes may arrive before the answer, and each would ask again.
        if peer.number != number and worker not in self._asked:
            self._asked.add(worker)
            self._ask(worker)

    def forget_questions(self) -> None:
        """Ask again where an answer has not come."""
        self._asked.clear()

    # Entries

    def _apply_changes(self, worker: str, peer: Peer, number: int, changes: list[Any]) -> None:
        # A message was lost, or came twice. Apply nothing: the answer to the question has all entries.
        if number != peer.number + 1 or peer.number < 0:
            self._compare(worker, peer, number)
            return
        entries = [_change(fields) for fields in changes]
        peer.number = number
        for entry, moved in entries:
            if entry.meta is not None:
                self._places.hold(worker, entry)
            elif moved:
                self._places.move(worker, entry.place, entry.claim, self._clock() + self._handover)
            else:
                self._places.leave(worker, entry.place, entry.claim)

    def _take_part(self, worker: str, peer: Peer, message: Message) -> None:
        """Apply a part of an answer at once: a large answer as a whole would block the worker for too long."""
        number, part, last = _number(message["number"]), _number(message["part"]), bool(message["last"])
        if part == 0:
            # An answer that was overtaken by later changes is left out, with all of its parts.
            peer.next_part = None if number < peer.number else 0
            peer.answered = set()
        if part != peer.next_part:
            return  # a part was lost: the next heartbeat asks again
        entries = [_entry(fields) for fields in message["entries"]]
        moving = [(_entry(fields), _seconds(left)) for *fields, left in message["moving"]]
        # Changes from before the answer may still arrive, and are in it already.
        peer.number = number if last else -1
        peer.next_part = None if last else part + 1
        for entry in entries:
            self._places.hold(worker, entry)
            peer.answered.add(entry.place)
        for entry, left in moving:
            self._places.keep(entry, self._clock() + min(left, self._handover))
        if last:
            self._places.keep_only(worker, peer.answered)
            peer.answered = set()

    # The end of a worker

    def _take_goodbye(self, worker: str, *, moved: bool) -> None:
        self._peers.pop(worker, None)
        if moved:
            self._places.move_all(worker, self._clock() + self._handover)
        else:
            self._places.leave_all(worker)

    def silent(self, seconds: float) -> list[str]:
        """Return the workers that have sent nothing for `seconds`."""
        limit = self._clock() - seconds
        return [worker for worker, peer in self._peers.items() if peer.last_message < limit]

    def remove(self, worker: str) -> None:
        """Remove a worker and all of its entries. If it is alive after all, it comes back with its next message."""
        del self._peers[worker]
        self._places.leave_all(worker)

    def remove_all(self) -> None:
        for worker in tuple(self._peers):
            self.remove(worker)

    def restart_timeouts(self) -> None:
        """Count the silence of every worker from now on."""
        now = self._clock()
        for peer in self._peers.values():
            peer.last_message = now


def _entry(fields: list[Any]) -> PresenceEntry:
    topic, key, ref, at, claim, meta = fields
    if not isinstance(meta, Mapping):
        raise ValueError(meta)
    return PresenceEntry(_text(topic), _text(key), _text(ref), _seconds(at), _claim(claim), frozen(meta))


def _change(fields: list[Any]) -> tuple[PresenceEntry, bool]:
    """Return a changed entry, or a removed one without a meta; and for that, True if its page may come back."""
    if len(fields) > 5:
        return _entry(fields), False
    topic, key, ref, claim, moved = fields
    return PresenceEntry(_text(topic), _text(key), _text(ref), 0.0, _claim(claim), None), bool(moved)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError(value)
    return value


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(value)
    return value


def _claim(value: Any) -> int:
    if _number(value) > _LARGEST_CLAIM:
        raise ValueError(value)
    return int(value)


def _seconds(value: Any) -> float:
    if type(value) not in (int, float):
        raise ValueError(value)
    return float(value)
