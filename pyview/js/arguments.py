"""What commands are given, checked and brought into the shape that the client expects.

The shapes are those of LiveView 1.2: class lists are arrays of single names, a transition is three of them
(`[during, start, end]`), and what is not given is left out.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple, TypeAlias

Classes: TypeAlias = str | Sequence[str]
"""Class names: `"fade in"`, or `["fade", "in"]`."""

Transition: TypeAlias = str | Sequence[str] | tuple[Classes, Classes, Classes]
"""Classes while it runs, or `(while it runs, at its start, at its end)`."""


class Scope(NamedTuple):
    """A selector that is looked up from the element the command belongs to: within it, or around it."""

    direction: Literal["inner", "closest"]
    selector: str


Target: TypeAlias = str | Scope | tuple[str, str] | Mapping[str, str]
"""A CSS selector for the page; or `js.inner("input")`, `js.closest("tr")`, from the element itself."""

_EXPECTED_TARGET = (
    "to= expects a CSS selector such as '#menu', or js.inner('input') or js.closest('tr') to look from the "
    "element itself"
)


def given(**options: Any) -> dict[str, Any]:
    """The options that are there."""
    return {name: value for name, value in options.items() if value is not None}


def place(to: Target | None) -> Any:
    """`to` as the client reads it; None for the element itself. Raises `TypeError`, `ValueError`."""
    if to is None or (isinstance(to, str) and to.strip()):
        return to
    direction, selector = _scope(to)
    if direction not in ("inner", "closest") or not isinstance(selector, str) or not selector.strip():
        raise ValueError(f"{_EXPECTED_TARGET}; got {to!r}")
    return {direction: selector}


def _scope(to: Any) -> tuple[Any, Any]:
    pair = next(iter(to.items())) if isinstance(to, Mapping) and len(to) == 1 else to
    if isinstance(pair, tuple) and len(pair) == 2:
        return pair
    if isinstance(to, str):
        raise ValueError(f"{_EXPECTED_TARGET}; got {to!r}. Leave it out to mean the element itself")
    raise TypeError(f"{_EXPECTED_TARGET}; got {type(to).__name__}: {to!r}")


def classes(names: Any) -> list[str]:
    """Single class names. Raises `TypeError` for anything but text and lists of it."""
    if isinstance(names, str):
        return names.split()
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"expected class names, as 'fade in' or ['fade', 'in'], got {names!r}")
    return [single for name in names for single in name.split()]


def named_classes(names: Classes) -> list[str]:
    """At least one class name. Raises `ValueError` for none."""
    found = classes(names)
    if not found:
        raise ValueError(f"expected class names, as 'fade in' or ['fade', 'in'], got {names!r}")
    return found


def phases(value: Any) -> list[list[str]] | None:
    """`[during, start, end]`. A list of three is such a triple, as is a tuple; any other list is classes alone."""
    if value is None:
        return None
    if isinstance(value, str):
        return [classes(value), [], []]
    if isinstance(value, Sequence) and len(value) == 3:
        return [classes(part) for part in value]
    if isinstance(value, list):
        return [classes(value), [], []]
    raise TypeError(
        "a transition is the classes while it runs, 'fade-in', or three of them, "
        f"('transition-opacity', 'opacity-0', 'opacity-100'): while it runs, at its start, at its end; got {value!r}"
    )


def milliseconds(time: int | None) -> int | None:
    """How long a transition takes. Raises `TypeError`, `ValueError` for what is no whole number from 0."""
    if time is None:
        return None
    if isinstance(time, bool) or not isinstance(time, int):
        raise TypeError(f"time= expects milliseconds as a whole number, got {time!r}")
    if time < 0:
        raise ValueError(f"time= expects milliseconds from 0 on, got {time}")
    return time


def motion(
    shape: Transition | None, time: int | None, blocking: bool, name: str = "transition"
) -> dict[str, Any]:
    """The options of everything that may be animated."""
    return given(**{name: phases(shape)}, time=milliseconds(time), blocking=None if blocking else False)


def text(value: Any, what: str) -> str:
    """`value`, if it is text and not empty. Raises `TypeError`."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"{what} expects text, got {value!r}")
    return str.__str__(value)


def component(target: int | str | None) -> int | str | None:
    """Who gets a pushed event: the number of a component, or a selector of an element in one."""
    if target is None or (isinstance(target, int) and not isinstance(target, bool)):
        return target
    return text(target, "push(target=), unless it is the number of a component (its cid),")


def mapping(value: Mapping[str, Any] | None, what: str) -> Mapping[str, Any] | None:
    """`value`, if it is a mapping. Raises `TypeError`."""
    if value is None or isinstance(value, Mapping):
        return value or None
    raise TypeError(f"{what} expects names and values, such as {{'id': 7}}, got {value!r}")


def attribute_values(attribute: Any, values: tuple[Any, ...], most: int) -> list[str]:
    """`[name, value, ...]` from a name and its values, or from one tuple of them; a missing value is empty."""
    name, *found = attribute if isinstance(attribute, (tuple, list)) else (attribute, *values)
    if not 0 <= len(found) <= most:
        raise ValueError(f"expected a name and at most {most} values, got {(name, *found)!r}")
    return [text(name, "the name of an attribute"), *(attribute_text(value) for value in found or [""])]


def attribute_text(value: Any) -> str:
    """The text of an attribute. Raises `TypeError` for a truth value, whose text nobody can guess."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError(
            f"the value of an attribute is text, got {value!r}. Write 'true' or 'false' for aria attributes; "
            "for others set_attribute('open') and remove_attribute('open')"
        )
    return str.__str__(value) if isinstance(value, str) else str(value)


def name_list(values: Any, what: str) -> list[str]:
    """One or more names. Raises `TypeError`."""
    found = [values] if isinstance(values, str) else list(values)
    if not found or not all(isinstance(each, str) and each for each in found):
        raise TypeError(f"{what} expects one name or a list of names, got {values!r}")
    return found


def advice(command: str, got: str, known: Sequence[str]) -> str:
    """The text about an option that a command does not have."""
    close = get_close_matches(got, known, 1, 0.5)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    return f"js.{command}() has no option {got!r}.{meant} It has: {', '.join(known)}"
