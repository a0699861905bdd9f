"""Python functions of the core components that compute texts and numbers. They are filters of every template."""

import zlib
from typing import Any, Final

from pyview.js.commands import JsCommands, js
from pyview.template.compiler.purity import pure

_TONES: Final = 6
_EDGE: Final = 1
_AROUND: Final = 1


@pure
def initials(name: str) -> str:
    """Return the first letters of the first and the last word of a name."""
    words = name.split()
    ends = words if len(words) < 2 else [words[0], words[-1]]
    return "".join(word[0] for word in ends).upper()


@pure
def tone(name: str) -> str:
    """Return the class of a colour, which is always the same for a name."""
    return f"pv-tone-{zlib.crc32(name.encode()) % _TONES}"


@pure
def digest(text: object) -> str:
    """Return a short text that differs for different texts, for an id."""
    return f"{zlib.crc32(str(text).encode()):x}"


@pure
def percent(value: float, max: float) -> str:
    """Return a share as a text such as "40 %", from 0 to 100."""
    share = 0.0 if max <= 0 else value / max
    return f"{round(100 * min(1.0, _at_least_zero(share)))} %"


def _at_least_zero(number: float) -> float:
    return number if number > 0 else 0.0


@pure
def numbered(text: str, number: int) -> str:
    """Return a text with a number for "{page}" and "{step}"."""
    return text.replace("{page}", str(number)).replace("{step}", str(number))


@pure
def pages(page: int, pages: int) -> tuple[int | None, ...]:
    """Return the page numbers to show: the first, the last and those around `page`; None stands for a gap.

    The result has the same length for every page, so that the links do not move while the user goes on.
    """
    slots = 2 * _EDGE + 2 * _AROUND + 3
    if pages <= slots:
        return tuple(range(1, pages + 1))
    page = min(page, pages) if page > 1 else 1
    run = slots - _EDGE - 1  # from an end up to the gap
    if page <= run - _AROUND:
        return (*range(1, run + 1), None, pages)
    if page > pages - run + _AROUND:
        return (1, None, *range(pages - run + 1, pages + 1))
    return (1, None, *range(page - _AROUND, page + _AROUND + 1), None, pages)


@pure
def option(text: str, to: str | None, hint: str | None, words: str, server: bool) -> dict[str, Any]:
    """Return the attributes of a command in a palette. Its id is that of its text, link and hint."""
    return {
        "id": f"command-{digest((text, to, hint))}",
        "role": "option",
        "tabindex": "-1",
        "aria-selected": "false",
        "class": "pv-menu-item",
        "data-words": words or None,
        "data-server": server,
    }


@pure
def ignored(attribute: str) -> JsCommands:
    """Let patches leave an attribute alone that the browser changes."""
    return js.ignore_attributes(attribute)


FUNCTIONS: Final[tuple[Any, ...]] = (digest, ignored, initials, numbered, option, pages, percent, tone)
