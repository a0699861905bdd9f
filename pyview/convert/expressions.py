"""Convert Ibis expressions: names, calls, literals, filters, conditions."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pyview.convert.filters import AMBIGUOUS, DIFFERENCES, RENAMED, rewrite
from pyview.convert.loops import Loops
from pyview.convert.pieces import split
from pyview.convert.report import Unconvertible
from pyview.convert.syntax import Binding, Code, as_literal, python_value

# A word after a dot may begin with a digit in Ibis: `rows.0` is an item.
_NAME: Final = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_CALL: Final = re.compile(r"([\w.]+)\s*\((.*)\)", re.DOTALL)
_FILTER: Final = re.compile(r"([\w.]+)(?:\s*\((.*)\)|\s*:\s*(.+))?", re.DOTALL)
_OR: Final = r"\s+or\s+|\s*\|\|\s*"
_AND_OR: Final = rf"{_OR}|\s+and\s+|\s*&&\s*"
_COMPARISON: Final = r"\s+(?:==|!=|<=|>=|<|>|not\s+in|in)\s+"
_TERNARY: Final = r"\s*(?:\?\?|::)\s*"
_PIPE: Final = r"\s*\|\s*"
_JINJA_VALUES: Final = frozenset({"true", "false", "none"})


@dataclass(frozen=True)
class Expressions:
    """Converts the content of one tag.

    `is_jinja` is True if the template is already written in Jinja2: then syntax that both languages have is left as it
    is. `remark` is called with the text of each remark for the developer.
    """

    loops: Loops
    is_jinja: bool
    remark: Callable[[str], None]

    def printed(self, text: str) -> str:
        """Convert an expression to print: `a ?? b :: c`, `a or b`. Raises `Unconvertible`, as every method here."""
        parts = split(text, _TERNARY)
        if len(parts) == 1:
            return self._joined(split(text, _OR), self.value)
        if [part.strip() for part in parts[1::2]] != ["??", "::"]:
            raise Unconvertible("Ibis does not understand this either; Jinja2 writes {{ b if a else c }}")
        # Jinja2 reads a word after a test, as in `x is defined if`, as the argument of the test: hence the brackets.
        test, yes, no = (self.value(part).within(Binding.FILTERED) for part in parts[::2])
        return f"{yes} if {test} else {no}"

    def condition(self, text: str) -> str:
        """Convert the condition of an `if`."""
        return self._joined(split(text, _AND_OR), self._comparison)

    def value(self, text: str) -> Code:
        """Convert a name, a call or a literal, with its filters."""
        parts = split(text.strip(), _PIPE)
        operand = self._primary(parts[0])
        filters = [_FILTER.fullmatch(part) for part in parts[2::2]]
        if operand is None or not all(filters):
            return Code(text.strip())  # Jinja2, and maybe only a part of an expression: add no brackets
        for pipe, found in zip(parts[1::2], filter(None, filters), strict=True):
            operand = self._filtered(operand, pipe, found)
        return operand

    def _joined(self, parts: list[str], convert: Callable[[str], Code]) -> str:
        if len(parts) == 1:
            return convert(parts[0]).text
        converted = [convert(part).within(Binding.TEST) for part in parts[::2]]
        words = [re.sub(r"\s*\|\|\s*", " or ", re.sub(r"\s*&&\s*", " and ", part)) for part in parts[1::2]]
        return "".join(map("".join, zip(converted, [*words, ""], strict=True)))

    def _comparison(self, text: str) -> Code:
        negation = re.match(r"not\s+", text)
        start = negation[0] if negation else ""
        sides = split(text[len(start) :], _COMPARISON, most=1)
        if len(sides) == 1:
            return Code(start + self.value(sides[0]).within(Binding.TEST), Binding.TEST)
        left, right = (self.value(side).within(Binding.FILTERED) for side in sides[::2])
        return Code(f"{start}{left}{sides[1]}{right}", Binding.TEST)

    def _primary(self, text: str) -> Code | None:
        literal = self._literal(text)
        if literal is not None:
            return literal
        if _NAME.fullmatch(text):
            return Code(self._name(text))
        call = _CALL.fullmatch(text)
        return self._call(call[1], call[2]) if call and _NAME.fullmatch(call[1]) else None

    def _literal(self, text: str) -> Code | None:
        try:
            value = python_value(text)
        except ValueError:
            return None
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return Code(as_literal(text), Binding.FILTERED if is_number else Binding.TIGHT)

    def _name(self, text: str) -> str:
        first, *rest = text.split(".")
        # `loop.index` counts from 0 in Ibis and from 1 in Jinja2, so it would fail silently.
        if first == "loop" and rest:
            return self._loop_name(rest)
        if first in _JINJA_VALUES and not self.is_jinja:
            self.remark(f"Jinja2 reads {first} as {first.title()}; in Ibis it was an ordinary name")
        return first + "".join(map(_attribute, rest))

    def _loop_name(self, words: list[str]) -> str:
        if not self.loops.enclosing and not self.is_jinja:
            self.remark(
                "this loop is in a file that includes this one. Jinja2 passes it on only if the loop there mentions "
                "it: add {% set outer_loop = loop %} to that loop"
            )
        return self.loops.name(words, self.is_jinja)

    def _call(self, name: str, arguments: str) -> Code:
        if name == "is_defined":
            return _is_defined(arguments)
        if name == "now" and not self.is_jinja:
            raise Unconvertible(
                "Jinja2 has no now(); put the time into the view's context, or datetime.now into"
                " create_environment().globals['now']"
            )
        return Code(f"{self._name(name)}({self._arguments(arguments)})")

    def _arguments(self, text: str) -> str:
        return "".join(
            part if number % 2 else self._argument(part) for number, part in enumerate(split(text, r",\s*"))
        )

    def _argument(self, text: str) -> str:
        try:
            return as_literal(text)
        except ValueError:
            return text  # arguments in Jinja2 may be any expression

    def _filtered(self, operand: Code, pipe: str, found: re.Match[str]) -> Code:
        name, in_brackets, after_colon = found.groups()
        given = after_colon if in_brackets is None else in_brackets
        separator = r"\s*,\s*" if after_colon is None else r"\s*[,:]\s*"
        arguments = [self._argument(part) for part in split((given or "").strip(), separator)[::2] if part]
        # A file with Jinja2 in it may mean Jinja2's filter here. Only the developer knows.
        if self.is_jinja and name in AMBIGUOUS:
            return _with_filter(operand, pipe, found[0])
        self._remark_difference(name)
        code = rewrite(name, operand, arguments)
        if code is not None:
            return code
        brackets = f"({', '.join(arguments)})" if after_colon else found[0][len(name) :]
        return _with_filter(operand, pipe, RENAMED.get(name, name) + brackets)

    def _remark_difference(self, name: str) -> None:
        difference = DIFFERENCES.get(RENAMED.get(name, name))
        if difference and not self.is_jinja:
            self.remark(f"{name}: {difference}")


def _with_filter(operand: Code, pipe: str, text: str) -> Code:
    return Code(f"{operand.within(Binding.FILTERED)}{pipe}{text}", Binding.FILTERED)


def _attribute(word: str) -> str:
    """Return `.name`, or `['1st']` for a word that Jinja2 does not accept after a dot."""
    return f".{word}" if word.isdigit() or not word[0].isdigit() else f"[{word!r}]"


def _is_defined(arguments: str) -> Code:
    """Convert `is_defined('a.b')`, which checks `a` and then `a.b`."""
    try:
        words = str(python_value(arguments)).split(".")
    except ValueError:
        raise Unconvertible("write {% if name is defined %}") from None
    # Jinja2 raises an error for `a.b is defined` if `a` is undefined, so each step is checked.
    steps = [".".join(words[: count + 1]) for count in range(len(words))]
    return Code(
        " and ".join(f"{step} is defined" for step in steps),
        Binding.LOOSE if len(steps) > 1 else Binding.TEST,
    )
