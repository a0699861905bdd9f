"""What stands in a text for values that are filled in when a page is made."""

import re

from pyview.template.html_scanner import HOLE

ANYTHING = HOLE + "\ue001"
"""Stands for what may be more than one value: what statements write, or functions return."""

_VALUE = re.compile(r"\s*([\w.]+(?:\[[^][]*\][\w.]*)*)\s*(?:\|\s*(?:urlencode|string|int|e|escape)\s*)*")
_SEVERAL = ("path", "url", "href", "query")


def hole_of(expression: str) -> str:
    """What stands for an expression. The value of a name such as `user.id` is a part of a path, unless it is called
    otherwise."""
    found = _VALUE.fullmatch(expression)
    spans = found is None or any(word in found[1].lower() for word in _SEVERAL)
    return ANYTHING if spans else HOLE


__all__ = ["ANYTHING", "HOLE", "hole_of"]
