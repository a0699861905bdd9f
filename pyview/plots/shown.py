"""State of a figure on one page, and the message with the parts that have changed since."""

from hashlib import blake2b
from typing import Any, TypeAlias

import orjson

from pyview.plots.figure import Library, Spec
from pyview.plots.known import library_of
from pyview.plots.plot import Growth, Plot

Message: TypeAlias = dict[str, Any]


class Shown:
    """State of one figure of one open page: a digest of each part, not the parts."""

    __slots__ = ("_digests", "_figure", "_library", "_version")

    def __init__(self) -> None:
        self._library = ""
        self._digests: dict[str, bytes | None] = {}
        self._figure: Any = None
        self._version = 0

    def message(self, figure: Any) -> Message | None:
        """Return what the browser needs to show the figure; None if it shows it already.

        `parts` are the new parts of a figure, `names` the names of all, `whole` says that nothing else is left. Or
        `grown` is a list of (part, added values, number of points to keep). Raises `TypeError` as `library_of`.
        """
        if isinstance(figure, Plot):
            return self._of_plot(figure)
        library = library_of(figure)
        if figure is self._figure and not library.may_have_changed(figure):
            return None
        message = self._of_spec(library, library.spec(figure))
        # Only to know the same object again. One that may have changed is compared, so it need not be held.
        self._figure = None if library.may_have_changed(figure) else figure
        return message

    def _of_plot(self, plot: Plot) -> Message | None:
        if plot is self._figure:
            if plot.version == self._version:
                return None
            grown = plot.grown_since(self._version)
            if grown is not None:
                self._version = plot.version
                return self._of_growth(grown)
        self._figure, self._version = plot, plot.version
        return self._of_spec(plot.library, plot.spec)

    def _of_growth(self, grown: list[Growth]) -> Message:
        # The browser has the values now, but their digest would need the whole part.
        self._digests |= dict.fromkeys(each.part for each in grown)
        return {"grown": [(each.part, orjson.Fragment(each.added), each.keep) for each in grown]}

    def _of_spec(self, library: Library, spec: Spec) -> Message | None:
        digests: dict[str, bytes | None] = {
            name: blake2b(text, digest_size=12).digest() for name, text in spec.parts.items()
        }
        whole = library.name != self._library
        before = {} if whole else self._digests
        if digests == before:
            return None
        self._library, self._digests = library.name, digests
        changed = {
            name: orjson.Fragment(text)
            for name, text in spec.parts.items()
            if digests[name] != before.get(name)
        }
        return {"parts": changed, "names": list(digests), "whole": whole, "library": library.name}
