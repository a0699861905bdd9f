"""Tokens of a comprehension's items, so that unchanged rows are skipped without running any code of the page.

There are two kinds. `RowTokens` keeps one token per item (the item itself if it is immutable). `FieldTokens` is for
mutable items such as dicts: if the template reads only named fields of an item, it keeps one token for each of them.
Both compare with the new items by identity, and apply the change rule only to differences.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from itertools import chain, compress
from operator import attrgetter, is_not, itemgetter
from types import MemberDescriptorType
from typing import Any, Final, NamedTuple, Protocol, Self

from pyview.template.tree.change import DIRTY, EQUAL_IS_SAME, TRUST_BUILTINS, Snapshot
from pyview.template.tree.immutable import intercepts_attributes
from pyview.template.tree.nodes import Segment

Reader = Callable[[Any], tuple[Any, ...]]
Scan = Callable[[Sequence[Any], Sequence[Any], int], list[int]]
"""Generated code: (items, tokens, most) -> positions of the rows with another object in a field.

It stops when there are more than `most`.
"""

RowOrder = Sequence[int | None]
"""The former position of every row; None for a new row."""

DICT_ATTRIBUTES: Final = frozenset(dir(dict))
FEW: Final = 8
"""Up to this number, different rows are compared one by one; more of them as whole columns first."""


class Fields(NamedTuple):
    """The fields of the items of one class, as far as a template reads them."""

    read: Reader
    scan: Scan


class Scans(NamedTuple):
    """Scan of one loop for items that are dicts, and for items with attributes: None if a field is no identifier."""

    entries: Scan
    attributes: Scan | None


class RowSegment(Segment):
    """Segment of the body of a `for`. A row depends on its item (or on fields of it), its position, the number of rows.

    `fields` are the fields that the body reads of its item, None if it also reads the item itself; `field_bits` are
    their bits. `outer` are the bits of everything around the loop that rows depend on. `flat` is True if the row's
    function renders a new row at once when it gets no slots, and returns the slots and the diff.
    """

    __slots__ = ("field_bits", "fields", "flat", "item", "length", "outer", "position", "readers", "scans")

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
        scans: tuple[Scan, Scan | None] | None = None,
        flat: bool = False,
        trust: int = 0,
    ) -> None:
        super().__init__(fingerprint, statics, mask, trust=trust)
        # A template that calls changing methods may change an item between the scan and the render of its
        # row.
        self.fields = None if fields is None or trust < TRUST_BUILTINS else tuple(fields)
        self.field_bits = () if fields is None else tuple(fields.values())
        self.scans = None if scans is None else Scans(*scans)
        # Without a token for each field it is only known that the item changed, so all its fields count as
        # changed.
        self.item = item | sum(self.field_bits)
        self.flat = flat
        self.position = position
        self.length = length
        self.outer = mask & ~(self.item | position)
        # Cache of what reads the fields, by the class of the item. It lives as long as the segment.
        self.readers: dict[type, Fields | None] = {}

    def fields_of(self, cls: type) -> Fields | None:
        """Return the fields of an item of exactly `cls`.

        None if reading a field may run code of the class: then a field may change while the stored value stays the
        same.
        """
        try:
            return self.readers[cls]
        except KeyError:
            found = self.readers[cls] = self._fields(cls)
            return found

    def _fields(self, cls: type) -> Fields | None:
        if not self.fields or self.scans is None:
            return None
        if cls is dict:
            # For `row.items` Jinja2 reads the method of the dict, not its entry.
            known = not DICT_ATTRIBUTES.intersection(self.fields)
            return Fields(_reader(itemgetter, self.fields), self.scans.entries) if known else None
        # The compiler takes `row.name` and `row["name"]` for one field. With a `__getitem__` they may be two
        # values.
        if hasattr(cls, "__getitem__") or not all(_is_stored(cls, name) for name in self.fields):
            return None
        scan = self.scans.attributes
        return None if scan is None else Fields(_reader(attrgetter, self.fields), scan)


def _reader(getter: Callable[..., Any], names: Sequence[str]) -> Reader:
    get = getter(*names)
    # Both getters return the value itself for one name, not a tuple.
    return (lambda item: (get(item),)) if len(names) == 1 else get


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

    def scan(self, items: Sequence[Any]) -> Sequence[int] | None:
        """Return the rows that may have changed, of those before and after; None for items of another class."""

    def settle(self, row: int, item: Any) -> int:
        """Return the bits of what did change in a row from `scan`, and remember its present state."""

    def reorder(self, order: RowOrder) -> None:
        """Follow rows that were moved, added and removed. `scan` then reports added rows."""

    def copied(self) -> Self:
        """Return a copy: a change of one of the two leaves the other as it is."""


class RowTokens:
    """One token for each item."""

    __slots__ = ("segment", "tokens")

    def __init__(self, segment: RowSegment, items: Sequence[Any]) -> None:
        self.segment = segment
        self.tokens = [segment.rule.token(item, segment.trust) for item in items]

    def scan(self, items: Sequence[Any]) -> Sequence[int] | None:
        return [*compress(range(len(items)), map(is_not, items, self.tokens))]

    def settle(self, row: int, item: Any) -> int:
        segment, rule = self.segment, self.segment.rule
        old = self.tokens[row]
        fields = segment.fields_of(type(item)) if type(old) is type(item) else None
        # Handlers replace an immutable item by a copy with one other field. Only slots of that field are
        # rendered.
        if fields is not None and rule.is_immutable(item):
            self.tokens[row] = item
            return _changed_fields(segment, fields.read, item, old)
        if rule.same(item, old):
            return 0
        self.tokens[row] = rule.token(item, segment.trust)
        return segment.item

    def reorder(self, order: RowOrder) -> None:
        self.tokens = [DIRTY if old is None else self.tokens[old] for old in order]

    def copied(self) -> Self:
        made = copy(self)
        made.tokens = self.tokens[:]
        return made


class FieldTokens:
    """One token for each field of each item, for items of one class.

    `tokens` has the fields of the first row, then those of the second: one list, because a list for each row would take
    more memory, and a list for each field would be in more cache lines for each row.
    """

    __slots__ = ("cls", "read", "rows", "segment", "tokens", "width")

    def __init__(self, segment: RowSegment, items: Sequence[Any], fields: Fields) -> None:
        self.segment = segment
        self.cls = type(items[0])
        self.read, self.rows = fields
        self.width = len(segment.field_bits)
        rule, trust = segment.rule, segment.trust
        values = self._values(items)
        self.tokens = values if rule.are_immutable(values) else [rule.token(value, trust) for value in values]

    def scan(self, items: Sequence[Any]) -> Sequence[int] | None:
        # The fields of another class may be read by its own code.
        if {*map(type, items)} - {self.cls}:
            return None
        try:
            found = self.rows(items, self.tokens, FEW)
            return found if len(found) <= FEW else self._scan_columns(items)
        except (KeyError, AttributeError):
            return None  # an item lacks a field: the template decides what that prints

    def settle(self, row: int, item: Any) -> int:
        rule, tokens, i = self.segment.rule, self.tokens, row * self.width
        try:
            values = self.read(item)
        except (KeyError, AttributeError):
            # The scan found another field of this row before the one that is missing.
            tokens[i : i + self.width] = [DIRTY] * self.width
            return self.segment.item
        changed = 0
        for value, bit in zip(values, self.segment.field_bits, strict=True):
            token = tokens[i]
            if value is token:
                pass
            elif type(value) is type(token) and type(value) in EQUAL_IS_SAME:  # by far the most frequent
                # An equal value, too: from now on the new object is found by identity.
                tokens[i] = value
                if value != token:
                    changed |= bit
            elif not rule.same(value, token):
                tokens[i] = rule.token(value, self.segment.trust)
                changed |= bit
            elif type(token) is not Snapshot:
                tokens[i] = value
            i += 1
        return changed

    def reorder(self, order: RowOrder) -> None:
        tokens, width, new = self.tokens, self.width, [DIRTY] * self.width
        self.tokens = [
            *chain.from_iterable(
                new if old is None else tokens[old * width : (old + 1) * width] for old in order
            )
        ]

    def copied(self) -> Self:
        made = copy(self)
        made.tokens = self.tokens[:]
        return made

    def _values(self, items: Iterable[Any]) -> list[Any]:
        return [*chain.from_iterable(map(self.read, items))]

    def _scan_columns(self, items: Sequence[Any]) -> Sequence[int]:
        """Return the rows that may have changed, if many did: the application may have made its rows again."""
        tokens, width = self.tokens, self.width
        rows = min(len(items), len(tokens) // width)
        values = self._values(items[:rows])
        found: set[int] = set()
        for first in range(width):
            column = slice(first, rows * width, width)
            now, then = values[column], tokens[column]
            if _all_same(now, then):
                tokens[column] = now  # from now on the new objects are found by identity
            else:
                hits = compress(range(rows), map(is_not, now, then))
                # A container is never the same object as its snapshot. Most have not changed.
                same = self.segment.rule.same
                found.update(i for i in hits if type(then[i]) is not Snapshot or not same(now[i], then[i]))
        return sorted(found)


def _all_same(now: list[Any], then: list[Any]) -> bool:
    """Return True if the values of a column are equal, and their types are the same.

    Two comparisons of whole lists at C speed are faster than the change rule for each value.
    """
    types = [*map(type, now)]
    return EQUAL_IS_SAME.issuperset(types) and types == [*map(type, then)] and now == then


def remember(segment: RowSegment, items: Sequence[Any]) -> RowCache:
    """Return the kind of tokens that suits the items. There must be at least one item."""
    first = items[0]
    # An immutable item is its own token: one comparison for each row, not one for each field.
    fields = None if segment.rule.is_immutable(first) else segment.fields_of(type(first))
    if fields is None or {*map(type, items)} != {type(first)}:
        return RowTokens(segment, items)
    try:
        return FieldTokens(segment, items, fields)
    except (KeyError, AttributeError):
        return RowTokens(segment, items)


def _changed_fields(segment: RowSegment, read: Reader, item: Any, old: Any) -> int:
    """Return the bits of the fields in which two immutable items of one class differ."""
    try:
        values = zip(read(item), read(old), segment.field_bits, strict=True)
    except AttributeError:
        # A field is missing, and only the template decides what that prints.
        return segment.item
    bits = 0
    for value, before, bit in values:
        if value is before:
            continue
        if type(value) is type(before) and type(value) in EQUAL_IS_SAME:
            # Without a call: this code runs once for each event, and is not in the processor's cache.
            bits |= bit if value != before else 0
        elif not segment.rule.same(value, before):
            bits |= bit
    return bits
