"""The worker that holds each entry, and the entries that none holds because their page is on its way to another.

A page is at one worker at a time. If two have an entry for it, such as the worker that it has left without a goodbye
and the one that it came to, the larger claim holds it, and the other entry is dropped.
"""

from collections.abc import Callable, Container, Iterator
from typing import NamedTuple

from pyview.presence.state import Place, PresenceEntry

Put = Callable[[Place, PresenceEntry | None], None]
"""Sets the entry at a place of the lists, or removes it with None."""


class Holding(NamedTuple):
    """An entry and its worker. Without a worker, the entry stays until the time `until`, or until its page is back."""

    entry: PresenceEntry
    worker: str | None
    until: float


class Places:
    """All entries that a worker knows, its own included.

    `put` changes the lists. `lost` is called with a worker and its entry that another one has claimed; and with False
    if the page has left that one already, else with True.
    """

    def __init__(self, put: Put, lost: Callable[[str, PresenceEntry, bool], None]) -> None:
        self._put = put
        self._lost = lost
        self._holdings: dict[Place, Holding] = {}
        self._held_by: dict[str, dict[Place, None]] = {}
        self._moving: dict[Place, None] = {}

    def find(self, place: Place) -> PresenceEntry | None:
        """Return the entry at `place`, None if there is none."""
        holding = self._holdings.get(place)
        return None if holding is None else holding.entry

    def of(self, worker: str) -> list[PresenceEntry]:
        """Return the entries that `worker` holds."""
        return [self._holdings[place].entry for place in self._held_by.get(worker, ())]

    def moving(self) -> Iterator[Holding]:
        """Yield the entries that no worker holds."""
        return (self._holdings[place] for place in self._moving)

    # A worker and one place

    def hold(self, worker: str, entry: PresenceEntry) -> bool:
        """Let `worker` hold `entry`. Return False if another worker has a larger claim."""
        place = entry.place
        held = self._holdings.get(place)
        if held is not None and held.worker not in (None, worker):
            if (entry.claim, worker) < (held.entry.claim, held.worker or ""):
                return False
            self._release(place, held)
            self._lost(held.worker or "", held.entry, True)
        self._moving.pop(place, None)
        self._held_by.setdefault(worker, {})[place] = None
        self._set(place, Holding(entry, worker, 0.0))
        return True

    def leave(self, worker: str, place: Place, claim: int) -> None:
        """Remove the entry at `place`, if `worker` holds it, or would hold it by `claim`."""
        if self._ended(worker, place, claim, moved=False) is not None:
            self._remove(place)

    def move(self, worker: str, place: Place, claim: int, until: float) -> None:
        """Keep the entry that `leave` would remove, until a worker claims it or until the time `until`."""
        held = self._ended(worker, place, claim, moved=True)
        if held is not None:
            self._keep(held.entry, until)

    def _ended(self, worker: str, place: Place, claim: int, *, moved: bool) -> Holding | None:
        """Return what is at `place` and ends with the entry of `worker`."""
        held = self._holdings.get(place)
        if held is None or held.worker == worker:
            return held
        # The page was at `worker` so briefly that its entry was never sent: the holder still has an older one.
        if held.entry.claim >= claim:
            return None
        if held.worker is not None:
            self._lost(held.worker, held.entry, moved)
        return held

    def keep(self, entry: PresenceEntry, until: float) -> None:
        """Keep an entry of a page that has left another worker, if nothing is known at its place."""
        if entry.place not in self._holdings:
            self._keep(entry, until)

    # All places of a worker

    def keep_only(self, worker: str, places: Container[Place]) -> None:
        """Remove the entries that `worker` holds elsewhere than at `places`."""
        for place in [place for place in self._held_by.get(worker, ()) if place not in places]:
            self._remove(place)

    def leave_all(self, worker: str) -> None:
        """Remove all entries of `worker`."""
        for place in tuple(self._held_by.get(worker, ())):
            self._remove(place)

    def move_all(self, worker: str, until: float) -> None:
        """Keep all entries of `worker` for other workers, as `move` does."""
        for entry in self.of(worker):
            self._keep(entry, until)

    # Entries without a worker

    def remove_overdue(self, now: float) -> None:
        """Remove the entries whose page did not come back in time."""
        for place in [place for place in self._moving if self._holdings[place].until <= now]:
            self._remove(place)

    def remove_moving(self) -> None:
        """Remove all entries without a worker."""
        for place in tuple(self._moving):
            self._remove(place)

    def postpone(self, seconds: float) -> None:
        """Keep the entries without a worker for `seconds` more."""
        for place in self._moving:
            held = self._holdings[place]
            self._holdings[place] = held._replace(until=held.until + seconds)

    def _keep(self, entry: PresenceEntry, until: float) -> None:
        place = entry.place
        held = self._holdings.get(place)
        if held is not None:
            self._release(place, held)
        self._moving[place] = None
        self._set(place, Holding(entry, None, until))

    def _set(self, place: Place, holding: Holding) -> None:
        self._holdings[place] = holding
        self._put(place, holding.entry)

    def _remove(self, place: Place) -> None:
        self._release(place, self._holdings.pop(place))
        self._put(place, None)

    def _release(self, place: Place, held: Holding) -> None:
        self._moving.pop(place, None)
        if held.worker is not None:
            places = self._held_by[held.worker]
            del places[place]
            if not places:
                del self._held_by[held.worker]


def next_claim(entry: PresenceEntry | None, unix_time: float) -> int:
    """Return a claim that is larger than that of `entry` and, as far as the clocks agree, than all earlier ones."""
    now = int(unix_time * 1000)
    return now if entry is None else max(now, entry.claim + 1)
