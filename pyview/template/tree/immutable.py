"""Immutability of values, decided by type. An immutable value is its own token, and its text is not made again."""

import dataclasses
import datetime
import decimal
import enum
import fractions
import uuid
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from jinja2.environment import TemplateModule
from jinja2.runtime import Macro
from jinja2.utils import Namespace, missing
from markupsafe import Markup

Parts = Callable[[Any], tuple[Any, ...] | None]
"""Returns the values that an object consists of; None if this object may change."""

ATOMS: frozenset[type] = frozenset(
    {
        *(str, int, bool, float, complex, bytes, range, type(None), type(Ellipsis), type(missing), Markup),
        *(decimal.Decimal, fractions.Fraction, uuid.UUID),
        *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta, datetime.timezone),
    }
)
"""Types whose values contain nothing that could change."""

COMPONENT_MARK = "__pyview_component__"
"""Attribute of component classes, by which templates recognise them. Such a class counts as immutable."""

VIEW_MARK = "__pyview_view__"
"""The same for view classes, which templates pass to `live_render`."""

# Bases such as `Generic`, `Protocol` and `ABC` add no state to the objects of a class.
_HARMLESS_BASES = frozenset({"abc", "typing"})
# The results of these depend on the arguments only. `dict` and `namespace` return mutable objects; the compiler adds a
# check where such an object is bound to a name.
_PURE_CALLABLES = (range, dict, Namespace)


class Immutability:
    """Decides if a value is deeply immutable: by its type, then by its parts.

    A value counts as immutable if its type is an atom, an enumeration, a tuple (also named), a frozenset, a frozen
    dataclass with frozen bases, a frozen pydantic model without private attributes, a template string, or a registered
    class, and if all its parts are immutable too. A class may return the parts of its objects from a method
    `__pyview_parts__`. Its methods and properties must depend on nothing else.

    The answers for types are cached here, because each environment has its own registrations.
    """

    def __init__(self) -> None:
        self._parts: dict[type, Parts | None] = {type: _class_parts}
        self._atoms = set(ATOMS)
        # By id, because any value is looked up here, also one without a hash or with an `__eq__` of its own.
        self._pure = {id(each) for each in _PURE_CALLABLES}
        self._kept = list[object](_PURE_CALLABLES)

    def register(self, cls: type, parts: Callable[[Any], Iterable[Any]] | None = None) -> None:
        """Declare that objects of exactly `cls` are immutable, if the values in `parts(object)` are.

        Without `parts`, everything in an object must be immutable. Meant for frozen classes of other libraries.
        """
        if parts is None:
            self._atoms.add(cls)
            self._parts[cls] = _no_parts
        else:
            read = parts
            self._parts[cls] = lambda value: tuple(read(value))

    def register_pure(self, function: Callable[..., Any]) -> None:
        """Declare that the result of `function` depends on its arguments only."""
        self._kept.append(function)  # keeps it alive, so that no other object can get its id
        self._pure.add(id(function))

    def is_immutable(self, value: Any) -> bool:
        """Return True if neither `value` nor anything in it can change."""
        cls = type(value)
        # The exact class: an object of a subclass of `str` may have attributes that change.
        if cls in self._atoms:
            return True
        parts_of = self._parts[cls] if cls in self._parts else self.parts_of(cls)
        if parts_of is None:
            return id(value) in self._pure
        parts = parts_of(value)
        if parts is None:
            return False
        # As `are_immutable` does: every event of a table of immutable rows comes here, and a call costs more than this.
        return self._atoms.issuperset(map(type, parts)) or all(map(self.is_immutable, parts))

    def are_immutable(self, values: Iterable[Any]) -> bool:
        """Return True if all values are immutable."""
        return self._atoms.issuperset(map(type, values)) or all(map(self.is_immutable, values))

    def parts_of(self, cls: type) -> Parts | None:
        """Return the function that returns the parts of an object of `cls`; None for a mutable type."""
        try:
            return self._parts[cls]
        except KeyError:
            found = self._parts[cls] = self._inspect(cls)
            return found

    def _inspect(self, cls: Any) -> Parts | None:
        own_parts: Parts | None = getattr(cls, "__pyview_parts__", None)
        if own_parts is not None:
            return own_parts
        if is_template_class(cls):
            return _template_parts
        if cls in self._atoms or issubclass(cls, enum.Enum):
            self._atoms.add(cls)
            return _no_parts
        if cls in (tuple, frozenset) or _is_named_tuple(cls):
            return tuple
        if issubclass(cls, Macro):
            return _macro_parts
        if issubclass(cls, TemplateModule):
            return _module_parts
        if _is_frozen_dataclass(cls):
            return attributes_reader([field.name for field in dataclasses.fields(cls)])
        if _is_frozen_model(cls):
            return attributes_reader(list(cls.__pydantic_fields__))
        return None


def attributes_reader(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that returns the named attributes of an object as a tuple."""
    if not names:
        return _no_parts
    get = attrgetter(*names)
    # `attrgetter` with one name returns the value itself, not a tuple.
    return (lambda value: (get(value),)) if len(names) == 1 else get


def intercepts_attributes(cls: type) -> bool:
    """Return True if reading an attribute of an object of `cls` may run code of the class."""
    # Every class inherits `__getattribute__` from `object`, which is harmless: the last class of the MRO is
    # left out.
    return any(
        name in vars(base) for base in cls.__mro__[:-1] for name in ("__getattr__", "__getattribute__")
    )


def is_template_class(cls: type) -> bool:
    """Return True if objects of a class are template strings (PEP 750), native or of a backport."""
    return hasattr(cls, "interpolations") and hasattr(cls, "strings")


def _template_parts(template: Any) -> tuple[Any, ...]:
    slots = ((each.value, each.conversion, each.format_spec) for each in template.interpolations)
    return (template.strings, *slots)


def _no_parts(value: object) -> tuple[Any, ...]:
    return ()


def _class_parts(cls: type) -> tuple[Any, ...] | None:
    return () if hasattr(cls, COMPONENT_MARK) or hasattr(cls, VIEW_MARK) else None


def _macro_parts(macro: Any) -> tuple[Any, ...] | None:
    return () if getattr(macro, "pure", False) else None


def _module_parts(module: TemplateModule) -> tuple[Any, ...]:
    # A module of macros is made once and then shared. Its dict holds the exports, and private attributes of Jinja2.
    return tuple(value for name, value in vars(module).items() if name[:1] != "_")


def _is_named_tuple(cls: type) -> bool:
    # A subclass with a `__dict__` may hold more than its items.
    return issubclass(cls, tuple) and hasattr(cls, "_fields") and cls.__dictoffset__ == 0


def _is_frozen_dataclass(cls: type) -> bool:
    if _params(cls) is None or intercepts_attributes(cls):
        return False
    return all(map(_is_frozen_base, cls.__mro__[:-1]))


def _is_frozen_base(cls: type) -> bool:
    params = _params(cls)
    return cls.__module__ in _HARMLESS_BASES if params is None else bool(params.frozen)


def _params(cls: type) -> Any:
    # Not inherited: a plain subclass of a frozen dataclass may have attributes that can be set.
    return cls.__dict__.get("__dataclass_params__")


def _is_frozen_model(cls: Any) -> bool:
    # Extra values are no fields, so the reader would miss them. `frozen` does not protect private attributes.
    config = getattr(cls, "model_config", None)
    return (
        isinstance(config, dict)
        and bool(config.get("frozen"))
        and config.get("extra") != "allow"
        and bool(getattr(cls, "__pydantic_fields__", None))
        and not getattr(cls, "__private_attributes__", None)
    )
