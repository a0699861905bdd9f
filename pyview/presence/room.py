"""Who is on one topic, and what has changed since views were last told."""

from collections.abc import Iterable

from pyview.presence.entries import Entry, Metas, PresenceDiff, Present


class Room:
    """The entries of one topic, those of this worker and of others."""

    __slots__ = ("_before", "_entries", "_keys_before", "topic")

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._entries: dict[str, dict[str, Entry]] = {}
        # What changed entries and keys were when views were last told.
        self._before: dict[tuple[str, str], Entry | None] = {}
        self._keys_before: dict[str, bool] = {}

    @property
    def empty(self) -> bool:
        return not self._entries

    def put(self, key: str, ref: str, entry: Entry | None) -> None:
        """The entry with that `ref` is now this one, or gone."""
        entries = self._entries.get(key, {})
        self._before.setdefault((key, ref), entries.get(ref))
        self._keys_before.setdefault(key, bool(entries))
        if entry is not None:
            self._entries.setdefault(key, entries)[ref] = entry
            return
        entries.pop(ref, None)
        if not entries:
            self._entries.pop(key, None)

    def present(self) -> dict[str, Present]:
        """Everybody who is there, who came first goes first."""
        people = sorted(self._entries.items(), key=lambda item: min(entry.age for entry in item[1].values()))
        return {key: Present(key, _metas(entries.values())) for key, entries in people}

    def one(self, key: str) -> Present | None:
        entries = self._entries.get(key)
        return Present(key, _metas(entries.values())) if entries else None

    def take_diff(self) -> PresenceDiff | None:
        """What changed since the last call; None if, all in all, nothing did."""
        before, self._before = self._before, {}
        keys, self._keys_before = self._keys_before, {}
        joins: dict[str, list[Entry]] = {}
        leaves: dict[str, list[Entry]] = {}
        for (key, ref), then in before.items():
            now = self._entries.get(key, {}).get(ref)
            if now == then:
                continue
            if then is not None:
                leaves.setdefault(key, []).append(then)
            if now is not None:
                joins.setdefault(key, []).append(now)
        if not joins and not leaves:
            return None
        return PresenceDiff(
            self.topic,
            {key: _metas(entries) for key, entries in joins.items()},
            {key: _metas(entries) for key, entries in leaves.items()},
            tuple(key for key, there in keys.items() if not there and key in self._entries),
            tuple(key for key, there in keys.items() if there and key not in self._entries),
        )


def _metas(entries: Iterable[Entry]) -> Metas:
    return tuple(entry.meta for entry in sorted(entries, key=lambda entry: entry.age))
