"""What a comprehension remembers of its rows, so that the unchanged ones are passed over without running any code.

Two ways. `RowTokens` keeps one token per row (the row itself if immutable). `ColumnTokens` serves rows that may
change, such as dicts: where the template reads only named fields of a row, it keeps one column of values per field.
Either is compared with the new rows by identity, at C speed. Only where they differ is the change rule asked.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from operator import attrgetter, is_not, itemgetter
from types import MemberDescriptorType
from typing import Any, Final, Protocol

from pyview.template.tree.change import DIRTY, EQUAL_IS_SAME, TRUST_BUILTINS
from pyview.template.tree.immutable import attributes_reader, intercepts_attributes
from pyview.template.tree.nodes import Segment

Getter = Callable[[Any], Any]
Reader = Callable[[Any], tuple[Any, ...]]
RowOrder = Sequence[int | None]
"""For every new row the position it had before; None for a new one."""

DICT_ATTRIBUTES: Final = frozenset(dir(dict))
FEW: Final = 8
"""So many different values in a column are looked at one by one; more are compared as a whole first."""


class RowSegment(Segment):
    """The body of a `for`. Rows depend on the item (or on single fields of it), on their position, on their number.

    `fields` are the names read of the item when the body reads nothing else of it, else None; `field_bits` theirs.
    """

    __slots__ = ("field_bits", "fields", "getters", "item", "length", "outer", "position", "readers")

    def __init__(
        self,
        fingerprint: str,
        statics: list[str],
        mask: int,
        *,
        item: int,
        position: int,
        length: int,
        fields: dict[str, int] | None = None,
        trust: int = 0,
    ) -> None:
        super().__init__(fingerprint, statics, mask, trust=trust)
        self.fields = None if fields is None or trust < TRUST_BUILTINS else tuple(fields)
        self.field_bits = () if fields is None else tuple(fields.values())
        self.item = item | sum(self.field_bits)
        self.position = position
        self.length = length
        self.outer = mask & ~(self.item | position)
        # For each class of rows how its fields are read: a cache that a segment's life bounds.
        self.getters: dict[type, tuple[Getter, ...] | None] = {}
        self.readers: dict[type, Reader | None] = {}

    def getters_for(self, cls: type) -> tuple[Getter, ...] | None:
        """How to read the fields of a row of exactly `cls`; None if that would not be all that the template sees."""
        try:
            return self.getters[cls]
        except KeyError:
            found = self.getters[cls] = self._getters(cls)
            return found

    def reader_for(self, cls: type) -> Reader | None:
        """How to read all fields of a row of exactly `cls` at once; None as for `getters_for`. No dicts."""
        try:
            return self.readers[cls]
        except KeyError:
            fields = None if self.getters_for(cls) is None else self.fields
            found = self.readers[cls] = attributes_reader([*fields]) if fields else None
            return found

    def _getters(self, cls: type) -> tuple[Getter, ...] | None:
        if not self.fields:
            return None
        if cls is dict:
            return None if DICT_ATTRIBUTES.intersection(self.fields) else tuple(map(itemgetter, self.fields))
        if hasattr(cls, "__getitem__") or not all(_is_stored(cls, name) for name in self.fields):
            return None
        return tuple(map(attrgetter, self.fields))


def _is_stored(cls: Any, name: str) -> bool:
    """Whether an attribute is simply stored in the objects: reading it runs no code of its class."""
    if name in getattr(cls, "__pydantic_fields__", ()):
        return bool(cls.__getattribute__ is object.__getattribute__)
    if intercepts_attributes(cls):
        return False
    found = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    return isinstance(found, MemberDescriptorType) or not hasattr(type(found), "__get__")


class RowCache(Protocol):
    """What is remembered of the rows of one comprehension. Row positions are those of the last render."""

    def scan(self, items: Sequence[Any]) -> dict[int, int] | None:
        """Row -> bits that may have changed, for rows known before and after; None if these items do not fit."""

    def settle(self, row: int, item: Any, bits: int) -> int:
        """Of the bits found by `scan` those that did change; from now on the row's present state is the known one."""

    def reorder(self, order: RowOrder) -> None:
        """Rows were moved, added and removed. `scan` reports all bits of added ones."""


