"""The filters of Ibis, and their equivalents in Jinja2."""

from collections.abc import Callable, Sequence
from typing import Final

from pyview.convert.report import Unconvertible
from pyview.convert.syntax import Binding, Code, python_value

# Returns the Jinja2 code for an operand and the texts of the arguments.
Rewrite = Callable[[Code, Sequence[str]], Code]

RENAMED: Final = {
    "esc": "e",
    "if_undefined": "default",
    "len": "length",
    "reversed": "reverse",
    "str": "string",
    "titlecase": "title",
}

_ESCAPED_ONCE: Final = (
    "Ibis escaped this twice, because it escapes everything that is printed; Jinja2 escapes it once"
)

# Filters whose results differ a little, by their name in Jinja2.
DIFFERENCES: Final = {
    "e": _ESCAPED_ONCE,
    "escape": _ESCAPED_ONCE,
    "striptags": "Jinja2 also replaces several spaces by one, and entities such as &amp; by their characters",
    "title": "Jinja2 makes the other letters of each word lower case; Ibis left them unchanged",
    "truncatechars": "Jinja2 keeps punctuation and spaces before the dots; Ibis removed them",
}


def _method(name: str, default: str | None = None) -> Rewrite:
    def rewrite(operand: Code, arguments: Sequence[str]) -> Code:
        given = arguments or ([] if default is None else [default])
        return Code(f"{operand.tight}.{name}({', '.join(given)})")

    return rewrite


def _test(name: str) -> Rewrite:
    def rewrite(operand: Code, arguments: Sequence[str]) -> Code:
        given = f"({', '.join(arguments)})" if arguments else ""
        return Code(f"{operand.within(Binding.FILTERED)} is {name}{given}", Binding.TEST)

    return rewrite


def _slice(operand: Code, arguments: Sequence[str]) -> Code:
    bounds = ["" if each == "None" else each for each in arguments]
    return Code(f"{operand.tight}[{':'.join(bounds) if len(bounds) > 1 else f'{bounds[0]}:'}]")


def _index(operand: Code, arguments: Sequence[str]) -> Code:
    return Code(f"{operand.tight}[{arguments[0]}]")


def _repr(operand: Code, arguments: Sequence[str]) -> Code:
    return Code(f"'%r' | format({operand.text})", Binding.FILTERED)


def _truncatechars(operand: Code, arguments: Sequence[str]) -> Code:
    ending = arguments[1] if len(arguments) > 1 else "'...'"
    # Jinja2 refuses such a length while rendering; here the developer sees it at once.
    if _number(arguments[0]) < len(str(python_value(ending))):
        raise Unconvertible("the length is shorter than the dots at the end of the text; use a larger number")
    # `true` cuts within words, as Ibis does. 0 switches off the leeway of 5 characters, unknown to Ibis.
    return Code(
        f"{operand.within(Binding.FILTERED)} | truncate({arguments[0]}, true, {ending}, 0)", Binding.FILTERED
    )


def _truncatewords(operand: Code, arguments: Sequence[str]) -> Code:
    words, count = f"{operand.tight}.split()", arguments[0]
    ending = arguments[1] if len(arguments) > 1 else "' [...]'"
    text = f"{words}[:{count}] | join(' ') ~ ({ending} if {words} | length > {count} else '')"
    return Code(text, Binding.LOOSE)


def _teaser(operand: Code, arguments: Sequence[str]) -> Code:
    delimiter = arguments[0] if arguments else "'<!-- more -->'"
    whole = operand.within(Binding.TEST)
    return Code(f"{operand.tight}.partition({delimiter})[0] if {delimiter} in {whole} else ''", Binding.LOOSE)


def _number(text: str) -> int:
    try:
        return int(python_value(text))
    except (ValueError, TypeError):
        raise Unconvertible(f"expected a number of characters, got {text}") from None


# Name -> the function that writes the equivalent, and the numbers of arguments that Ibis allows.
REWRITTEN: Final[dict[str, tuple[Rewrite, range]]] = {
    "divisible_by": (_test("divisibleby"), range(1, 2)),
    "dtformat": (_method("strftime", "'%Y-%m-%d %H:%M'"), range(2)),
    "endswith": (_method("endswith"), range(1, 2)),
    "even": (_test("even"), range(1)),
    "index": (_index, range(1, 2)),
    "is_defined": (_test("defined"), range(1)),
    "odd": (_test("odd"), range(1)),
    "repr": (_repr, range(1)),
    "slice": (_slice, range(1, 4)),
    "startswith": (_method("startswith"), range(1, 2)),
    "teaser": (_teaser, range(2)),
    "truncatechars": (_truncatechars, range(1, 3)),
    "truncatewords": (_truncatewords, range(1, 3)),
}

# Filters that both languages have with different meanings: left alone in a template that is already Jinja2.
AMBIGUOUS: Final = frozenset({"default", "slice"})


def rewrite(name: str, operand: Code, arguments: Sequence[str]) -> Code | None:
    """Return the equivalent of an Ibis filter; None if it is a filter in Jinja2 too, maybe with another name.

    Raises `Unconvertible`.
    """
    if name == "default" and len(arguments) == 1:
        # Ibis's `default` replaces every false value, Jinja2's does so only with `true`.
        return Code(f"{operand.within(Binding.FILTERED)} | default({arguments[0]}, true)", Binding.FILTERED)
    if name not in REWRITTEN:
        return None
    make, counts = REWRITTEN[name]
    if len(arguments) not in counts:
        raise Unconvertible(f"{name} has {len(arguments)} arguments, which Ibis does not accept either")
    return make(operand, arguments)
