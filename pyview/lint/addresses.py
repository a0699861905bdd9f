"""Addresses as they are written: what is known of a path of this site when parts of it are filled in later."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from pyview.lint.holes import ANYTHING, HOLE

_END = re.compile(rf"[?#]|{ANYTHING}")
_BREAKS = re.compile(r"[\t\r\n]")
_PLAIN = re.compile(r"[^\x00-\x20\x7f\\]+")


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a path between its slashes. A part may have a `HOLE`, which holds no slash.

    `goes_on`: after the last part comes what nobody knows.
    """

    parts: tuple[str, ...]
    goes_on: bool = False

    @property
    def path(self) -> str | None:
        """The path, if all of it is known."""
        path = "/" + "/".join(self.parts)
        return None if self.goes_on or HOLE in path else path

    def __str__(self) -> str:
        return ("/" + "/".join(self.parts)).replace(HOLE, "{}") + ("..." if self.goes_on else "")


def address(text: str) -> Address | None:
    """The address in `text`, without query and fragment; None for one of another site, or relative to the page's."""
    text = _BREAKS.sub("", text.strip())
    end = _END.search(text)
    path = text if end is None else text[: end.start()]
    if not path.startswith("/") or path.startswith("//") or not _PLAIN.fullmatch(path):
        return None
    _, *parts = unquote(path).split("/")
    if not {".", ".."}.isdisjoint(parts):
        return None
    goes_on = end is not None and end[0] == ANYTHING
    return _cautious(tuple(parts), goes_on)


def _cautious(parts: tuple[str, ...], goes_on: bool) -> Address:
    """A value right behind other text may be a query or more parts: `/users{{ query }}`."""
    last = parts[-1]
    if not goes_on and last.endswith(HOLE) and last != HOLE:
        return Address((*parts[:-1], last.rstrip(HOLE)), goes_on=True)
    return Address(parts, goes_on)
