"""Arguments of JS commands: checked, and encoded as the client expects them.

The formats are those of LiveView 1.2: class lists are arrays of single names, a transition is an array of three of
them (`[during, start, end]`), and options that are not given are left out.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import wraps
from typing import Any, Literal, NamedTuple, ParamSpec, TypeAlias, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

Classes: TypeAlias = str | Sequence[str]
"""Class names: `"fade in"`, or `["fade", "in"]`."""

Transition: TypeAlias = str | Sequence[str] | tuple[Classes, Classes, Classes]
"""Classes during the transition, or `(during, at its start, at its end)`."""


class Scope(NamedTuple):
    """A selector that is resolved from the element of the command: inside it, or among its ancestors."""

    direction: Literal["inner", "closest"]
    selector: str


Target: TypeAlias = str | Scope | tuple[str, str] | Mapping[str, str]
"""A CSS selector for the whole page; or `js.inner("input")` or `js.closest("tr")`, from the element itself."""

_EXPECTED_TARGET = (
    "to= expects a CSS selector such as '#menu', or js.inner('input') or js.closest('tr') to search from the "
    "element itself"
)


def checks_options(command: Callable[P, R]) -> Callable[P, R]:
    """Decorate a command so that an unknown option raises a `TypeError` that lists the options it has."""
    signature = inspect.signature(command)
    known = [name for name in signature.parameters if name != "self"]

    @wraps(command)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        # Checked only after a failure: a correct call costs nothing more.
        try:
            return command(*args, **kwargs)
        except TypeError:
            unknown = next((name for name in kwargs if name not in known), None)
            if unknown is None:
                raise
            close = get_close_matches(unknown, known, 1, 0.5)
            meant = f" Did you mean {close[0]!r}?" if close else ""
            problem = f"js.{command.__name__}() has no option {unknown!r}.{meant} It has: {', '.join(known)}"
            raise TypeError(problem) from None

    return checked


def given(**options: Any) -> dict[str, Any]:
    """Return the options that are not None."""
    return {name: value for name, value in options.items() if value is not None}


def target_option(to: Target | None) -> Any:
    """Return `to` as the client reads it; None for the element itself. Raises `TypeError`, `ValueError`."""
    if to is None or (isinstance(to, str) and to.strip()):
        return to
    pair: Any = next(iter(to.items())) if isinstance(to, Mapping) and len(to) == 1 else to
    if isinstance(pair, str):
        # Refused here, because an empty selector throws in the browser, where only the console shows it.
        raise ValueError(f"{_EXPECTED_TARGET}; got {to!r}. Leave it out to mean the element itself")
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise TypeError(f"{_EXPECTED_TARGET}; got {type(to).__name__}: {to!r}")
    direction, selector = pair
    if direction not in ("inner", "closest") or not isinstance(selector, str) or not selector.strip():
        raise ValueError(f"{_EXPECTED_TARGET}; got {to!r}")
    return {direction: selector}


def classes(names: Any) -> list[str]:
    """Split class names. Raises `TypeError` for anything but text and lists of text."""
    if isinstance(names, str):
        return names.split()
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"expected class names, such as 'fade in' or ['fade', 'in'], got {names!r}")
    return [single for name in names for single in name.split()]


def required_classes(names: Classes) -> list[str]:
    """Split class names. Raises `ValueError` if there are none, `TypeError` as `classes` does."""
    found = classes(names)
    if not found:
        raise ValueError(f"expected class names, such as 'fade in' or ['fade', 'in'], got {names!r}")
    return found


def transition_classes(value: Any) -> list[list[str]] | None:
    """Return `[during, start, end]`. Raises `TypeError`.

    A tuple or list of three is such a triple; any other list holds the classes during the transition.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return [classes(value), [], []]
    if isinstance(value, Sequence) and len(value) == 3:
        return [classes(part) for part in value]
    if isinstance(value, list):
        return [classes(value), [], []]
    raise TypeError(
        "a transition expects the classes while it runs, such as 'fade-in', or a triple such as "
        f"('transition-opacity', 'opacity-0', 'opacity-100'): during, at its start, at its end; got {value!r}"
    )


def milliseconds(time: int | None) -> int | None:
    """Return a duration as given. Raises `TypeError` for anything but an int, `ValueError` for one below 0."""
    if time is None:
        return None
    # In Python a bool is an int: `time=True` would be one millisecond.
    if isinstance(time, bool) or not isinstance(time, int):
        raise TypeError(f"time= expects milliseconds as a whole number, got {time!r}")
    if time < 0:
        raise ValueError(f"time= expects 0 or more milliseconds, got {time}")
    return time


def transition_options(
    transition: Transition | None, time: int | None, blocking: bool, name: str = "transition"
) -> dict[str, Any]:
    """Return the options that all animated commands share."""
    return given(
        **{name: transition_classes(transition)},
        time=milliseconds(time),
        blocking=None if blocking else False,
    )


def required_text(value: Any, what: str) -> str:
    """Return `value` if it is text and not empty. Raises `TypeError`."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"{what} expects text, got {value!r}")
    return str.__str__(value)


def display_option(value: str | None) -> str | None:
    """Return the value of `display=`. Raises `TypeError` for anything but text."""
    return None if value is None else required_text(value, "display=")


def push_target(target: int | str | None) -> int | str | None:
    """Return the receiver of a pushed event: the cid of a component, or a selector of an element in one."""
    if target is None or (isinstance(target, int) and not isinstance(target, bool)):
        return target
    return required_text(target, "push(target=), unless it is the cid of a component,")


def mapping(value: Mapping[str, Any] | None, what: str) -> Mapping[str, Any] | None:
    """Return `value`, or None if it is empty. Raises `TypeError` if it is no mapping."""
    if value is None or isinstance(value, Mapping):
        return value or None
    raise TypeError(f"{what} expects a dict, such as {{'id': 7}}, got {value!r}")


def attribute_values(attribute: Any, values: tuple[Any, ...], most: int) -> list[str]:
    """Return `[name, value, ...]` from a name and its values, or from one tuple of all of them.

    A missing value is the empty text. Raises `ValueError` for more than `most` values, `TypeError` for a wrong type.
    """
    name, *found = attribute if isinstance(attribute, (tuple, list)) else (attribute, *values)
    if not 0 <= len(found) <= most:
        raise ValueError(f"expected a name and at most {most} values, got {(name, *found)!r}")
    return [required_text(name, "the name of an attribute"), *map(_attribute_text, found or [""])]


def _attribute_text(value: Any) -> str:
    # A bool is refused because it is ambiguous: aria attributes want "true", others only want to be present.
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError(
            f"the value of an attribute must be text, got {value!r}. Write 'true' or 'false' for aria attributes; "
            "for other ones call set_attribute('open') and remove_attribute('open')"
        )
    return str.__str__(value) if isinstance(value, str) else str(value)


def name_list(values: Any, what: str) -> list[str]:
    """Return one or more names as a list. Raises `TypeError`."""
    found = [values] if isinstance(values, str) else list(values)
    if not found or not all(isinstance(each, str) and each for each in found):
        raise TypeError(f"{what} expects one name or a list of names, got {values!r}")
    return found
