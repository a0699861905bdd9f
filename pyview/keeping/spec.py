"""The class argument `keep` of views and components, and its check against the type of their context."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final, NoReturn

from pyview.keeping.contexts import context_type, hints_of

DECLARED: Final = "__pyview_keep__"
"""Class attribute with the `Keep` of a view or component. Subclasses inherit it; None turns it off."""


class Keep:
    """The class argument `keep` with options: `class Invoice(LiveView[State], keep=Keep("draft", "step", hours=24))`.

    - `names`: names of the context; without any, all of them.
    - `hours`: the time for which a page may be away, up to `SecurityConfig.max_keep_seconds`. Default:
      `SecurityConfig.keep_seconds`.
    - `streams`: names of streams whose items stay in the browser, if it has received all of them. Others are filled by
      `mount` again.

    Raises `TypeError` for names that are no text, `ValueError` for hours that are no positive number.
    """

    __slots__ = ("hours", "names", "streams")

    names: tuple[str, ...] | None
    hours: float | None
    streams: frozenset[str]

    def __init__(self, *names: str, hours: float | None = None, streams: Iterable[str] = ()) -> None:
        self.names = _texts("Keep(...)", names, "names of the context, such as Keep('draft', 'step')") or None
        self.streams = frozenset(
            _texts("Keep(streams=...)", streams, "names of streams, such as ['messages']")
        )
        if hours is not None and not _is_positive(hours):
            raise ValueError(f"Keep(hours={hours!r}): expected a positive number of hours, such as 24")
        self.hours = hours

    @property
    def everything(self) -> bool:
        """True if all names of the context are kept."""
        return self.names is None

    def __repr__(self) -> str:
        parts = [repr(name) for name in self.names or ()]
        parts += [] if self.hours is None else [f"hours={self.hours:g}"]
        parts += [f"streams={sorted(self.streams)}"] if self.streams else []
        return f"Keep({', '.join(parts)})"


KeepArgument = bool | str | Iterable[str] | Keep | None
"""`True` for all names, names, a `Keep`, or `False` for nothing. `()` keeps flash, title and components only."""


def declare(cls: type, argument: KeepArgument) -> None:
    """Store the class argument `keep` on a class; None leaves it as inherited.

    Raises `TypeError` for an argument of another type, `ValueError` for names that the context does not have.
    """
    if argument is None:
        return
    keep = _parsed(cls, argument)
    setattr(cls, DECLARED, keep)
    if keep is not None:
        check_names(cls, keep)


def refuse_arguments(cls: type, names: Iterable[str], error: TypeError) -> NoReturn:
    """Raise `TypeError` for class arguments that no base class takes; `error` itself if it has another reason."""
    if "takes no keyword arguments" not in str(error):
        raise error
    name = next(iter(names))
    guess = "Did you mean keep=...?" if get_close_matches(name, ["keep"]) else "Expected keep=..., or none."
    if hasattr(cls, name):
        guess = f"Write it into the body of the class: {name} = ..."
    raise TypeError(f"class {cls.__qualname__}({name}=...): got an unknown class argument. {guess}") from None


def declared(cls: type) -> Keep | None:
    """Return what a class keeps; None for nothing."""
    found: Keep | None = getattr(cls, DECLARED, None)
    return found


def keeps_nothing(cls: type) -> bool:
    """Return True for a class that says `keep=False`, or inherits that."""
    return getattr(cls, DECLARED, ...) is None


def check_names(cls: type, keep: Keep) -> None:
    """Raise `ValueError` for a name that the context of `cls` does not have.

    A context whose names are not known yet, because it is a dict or defined further down, is not checked.
    """
    context = context_type(cls)
    hints = None if context is None else hints_of(context)
    if hints is None:
        return
    for name in keep.names or ():
        if name not in hints:
            raise ValueError(_unknown(cls, name, context, list(hints)))


def _parsed(cls: type, argument: bool | str | Iterable[str] | Keep) -> Keep | None:
    if isinstance(argument, Keep):
        return argument
    if isinstance(argument, bool):
        return Keep() if argument else None
    where = f"class {cls.__qualname__}(keep=...)"
    keep = Keep()
    keep.names = _texts(where, argument, "True, False, names of the context, or Keep(...)")
    return keep


def _is_positive(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 < value < float("inf")


def _texts(where: str, names: Any, expected: str) -> tuple[str, ...]:
    several = isinstance(names, Iterable) and not isinstance(names, str)
    found = tuple(names) if several else (names,)
    for name in found:
        if not isinstance(name, str) or not name:
            raise TypeError(f"{where}: expected {expected}; got {name!r}")
    return found


def _unknown(cls: type, name: str, context: Any, names: list[str]) -> str:
    close = get_close_matches(name, names, 1)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    return (
        f"class {cls.__qualname__}(keep=...): {context.__qualname__} has no {name!r}. {guess}"
        f"It has {', '.join(names) or 'no names'}. A stream is named in Keep(..., streams=({name!r},))"
    )
