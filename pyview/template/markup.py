"""Markup with named placeholders, for HTML that is part of every page."""

import re
from typing import Any

from markupsafe import Markup

from pyview.template.tree.output import escaped

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def as_markup(html: str) -> Markup:
    """Return HTML that is safe already. `Markup` itself looks for `__html__` first, which takes three times as long."""
    return str.__new__(Markup, html)


class Pattern:
    """A text with named placeholders. Like `Markup.format` without format specs, in a fifth of its time.

    `Pattern("<b>{name}</b>").fill(name="<i>")` escapes every value that is not Markup. Raises KeyError for a
    placeholder without a value.
    """

    __slots__ = ("_names", "_parts")

    def __init__(self, text: str) -> None:
        self._parts = _PLACEHOLDER.split(text)
        self._names = self._parts[1::2]

    def with_values(self, **values: Any) -> "Pattern":
        """Return the pattern with some of its placeholders filled, for values that all pages share."""
        filled = Pattern("")
        filled._parts, filled._names = [self._parts[0]], []
        for name, text in zip(self._names, self._parts[2::2], strict=True):
            if name in values:
                filled._parts[-1] += str(escaped(values[name])) + text
            else:
                filled._parts += [name, text]
                filled._names.append(name)
        return filled

    def fill(self, **values: Any) -> Markup:
        """Return the text as markup."""
        return as_markup(self.text(**values))

    def text(self, **values: Any) -> str:
        """Return the text, for a page that is in no other markup."""
        # Texts and placeholders alternate, so one assignment to every second place fills all of them.
        parts = self._parts[:]
        parts[1::2] = [
            value if type(value := values[name]) is Markup else str(escaped(value)) for name in self._names
        ]
        return "".join(parts)
