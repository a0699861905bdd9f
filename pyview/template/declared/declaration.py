"""Declaration of a component's attributes and slots, checks of its arguments, and the entries of slots."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final, TypeAlias, dataclass_transform

from jinja2.runtime import Macro
from pydantic import ConfigDict, TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic_core import SchemaError, ValidationError

from pyview.template.attributes import html_name
from pyview.template.tree.macro import LiveMacro, bound
from pyview.template.tree.nodes import RenderPass
from pyview.template.tree.output import Live
from pyview.template.tstrings.compiled import content_text, environment_of, page_tstrings

PREFIXES: Final = ("aria-", "data-", "phx-", "on")
"""Prefixes of attributes that every element may have."""

_GLOBAL_NAMES: Final = (
    "accesskey autocapitalize autocorrect autofocus class contenteditable contextmenu dir draggable enterkeyhint "
    "exportparts hidden id inert inputmode is itemid itemprop itemref itemscope itemtype lang nonce part popover role "
    "slot spellcheck style tabindex title translate virtualkeyboardpolicy writingsuggestions xml:base xml:lang"
)
GLOBAL_ATTRIBUTES: Final = frozenset(_GLOBAL_NAMES.split())
"""Attributes that every element may have."""


def is_global(name: str) -> bool:
    """Return True if every element may have the HTML attribute."""
    return name in GLOBAL_ATTRIBUTES or name.startswith(PREFIXES)


REQUIRED: Final = object()
"""Stands for a missing default."""

CHILDREN: Final = "children"
"""The slot that takes the body of a call."""


class ComponentError(TypeError):
    """A component got an undeclared or invalid argument, or lacks a required one."""


@dataclass(frozen=True, slots=True)
class AttributeType:
    """One attribute. `values` are the allowed values (None: any), `annotation` is its type (None: not declared)."""

    name: str
    default: Any = REQUIRED
    annotation: Any = None
    values: tuple[Any, ...] | None = None
    doc: str = ""

    def problem(self, value: Any) -> str | None:
        """Return an error message if a value is not allowed, else None."""
        # The types too, because True equals 1.
        if self.values is None or any(type(value) is type(each) and value == each for each in self.values):
            return None
        # A default of None is allowed as an argument too, although `values` does not list it.
        if value is None and self.default is None:
            return None
        return f"expected {_one_of(self.values)}, got {value!r}{_guess(value, self.values)}"

    def problem_of_type(self, value: Any) -> str | None:
        """Return an error message if a constant is not allowed or has another type, else None."""
        if self.values is not None or self.annotation is None:
            return self.problem(value)
        return (
            f"expected {_type_name(self.annotation)}, got {value!r}"
            if _is_other(value, self.annotation)
            else None
        )


@dataclass(frozen=True, slots=True)
class SlotDeclaration:
    """One slot. `many` is True if it may have several entries; `attributes` are those of each entry.

    `make` converts an argument to an entry.
    """

    name: str
    make: Callable[..., Any]
    required: bool = True
    many: bool = False
    attributes: tuple[AttributeType, ...] = ()
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """Attributes and slots of a component.

    With `rest`, it passes on global HTML attributes and those in `include`. With `anything`, it accepts any other
    argument too, unless the name looks like a misspelled declared one. `positional` are the names that arguments
    without a name are for.
    """

    name: str
    attributes: Mapping[str, AttributeType]
    slots: Mapping[str, SlotDeclaration]
    positional: tuple[str, ...] = ()
    rest: bool = False
    include: frozenset[str] = field(default_factory=frozenset)
    anything: bool = False

    def names(self) -> list[str]:
        """Return the names of all attributes and slots."""
        return [*self.attributes, *self.slots]

    def known_as(self, name: str) -> str | None:
        """Return the declared name of an argument, None if it is not declared. `class` may be declared as `class_`."""
        if name in self.attributes or name in self.slots:
            return name
        return f"{name}_" if f"{name}_" in self.attributes else None

    def passes_on(self, name: str) -> bool:
        """Return True if an argument is an HTML attribute that the component passes on."""
        # A macro with `kwargs` takes every name. A misspelled one must not become an HTML attribute.
        if self.anything and not guess(name, self.names()):
            return True
        return self.rest and (is_global(html_name(name)) or html_name(name) in self.include)

    def unknown(self, name: str) -> str:
        """Return the error message for an undeclared argument."""
        candidates = [*self.names(), *(self.include if self.rest else ())]
        hint = guess(name, candidates) or f". It takes {', '.join(candidates) or 'nothing'}"
        return f"{self.name}() takes no {name!r}{hint}"

    def missing(self, given: Iterable[str]) -> list[str]:
        """Return the required names that are not in `given`."""
        names = {*given}
        attributes = [each.name for each in self.attributes.values() if each.default is REQUIRED]
        slots = [each.name for each in self.slots.values() if each.required]
        return [name for name in (*attributes, *slots) if name not in names]

    def needs(self, names: Iterable[str]) -> str:
        """Return the error message for missing arguments."""
        missing = " and ".join(f"the slot {name!r}" if name in self.slots else repr(name) for name in names)
        return f"{self.name}() needs {missing}"


def guess(name: str, candidates: Iterable[str]) -> str:
    """Return `. Did you mean ...?` if one of the candidates is close to the name, else ""."""
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
    """Return True if a value certainly has another type. False for a type that pydantic cannot check."""
    try:
        adapter = TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True, strict=True))
    except (PydanticUserError, SchemaError, TypeError):
        try:
            # Pydantic accepts no config for a model, a dataclass or a TypedDict, which have their own.
            adapter = TypeAdapter(annotation)
        except (PydanticUserError, SchemaError, TypeError, NameError):
            return False
    except NameError:
        return False
    try:
        adapter.validate_python(value, strict=True)
    except ValidationError:
        return True
    except Exception:  # a validator of the application failed: then nothing is certain
        return False
    return False


Content: TypeAlias = Any
"""Content between tags: text, Markup, a template string, a live value, a list of these; or a function of the slot's
arguments that returns one of them."""


class DeclaredSlot(Live):
    """The content of a slot, rendered with the arguments that the component passes."""

    __slots__ = ("arguments", "content")

    uncached = 0

    def __init__(self, content: Content, arguments: tuple[Any, ...]) -> None:
        self.content = content
        self.arguments = arguments

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        if type(self.content) is LiveMacro:
            return self.content.render(render_pass, previous, self.arguments, {})
        result: tuple[Any, Any] = environment_of(render_pass).tstrings.content(
            render_pass, previous, self._value()
        )
        return result

    def __html__(self) -> str:
        return content_text(page_tstrings(), self._value())

    async def html(self, host: Any) -> str:
        return self.__html__()

    def __pyview_parts__(self) -> tuple[Any, ...]:
        return (self.content, *self.arguments)

    def _value(self) -> Any:
        content = self.content
        # A live value may be callable as well. With an `__html__` it is content itself.
        is_function = callable(content) and not hasattr(content, "__html__")
        return content(*self.arguments) if is_function else content


class _Entry(Live):
    """Base class of slot entries."""

    __slots__ = ()

    uncached = 0
    content: Content

    def __call__(self, *arguments: Any) -> DeclaredSlot:
        """Return the content for the arguments of the slot's function."""
        return DeclaredSlot(self.content, arguments)

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        return DeclaredSlot(self.content, ()).render(render_pass, previous)

    def __html__(self) -> str:
        return DeclaredSlot(self.content, ()).__html__()

    async def html(self, host: Any) -> str:
        return self.__html__()


