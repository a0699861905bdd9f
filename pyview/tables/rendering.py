"""Rendering of a table: its state as the immutable values that the template shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pyview.tables.actions import Action
from pyview.tables.columns import Column
from pyview.tables.definition import Definition
from pyview.tables.editing_rules import edit_form
from pyview.tables.filters import Between, Contains, Filter, Is, OneOf
from pyview.tables.query import Sort, TableQuery
from pyview.tables.shown import (
    ShownAction,
    ShownCell,
    ShownChoice,
    ShownFilter,
    ShownGroup,
    ShownHead,
    ShownRow,
    ShownTable,
)
from pyview.tables.sources.source import Count, Group
from pyview.tables.values import cell_text, cell_value, field_value, plain_text

_NUMBER: Final = "pv-number"


@dataclass(slots=True)
class Editing:
    """The cell that the user edits: `old` is its value when the form was opened."""

    key: str
    column: str
    old: Any
    text: str
    error: str = ""


@dataclass(slots=True)
class TableState:
    """State of a table while a page is open. `rows` are those of the page by key; None until they are loaded.

    `edited` are key and column of the cell whose form was closed last. `built` are the rows as they were shown last,
    with the columns `built_columns`.
    """

    query: TableQuery
    rows: dict[str, Any] | None = None
    count: Count = field(default_factory=lambda: Count(0))
    totals: tuple[Any, ...] = ()
    groups: tuple[Group, ...] = ()
    editing: Editing | None = None
    edited: tuple[str, str] | None = None
    message: str = ""
    loading: bool = False
    failed: bool = False
    row_actions: tuple[Action, ...] = ()
    bulk_actions: tuple[Action, ...] = ()
    built: dict[str, ShownRow] = field(default_factory=dict)
    built_columns: tuple[str, ...] = ()


def shown_table(definition: Definition, state: TableState) -> ShownTable:
    """Return what a table shows. Rows that have not changed are those of the last time."""
    query, texts, count = state.query, definition.texts, state.count
    columns = definition.shown_columns(query)
    rows = _shown_rows(definition, state, columns)
    pages = max(-(-count.number // query.size), 1)
    selectable = definition.offer.selectable
    page_selected = selectable and bool(rows) and all(row.selected for row in rows)
    return ShownTable(
        name=definition.name,
        caption=definition.caption,
        texts=texts,
        heads=tuple(_head(column, query.sort) for column in columns),
        rows=rows,
        totals=_total_cells(definition, columns, state.totals) if rows else (),
        filters=tuple(_shown_filters(definition, query)),
        columns=_column_choices(definition, columns),
        groups=_group_choices(definition, query),
        sizes=tuple(ShownChoice(str(n), str(n), n == query.size) for n in definition.offer.sizes),
        exports=tuple(
            ShownChoice(one, texts.export.format(format=one.upper()), False) for one in definition.exports
        ),
        bulk=tuple(one.shown for one in state.bulk_actions),
        search=query.search,
        searchable=bool(definition.offer.searched()),
        filters_text=texts.filters_set.format(count=len(query.filters)) if query.filters else texts.filters,
        count=count.number if count.exact else -1,
        status=_status(definition, state, len(rows)),
        summary="" if rows or state.rows is None else _no_rows(definition, query),
        page=query.page,
        pages=pages if count.exact else 0,
        page_text=_page_text(definition, query, pages if count.exact else 0),
        pages_label=texts.pages.format(table=definition.caption),
        more=count.number > query.offset + len(rows) or not count.exact,
        countable=not count.exact,
        selectable=selectable,
        page_selected=page_selected,
        selected_text=_selected_text(definition, state),
        select_all=_select_all_text(definition, state, page_selected),
        has_actions=bool(state.row_actions),
        width=len(columns) + selectable + bool(state.row_actions),
        loading=state.loading,
        failed=state.failed,
        message=state.message,
    )


# Rows


def _shown_rows(definition: Definition, state: TableState, columns: Sequence[Column]) -> tuple[ShownRow, ...]:
    groups = {group.value: group for group in state.groups}
    names = tuple(column.name for column in columns)
    if names != state.built_columns:
        state.built, state.built_columns = {}, names
    made: dict[str, ShownRow] = {}
    last: Any = _shown_rows  # no value of a group
    for number, (key, row) in enumerate((state.rows or {}).items()):
        heading = None
        if state.query.group is not None:
            value = field_value(row, state.query.group)
            heading = (
                None if value == last else _group(definition, columns, state.query.group, groups.get(value))
            )
            last = value
        made[key] = _row(definition, state, columns, key, row, number, heading)
    state.built = made
    return tuple(made.values())


def _row(
    definition: Definition,
    state: TableState,
    columns: Sequence[Column],
    key: str,
    row: Any,
    number: int,
    group: ShownGroup | None,
) -> ShownRow:
    # The header of the table is row 1 for screen readers.
    index = state.query.offset + number + 2
    selected = definition.offer.selectable and state.query.selected.has(key)
    editing = state.editing if state.editing is not None and state.editing.key == key else None
    known = state.built.get(key)
    edited = state.edited if state.edited is not None and state.edited[0] == key else None
    changes = editing is not None or edited is not None
    if known is not None and not changes and known.plain and known.source is row:
        if known.index == index and known.selected == selected and known.group == group:
            return known
        return ShownRow(row, key, known.label, index, known.cells, known.actions, selected, group, True)
    name = definition.row_name(row)
    cells = tuple(_cell(definition, column, row, name, editing, edited) for column in columns)
    actions = tuple(_shown_action(definition, one, name) for one in state.row_actions if one.allows(row))
    label = definition.texts.select.format(row=name)
    return ShownRow(row, key, label, index, cells, actions, selected, group, not changes)


def _cell(
    definition: Definition,
    column: Column,
    row: Any,
    row_name: str,
    editing: Editing | None,
    edited: tuple[str, str] | None,
) -> ShownCell:
    texts = definition.texts
    text = cell_text(cell_value(row, column), column, texts.yes, texts.no)
    if not column.editable:
        return ShownCell(column.name, text, _align(column))
    label = texts.edit.format(column=column.title, row=row_name)
    form = None
    if editing is not None and editing.column == column.name:
        form = edit_form(column, label, editing.text, editing.error, (texts.yes, texts.no))
    focus = edited is not None and edited[1] == column.name
    return ShownCell(column.name, text, _align(column), f"{label}: {text}", form, focus)


def _shown_action(definition: Definition, action: Action, row_name: str) -> ShownAction:
    shown = action.shown
    return shown._replace(title=definition.texts.row_action.format(action=shown.label, row=row_name))


def _align(column: Column) -> str:
    return _NUMBER if column.kind == "number" else ""


def _group(
    definition: Definition, columns: Sequence[Column], name: str, group: Group | None
) -> ShownGroup | None:
    column = definition.offer.column(name)
    if group is None or column is None:
        return None
    texts = definition.texts
    value = cell_text(group.value, column, texts.yes, texts.no) or texts.blank
    number = texts.in_group.format(count=f"{group.number:,}")
    cells = _total_cells(definition, columns, group.totals)
    totals = [
        f"{head.title} {cell.label} {cell.text}"
        for head, cell in zip(columns, cells, strict=False)
        if cell.text
    ]
    return ShownGroup(value, (number, *totals))


def _total_cells(
    definition: Definition, columns: Sequence[Column], totals: Sequence[Any]
) -> tuple[ShownCell, ...]:
    """Return a cell for each column with its total; none if no column has one."""
    found = {name: (total, value) for (name, total), value in zip(definition.totals(), totals, strict=False)}
    if not any(column.name in found for column in columns):
        return ()
    return tuple(
        _total_cell(definition, column, *found[column.name])
        if column.name in found
        else ShownCell(column.name, "", _align(column))
        for column in columns
    )


def _total_cell(definition: Definition, column: Column, total: str, value: Any) -> ShownCell:
    if value is None:
        return ShownCell(column.name, "", _align(column))
    text = _total_text(column, total, value)
    return ShownCell(column.name, text, _align(column), definition.texts.of_total(total))


def _total_text(column: Column, total: str, value: Any) -> str:
    if total == "count" or (isinstance(value, int) and column.format is None):
        return f"{value:,}"
    if total == "mean" and column.format is None:
        return f"{value:,.2f}"
    return cell_text(value, column)


# Header, filters, choices


def _head(column: Column, sort: Sequence[Sort]) -> ShownHead:
    place = next((number for number, one in enumerate(sort, 1) if one.column == column.name), 0)
    order = None
    if place:
        order = "descending" if sort[place - 1].descending else "ascending"
    shown_place = str(place) if place and len(sort) > 1 else ""
    return ShownHead(column.name, column.title, _align(column), column.sortable, order, shown_place)


def _shown_filters(definition: Definition, query: TableQuery) -> Iterable[ShownFilter]:
    chosen: Mapping[str, Filter] = dict(query.filters)
    for column in definition.columns:
        if column.filterable:
            yield _filter(definition, column, chosen.get(column.name))


def _filter(definition: Definition, column: Column, chosen: Filter | None) -> ShownFilter:
    text = low = high = ""
    picked: tuple[str, ...] = ()
    match chosen:
        case Contains(found):
            text = found
        case Between(first, last):
            low, high = plain_text(first), plain_text(last)
        case Is(value):
            text = plain_text(value)
        case OneOf(values):
            picked = values
    options = tuple(
        ShownChoice(plain_text(one), cell_text(one, column), plain_text(one) in picked)
        for one in column.choices or ()
    )
    texts, title = definition.texts, column.title
    return ShownFilter(
        column.name,
        title,
        column.kind or "",
        text,
        low,
        high,
        texts.low.format(column=title),
        texts.high.format(column=title),
        options,
    )


def _column_choices(definition: Definition, columns: Sequence[Column]) -> tuple[ShownChoice, ...]:
    seen = {column.name for column in columns}
    return tuple(ShownChoice(one.name, one.title, one.name in seen) for one in definition.columns)


def _group_choices(definition: Definition, query: TableQuery) -> tuple[ShownChoice, ...]:
    offered = [one for one in definition.columns if one.groupable]
    if not offered:
        return ()
    none = ShownChoice("", definition.texts.no_group, query.group is None)
    return (none, *(ShownChoice(one.name, one.title, one.name == query.group) for one in offered))


# Texts


def count_text(definition: Definition, count: Count) -> str:
    """Return a number of rows as text."""
    number = f"{count.number:,}"
    return number if count.exact else definition.texts.more_than.format(count=number)


def _status(definition: Definition, state: TableState, rows: int) -> str:
    texts, offset = definition.texts, state.query.offset
    if state.failed:
        return ""
    if not rows:
        return texts.none
    first, last = f"{offset + 1:,}", f"{offset + rows:,}"
    return texts.rows.format(first=first, last=last, count=count_text(definition, state.count))


def _no_rows(definition: Definition, query: TableQuery) -> str:
    return definition.texts.no_match if query.search or query.filters else definition.texts.empty


def _page_text(definition: Definition, query: TableQuery, pages: int) -> str:
    texts = definition.texts
    if not pages:
        return texts.page_of_unknown.format(page=f"{query.page:,}")
    return texts.page.format(page=f"{query.page:,}", pages=f"{pages:,}")


def _selected_text(definition: Definition, state: TableState) -> str:
    selected = state.query.selected
    if not selected or not definition.offer.selectable:
        return ""
    number = len(selected.keys)
    if not selected.all:
        return definition.texts.selected.format(count=f"{number:,}")
    count = state.count._replace(number=max(state.count.number - number, 0))
    return definition.texts.selected.format(count=count_text(definition, count))


def _select_all_text(definition: Definition, state: TableState, page_selected: bool) -> str:
    several_pages = state.count.number > state.query.size
    if not page_selected or state.query.selected.all or not several_pages:
        return ""
    return definition.texts.select_all.format(count=count_text(definition, state.count))
