"""Expressions of Jinja2 that know how tightly they bind, so that brackets stand where they are needed."""

from dataclasses import dataclass
from enum import IntEnum


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
