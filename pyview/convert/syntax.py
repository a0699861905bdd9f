"""Python's literals, which are Ibis's, as Jinja2's.

Expressions of Jinja2 that know how tightly they bind, so that brackets stand where they are needed.
"""

import ast
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import jinja2
from jinja2 import nodes

from pyview.convert.report import Unconvertible


class Binding(IntEnum):
    """The loosest operator in an expression."""

    LOOSE = 0  # a if b else c, a ~ b, -1
    TEST = 1  # a is even
    FILTERED = 2  # a | upper, and numbers, which take no dot
    TIGHT = 3  # a, a.b, a(1), 'a', (anything)


@dataclass(frozen=True, slots=True)
class Code:
    """An expression."""

    text: str
    binding: Binding = Binding.TIGHT

    def within(self, binding: Binding) -> str:
        """Its text as the operand of something that needs operands which bind that tightly."""
        return self.text if self.binding >= binding else f"({self.text})"

    @property
    def tight(self) -> str:
        """Its text where a dot or a bracket follows."""
        return self.within(Binding.TIGHT)


_JINJA: Final = jinja2.Environment(autoescape=True)
_NO_VALUE: Final = object()


def python_value(text: str) -> Any:
    """The value of a Python literal. Raises `ValueError` for anything else."""
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(text) from None


def as_literal(text: str) -> str:
    """The literal of Jinja2 with the value of a Python literal, as it is written where that is possible.

    Raises `ValueError` for what is no literal, `Unconvertible` for values that Jinja2 cannot write.
    """
    value = python_value(text)
    text = text.strip()
    found = next((each for each in (text, f"({text})") if _jinja_value(each) == value), None)
    return written(value) if found is None else found


def written(value: Any) -> str:
    """A value as a literal of Jinja2. Raises `Unconvertible`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(key)}: {written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, tuple):
        return f"({''.join(f'{written(each)}, ' for each in value)})" if len(value) < 2 else _tuple(value)
    if value is None or isinstance(value, (str, int, float)):
        return repr(value)
    raise Unconvertible(f"Jinja2 cannot write {value!r}; put it into the view's context under a name")


def _tuple(value: tuple[Any, ...]) -> str:
    return f"({', '.join(map(written, value))})"


def _jinja_value(text: str) -> Any:
    """The value of `text` as one literal of Jinja2, or an object that equals nothing."""
    try:
        output = _JINJA.parse(f"{{{{ [{text}] }}}}").body[0]
        found = output.nodes[0].as_const() if isinstance(output, nodes.Output) else None
    except (jinja2.TemplateSyntaxError, nodes.Impossible):
        return _NO_VALUE
    return found[0] if isinstance(found, list) and len(found) == 1 else _NO_VALUE
