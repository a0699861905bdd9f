"""The loops around a position in a template, and the names of their attributes in Ibis and Jinja2."""

from dataclasses import dataclass
from typing import Final

from pyview.convert.report import Unconvertible

NAMES: Final = {"count": "index", "index": "index0", "is_first": "first", "is_last": "last"}
_ONLY_IN_IBIS: Final = frozenset({"count", "is_first", "is_last", "parent"})


@dataclass(slots=True)
class Loop:
    """A loop. `tag` is the number of the piece that opens it.

    `alias` is the name of its `loop` for loops inside it; "" if none of them uses it.
    """

    tag: int
    alias: str = ""


@dataclass(frozen=True)
class Loops:
    """The loops around one position, outermost first. `source` is the template; new names must not occur in it."""

    enclosing: tuple[Loop, ...]
    source: str

    def name(self, words: list[str], is_jinja: bool) -> str:
        """Return the name in Jinja2 for `loop.` and the words after it. Raises `Unconvertible`."""
        parents, rest = _parents(words)
        # `loop.index` exists in both languages. In a file that is Jinja2 it means Jinja2's.
        if is_jinja and not parents and not _ONLY_IN_IBIS & set(rest[:1]):
            return ".".join(["loop", *words])
        base = self._parent(parents) if parents else "loop"
        return ".".join([base, *(NAMES.get(word, word) for word in rest[:1]), *rest[1:]])

    def _parent(self, parents: int) -> str:
        if parents >= len(self.enclosing):
            raise Unconvertible(
                "this file has no loop around this one. In the file that includes it, write "
                "{% set outer_loop = loop %} in the outer loop, and use outer_loop here"
            )
        loop = self.enclosing[-1 - parents]
        loop.alias = loop.alias or self._free_name()
        return loop.alias

    def _free_name(self) -> str:
        taken = {loop.alias for loop in self.enclosing}
        # Jinja2 has no `loop.parent`: the outer loop gets a name by which the inner ones reach it.
        names = ["outer_loop", *(f"outer_loop_{number}" for number in range(2, 100))]
        return next(name for name in names if name not in taken and name not in self.source)


def _parents(words: list[str]) -> tuple[int, list[str]]:
    count = next((number for number, word in enumerate(words) if word != "parent"), len(words))
    return count, words[count:]
