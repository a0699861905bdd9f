"""What presence is made of, and what views are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

Meta: TypeAlias = Mapping[str, Any]
"""What is known of one page of somebody: JSON data, read-only."""

Metas: TypeAlias = tuple[Meta, ...]

_NOBODY: Mapping[str, Metas] = MappingProxyType({})


class Entry(NamedTuple):
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
