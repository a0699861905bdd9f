"""Copies of the state of a view, which share everything that has not changed since the copy before.

Values that cannot change are kept as they are. Lists, dicts, sets, dataclasses, pydantic models and plain objects that
hold nothing but data are copied. Anything else, such as a database session, is kept by reference: no code of the
application runs for a copy, and nothing is copied that may hold a resource.
"""

import dataclasses
import enum
import weakref
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator
from sys import getsizeof
from types import FunctionType, MemberDescriptorType, ModuleType
from typing import Any, Final

from pydantic import BaseModel
from pydantic.types import SecretBytes, SecretStr

from pyview.template.tree.change import ChangeRule
from pyview.template.tree.immutable import ATOMS

MOST_PARTS: Final = 10_000
"""Values in a copy of one view's state. A name that has more is kept by reference."""

_SEQUENCES: Final = (list, tuple, deque)
_SETS: Final = (set, frozenset)
_DICTS: Final = (dict, OrderedDict, Counter, defaultdict)
_NO_DATA: Final = (type, FunctionType, ModuleType)
_SECRETS: Final = (SecretStr, SecretBytes)
_HEAP_TYPE: Final = 1 << 9
"""Flag of classes that were made by a `class` statement (`Py_TPFLAGS_HEAPTYPE`)."""

_NO_ATTRIBUTES: Final[dict[str, Any]] = {}


class Copy:
    """Copy of an object of `cls`: its `values`, with their `keys` for a dict, or their names for an object."""

    __slots__ = ("cls", "factory", "keys", "values")

    def __init__(
        self, cls: type, values: tuple[Any, ...], keys: tuple[Any, ...] | None, factory: Any = None
    ) -> None:
        self.cls = cls
        self.values = values
        self.keys = keys
        self.factory = factory

    @property
    def entries(self) -> Iterator[tuple[Any, Any]]:
        """Keys and values; the keys of a sequence are its positions."""
        return zip(range(len(self.values)) if self.keys is None else self.keys, self.values, strict=True)

    @property
    def is_object(self) -> bool:
        return self.keys is not None and not issubclass(self.cls, _DICTS)

    def get(self, name: str) -> Any:
        """Return the value of a key; `MISSING` without one."""
        return next((value for key, value in self.entries if key == name), MISSING)


class Reference:
    """A value that is not copied. It is not kept alive, except a small one that has no other way to be found again."""

    __slots__ = ("_find", "_id", "cls", "reason")

    def __init__(self, value: Any, reason: str) -> None:
        self.cls: type = type(value)
        self.reason = reason
        self._id = id(value)
        try:
            self._find: Any = weakref.ref(value)
        except TypeError:
            small = reason == NO_DATA and getsizeof(value, _LARGE) < _LARGE
            self._find = (lambda: value) if small else _nothing

    def value(self) -> Any:
        """Return the value; `MISSING` if it is gone."""
        found = self._find()
        return MISSING if found is None else found

    def is_of(self, value: Any) -> bool:
        """Return True if this refers to `value`, as far as it is known."""
        return self._id == id(value) and self.cls is type(value)


def _nothing() -> None:
    return None


class _Missing:
    def __repr__(self) -> str:
        return "(missing)"


MISSING: Final = _Missing()

NO_DATA: Final = "holds more than data"
TOO_LARGE: Final = "is too large to keep"

_LARGE: Final = 1000  # bytes


class _Uncopyable(Exception):
    """A value that has to be kept by reference. The text is the reason."""


class _HoldsMore(Exception):
    """A plain object holds more than data, and so is kept by reference as a whole."""


