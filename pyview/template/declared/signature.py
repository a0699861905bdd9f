"""Declarations from Python signatures, and the binding of a call's arguments to one.

Parameters are attributes and slots; `**rest` passes HTML attributes on.
"""

import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from inspect import Parameter
from typing import Annotated, Any, Final, Literal, TypeAlias, Union

from pyview.template.attributes import Attributes, html_name
from pyview.template.declared.declaration import (
    CHILDREN,
    REQUIRED,
    AttributeType,
    ComponentError,
    Declaration,
    GivenSlot,
    NoContent,
    SlotDeclaration,
    SlotEntry,
)


def bind(
    declaration: Declaration, positional: tuple[Any, ...], named: Mapping[str, Any]
) -> tuple[dict[str, Any], Attributes]:
    """Return the arguments of a call by declared name, and the HTML attributes to pass on. Raises ComponentError."""
    given = _by_name(declaration, positional)
    rest = Attributes()
    for name, value in named.items():
        # Jinja2 passes the body of a call block as `caller`.
        known = CHILDREN if name == "caller" else declaration.known_as(name)
        if known is not None and (name != "caller" or CHILDREN in declaration.slots):
            if known in given:
                raise ComponentError(f"{declaration.name}() got {known!r} twice")
            given[known] = value
        elif name == "caller":
            raise ComponentError(no_body(declaration))
        elif declaration.passes_on(name):
            rest[html_name(name)] = value
        else:
            raise ComponentError(declaration.unknown(name))
    missing = declaration.missing(name for name in given if not _is_empty(declaration, given, name))
    if missing:
        raise ComponentError(declaration.needs(missing))
    _complete(declaration, given)
    return given, rest


def no_body(declaration: Declaration) -> str:
    """Return the error message for a call block around a component without a slot for its body."""
    return f"{declaration.name}() has no slot for a body: declare one, {CHILDREN}: Slot, or call it without a body"


def _by_name(declaration: Declaration, positional: tuple[Any, ...]) -> dict[str, Any]:
    if len(positional) > len(declaration.positional):
        raise ComponentError(
            f"{declaration.name}() takes {len(declaration.positional)} arguments without a name, got {len(positional)}"
        )
    return dict(zip(declaration.positional, positional, strict=False))


def _is_empty(declaration: Declaration, given: Mapping[str, Any], name: str) -> bool:
    """Return True if a slot was given by name, but is empty."""
    value = given[name]
    return name in declaration.slots and (isinstance(value, NoContent) or value is None or value in ([], ()))


def _complete(declaration: Declaration, given: dict[str, Any]) -> None:
    for name, attribute in declaration.attributes.items():
        if name not in given:
            given[name] = attribute.default
        elif attribute.values is not None:
            problem = attribute.problem(given[name])
            if problem is not None:
                raise ComponentError(f"{declaration.name}({name}=...): {problem}")
    for name, slot in declaration.slots.items():
        given[name] = _entries(declaration, slot, given.get(name))


def _entries(declaration: Declaration, slot: SlotDeclaration, value: Any) -> Any:
    if slot.many:
        return tuple(map(slot.make, _each(value)))
    if value is None or isinstance(value, NoContent) or value == []:
        return NoContent()
    # The compiler passes the slots of a call block as a list, also a single one.
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    elif isinstance(value, list) and all(isinstance(each, GivenSlot) for each in value):
        raise ComponentError(
            f"the slot {slot.name!r} of {declaration.name}() takes one entry, got {len(value)}"
        )
    return slot.make(value)


def _each(value: Any) -> Iterable[Any]:
    if value is None or isinstance(value, NoContent):
        return ()
    return value if isinstance(value, (list, tuple)) else (value,)


if sys.version_info >= (3, 14):
    import annotationlib

_SLOT: Final = "pyview slot"
_SLOTS: Final = "pyview slots"

Slot: TypeAlias = Annotated[Any, _SLOT]
"""The annotation of a slot. The component gets a `SlotEntry`, which is false where there is no content."""

Slots: TypeAlias = Annotated[Any, _SLOTS]
"""The annotation of a slot that may have several entries. The component gets a tuple of `SlotEntry`."""


@dataclass(frozen=True, slots=True)
class AttributeNote:
    """Details of an attribute in a signature besides its type. See `attr`."""

    default: Any = REQUIRED
    values: tuple[Any, ...] | None = None
    doc: str = ""


def attr(default: Any = REQUIRED, *, values: Iterable[Any] | None = None, doc: str = "") -> Any:
    """Declare default, allowed values and documentation of a component's attribute. Used instead of the default.

    `size: str = attr("m", values=["s", "m", "l"], doc="Size of the button.")`. Without a default it is required.
    `Annotated[str, attr(values=...)]` means the same.
    """
    return AttributeNote(default, None if values is None else tuple(values), doc)


