"""Markup with named places, for what is written into every page."""

import re
from typing import Any

from markupsafe import Markup

from pyview.template.tree.output import escaped

_PLACE = re.compile(r"\{(\w+)\}")


class Pattern:
    """`Markup.format` without its format language, in a fifth of its time.

    `Pattern("<b>{name}</b>").fill(name="<i>")` escapes what is not markup already. Raises KeyError for a place without
    a value.
    """

    __slots__ = ("_names", "_parts")

    def __init__(self, text: str) -> None:
        self._parts = _PLACE.split(text)
        self._names = self._parts[1::2]

    def fill(self, **values: Any) -> Markup:
        parts = self._parts[:]
        parts[1::2] = [
            value if type(value := values[name]) is Markup else str(escaped(value)) for name in self._names
        ]
        return Markup("".join(parts))  # noqa: S704  every value has been escaped
