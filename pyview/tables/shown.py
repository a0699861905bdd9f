"""Immutable values that a table shows: a template compares them by identity, and sends only what has changed."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from pyview.tables.texts import Texts


class ShownEdit(NamedTuple):
    """The form in an edited cell. `input` is the type of its input, `options` are those of a select."""

    column: str
    label: str
    input: str
    text: str
    error: str
    options: tuple[tuple[str, str], ...] = ()


class ShownCell(NamedTuple):
    """One cell. `align` is the class of its column. A cell with a `label` is a button that opens the form `edit`;
    `focus` says that it gets the focus when the form closes. The `label` of a total is its name, such as "sum"."""

    column: str
    text: str
    align: str = ""
    label: str = ""
    edit: ShownEdit | None = None
    focus: bool = False


class ShownAction(NamedTuple):
    """A button. `title` names it with its row, for screen readers."""

    name: str
    label: str
    title: str = ""
    confirm: str | None = None
    variant: str | None = None


class ShownGroup(NamedTuple):
    """The heading of a group, with the texts of its totals."""

    text: str
    totals: tuple[str, ...]


class ShownRow:
    """One row. `source` is the row itself, for content of the application. `plain`: none of its cells is edited.

    Its parts for the template exclude the row itself: the application replaces a row by `update`, and does not change
    it in place.
    """

    __slots__ = ("actions", "cells", "group", "index", "key", "label", "plain", "selected", "source")

    def __init__(
        self,
        source: Any,
        key: str,
        label: str,
        index: int,
        cells: tuple[ShownCell, ...],
        actions: tuple[ShownAction, ...],
        selected: bool,
        group: ShownGroup | None,
        plain: bool,
    ) -> None:
        self.source = source
        self.key = key
        self.label = label
        self.index = index
        self.cells = cells
        self.actions = actions
        self.selected = selected
        self.group = group
        self.plain = plain

    def __pyview_parts__(self) -> tuple[Any, ...]:
        return ()


class ShownHead(NamedTuple):
    """The header of a column. `order` is the value of `aria-sort`; `place` its place in an order by several columns."""

    column: str
    title: str
    align: str
    sortable: bool
    order: str | None
    place: str


class ShownChoice(NamedTuple):
    """An option of a select, or a box to tick."""

    value: str
    text: str
    chosen: bool


class ShownFilter(NamedTuple):
    """The fields of a filter. `low` and `high` are those of a range; `choices` are those of boxes."""

    column: str
    title: str
    kind: str
    text: str
    low: str
    high: str
    low_label: str
    high_label: str
    choices: tuple[ShownChoice, ...]


@dataclass(frozen=True, slots=True)
class ShownTable:
    """Everything that a table shows."""

    name: str
    caption: str
    texts: Texts
    heads: tuple[ShownHead, ...]
    rows: tuple[ShownRow, ...]
    totals: tuple[ShownCell, ...]
    filters: tuple[ShownFilter, ...]
    columns: tuple[ShownChoice, ...]
    groups: tuple[ShownChoice, ...]
    sizes: tuple[ShownChoice, ...]
    exports: tuple[ShownChoice, ...]
    bulk: tuple[ShownAction, ...]
    search: str
    searchable: bool
    filters_text: str
    count: int
    status: str
    summary: str
    page: int
    pages: int
    page_text: str
    pages_label: str
    more: bool
    countable: bool
    selectable: bool
    page_selected: bool
    selected_text: str
    select_all: str
    has_actions: bool
    width: int
    loading: bool
    failed: bool
    message: str

    def __pyview_parts__(self) -> tuple[Any, ...]:
        # Immutable by construction: to look into its rows at each render would cost more than to render them.
        return ()
