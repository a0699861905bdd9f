"""Editing of single cells: open the form, check and store the value, notice that the row has changed meanwhile."""

from collections.abc import Mapping
from inspect import isawaitable
from typing import Any

from pyview.forms.inputs import as_text
from pyview.tables.columns import Column
from pyview.tables.editing_rules import EditRules, Refused
from pyview.tables.rendering import Editing
from pyview.tables.sources.source import Changed, SavingSource
from pyview.tables.table import DataTable
from pyview.tables.values import cell_text, field_value


async def start_edit(table: DataTable, socket: Any, payload: Mapping[str, Any]) -> None:
    """Open the form of a cell, with the value that the user sees."""
    key, column = str(payload.get("key", "")), _editable(table, payload)
    row = (table.state.rows or {}).get(key)
    if column is None or row is None:
        return
    value = field_value(row, column.name)
    table.state.edited = None
    table.state.editing = Editing(key, column.name, value, as_text(value))
    table.state.message = ""
    table.touch()


async def cancel_edit(table: DataTable, socket: Any, payload: Mapping[str, Any]) -> None:
    close_form(table)


def close_form(table: DataTable) -> None:
    """Close the form of the edited cell. The focus goes back to the cell."""
    editing = table.state.editing
    if editing is not None:
        table.state.editing, table.state.edited = None, (editing.key, editing.column)
        table.touch()


async def save_edit(table: DataTable, socket: Any, payload: Mapping[str, Any]) -> None:
    """Store the typed value. An error, or a change by another user, is shown in the cell."""
    editing, rules, column = table.state.editing, table.definition.edit, _editable(table, payload)
    text = payload.get("value")
    if editing is None or rules is None or column is None or not isinstance(text, str):
        return
    if (editing.key, editing.column) != (payload.get("key"), column.name):
        return
    editing.text = text
    table.touch()
    try:
        row = await _stored(table, socket, rules, editing)
    except Refused as error:
        editing.error = str(error)
    except Changed as error:
        _show_change(table, editing, column, error.row)
    else:
        close_form(table)
        table.update(row)


def _editable(table: DataTable, payload: Mapping[str, Any]) -> Column | None:
    column = table.definition.offer.column(str(payload.get("column", "")))
    if column is not None and column.editable and table.definition.edit is not None:
        return column
    table.refuse(f"edit {payload.get('column')!r:.80}")
    return None


async def _stored(table: DataTable, socket: Any, rules: EditRules, editing: Editing) -> Any:
    """Store the value, and return the row as it is then. Raises `Refused`, and `Changed`."""
    source = table.definition.source
    # Read again: the row may have changed or gone since it was shown, and the model looks at all of its fields.
    row = (await source.find([editing.key])).get(editing.key)
    if row is None or field_value(row, editing.column) != editing.old:
        raise Changed(row)
    value = rules.value_of(row, editing.column, editing.text)
    if rules.save is not None:
        answer = rules.save(socket, row, {editing.column: value})
        saved = await answer if isawaitable(answer) else answer
        if saved is None:
            raise TypeError("save(socket, row, changes) returned None: expected the row as it is now stored")
        return saved
    if not isinstance(source, SavingSource):
        raise TypeError(f"a {type(source).__name__} cannot store edited cells: give save=... to data_table")
    return await source.save(editing.key, editing.column, editing.old, value)


def _show_change(table: DataTable, editing: Editing, column: Column, row: Any) -> None:
    """Say what the value is now. The user sees it, and may replace it by saving again."""
    texts = table.definition.texts
    if row is None:
        table.state.message = texts.gone
        table.remove(editing.key)
        return
    now = field_value(row, column.name)
    editing.old = now
    if table.state.rows is not None:
        table.state.rows[editing.key] = row
    editing.error = texts.changed.format(value=cell_text(now, column, texts.yes, texts.no))
    table.touch()
