"""The entries of one topic, the changes since the last notification of its views, and what views get of both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

Meta: TypeAlias = Mapping[str, Any]
"""Data about one page of a user: JSON, read-only."""

Metas: TypeAlias = tuple[Meta, ...]

_NO_METAS: Mapping[str, Metas] = MappingProxyType({})


Place: TypeAlias = tuple[str, str, str]
"""Topic, key and ref of an entry."""


class PresenceEntry(NamedTuple):
    """One tracked page under one key of one topic.

    `ref` names the page: it stays the same when the page moves to another worker. `at` is the Unix time of its arrival.
    `claim` is larger at the worker to which the page has moved than at the one it has left.
    """

    topic: str
    key: str
    ref: str
    at: float
    claim: int
    meta: Any

    @property
    def place(self) -> Place:
        return self.topic, self.key, self.ref

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

    __slots__ = ("_before", "_entries", "_keys_before", "_listed", "topic")

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._entries: dict[str, dict[str, PresenceEntry]] = {}
        # All views of a topic read its list after each diff, so it is made once.
        self._listed: dict[str, Present] | None = None
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
        self._listed = None
        if entry is not None:
            self._entries.setdefault(key, entries)[ref] = entry
            return
        entries.pop(ref, None)
        if not entries:
            self._entries.pop(key, None)

    def list(self) -> dict[str, Present]:
        """Return the users by key, in the order in which they came."""
        if self._listed is None:
            users = sorted(
                self._entries.items(), key=lambda item: min(entry.age for entry in item[1].values())
            )
            self._listed = {key: Present(key, _metas(entries.values())) for key, entries in users}
        return dict(self._listed)

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
            # A page that has moved to another worker has the same meta there.
            if (earlier and earlier.meta) == (now and now.meta):
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
