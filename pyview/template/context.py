"""Contexts of renders: a view's context as the names of its template, and Jinja2's context class.

A dict is used as it is, any other object by its fields and properties. The environment's globals come last.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import cached_property
from types import MappingProxyType, MemberDescriptorType
from typing import Any, Final, TypeAlias

from jinja2.environment import Environment
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from jinja2.utils import missing

_READ_BY_DESCRIPTOR = (property, functools.cached_property, MemberDescriptorType)


class LazyNames(dict[str, Any]):
    """The names of an object, each read at its first use. The names in `given` take precedence.

    It is a dict because Jinja2 requires one. As a dict it holds the given names, and those that were read so far.
    """

    __slots__ = ("_names", "_owner")

    def __init__(self, owner: object, names: frozenset[str], given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self._owner = owner
        self._names = names

    def __missing__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        # Read once for each render: a property may be slow, or return another value the second time.
        value = self[name] = getattr(self._owner, name)
        return value

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._names

    def with_names(self, names: Mapping[str, Any]) -> "LazyNames":
        """Return the names of the same object, with `names` taking precedence."""
        return LazyNames(self._owner, self._names, {**self.copy(), **names})

    def over(self, names: Mapping[str, Any]) -> "LazyNames":
        """Return the names of the same object, taking precedence over `names`."""
        return LazyNames(self._owner, self._names, {**_without(names, self._names), **self.copy()})

    def all(self) -> dict[str, Any]:
        """Return all names with their values, reading those that were not read so far."""
        return {**{name: self[name] for name in self._names}, **self.copy()}


class NameReader:
    """Turns contexts into names. It caches the names of each class, so each environment has its own reader."""

    def __init__(self) -> None:
        self._names: dict[type, frozenset[str]] = {}

    def read(self, assigns: Any, extras: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the names of a template: those of `extras`, then those of `assigns`. The result must not be changed.

        `assigns` is a mapping, None, or an object whose public attributes and properties become names.
        """
        if isinstance(assigns, dict):
            # The view's own dict, without a copy: a render only reads it.
            return {**assigns, **extras} if extras else assigns
        if assigns is None or isinstance(assigns, Mapping):
            return {**(assigns or {}), **(extras or {})}
        return LazyNames(assigns, self._names_of(assigns), extras or {})

    def _names_of(self, assigns: object) -> frozenset[str]:
        cls = type(assigns)
        names = self._names.get(cls)
        if names is None:
            names = self._names[cls] = _names_of_class(cls)
        # An object may have attributes that its class does not know, so these are not cached by class.
        own = getattr(assigns, "__dict__", {})
        return names if names >= own.keys() else names.union(name for name in own if not name.startswith("_"))


def _names_of_class(cls: type) -> frozenset[str]:
    names = {name: getattr_static(cls, name) for name in dir(cls) if not name.startswith("_")}
    stored = getattr(cls, "__dataclass_fields__", {}).keys() | getattr(cls, "__pydantic_fields__", {}).keys()
    return frozenset(name for name, value in names.items() if _is_value(value)) | stored


def _is_value(found: Any) -> bool:
    """Return True if a class attribute is a value of its objects, not a method or a class."""
    return isinstance(found, _READ_BY_DESCRIPTOR) or not (callable(found) or hasattr(type(found), "__get__"))


def getattr_static(cls: type, name: str) -> Any:
    """Return the attribute as the class stores it, without calling a descriptor."""
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)


def _without(names: Mapping[str, Any], hidden: frozenset[str]) -> Mapping[str, Any]:
    if hidden.isdisjoint(names):
        return names
    return {name: value for name, value in names.items() if name not in hidden}


Blocks: TypeAlias = Mapping[str, Callable[[Context], Iterator[str]]]

_NOTHING: Mapping[str, Any] = MappingProxyType({})
# A dict, because Jinja2's contexts have one. It is never written to.
_NO_NAMES: Final[dict[str, Any]] = {}


class LiveContext(Context):
    """Jinja2's context, made in a fraction of the time: it copies nothing, and makes rare parts at their first use.

    `parent` may be the view's own dict, or `LazyNames`; it is never written to. `behind` are the globals.
    """

    def __init__(
        self,
        environment: Environment,
        parent: dict[str, Any],
        name: str | None,
        blocks: Blocks,
        globals: MutableMapping[str, Any] | None = None,
        *,
        behind: Mapping[str, Any] | None = None,
    ) -> None:
        self.environment = environment
        self.parent = parent
        self.name = name
        self.vars = {}
        # Jinja2 imports a file of macros again if the context has globals that the file lacks. The globals in
        # `behind` are those of all files, so it is imported once.
        self.globals_keys = set() if globals is None else set(globals)
        self._behind = behind or _NOTHING
        self._own_blocks = blocks
        # True after a render that has used one of the parts that are made at their first use.
        self._has_parts = False

    def keep_in(self, spare: "list[LiveContext]") -> None:
        """Add this context to the spare ones after its render, if it holds nothing but names, and if there is none.

        One is enough, because renders rarely overlap.
        """
        if spare or self.vars or self._has_parts or self._behind is _NOTHING:
            return
        self.parent = _NO_NAMES  # a spare context would keep the values of a view in memory
        spare.append(self)

    @cached_property
    def eval_ctx(self) -> EvalContext:  # type: ignore[override]  # made at its first use
        self._has_parts = True
        return EvalContext(self.environment, self.name)

    @cached_property
    def exported_vars(self) -> set[str]:  # type: ignore[override]  # made at its first use
        self._has_parts = True
        return set()

    @cached_property
    def blocks(self) -> dict[str, list[Callable[[Context], Iterator[str]]]]:  # type: ignore[override]  # made at its first use
        self._has_parts = True
        return {name: [block] for name, block in self._own_blocks.items()}

    def resolve_or_missing(self, key: str) -> Any:
        if key in self.vars:
            return self.vars[key]
        if key in self.parent:
            return self.parent[key]
        return self._behind.get(key, missing)

    def get_all(self) -> dict[str, Any]:
        if isinstance(self.parent, LazyNames):
            return self.parent.over(self._behind).with_names(self.vars)
        if self.vars or self._behind:
            return {**self._behind, **self.parent, **self.vars}
        return self.parent

    def derived(self, locals: dict[str, Any] | None = None) -> "LiveContext":
        names = self.get_all()
        given = present(locals)
        parent = names.with_names(given) if isinstance(names, LazyNames) else {**names, **given}
        derived = type(self)(self.environment, parent, self.name, {})
        derived.eval_ctx = self.eval_ctx
        derived.blocks = {name: list(blocks) for name, blocks in self.blocks.items()}
        return derived

    def keys(self) -> Any:
        return self._everything().keys()

    def values(self) -> Any:
        return self._everything().values()

    def items(self) -> Any:
        return self._everything().items()

    def __contains__(self, name: object) -> bool:
        return name in self.vars or name in self.parent or name in self._behind

    def _everything(self) -> dict[str, Any]:
        names = self.get_all()
        return names.all() if isinstance(names, LazyNames) else names


def present(names: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return local names, without those that are not bound yet."""
    return {name: value for name, value in (names or {}).items() if value is not missing}
