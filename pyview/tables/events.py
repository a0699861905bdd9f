"""Events of a table: each is checked against what the table allows, then it changes the query or calls an action."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from inspect import isawaitable
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from pyview.tables.actions import Action, ChosenRows
from pyview.tables.editing import cancel_edit, save_edit, start_edit
from pyview.tables.export import exported
from pyview.tables.filters import clean_text, range_text
from pyview.tables.loading import TableSocket, load_soon, reload_rows
from pyview.tables.query import MAX_SELECTED, NOTHING, Selection, TableQuery, next_sort
from pyview.tables.table import DataTable

Payload: TypeAlias = Mapping[str, Any]
Handler: TypeAlias = Callable[[DataTable, Any, Payload], Awaitable[None]]


async def show(table: DataTable, socket: TableSocket, query: TableQuery, *, push: bool = False) -> None:
    """Show a query: by the address of the page, if the table is in it.

    With `push` the browser gets an entry in its history, for the back button.
    """
    if query == table.query:
        return
    if not table.definition.in_url:
        if table.use(query):
            await load_soon(table, socket)
        return
    params = [*table.params, *table.definition.offer.write(query)]
    await socket.push_patch(f"?{urlencode(params, safe=',*')}", replace=not push)


def _text(payload: Payload, name: str) -> str:
    value = payload.get(name, "")
    return value if isinstance(value, str) else ""


def _texts(payload: Payload, name: str) -> list[str]:
    value = payload.get(name, [])
    return (
        [one for one in value if isinstance(one, str)] if isinstance(value, list) else [_text(payload, name)]
    )


# The query


async def sort(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    name = _text(payload, "column")
    column = table.definition.offer.column(name)
    if column is None or not column.sortable:
        return table.refuse(f"sort by {name!r:.80}")
    order = next_sort(table.query.sort, name, add=bool(payload.get("shiftKey")))
    await show(table, socket, replace(table.query, sort=order, page=1), push=True)


async def filter_rows(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    """Take the search and the filters from the form."""
    offer, query = table.definition.offer, table.query
    params = {offer.prefix + name: texts for name, texts in _filter_texts(table, payload).items()}
    search = clean_text(_text(payload, "q")) if offer.searched() else ""
    changed = replace(query, search=search, filters=offer.read_filters(params))
    if changed != query:
        await show(table, socket, _of_other_rows(changed, query))


def _filter_texts(table: DataTable, payload: Payload) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for column in table.definition.columns:
        name = f"where.{column.name}"
        if column.kind in ("number", "date", "datetime"):
            found[name] = [
                range_text(_text(payload, f"low.{column.name}"), _text(payload, f"high.{column.name}"))
            ]
        else:
            found[name] = _texts(payload, name)
    return found


def _of_other_rows(changed: TableQuery, before: TableQuery) -> TableQuery:
    """Return a query for other rows: from the first page, and without a selection of all rows that matched before."""
    selected = changed.selected
    if selected.all and not changed.restricts_alike(before):
        selected = NOTHING
    return replace(changed, page=1, selected=selected)


async def reset(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    changed = replace(table.query, search="", filters=())
    await show(table, socket, _of_other_rows(changed, table.query), push=True)


async def turn(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    """Show another page."""
    text = str(payload.get("page", ""))
    if text.isascii() and text.isdigit() and 0 < len(text) < 10:
        await show(table, socket, replace(table.query, page=max(int(text), 1)), push=True)


async def resize(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    size = table.definition.offer.read_size(_text(payload, "size"))
    # The first row of the page stays on it.
    page = table.query.offset // size + 1
    await show(table, socket, replace(table.query, size=size, page=page))


async def regroup(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    group = table.definition.offer.read_group(_text(payload, "group"))
    await show(table, socket, replace(table.query, group=group, page=1))


async def choose_columns(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    chosen = table.definition.offer.read_columns(_texts(payload, "columns"))
    await show(table, socket, replace(table.query, columns=chosen))


async def count_all(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    table.count_again(exactly=True)
    await load_soon(table, socket)


async def reload(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    await reload_rows(socket, table)


# The selection


async def pick(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    """Select a row of the page, or not: a ticked box sends its value."""
    key = _text(payload, "key")
    if key in (table.state.rows or {}):
        await _select(table, socket, table.query.selected.toggled(key, "value" in payload))


async def pick_page(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    selected = table.query.selected
    for key in table.state.rows or {}:
        selected = selected.toggled(key, "value" in payload)
    await _select(table, socket, selected)


async def pick_all(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    await _select(table, socket, Selection(all=True))


async def pick_none(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    await _select(table, socket, NOTHING)


async def _select(table: DataTable, socket: TableSocket, selected: Selection) -> None:
    if not table.definition.offer.selectable:
        return table.refuse("select rows")
    if len(selected.keys) > MAX_SELECTED:
        table.state.message = table.definition.texts.too_many.format(count=MAX_SELECTED)
        # The browser has ticked the box: the rows are made anew, without the tick.
        table.state.built = {}
        table.touch()
        return None
    await show(table, socket, replace(table.query, selected=selected))


# Actions


async def act(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    """Call an action on one row, as the row is now."""
    action = _action(table, socket, payload, bulk=False)
    if action is None:
        return
    key = _text(payload, "key")
    row = (await table.definition.source.find([key])).get(key)
    texts = table.definition.texts
    if row is None:
        table.remove(key)
        table.state.message = texts.gone
    elif not action.allows(row):
        table.update(row)
        table.state.message = texts.not_offered
    else:
        await _run(table, socket, action, row)


async def act_on_selected(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    """Call an action on the selected rows, as they are now."""
    action = _action(table, socket, payload, bulk=True)
    selected = table.query.selected
    if action is None or not selected or not table.definition.offer.selectable:
        return
    source = table.definition.source
    keys = list(selected.keys)
    if selected.all:
        without = set(keys)
        keys = [
            key for key in await source.keys(table.definition.criteria(table.query)) if key not in without
        ]
    await _run(table, socket, action, ChosenRows(source, keys, action))
    await show(table, socket, replace(table.query, selected=NOTHING))


def _action(table: DataTable, socket: TableSocket, payload: Payload, *, bulk: bool) -> Action | None:
    """Return the action that the user may call, or None and say so."""
    name = _text(payload, "action")
    offered = table.definition.actions_for(socket.identity, bulk)
    found = next((one for one in offered if one.name == name), None)
    if found is None:
        table.refuse(f"call the action {name!r:.80}")
        table.offer_to(socket.identity)
        table.state.message = table.definition.texts.not_allowed
        table.touch()
    return found


async def _run(table: DataTable, socket: TableSocket, action: Action, on: Any) -> None:
    answer = action.run(socket, on)
    if isawaitable(answer):
        await answer
    await reload_rows(socket, table)


async def export(table: DataTable, socket: TableSocket, payload: Payload) -> None:
    """Let the browser save the rows that match, with the columns that it sees."""
    format = _text(payload, "format")
    if format not in table.definition.exports:
        return table.refuse(f"export as {format!r:.80}")
    # A function: the rows are read when the browser fetches the file.
    content = partial(exported, table.definition, table.query, format)
    socket.download(content, filename=f"{table.name}.{format}")


HANDLERS: Final[Mapping[str, Handler]] = {
    "sort": sort,
    "filter": filter_rows,
    "reset": reset,
    "page": turn,
    "size": resize,
    "group": regroup,
    "columns": choose_columns,
    "count": count_all,
    "reload": reload,
    "pick": pick,
    "pick_page": pick_page,
    "pick_all": pick_all,
    "pick_none": pick_none,
    "act": act,
    "act_all": act_on_selected,
    "export": export,
    "edit": start_edit,
    "save": save_edit,
    "cancel": cancel_edit,
}