class Copier:
    """Copies of the states of one view, one after the other.

    `before` is the copy before. A part that is the same is returned as it is in `before`, so the names that have
    changed are those with another object. `size` is an estimate of the bytes that were added since it was set to 0.
    """

    def __init__(self, rule: ChangeRule) -> None:
        self._rule = rule
        self._left = 0
        self._made: dict[int, Any] = {}
        self._open: set[int] = set()
        self._in_plain = 0
        self.size = 0

    def begin(self) -> None:
        """Begin the copy of a state."""
        self._left = MOST_PARTS
        self._made = {}

    def end(self) -> None:
        """Forget which objects the state consists of."""
        self._made = {}

    def context(self, value: Any, before: Any) -> Any:
        """Return the copy of a context, or of the attributes of a view. Each of its names may be a reference."""
        parts = _parts_of(value)
        if parts is None:
            return self._reference(value, NO_DATA, before)
        keys, values, factory = parts
        earlier = _earlier(before, type(value), keys)
        copies = tuple(map(self._name, values, earlier))
        return self._result(value, copies, keys, factory, before)

    def _name(self, value: Any, before: Any) -> Any:
        left = self._left
        try:
            return self._copy(value, before)
        except _Uncopyable as error:
            reason = str(error)
        except Exception:
            # A key whose `__eq__` fails, a list that a thread changes meanwhile, data that is nested too deeply.
            self._open.clear()
            self._in_plain = 0
            reason = "cannot be copied"
        # One large value must not take the room of all that come after it.
        self._left = left
        return self._reference(value, reason, before)

    def _copy(self, value: Any, before: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _Uncopyable(TOO_LARGE)
        cls = type(value)
        if value is before:
            if type(value) is not Copy:
                return value
        elif cls in ATOMS:
            if type(before) is cls and self._rule.same(value, before):
                return before
            self.size += getsizeof(value)
            return value
        elif self._rule.is_immutable(value) or isinstance(value, (enum.Enum, *_SECRETS)):
            return before if self._rule.same(value, before) else value
        made = self._made.get(id(value))
        if made is not None:
            return made
        if id(value) in self._open:
            raise _Uncopyable("contains itself")
        return self._copy_parts(value, before)

    def _copy_parts(self, value: Any, before: Any) -> Any:
        parts = _parts_of(value)
        if parts is None:
            if self._in_plain:
                raise _HoldsMore
            return self._reference(value, NO_DATA, before)
        keys, values, factory = parts
        if len(values) > self._left:
            raise _Uncopyable(TOO_LARGE)
        if ATOMS.issuperset(map(type, values)):
            # Most containers. Two comparisons of whole tuples are faster than a call for each value.
            self._left -= len(values)
            result = self._made[id(value)] = self._of_atoms(value, values, keys, factory, before)
            return result
        is_plain = _is_plain(type(value))
        self._open.add(id(value))
        self._in_plain += is_plain
        try:
            copies = tuple(map(self._copy, values, _earlier(before, type(value), keys)))
        except _HoldsMore:
            if self._in_plain > is_plain:
                raise
            return self._reference(value, NO_DATA, before)
        finally:
            self._in_plain -= is_plain
            self._open.discard(id(value))
        result = self._made[id(value)] = self._result(value, copies, keys, factory, before)
        return result

    def _result(
        self, value: Any, copies: tuple[Any, ...], keys: tuple[Any, ...] | None, factory: Any, before: Any
    ) -> Any:
        if (
            type(before) is Copy
            and before.cls is type(value)
            and len(copies) == len(before.values)
            and all(one is other for one, other in zip(copies, before.values, strict=True))
            and keys == before.keys
        ):
            return before
        self.size += 64 + 16 * len(copies)
        return Copy(type(value), copies, keys, factory)

    def _of_atoms(
        self, value: Any, values: tuple[Any, ...], keys: tuple[Any, ...] | None, factory: Any, before: Any
    ) -> Copy:
        if (
            type(before) is Copy
            and before.cls is type(value)
            and keys == before.keys
            and values == before.values
            and [*map(type, values)] == [*map(type, before.values)]
        ):
            return before
        self.size += 64 + 16 * len(values) + sum(map(getsizeof, values))
        return Copy(type(value), values, keys, factory)

    def _reference(self, value: Any, reason: str, before: Any) -> Any:
        if type(before) is Reference and before.is_of(value):
            return before
        return Reference(value, reason)


def _earlier(before: Any, cls: type, keys: tuple[Any, ...] | None) -> Iterator[Any]:
    """Yield the earlier copy of each part, `MISSING` for one that is new; without an end for a sequence."""
    if type(before) is not Copy or before.cls is not cls:
        yield from _endless()
    elif keys is None or keys == before.keys:
        yield from before.values
        yield from _endless()
    else:
        known = dict(before.entries)
        yield from (known.get(key, MISSING) for key in keys)


def _endless() -> Iterator[Any]:
    while True:
        yield MISSING


Parts = tuple[tuple[Any, ...] | None, tuple[Any, ...], Any]
"""Keys, values, and the factory of a `defaultdict`."""


def _parts_of(value: Any) -> Parts | None:
    """Return the parts of a value; None for one that is not to be copied."""
    cls = type(value)
    if cls in _SEQUENCES:
        return None, (*value,), getattr(value, "maxlen", None)
    if cls in _SETS:
        return None, _sorted(value), None
    if cls in _DICTS:
        return (*value,), (*value.values(),), getattr(value, "default_factory", None)
    if isinstance(value, tuple) and hasattr(cls, "_fields") and not cls.__dictoffset__:
        return None, (*value,), None
    if not _is_data(cls):
        return None
    attributes = _attributes_of(value)
    if "_sa_instance_state" in attributes:
        return None  # an entity of SQLAlchemy belongs to its session
    return (*attributes,), (*attributes.values(),), None


def _sorted(values: Any) -> tuple[Any, ...]:
    # The order of a set says nothing, so that of the copy must not differ from one copy to the next.
    return (*sorted(values, key=hash),)


def _is_data(cls: type) -> bool:
    """Return True for a class whose objects are their attributes and nothing else, as far as the class says."""
    if issubclass(cls, BaseModel):
        return True
    if issubclass(cls, _NO_DATA) or cls.__new__ is not object.__new__ or not cls.__flags__ & _HEAP_TYPE:
        return False
    if dataclasses.is_dataclass(cls):
        return True
    reduces = cls.__reduce_ex__ is object.__reduce_ex__ and cls.__reduce__ is object.__reduce__
    return reduces and not any(hasattr(cls, name) for name in ("__deepcopy__", "__copy__", "__setstate__"))


def _is_plain(cls: type) -> bool:
    """Return True for the class of an object that nothing declares to be data, such as that of a database client."""
    return cls.__flags__ & _HEAP_TYPE != 0 and not (
        issubclass(cls, BaseModel | tuple | dict) or dataclasses.is_dataclass(cls)
    )


def _attributes_of(value: Any) -> dict[str, Any]:
    """Return all attributes that an object stores, without running code of its class."""
    found = dict(getattr(value, "__dict__", _NO_ATTRIBUTES))
    for base in type(value).__mro__:
        for name, member in vars(base).items():
            if type(member) is MemberDescriptorType and name not in found:
                try:
                    found[name] = member.__get__(value)
                except AttributeError:
                    continue
    return found


# Going back


def restored(copy: Any, present: Any = MISSING, made: dict[int, Any] | None = None) -> Any:
    """Return a new value that is as the copied one was.

    `present` is the present value: where the copy is a reference to something that is gone, its part stays.
    """
    if type(copy) is Reference:
        found = copy.value()
        return present if found is MISSING else found
    if type(copy) is not Copy:
        return copy
    made = {} if made is None else made
    if id(copy) not in made:
        made[id(copy)] = _made(copy, present, made)
    return made[id(copy)]


def _made(copy: Copy, present: Any, made: dict[int, Any]) -> Any:
    now = _parts_of(present) if type(present) is copy.cls else None
    known = {} if now is None or now[0] is None else dict(zip(now[0], now[1], strict=True))
    keys = copy.keys
    values = [restored(value, known.get(key, MISSING), made) for key, value in copy.entries]
    cls: Any = copy.cls
    if keys is None:
        if cls is deque:
            return deque(values, copy.factory)
        return tuple.__new__(cls, values) if issubclass(cls, tuple) else cls(values)
    named = {key: value for key, value in zip(keys, values, strict=True) if value is not MISSING}
    if cls is defaultdict:
        return defaultdict(copy.factory, named)
    return cls(named) if issubclass(cls, _DICTS) else _object(cls, named)


def _object(cls: Any, attributes: dict[str, Any]) -> Any:
    value = object.__new__(cls)
    lay_attributes(value, attributes)
    return value


def lay_attributes(value: Any, attributes: dict[str, Any]) -> None:
    """Set attributes of an object, without running code of its class; those of `__dict__` become all it has there."""
    own = getattr(value, "__dict__", None)
    slots = {
        name: member
        for base in type(value).__mro__
        for name, member in vars(base).items()
        if type(member) is MemberDescriptorType
    }
    if own is not None:
        own.clear()
        own.update({name: each for name, each in attributes.items() if name not in slots})
    for name, member in slots.items():
        if name in attributes:
            member.__set__(value, attributes[name])


def unrestorable(copy: Any) -> Iterator[tuple[str, str]]:
    """Yield the names of a context that are kept by reference, with the reason."""
    if type(copy) is Copy:
        for key, value in copy.entries:
            if type(value) is Reference:
                yield str(key), value.reason
