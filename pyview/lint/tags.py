"""Readers of HTML that meet again after a statement whose branches they read."""

from collections.abc import Sequence

from pyview.template.html_scanner import HOLE, Scanner

_IN_TAG = frozenset({"name", "tag", "slash", "value", "bare"})


class Unclear(Exception):
    """Where the branches of a statement end is not the same kind of place, so that nothing is certain from there on."""


def meeting(scanners: Sequence[Scanner]) -> Scanner:
    """Where a reader is after a statement whose branches end there. Raises `Unclear`."""
    first = scanners[0].fork()
    places = {one.where for one in scanners}
    if places <= _IN_TAG:
        first.where = first.where if len(places) == 1 else "tag"
        first.name = first.name if len({one.name for one in scanners}) == 1 else HOLE
    elif places <= {"text", "raw"}:
        first.where = first.where if len({(one.where, one.name) for one in scanners}) == 1 else "text"
    elif len(places) > 1:
        raise Unclear
    return first
