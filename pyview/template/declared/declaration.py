"""What a component takes, and the checks of what it is given."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ConfigDict, TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic_core import SchemaError, ValidationError

from pyview.template.attributes import html_name
from pyview.template.declared.global_attributes import is_global

REQUIRED: Final = object()
"""Stands for the default of what has none."""

CHILDREN: Final = "children"
"""The slot that takes the body of a call."""


class ComponentError(TypeError):
    """A component was given what it does not take, or not what it needs."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. `values` are all that it may be (None: anything), `annotation` its type (None: not said)."""

    name: str
    default: Any = REQUIRED
    annotation: Any = None
    values: tuple[Any, ...] | None = None
    doc: str = ""

    def problem(self, value: Any) -> str | None:
        """What is wrong with a value, by the values that are allowed."""
        if self.values is None or any(type(value) is type(each) and value == each for each in self.values):
            return None
        if value is None and self.default is None:
            return None
        return f"expected {_one_of(self.values)}, got {value!r}{_guess(value, self.values)}"

    def problem_of_type(self, value: Any) -> str | None:
        """What is wrong with a constant, by its type as well."""
        if self.values is not None or self.annotation is None:
            return self.problem(value)
        return (
            f"expected {_type_name(self.annotation)}, got {value!r}"
            if _is_other(value, self.annotation)
            else None
        )


@dataclass(frozen=True, slots=True)
class SlotDeclaration:
    """One slot. `many` says that there may be several entries; `attributes` are those of each entry.

    `make` turns what was given into an entry: (content, attributes) -> entry.
    """

    name: str
    make: Callable[..., Any]
    required: bool = True
    many: bool = False
    attributes: tuple[Attribute, ...] = ()
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a component takes. `rest` says that global HTML attributes are passed on, and those in `include`.

    `anything`: any other argument as well, unless it looks like a declared one.
    """

    name: str
    attributes: Mapping[str, Attribute]
    slots: Mapping[str, SlotDeclaration]
    positional: tuple[str, ...] = ()
    rest: bool = False
    include: frozenset[str] = field(default_factory=frozenset)
    anything: bool = False

    def names(self) -> list[str]:
        """All that may be given by name."""
        return [*self.attributes, *self.slots]

    def known_as(self, name: str) -> str | None:
        """The declared name that an argument is for: `class` may be declared as `class_`."""
        if name in self.attributes or name in self.slots:
            return name
        return f"{name}_" if f"{name}_" in self.attributes else None

    def passes_on(self, name: str) -> bool:
        """Whether an argument is an HTML attribute that the component passes on."""
        if self.anything and not guess(name, self.names()):
            return True
        return self.rest and (is_global(html_name(name)) or html_name(name) in self.include)

    def unknown(self, name: str) -> str:
        """What is said of an argument that nobody declared."""
        candidates = [*self.names(), *(self.include if self.rest else ())]
        hint = guess(name, candidates) or f". It takes {', '.join(candidates) or 'nothing'}"
        return f"{self.name}() takes no {name!r}{hint}"

    def missing(self, given: Iterable[str]) -> list[str]:
        """The names that must be given and are not."""
        there = {*given}
        attributes = [each.name for each in self.attributes.values() if each.default is REQUIRED]
        slots = [each.name for each in self.slots.values() if each.required]
        return [name for name in (*attributes, *slots) if name not in there]

    def needs(self, names: Iterable[str]) -> str:
        """What is said when something is missing."""
        said = " and ".join(f"the slot {name!r}" if name in self.slots else repr(name) for name in names)
        return f"{self.name}() needs {said}"


def guess(name: str, candidates: Iterable[str]) -> str:
    """`. Did you mean ...?` if one of the candidates is close to the name, else nothing."""
    close = get_close_matches(name, [*candidates], n=1, cutoff=0.6)
    return f". Did you mean {close[0]!r}?" if close else ""


def _guess(value: Any, values: tuple[Any, ...]) -> str:
    if not isinstance(value, str):
        return ""
    return guess(value, [each for each in values if isinstance(each, str)])


def _one_of(values: tuple[Any, ...]) -> str:
    *most, last = map(repr, values)
    return f"{', '.join(most)} or {last}" if most else last


def _type_name(annotation: Any) -> str:
    return getattr(annotation, "__name__", None) if isinstance(annotation, type) else str(annotation)  # type: ignore[return-value]


def _is_other(value: Any, annotation: Any) -> bool:
    """Whether a value is surely of another type. Nothing is sure of a type that pydantic cannot check."""
    try:
        adapter = TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True, strict=True))
    except (PydanticUserError, SchemaError, TypeError):
        try:
            adapter = TypeAdapter(annotation)
        except (PydanticUserError, SchemaError, TypeError, NameError):
            return False
    except NameError:
        return False
    try:
        adapter.validate_python(value, strict=True)
    except ValidationError:
        return True
    except Exception:  # a validator of the type itself: what it does is its own business
        return False
    return False
