"""The `loop` variable of a loop whose rows are not visited one after the other."""

from collections.abc import Sequence
from typing import Any

from jinja2.runtime import LoopContext, Undefined
from jinja2.utils import missing


class LiveLoop(LoopContext):
    """Jinja2's loop context over a list, at any position: set `index0`, then read."""

    def __init__(self, items: Sequence[Any], undefined: type[Undefined]) -> None:
        self._items = items
        self._length = len(items)
        self._undefined = undefined
        self._recurse = None
        self.depth0 = 0

    def _peek_next(self) -> Any:
        after = self.index0 + 1
        return self._items[after] if after < len(self._items) else missing

    @property
    def last(self) -> bool:
        return self.index0 + 1 == len(self._items)

    @property
    def previtem(self) -> Any:
        if self.index0 == 0:
            return self._undefined("there is no previous item")
        return self._items[self.index0 - 1]
