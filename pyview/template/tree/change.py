"""The change rule: an expression is skipped only if its inputs provably did not change.

For every input a *token* is retained: the value itself if it is deeply immutable, a shallow snapshot of a small
container of immutable values, else `DIRTY`, which equals nothing. `==` alone would be wrong: `1 == True == 1.0`,
`0.0 == -0.0` and `Decimal("1.0") == Decimal("1.00")` are equal and print differently. Any other expression is evaluated
again and its text compared. So a value that is wrongly taken as changed costs time, and the page is never stale.
"""

import dataclasses
import datetime
import decimal
import uuid
from collections.abc import Callable, Iterable
from itertools import compress, starmap
from operator import is_not
from typing import Any, Final

from jinja2.runtime import Macro
from markupsafe import Markup

from pyview.template.tree.immutable import Immutability, attributes_reader, intercepts_attributes

TRUST_BUILTINS: Final = 1
"""Snapshots of lists, dicts and sets are allowed: the template calls no method that changes one."""
TRUST_OBJECTS: Final = 2
"""Snapshots of dataclass instances are allowed too: the template calls no unknown method."""

LARGEST_SNAPSHOT: Final = 64
"""Most entries of a container for which a snapshot is made."""

EQUAL_IS_SAME: Final[frozenset[type]] = frozenset(
    {str, int, bool, bytes, type(None), Markup, datetime.date, datetime.timedelta, uuid.UUID}
)
"""Types whose equal values always print the same text."""

BUILTINS: Final[frozenset[type]] = frozenset({dict, list, set})
"""Containers that can only be changed by methods with known names."""

Contents = Callable[[Any], tuple[Any, ...]]


class _Dirty:
    __slots__ = ()

    def __repr__(self) -> str:
        return "DIRTY"


DIRTY: Final = _Dirty()
"""Token of a value that may be changed in place at any time."""


class Snapshot:
    """Contents of a small container of immutable values at the last render."""

    __slots__ = ("cls", "contents")

    def __init__(self, cls: type, contents: tuple[Any, ...]) -> None:
        self.cls = cls
        self.contents = contents


class ChangeRule(Immutability):
    """Makes tokens and compares values with them. Each environment has one, with a cache of facts about types."""

    def __init__(self) -> None:
        super().__init__()
        self._contents: dict[type, Contents | None] = {dict: _dict_contents, list: tuple, set: tuple}
        self._compare: dict[type, Callable[[Any, Any], bool]] = {
            tuple: self._same_items,
            float: _same_float,
            decimal.Decimal: _same_decimal,
            datetime.datetime: _same_time,
            datetime.time: _same_time,
        }

    def token(self, value: Any, trust: int) -> Any:
        """Return the token of `value`. `trust` says which kinds of snapshots are allowed."""
        return value if self.is_immutable(value) else self._snapshot(value, trust)

    def renewed(self, value: Any, token: Any, trust: int) -> Any:
        """Return `token(value, trust)` for a value that differs from `token`, checking only its new entries."""
        if type(token) is not Snapshot or token.cls is not type(value):
            return self.token(value, trust)
        contents = self._read(value)
        if len(contents) != len(token.contents):
            return self.token(value, trust)
        new = tuple(compress(contents, map(is_not, contents, token.contents)))
        return Snapshot(token.cls, contents) if self.are_immutable(new) else DIRTY

    def same(self, value: Any, token: Any) -> bool:
        """Return True if `value` is provably unchanged since `token` was made: it prints exactly the same."""
        if value is token:
            return True
        cls = type(value)
        if cls is not type(token):
            return type(token) is Snapshot and token.cls is cls and self._unchanged(value, token)
        if cls in EQUAL_IS_SAME:
            return bool(value == token)
        compare = self._compare.get(cls)
        return self._same_parts(cls, value, token) if compare is None else compare(value, token)

    def all_same(self, values: Iterable[Any], tokens: Iterable[Any]) -> bool:
        """Return True if each value is the same as its token. Both must have the same length."""
        return all(map(self.same, values, tokens))

    def _snapshot(self, value: Any, trust: int) -> Any:
        cls = type(value)
        read = self._reader(cls)
        if read is None or trust < (TRUST_BUILTINS if cls in BUILTINS else TRUST_OBJECTS):
            return DIRTY
        # A long list is shown by a loop, which compares its rows itself. A snapshot would compare everything
        # twice.
        if cls in BUILTINS and len(value) > LARGEST_SNAPSHOT:
            return DIRTY
        contents = read(value)
        return Snapshot(cls, contents) if self.are_immutable(contents) else DIRTY

    def _unchanged(self, value: Any, snapshot: Snapshot) -> bool:
        now, then = self._read(value), snapshot.contents
        if len(now) != len(then):
            return False
        if not any(map(is_not, now, then)):  # nearly every time
            return True
        return all(starmap(self.same, compress(zip(now, then, strict=True), map(is_not, now, then))))

    def _read(self, value: Any) -> tuple[Any, ...]:
        read = self._reader(type(value))
        return () if read is None else read(value)

    def _reader(self, cls: type) -> Contents | None:
        try:
            return self._contents[cls]
        except KeyError:
            found = self._contents[cls] = _dataclass_reader(cls)
            return found

    def _same_items(self, value: tuple[Any, ...], token: tuple[Any, ...]) -> bool:
        return len(value) == len(token) and self.all_same(value, token)

    def _same_parts(self, cls: type, value: Any, token: Any) -> bool:
        if issubclass(cls, Macro):
            return _same_macro(value, token)
        parts_of = None if issubclass(cls, frozenset) else self.parts_of(cls)
        if parts_of is None:
            return False
        now, then = parts_of(value), parts_of(token)
        # No parts say nothing about what an object prints. Then only the object itself is the same.
        return bool(now and then) and self._same_items(now or (), then or ())


def _dict_contents(value: dict[Any, Any]) -> tuple[Any, ...]:
    # Keys in their order too, because a loop over a dict shows it.
    return (*value, *value.values())


def _dataclass_reader(cls: type) -> Contents | None:
    bases = cls.__mro__[:-1]
    # With slots and a `__dict__`, the values would be in two places.
    slots = any(base.__dict__.get("__slots__") for base in bases)
    if not dataclasses.is_dataclass(cls) or intercepts_attributes(cls) or (slots and cls.__dictoffset__):
        return None
    if any(
        base.__module__ == "builtins" for base in bases
    ):  # a subclass of list holds more than its attributes
        return None
    if cls.__dictoffset__:
        # All attributes, not the fields only: a template may read an attribute that is no field.
        return lambda value: _dict_contents(value.__dict__)
    return attributes_reader([field.name for field in dataclasses.fields(cls)])


def _same_macro(value: Any, token: Any) -> bool:
    # Every render makes new macro objects from the same source.
    return value.segment is token.segment and value.pure and bool(token.pure)


def _same_float(value: float, token: float) -> bool:
    return value == token and (value != 0 or str(value) == str(token))


def _same_decimal(value: decimal.Decimal, token: decimal.Decimal) -> bool:
    return value.as_tuple() == token.as_tuple()


def _same_time(value: Any, token: Any) -> bool:
    # Equal times of two zones print differently, and `==` does not compare `fold`.
    return bool(value == token) and value.tzinfo is token.tzinfo and value.fold == token.fold
