"""The arguments of one call, as a component's function takes them."""

from collections.abc import Iterable, Mapping
from typing import Any

from pyview.template.attributes import Attributes, html_name
from pyview.template.declared.declaration import CHILDREN, ComponentError, Declaration, SlotDeclaration
from pyview.template.declared.slots import GivenSlot, NoContent


def bind(
    declaration: Declaration, positional: tuple[Any, ...], named: Mapping[str, Any]
) -> tuple[dict[str, Any], Attributes]:
    """(what was given, by declared name; HTML attributes to pass on). Raises ComponentError."""
    given = _by_name(declaration, positional)
    rest = Attributes()
    for name, value in named.items():
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
    """What is said to a call block around a component that has no slot for it."""
    return (
        f"{declaration.name}() has no slot for a body: declare one, {CHILDREN}: Slot, or call it without one"
    )


def _by_name(declaration: Declaration, positional: tuple[Any, ...]) -> dict[str, Any]:
    if len(positional) > len(declaration.positional):
        raise ComponentError(
            f"{declaration.name}() takes {len(declaration.positional)} arguments without a name, got {len(positional)}"
        )
    return dict(zip(declaration.positional, positional, strict=False))


def _is_empty(declaration: Declaration, given: Mapping[str, Any], name: str) -> bool:
    """Whether a slot was given by name, but with nothing in it."""
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
