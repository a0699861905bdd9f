"""Write Jinja2 expressions and literals, with brackets where the precedence of operators needs them."""

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
    """A Jinja2 expression and the binding of its loosest operator."""

    text: str
    binding: Binding = Binding.TIGHT

    def within(self, binding: Binding) -> str:
        """Return the text as an operand that must bind at least that tightly, in brackets if it does not."""
        return self.text if self.binding >= binding else f"({self.text})"

    @property
    def tight(self) -> str:
        """The text for a position before a dot or a bracket."""
        return self.within(Binding.TIGHT)


_JINJA: Final = jinja2.Environment(autoescape=True)
_NO_VALUE: Final = object()


def python_value(text: str) -> Any:
    """Return the value of a Python literal; those of Ibis are the same. Raises `ValueError` for anything else."""
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(text) from None


def as_literal(text: str) -> str:
    """Return the Jinja2 literal with the value of a Python literal, with the same text if that is possible.

    Raises `ValueError` if `text` is no literal, `Unconvertible` if Jinja2 has no literal for the value.
    """
    value = python_value(text)
    text = text.strip()
    # Jinja2 itself decides if it reads the text as the same value. `1, 2` is one value only in brackets.
    found = next((each for each in (text, f"({text})") if _jinja_value(each) == value), None)
    return written(value) if found is None else found


def written(value: Any) -> str:
    """Return a value as a Jinja2 literal. Raises `Unconvertible`."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(key)}: {written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, tuple):
        return f"({''.join(f'{written(each)}, ' for each in value)})" if len(value) < 2 else _tuple(value)
    if value is None or isinstance(value, (str, int, float)):
        return repr(value)
    raise Unconvertible(
        f"Jinja2 has no literal for {value!r}; put the value into the view's context under a name"
    )


def _tuple(value: tuple[Any, ...]) -> str:
    return f"({', '.join(map(written, value))})"


def _jinja_value(text: str) -> Any:
    """Return the value of `text` as one Jinja2 literal, or an object that equals nothing."""
    try:
        # In a list, so that `1, 2` counts as two values and not as a tuple.
        output = _JINJA.parse(f"{{{{ [{text}] }}}}").body[0]
        found = output.nodes[0].as_const() if isinstance(output, nodes.Output) else None
    except (jinja2.TemplateSyntaxError, nodes.Impossible):
        return _NO_VALUE
    return found[0] if isinstance(found, list) and len(found) == 1 else _NO_VALUE