class RowTokens:
    """One token per row."""

    __slots__ = ("segment", "tokens")

    def __init__(self, segment: RowSegment, items: Sequence[Any]) -> None:
        self.segment = segment
        self.tokens = [segment.rule.token(item, segment.trust) for item in items]

    def scan(self, items: Sequence[Any]) -> dict[int, int] | None:
        hits = [*compress(range(len(items)), map(is_not, items, self.tokens))]
        return dict.fromkeys(hits, self.segment.item) if hits else {}

    def settle(self, row: int, item: Any, bits: int) -> int:
        segment, rule = self.segment, self.segment.rule
        old = self.tokens[row]
        read = segment.reader_for(type(item)) if type(old) is type(item) else None
        if read is not None and rule.is_immutable(item):
            self.tokens[row] = item
            return _changed_fields(segment, read, item, old)
        if rule.same(item, old):
            return 0
        self.tokens[row] = rule.token(item, segment.trust)
        return bits

    def reorder(self, order: RowOrder) -> None:
        self.tokens = _reordered(self.tokens, order)


class ColumnTokens:
    """One column of tokens per field, for rows of one class."""

    __slots__ = ("cls", "columns", "getters", "segment")

    def __init__(self, segment: RowSegment, items: Sequence[Any], getters: tuple[Getter, ...]) -> None:
        self.segment = segment
        self.cls = type(items[0])
        self.getters = getters
        self.columns = [self._column(get, items) for get in getters]

    def scan(self, items: Sequence[Any]) -> dict[int, int] | None:
        if {*map(type, items)} - {self.cls}:
            return None
        found: dict[int, int] = {}
        try:
            for get, column, bit in zip(self.getters, self.columns, self.segment.field_bits, strict=True):
                hits = [*compress(range(len(items)), map(is_not, map(get, items), column))]
                if hits and not (len(hits) > FEW and self._all_same(get, items, column)):
                    for row in hits:
                        found[row] = found.get(row, 0) | bit
        except (KeyError, AttributeError):
            return None
        return found

    def settle(self, row: int, item: Any, bits: int) -> int:
        rule, trust = self.segment.rule, self.segment.trust
        changed = 0
        for get, column, bit in zip(self.getters, self.columns, self.segment.field_bits, strict=True):
            if bits & bit:
                value = get(item)
                if not rule.same(value, column[row]):
                    column[row] = rule.token(value, trust)
                    changed |= bit
        return changed

    def reorder(self, order: RowOrder) -> None:
        self.columns = [_reordered(column, order) for column in self.columns]

    def _column(self, get: Getter, items: Iterable[Any]) -> list[Any]:
        rule, trust = self.segment.rule, self.segment.trust
        values = [*map(get, items)]
        return values if rule.are_immutable(values) else [rule.token(value, trust) for value in values]

    def _all_same(self, get: Getter, items: Sequence[Any], column: list[Any]) -> bool:
        """Rows were made anew with the values they had: a whole column is found the same without looking at each."""
        values = [*map(get, items)]
        types = [*map(type, values)]
        if not EQUAL_IS_SAME.issuperset(types) or types != [*map(type, column)] or values != column:
            return False
        column[:] = values
        return True


def remember(segment: RowSegment, items: Sequence[Any]) -> RowCache:
    """The memory that fits the rows best. There must be at least one."""
    first = items[0]
    getters = None if segment.rule.is_immutable(first) else segment.getters_for(type(first))
    if getters is None or {*map(type, items)} != {type(first)}:
        return RowTokens(segment, items)
    try:
        return ColumnTokens(segment, items, getters)
    except (KeyError, AttributeError):
        return RowTokens(segment, items)


def _reordered(tokens: list[Any], order: RowOrder) -> list[Any]:
    return [DIRTY if old is None else tokens[old] for old in order]


def _changed_fields(segment: RowSegment, read: Reader, item: Any, old: Any) -> int:
    """The bits of the fields in which two immutable rows of one class differ."""
    bits = 0
    try:
        for value, before, bit in zip(read(item), read(old), segment.field_bits, strict=True):
            if value is not before and not segment.rule.same(value, before):
                bits |= bit
    except AttributeError:
        return segment.item
    return bits
