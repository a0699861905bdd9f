"""State that a class keeps in development: everything that has changed since `mount`, over a change of its code.

A value that `mount` has made and no handler has changed is made by `mount` again: it shows what was edited there. So
is a value that cannot be kept, such as a database session.
"""

import hashlib
import logging
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from pyview.keeping.contexts import MISSING, names_in, value_in, with_values
from pyview.keeping.spec import Keep
from pyview.keeping.tagged import TaggedValues
from pyview.keeping.types import ContextTypes
from pyview.keeping.values import (
    Adapter,
    UnfitValue,
    Unkeepable,
    checked,
    decoded,
    encoded,
    is_input,
    is_made_by_mount,
    is_tagged,
    tagged,
)

logger = logging.getLogger("pyview")

_LONG: Final = 24.0 * 365  # hours; `SecurityConfig.max_keep_seconds` is less


class MadeValue(NamedTuple):
    """The value that `mount` has made of a name: the name of its type, and the digest of what is kept of it."""

    kind: str
    digest: bytes | None


Made: TypeAlias = Mapping[str, MadeValue]


class DevelopmentPlan:
    """Plan of a class in development. `declared` is its class argument `keep`: those names are always kept."""

    def __init__(self, cls: type, declared: Keep | None) -> None:
        self.keep = Keep(hours=_LONG)
        self.name = cls.__qualname__
        self._always = frozenset() if declared is None else frozenset(declared.names or ())
        self._all = declared is not None and declared.names is None
        self._types = ContextTypes(cls)
        self._tagged = TaggedValues()
        self._logged: set[str] = set()

    def note(self, context: Any) -> Made:
        """Return what `mount` and `handle_params` have made."""
        return {name: self._made(name, value, context) for name, value in _values_in(context)}

    def values_of(self, context: Any, temporary: Collection[str], made: Made) -> dict[str, Any]:
        """Return what has changed since `mount`, as data that `orjson` writes."""
        found = {}
        for name, value in _values_in(context):
            data = None if name in temporary else self._encoded(name, value, context)
            before = made.get(name, _NEW)
            if data is not None and (self._keeps(name) or _digest(data) != before.digest):
                found[name] = [*data, before.kind]
        return found

    def streams(self, named: Collection[str]) -> Collection[str]:
        """Return the streams whose items stay in the browser: all of them."""
        return named

    def laid_over(self, context: Any, kept: Mapping[str, Any]) -> Any:
        """Return the context with the kept values. One that does not fit any more is that of `mount`, and is logged."""
        closed = self._types.names_of(context)
        for name, data in kept.items():
            # The edited class may not have the name any more.
            if closed is None or name in closed:
                context = self._with(context, name, data)
        return context

    def _with(self, context: Any, name: str, data: Any) -> Any:
        try:
            return with_values(context, {name: self._decoded(name, data, context)})
        except (UnfitValue, AttributeError, TypeError, ValueError) as error:
            if name not in self._logged:
                self._logged.add(name)
                logger.warning(
                    "%s: %r does not fit the edited code, so mount's value is used: %s",
                    self.name,
                    name,
                    error,
                )
            return context

    def _keeps(self, name: str) -> bool:
        return self._all or name in self._always

    def _made(self, name: str, value: Any, context: Any) -> MadeValue:
        data = self._encoded(name, value, context)
        return MadeValue(_kind_of(value), None if data is None else _digest(data))

    # Values

    def _encoded(self, name: str, value: Any, context: Any) -> list[Any] | None:
        """Return the data of a value; None for one that `mount` makes again."""
        if is_made_by_mount(value):
            return None
        try:
            return self._typed(name, value, context) or tagged(self._tagged.encode(value))
        except Unkeepable as error:
            if name not in self._logged:
                self._logged.add(name)
                logger.debug("%s: mount makes %r, a %s: %s", self.name, name, _kind_of(value), error)
            return None

    def _typed(self, name: str, value: Any, context: Any) -> list[Any] | None:
        """Return a value as its annotation writes it; None if that would give another value back."""
        if is_input(value):
            return encoded(value, None)
        try:
            adapter = self._adapter(name, context)
            if adapter is None:
                return None
            data = encoded(value, adapter)
            back = decoded(orjson.loads(orjson.dumps(data)), None, adapter, None)
        except (Unkeepable, UnfitValue):
            return None
        return data if type(back) is type(value) and _equal(back, value) else None

    def _decoded(self, name: str, data: Any, context: Any) -> Any:
        *data, was = data
        made = value_in(context, name)
        adapter = self._adapter(name, context)
        if adapter is None:
            self._check_kind(was, made)
        if is_tagged(data):
            return checked(self._tagged.decode(data[1]), adapter)
        return decoded(data, self._types.of(context).get(name, Any), adapter, made)

    def _check_kind(self, was: str, made: Any) -> None:
        is_now = _NEW.kind if made is MISSING else _kind_of(made)
        if was != is_now and not {was, is_now} & _ANY_KIND:
            raise UnfitValue(f"mount made it as {was}, and makes it as {is_now} now")

    def _adapter(self, name: str, context: Any) -> Adapter:
        try:
            return self._types.adapter(name, self._types.of(context).get(name, Any))
        except Unkeepable:
            return None


_NEW: Final = MadeValue("", None)
_ANY_KIND: Final = {"", "NoneType"}


def _values_in(context: Any) -> list[tuple[str, Any]]:
    found = ((name, value_in(context, name)) for name in names_in(context))
    return [(name, value) for name, value in found if value is not MISSING]


def _kind_of(value: Any) -> str:
    return type(value).__qualname__


def _digest(data: list[Any]) -> bytes:
    return hashlib.blake2b(orjson.dumps(data), digest_size=16).digest()


def _equal(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except Exception:  # such as an array, which has no truth
        return False
