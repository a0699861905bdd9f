"""Tokens of a comprehension's items, so that unchanged rows are skipped without running any code.

There are two kinds. `RowTokens` keeps one token per item (the item itself if it is immutable). `ColumnTokens` is for
mutable items such as dicts: if the template reads only named fields of an item, it keeps one column of values per
field. Both compare with the new items by identity, at C speed, and apply the change rule only to differences.
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
"""The former position of every row; None for a new row."""

DICT_ATTRIBUTES: Final = frozenset(dir(dict))
FEW: Final = 8
"""Up to this number, the different values of a column are compared one by one; more of them as a whole first."""


class RowSegment(Segment):
    """Segment of the body of a `for`. A row depends on its item (or on fields of it), its position, the number of rows.

    `fields` are the fields that the body reads of its item, None if it also reads the item itself; `field_bits` are
    their bits. `outer` are the bits of everything around the loop that rows depend on. `flat` is True if the row's
    function renders a new row at once when it gets no slots, and returns the slots and the diff.
    """

    __slots__ = ("field_bits", "fields", "flat", "getters", "item", "length", "outer", "position", "readers")

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
        flat: bool = False,
        trust: int = 0,
    ) -> None:
        super().__init__(fingerprint, statics, mask, trust=trust)
        # A template that calls changing methods may change an item between the scan and the render of its
        # row.
        self.fields = None if fields is None or trust < TRUST_BUILTINS else tuple(fields)
        self.field_bits = () if fields is None else tuple(fields.values())
        # Without a column for each field it is only known that the item changed, so all its fields count as
        # changed.
        self.item = item | sum(self.field_bits)
        self.flat = flat
        self.position = position
        self.length = length
        self.outer = mask & ~(self.item | position)
        # Caches of functions that read the fields, by the class of the item. They live as long as the segment.
        self.getters: dict[type, tuple[Getter, ...] | None] = {}
        self.readers: dict[type, Reader | None] = {}

    def getters_for(self, cls: type) -> tuple[Getter, ...] | None:
        """Return a getter for each field of an item of exactly `cls`.

        None if reading a field may run code of the class: then a field may change while the stored value stays the
        same.
        """
        try:
            return self.getters[cls]
        except KeyError:
            found = self.getters[cls] = self._getters(cls)
            return found

    def reader_for(self, cls: type) -> Reader | None:
        """Return a function that reads all fields of an item of exactly `cls`, not a dict. None as in `getters_for`."""
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
            # For `row.items` Jinja2 reads the method of the dict, not its entry.
            return None if DICT_ATTRIBUTES.intersection(self.fields) else tuple(map(itemgetter, self.fields))
        # The compiler takes `row.name` and `row["name"]` for one field. With a `__getitem__` they may be two
        # values.
        if hasattr(cls, "__getitem__") or not all(_is_stored(cls, name) for name in self.fields):
            return None
        return tuple(map(attrgetter, self.fields))


def _is_stored(cls: Any, name: str) -> bool:
    """Return True if an attribute is stored in the objects: reading it runs no code of their class."""
    # Pydantic's models have a `__getattr__`, but Python calls it only for names that are not stored.
    if name in getattr(cls, "__pydantic_fields__", ()):
        return bool(cls.__getattribute__ is object.__getattribute__)
    if intercepts_attributes(cls):
        return False
    # A slot is stored, a property is not. An attribute that no class has stands in the object's `__dict__`.
    found = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    return isinstance(found, MemberDescriptorType) or not hasattr(type(found), "__get__")


class RowCache(Protocol):
    """Tokens of the items of one comprehension. Row positions are those of the last render."""

    def scan(self, items: Sequence[Any]) -> dict[int, int] | None:
        """Return row -> bits that may have changed, for rows before and after; None for items of another class."""

    def settle(self, row: int, item: Any, bits: int) -> int:
        """Return those of the bits from `scan` that did change, and remember the row's present state."""

    def reorder(self, order: RowOrder) -> None:
        """Follow rows that were moved, added and removed. `scan` then reports all bits of added rows."""


class RowTokens:
    """One token for each item."""

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
        # Handlers replace an immutable item by a copy with one other field. Only slots of that field are
        # rendered.
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
    """One column of tokens for each field, for items of one class."""

    __slots__ = ("cls", "columns", "getters", "segment")

    def __init__(self, segment: RowSegment, items: Sequence[Any], getters: tuple[Getter, ...]) -> None:
        self.segment = segment
        self.cls = type(items[0])
        self.getters = getters
        self.columns = [self._column(get, items) for get in getters]

    def scan(self, items: Sequence[Any]) -> dict[int, int] | None:
        # The getters read only this class without running its code.
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
            return None  # an item lacks a field: the template decides what that prints
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
        """Return True if the column has equal values of the same types: the application made its rows again.

        Two comparisons of whole lists at C speed are faster than the change rule for each value.
        """
        values = [*map(get, items)]
        types = [*map(type, values)]
        if not EQUAL_IS_SAME.issuperset(types) or types != [*map(type, column)] or values != column:
            return False
        # From now on the new objects are found by identity.
        column[:] = values
        return True


def remember(segment: RowSegment, items: Sequence[Any]) -> RowCache:
    """Return the kind of tokens that suits the items. There must be at least one item."""
    first = items[0]
    # An immutable item is its own token: one comparison for each row, not one for each field.
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
    """Return the bits of the fields in which two immutable items of one class differ."""
    bits = 0
    try:
        for value, before, bit in zip(read(item), read(old), segment.field_bits, strict=True):
            if value is not before and not segment.rule.same(value, before):
                bits |= bit
    except AttributeError:
        # A field is missing, and only the template decides what that prints.
        return segment.item
    return bits
