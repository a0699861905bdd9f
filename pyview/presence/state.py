"""Who is on one topic, and what has changed since views were last told.

What presence is made of, and what views are told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

Meta: TypeAlias = Mapping[str, Any]
"""What is known of one page of somebody: JSON data, read-only."""

Metas: TypeAlias = tuple[Meta, ...]

_NOBODY: Mapping[str, Metas] = MappingProxyType({})


class PresenceEntry(NamedTuple):
    """One tracked page. `ref` is unique among all workers; `at`, a Unix time, is when it came.

    On its way to other workers an entry without `meta` (None) is one that has gone.
    """

    ref: str
    topic: str
    key: str
    at: float
    meta: Any

    @property
    def age(self) -> tuple[float, str]:
        """Sorts the eldest first, the same way on every worker."""
        return self.at, self.ref


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who is there, with as many pages as there are `metas`, the eldest first."""

    key: str
    metas: Metas

    @property
    def meta(self) -> Meta:
        """That of the page that came last."""
        return self.metas[-1]


@dataclass(frozen=True, slots=True)
class PresenceDiff:
    """What changed on `topic`: pages that came, and pages that went, under their keys. A changed meta is both.

    `arrived` are keys that had no page before, `left` those that have none any more.
    """

    topic: str
    joins: Mapping[str, Metas] = field(default_factory=lambda: _NOBODY)
    leaves: Mapping[str, Metas] = field(default_factory=lambda: _NOBODY)
    arrived: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def frozen(value: Any) -> Any:
    """JSON data that nobody can change: what is handed out is shared by all views."""
    if isinstance(value, dict):
        return MappingProxyType({name: frozen(each) for name, each in value.items()})
    return tuple(map(frozen, value)) if isinstance(value, list) else value


class Room:
    """The entries of one topic, those of this worker and of others."""

    __slots__ = ("_before", "_entries", "_keys_before", "topic")

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._entries: dict[str, dict[str, PresenceEntry]] = {}
        # What changed entries and keys were when views were last told.
        self._before: dict[tuple[str, str], PresenceEntry | None] = {}
        self._keys_before: dict[str, bool] = {}

    @property
    def empty(self) -> bool:
        return not self._entries

    def put(self, key: str, ref: str, entry: PresenceEntry | None) -> None:
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
        joins: dict[str, list[PresenceEntry]] = {}
        leaves: dict[str, list[PresenceEntry]] = {}
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


def _metas(entries: Iterable[PresenceEntry]) -> Metas:
    return tuple(entry.meta for entry in sorted(entries, key=lambda entry: entry.age))