class NoContent(_Entry):
    """The entry of an empty slot. It is false and shows nothing."""

    __slots__ = ()

    content = None

    def __bool__(self) -> bool:
        return False

    def __pyview_parts__(self) -> tuple[Any, ...]:
        return ()


class GivenSlot(_Entry):
    """An entry from a Jinja2 template, with unchecked attributes."""

    __slots__ = ("attributes", "content")

    def __init__(self, content: Content, attributes: Mapping[str, Any]) -> None:
        self.content = content
        self.attributes = dict(attributes)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.attributes[name]
        except KeyError:
            raise AttributeError(f"this slot has no attribute {name!r}") from None

    def __pyview_parts__(self) -> tuple[Any, ...]:
        return (self.content, *self.attributes, *self.attributes.values())


def given(macro: Macro, /, **attributes: Any) -> GivenSlot:
    """Return the entry for `{% call slot("name", attribute=...) %}` in the call of a component."""
    return GivenSlot(macro, attributes)


def collection() -> list[GivenSlot]:
    """Return a new list for the entries of a slot, if some of them are in an if, a for or a with."""
    return []


def collect(entries: list[GivenSlot], macro: Macro, /, **attributes: Any) -> None:
    """Add the entry for `{% call slot(...) %}` to a list. It keeps the present values of loop variables."""
    entries.append(GivenSlot(bound(macro), attributes))


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(dataclasses.field,))
class _Declared(_Entry):
    """Turns its subclasses into frozen dataclasses."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Frozen, because entries count as immutable: a call with the same ones is skipped.
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)


class SlotEntry(_Declared):
    """One entry of a slot. A subclass declares the attributes of the entry; it becomes a frozen dataclass::

        class Column(SlotEntry):
            label: str
            width: int | None = None

        Column(lambda user: user.name, label="Name")

    In the component, `{entry}` shows the content, `{entry(row)}` shows it for an argument, and `entry.label` is the
    caller's value.
    """

    content: Content = dataclasses.field(default=None, kw_only=False)

    def __pyview_parts__(self) -> tuple[Any, ...]:
        return tuple(vars(self).values())
