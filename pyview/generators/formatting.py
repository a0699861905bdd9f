"""Code as ruff formats it."""

from collections.abc import Sequence

from pyview.generators.templates import LINE_LENGTH


def call(start: str, arguments: Sequence[str], end: str = "", margin: int = 0) -> str:
    """Return a call: on one line if it fits, else with its arguments on the next line, else with each on its own.

    `margin` is the number of spaces that will come before the code.
    """
    line = f"{start}({', '.join(arguments)}){end}"
    if margin + len(line) <= LINE_LENGTH:
        return line
    indent = " " * (len(start) - len(start.lstrip()))
    inner = f"{indent}    {', '.join(arguments)}"
    if margin + len(inner) > LINE_LENGTH:
        inner = "\n".join(f"{indent}    {argument}," for argument in arguments)
    return f"{start}(\n{inner}\n{indent}){end}"
