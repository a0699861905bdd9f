"""The entries of one topic, the changes since the last notification of its views, and what views get of both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

Meta: TypeAlias = Mapping[str, Any]
"""Data about one page of a user: JSON, read-only."""

Metas: TypeAlias = tuple[Meta, ...]

_NO_METAS: Mapping[str, Metas] = MappingProxyType({})


class PresenceEntry(NamedTuple):
    """One tracked page. `ref` is unique among all workers; `at` is the Unix time of its arrival.

    In a message to other workers, an entry with None instead of a meta is a removal.
    """

    ref: str
    topic: str
    key: str
    at: float
    meta: Any

    @property
    def age(self) -> tuple[float, str]:
        """Sort key: the oldest first, in the same order on every worker."""
        return self.at, self.ref


@dataclass(frozen=True, slots=True)
class Present:
    """A user who is present, with one of `metas` for each page, the oldest first."""

    key: str
    metas: Metas

    @property
    def meta(self) -> Meta:
        """The meta of the newest page."""
        return self.metas[-1]


@dataclass(frozen=True, slots=True)
class PresenceDiff:
    """Changes on `topic`: the metas of pages that joined and of pages that left, by key. A changed meta is both.

    `arrived`: keys that had no page before. `left`: keys without a page now.
    """

    topic: str
    joins: Mapping[str, Metas] = field(default_factory=lambda: _NO_METAS)
    leaves: Mapping[str, Metas] = field(default_factory=lambda: _NO_METAS)
    arrived: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def frozen(value: Any) -> Any:
    """Return JSON data as read-only objects: all views of a worker get the same ones."""
    if isinstance(value, dict):
        return MappingProxyType({name: frozen(each) for name, each in value.items()})
    return tuple(map(frozen, value)) if isinstance(value, list) else value


class TopicPresence:
    """The entries of one topic, from this worker and from others."""

    __slots__ = ("_before", "_entries", "_keys_before", "topic")

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._entries: dict[str, dict[str, PresenceEntry]] = {}
        # The changed entries and keys as they were at the last notification. So an entry that comes and goes in between
        # is not in the diff.
        self._before: dict[tuple[str, str], PresenceEntry | None] = {}
        self._keys_before: dict[str, bool] = {}

    @property
    def empty(self) -> bool:
        return not self._entries

    def put(self, key: str, ref: str, entry: PresenceEntry | None) -> None:
        """Set the entry with this `ref`, or remove it with None."""
        entries = self._entries.get(key, {})
        self._before.setdefault((key, ref), entries.get(ref))
        self._keys_before.setdefault(key, bool(entries))
        if entry is not None:
            self._entries.setdefault(key, entries)[ref] = entry
            return
        entries.pop(ref, None)
        if not entries:
            self._entries.pop(key, None)

    def list(self) -> dict[str, Present]:
        """Return the users by key, in the order in which they came."""
        users = sorted(self._entries.items(), key=lambda item: min(entry.age for entry in item[1].values()))
        return {key: Present(key, _metas(entries.values())) for key, entries in users}

    def get(self, key: str) -> Present | None:
        entries = self._entries.get(key)
        return Present(key, _metas(entries.values())) if entries else None

    def take_diff(self) -> PresenceDiff | None:
        """Return the changes since the last call, None if there are none after all."""
        before, self._before = self._before, {}
        keys, self._keys_before = self._keys_before, {}
        joins: dict[str, list[PresenceEntry]] = {}
        leaves: dict[str, list[PresenceEntry]] = {}
        for (key, ref), earlier in before.items():
            now = self._entries.get(key, {}).get(ref)
            if now == earlier:
                continue
            if earlier is not None:
                leaves.setdefault(key, []).append(earlier)
            if now is not None:
                joins.setdefault(key, []).append(now)
        if not joins and not leaves:
            return None
        return PresenceDiff(
            self.topic,
            {key: _metas(entries) for key, entries in joins.items()},
            {key: _metas(entries) for key, entries in leaves.items()},
            tuple(key for key, was_present in keys.items() if not was_present and key in self._entries),
            tuple(key for key, was_present in keys.items() if was_present and key not in self._entries),
        )


def _metas(entries: Iterable[PresenceEntry]) -> Metas:
    return tuple(entry.meta for entry in sorted(entries, key=lambda entry: entry.age))
