"""A figure that says itself when it has changed, for figures that change often or grow."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from pyview.plots.figure import LAYOUT, Library, Spec
from pyview.plots.json import json_of
from pyview.plots.known import library_of

_MOST_CHANGES: Final = 64
"""Additions that are kept for pages that have not seen them. A page that has missed more gets the whole figure."""

Added: TypeAlias = Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]]


class Growth(NamedTuple):
    """Values that were added to the part of that name: JSON. `keep` is the number of points to keep."""

    version: int
    part: str
    added: bytes
    keep: int | None


class Plot:
    """A figure of Plotly or Altair that is changed by its methods. A render sends what they have changed.

    A figure alone may also stand in a context; then each render looks at all of it. Views may share a plot, but not
    threads.

    Raises `TypeError` for another object.
    """

    def __init__(self, figure: Any) -> None:
        self.version = 0
        self._grown: deque[Growth] = deque(maxlen=_MOST_CHANGES)
        self._replace(figure)

    def replace(self, figure: Any) -> None:
        """Show another figure. Only the parts that differ are sent."""
        self._grown.clear()
        self.version += 1
        self._replace(figure)

    def _replace(self, figure: Any) -> None:
        self.library: Library = library_of(figure)
        self._parts: dict[str, bytes] = dict(self.library.spec(figure).parts)
        # Parts that have grown, as values that can grow again.
        self._open: dict[str, Any] = {}

    def extend(self, values: Added, *, part: int = 0, keep: int | None = None) -> None:
        """Add points at the end. Only they are sent.

        For Plotly, `values` is a dict of lists of the same length, such as `{"x": [4], "y": [0.5]}`, and `part` the
        number of the trace. For Altair it is a list of rows, and `part` the number of the data set. With `keep`, the
        oldest points beyond that number are dropped.

        Raises `LookupError` for an unknown part, `ValueError` for lists of different lengths or another form.
        """
        name = str(part) if self.library.name == "plotly" else f"data-{part}"
        if name not in self._parts:
            names = ", ".join(each for each in self._parts if each != LAYOUT) or "none"
            raise LookupError(f"the figure has no part {name!r}: expected one of {names}")
        if keep is not None and keep < 1:
            raise ValueError(f"expected to keep at least one point, got keep={keep}")
        added = orjson.loads(json_of(values))
        held = self._open.get(name)
        if held is None:
            held = orjson.loads(self._parts[name])
        _add(held, added, keep)
        self._open[name] = held
        self.version += 1
        self._grown.append(Growth(self.version, name, json_of(added), keep))

    @property
    def spec(self) -> Spec:
        """The present figure."""
        self._parts |= {name: json_of(held) for name, held in self._open.items()}
        return Spec(self._parts)

    def grown_since(self, version: int) -> list[Growth] | None:
        """Return what was added after a version; None if that is not all that has changed."""
        grown = [each for each in self._grown if each.version > version]
        return grown if len(grown) == self.version - version else None


def _add(held: Any, added: Any, keep: int | None) -> None:
    if isinstance(held, list):
        if not isinstance(added, list) or not all(isinstance(row, dict) for row in added):
            raise ValueError(f"expected a list of rows for a chart of Altair, got {added!s:.60}")
        _append(held, added, keep)
        return
    if not isinstance(added, dict) or not all(isinstance(values, list) for values in added.values()):
        raise ValueError(f"expected a dict of lists for a trace of Plotly, got {added!s:.60}")
    if len({len(values) for values in added.values()}) > 1:
        raise ValueError(
            f"expected lists of the same length, got { ({n: len(v) for n, v in added.items()}) }"
        )
    for name in added:
        if not isinstance(held.get(name, []), list):
            raise ValueError(f"expected a trace with a list {name!r}, got {held[name]!r:.60}")
    for name, values in added.items():
        _append(held.setdefault(name, []), values, keep)


def _append(held: list[Any], values: list[Any], keep: int | None) -> None:
    held += values
    if keep is not None:
        del held[:-keep]
