"""Values whose text no page wants: a generator, a coroutine, a method that was not called."""

from collections.abc import Mapping
from types import (
    AsyncGeneratorType,
    BuiltinMethodType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    MappingProxyType,
    MethodType,
)
from typing import Any, Final

from pyview.template.place import Place

_CALL: Final = "a template calls it with parentheses: {{ name() }}"

_ADVICE: Final[Mapping[type, str]] = MappingProxyType(
    {
        GeneratorType: "loop over it, or make a list of it: {{ rows|list }}",
        AsyncGeneratorType: "read it in a handler, and put what it gave into the context",
        CoroutineType: "await it in a handler, and put the result into the context",
        MethodType: _CALL,
        FunctionType: _CALL,
        BuiltinMethodType: _CALL,
    }
)

UNPRINTABLE: Final = frozenset(_ADVICE)
"""The types of such values."""


class UnprintableValue(TypeError):
    """A value was printed into a page whose text says nothing to a reader."""

    def __init__(self, value: Any, place: Place | None = None) -> None:
        where = f"{place}: " if place is not None else ""
        name = getattr(value, "__qualname__", "")
        kind = type(value).__name__.replace("_", " ")
        super().__init__(f"{where}the page prints a {kind} ({name}); {_ADVICE[type(value)]}")