def declaration_of(function: Callable[..., Any], include: Iterable[str] = ()) -> Declaration:
    """Return the declaration of a function component. Raises TypeError for an unsupported signature."""
    signature = _signature(function)
    hints = type_hints(function)
    attributes: dict[str, AttributeType] = {}
    slots: dict[str, SlotDeclaration] = {}
    rest = False
    for parameter in signature.parameters.values():
        if parameter.kind is Parameter.VAR_KEYWORD:
            rest = True
        elif parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.POSITIONAL_ONLY):
            raise TypeError(
                f"{function.__qualname__}: expected parameters that can be given by name, got {parameter}"
            )
        else:
            declared = _declared(parameter, hints.get(parameter.name, Any))
            if isinstance(declared, SlotDeclaration):
                slots[parameter.name] = declared
            else:
                attributes[parameter.name] = declared
    if include and not rest:
        raise TypeError(
            f"{function.__qualname__}: include={[*include]} needs a parameter **rest, which takes these attributes"
        )
    positional = [
        each.name for each in signature.parameters.values() if each.kind is Parameter.POSITIONAL_OR_KEYWORD
    ]
    return Declaration(function.__name__, attributes, slots, tuple(positional), rest, frozenset(include))


def type_hints(function: Any) -> Mapping[str, Any]:
    """Return the annotations of a function or class, without those that cannot be evaluated."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, AttributeError, SyntaxError):
        # An annotation may name a class that is imported for the type checker only.
        raw = _annotations(function)
        return {name: hint for name, hint in raw.items() if not isinstance(hint, (str, typing.ForwardRef))}


def _annotations(function: Any) -> Mapping[str, Any]:
    if sys.version_info >= (3, 14):
        # From Python 3.14 on, annotations are evaluated when they are read. This format does not raise an
        # error for unknown names.
        return annotationlib.get_annotations(function, format=annotationlib.Format.FORWARDREF)
    found: Mapping[str, Any] = getattr(function, "__annotations__", {})
    return found


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        return inspect.signature(function, annotation_format=annotationlib.Format.FORWARDREF)
    return inspect.signature(function)


def _declared(parameter: Parameter, hint: Any) -> AttributeType | SlotDeclaration:
    note = _note(parameter.default, hint)
    default = note.default
    if isinstance(parameter.default, AttributeNote) is False and parameter.default is not Parameter.empty:
        default = parameter.default
    slot = _slot(parameter.name, hint, required=default is REQUIRED, doc=note.doc)
    if slot is not None:
        return slot
    bare = _without_notes(hint)
    annotation = None if bare is Any else bare
    return AttributeType(parameter.name, default, annotation, note.values or _literals(bare), note.doc)


def _note(default: Any, hint: Any) -> AttributeNote:
    if isinstance(default, AttributeNote):
        return default
    return next((each for each in _metadata(hint) if isinstance(each, AttributeNote)), AttributeNote())


def _metadata(hint: Any) -> tuple[Any, ...]:
    return hint.__metadata__ if typing.get_origin(hint) is Annotated else ()


def _without_notes(hint: Any) -> Any:
    return hint.__origin__ if typing.get_origin(hint) is Annotated else hint


def _literals(hint: Any) -> tuple[Any, ...] | None:
    """Return all values of a Literal, of None, or of a union of these; None for any other type."""
    if typing.get_origin(hint) is Literal:
        return typing.get_args(hint)
    if hint is None or hint is types.NoneType:
        return (None,)
    if not _is_union(hint):
        return None
    found = [_literals(each) for each in typing.get_args(hint)]
    return None if None in found else tuple(value for values in found for value in values or ())


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (Union, types.UnionType)


# -- slots


def _slot(name: str, hint: Any, *, required: bool, doc: str) -> SlotDeclaration | None:
    kind = _slot_kind(hint)
    if kind is None:
        return None
    many, entry = kind
    return SlotDeclaration(
        name, _maker(name, entry), required=required, many=many, attributes=entry_attributes(entry), doc=doc
    )


def _slot_kind(hint: Any) -> tuple[bool, type[SlotEntry]] | None:
    """Return True if a slot may have several entries, and their class; None if the annotation is not a slot."""
    notes = _metadata(hint)
    if _SLOT in notes or _SLOTS in notes:
        return _SLOTS in notes, SlotEntry
    bare = _without_notes(hint)
    if isinstance(bare, type) and issubclass(bare, SlotEntry):
        return False, bare
    # `Column | None`, `list[Column]` and `tuple[Column, ...]` have one class besides these.
    arguments = [each for each in typing.get_args(bare) if each not in (types.NoneType, Ellipsis)]
    if len(arguments) != 1:
        return None
    inner = _slot_kind(arguments[0])
    if inner is None:
        return None
    return inner if _is_union(bare) else (True, inner[1])


def entry_attributes(entry: type[SlotEntry]) -> tuple[AttributeType, ...]:
    """Return the attributes of a slot entry class, without its content."""
    if entry is SlotEntry:
        return ()
    hints = type_hints(entry)
    own = [each for each in fields(entry) if each.name != "content"]
    return tuple(_entry_attribute(each, hints.get(each.name, Any)) for each in own)


def _entry_attribute(field: Any, hint: Any) -> AttributeType:
    required = field.default is MISSING and field.default_factory is MISSING
    bare = _without_notes(hint)
    default = REQUIRED if required else field.default
    return AttributeType(field.name, default, None if bare is Any else bare, _literals(bare))


def _maker(name: str, entry: type[SlotEntry]) -> Callable[[Any], SlotEntry]:
    def make(given: Any) -> SlotEntry:
        if isinstance(given, entry):
            return given
        if isinstance(given, GivenSlot):
            return entry(given.content, **given.attributes)
        if isinstance(given, SlotEntry):
            raise TypeError(f"expected {entry.__name__} for the slot {name!r}, got {type(given).__name__}")
        return entry(given)

    return make
