"""Actions on rows: buttons in each row, and buttons for the selected rows."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from pyview.tables.shown import ShownAction
from pyview.tables.sources.source import TableSource
from pyview.words import in_words

_BATCH: Final = 500


class HasScopes(Protocol):
    """The identity of a user."""

    @property
    def scopes(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Action:
    """A button on a row, or on the selected rows.

    `run` is `run(socket, row)` on a row and `run(socket, rows)` on selected ones, where `rows` is `ChosenRows`; sync
    or async. `allow(row)` says for which rows it is offered. `requires` are scopes that the user must have:
    without them the button is not there, and the event is refused. `confirm` is a question to answer first.
    """

    name: str
    run: Callable[[Any, Any], Any]
    label: str | None = None
    confirm: str | None = None
    variant: str | None = None
    allow: Callable[[Any], bool] | None = None
    requires: str | Sequence[str] = ()

    def offered_to(self, identity: HasScopes) -> bool:
        """Return True if the user has the required scopes."""
        required = (self.requires,) if isinstance(self.requires, str) else self.requires
        return identity.scopes.issuperset(required)

    def allows(self, row: Any) -> bool:
        """Return True if it is offered for that row."""
        return self.allow is None or bool(self.allow(row))

    @property
    def shown(self) -> ShownAction:
        """Its button."""
        label = self.label or in_words(self.name)
        return ShownAction(self.name, label, confirm=self.confirm, variant=self.variant)


class ChosenRows:
    """The rows that a user has selected, as they are now: `async for row in rows`, or `await rows.list()`.

    They are read in batches by their keys, so that the action may change what the filters of the table look at. Rows
    that are gone, and rows for which the action is not offered, are left out. `keys` are those of the selection.
    """

    def __init__(self, source: TableSource, keys: Sequence[str], action: Action) -> None:
        self._source = source
        self._action = action
        self.keys = keys

    async def batches(self, size: int = _BATCH) -> AsyncIterator[list[Any]]:
        """Yield lists of up to `size` rows."""
        for start in range(0, len(self.keys), size):
            part = self.keys[start : start + size]
            found: Mapping[str, Any] = await self._source.find(part)
            rows = [found[key] for key in part if key in found and self._action.allows(found[key])]
            if rows:
                yield rows

    async def list(self) -> list[Any]:
        """Return all rows at once."""
        return [row async for row in self]

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for rows in self.batches():
            for row in rows:
                yield row
