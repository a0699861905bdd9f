"""data_table(...): make the table of a view, and attach it to the view."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qs

from pydantic import BaseModel

from pyview.hooks import Halt
from pyview.tables.actions import Action
from pyview.tables.columns import Column, resolved
from pyview.tables.definition import Definition
from pyview.tables.editing_rules import EditRules
from pyview.tables.events import HANDLERS
from pyview.tables.export import WRITERS, polars_for_parquet
from pyview.tables.loading import TableSocket, load_now, load_soon, show_late, task_name
from pyview.tables.query import MAX_SELECTED, Offer, TableQuery
from pyview.tables.sources.choice import source_of
from pyview.tables.table import DataTable
from pyview.tables.texts import Texts
from pyview.words import in_words

SIZES: Final = (10, 25, 50, 100)
COUNT_TO: Final = 10_000


async def data_table(
    socket: TableSocket,
    name: str,
    source: Any,
    *,
    columns: Iterable[Column | str] | None = None,
    key: str | Sequence[str] | None = None,
    bind: Any = None,
    caption: str | None = None,
    sort: str = "",
    size: int = 25,
    sizes: Sequence[int] = SIZES,
    selectable: bool = False,
    row_actions: Sequence[Action] = (),
    bulk_actions: Sequence[Action] = (),
    edit: type[BaseModel] | None = None,
    save: Callable[[Any, Any, dict[str, Any]], Any] | None = None,
    exports: Sequence[str] = (),
    csv_guard: bool = True,
    count_to: int | None = COUNT_TO,
    group: str | None = None,
    prefix: str | None = None,
    in_url: bool = True,
    row_name: str | None = None,
    texts: Texts | None = None,
) -> DataTable:
    """Return a table of the view, and attach it: it answers its own events, and follows the address of the page.

    Call it in `mount`. `source` is a list of rows, a function that returns one, a SQLAlchemy select (with `bind`, the
    engine or session factory), a data frame, or a `TableSource`. `columns` are those of the source by default: what is
    not declared never reaches the browser. `sort` is such as "-placed,name".

    `selectable` adds boxes to the rows; `bulk_actions` do so too. `edit` is the pydantic model of cells with
    `editable=True`, and `save(socket, row, changes)` stores their values if the source does not. `exports` are "csv"
    and "parquet". `count_to` is the number up to which a database counts matching rows; None counts all.

    The parameters of the address begin with `prefix`, the name and a dot by default. With `in_url=False` the address
    does not change: so it is in nested views, which have none. `row_name` is the column that names a row for screen
    readers, by default the first one.

    Raises `ValueError` for a name that is taken or no identifier, and for columns that the source does not have;
    `TypeError` for a source of an unknown kind.
    """
    if not name.isidentifier():
        raise ValueError(f"data_table(socket, {name!r}): expected a name such as 'orders', it is part of ids")
    rows = source_of(source, key=key, bind=bind)
    known = resolved(columns, rows.columns)
    offer = _offer(name if prefix is None else prefix, prefix is None, known, sort, size, sizes, group)
    definition = Definition(
        name=name,
        caption=caption or in_words(name),
        source=rows,
        columns=known,
        offer=replace(offer, selectable=selectable or bool(bulk_actions)),
        texts=texts or Texts(),
        row_actions=tuple(row_actions),
        bulk_actions=tuple(bulk_actions),
        exports=tuple(exports),
        edit=None if edit is None else EditRules(edit, save),
        count_to=count_to,
        in_url=in_url,
        row_column=_named(known, row_name),
        csv_guard=csv_guard,
    )
    _check_editable(definition)
    _check_exports(definition)
    table = DataTable(definition)
    table.offer_to(socket.identity)
    _attach(table, socket)
    if not in_url:
        await load_now(table)
    return table


def _offer(
    prefix: str,
    with_dot: bool,
    columns: tuple[Column, ...],
    sort: str,
    size: int,
    sizes: Sequence[int],
    group: str | None,
) -> Offer:
    largest = max((*sizes, size))
    if min((*sizes, size)) < 1 or largest > MAX_SELECTED:
        raise ValueError(f"sizes={sizes}, size={size}: expected 1 to {MAX_SELECTED} rows on a page")
    offer = Offer(f"{prefix}." if with_dot else prefix, columns, tuple(sorted({*sizes, size})))
    defaults = TableQuery(sort=offer.read_sort(sort), size=size, group=group)
    if (sort and not defaults.sort) or (group and offer.read_group(group) is None):
        raise ValueError(f"sort={sort!r}, group={group!r}: expected sortable and groupable columns")
    return replace(offer, defaults=defaults)


def _named(columns: tuple[Column, ...], name: str | None) -> Column:
    found = next((one for one in columns if one.name == name), None)
    if name is not None and found is None:
        raise ValueError(f"row_name={name!r}: expected one of {[one.name for one in columns]}")
    return found or columns[0]


def _check_editable(definition: Definition) -> None:
    names = [one.name for one in definition.columns if one.editable]
    fields = definition.edit.model.model_fields if definition.edit is not None else {}
    missing = [name for name in names if name not in fields]
    if missing:
        raise ValueError(
            f"the columns {missing} are editable: give edit=Model, a pydantic model with these fields"
        )


def _check_exports(definition: Definition) -> None:
    unknown = [one for one in definition.exports if one not in WRITERS]
    if unknown:
        raise ValueError(f"exports={unknown}: expected some of {', '.join(WRITERS)}")
    if "parquet" in definition.exports:
        polars_for_parquet()  # now, and not when a user clicks


def _attach(table: DataTable, socket: TableSocket) -> None:
    # The hooks get the socket as an argument. A table that held it would be a cycle, and an ended view would stay in
    # memory until the garbage collector finds it.
    name = f"data_table:{table.name}"
    socket.attach_hook(name, "handle_event", partial(_on_event, table))
    socket.attach_hook(name, "handle_async", partial(_on_rows, table))
    if table.definition.in_url:
        socket.attach_hook(name, "handle_params", partial(_on_params, table))


async def _on_event(table: DataTable, event: str, payload: Any, socket: Any) -> Halt | None:
    name, colon, what = event.partition(":")
    if not colon or name != table.name or what not in HANDLERS:
        return None
    table.offer_to(socket.identity)
    await HANDLERS[what](table, socket, payload if isinstance(payload, dict) else {})
    return Halt()


async def _on_params(table: DataTable, url: Any, params: Any, socket: Any) -> None:
    # Of the query string alone: parameters of the path stay in the path.
    given = parse_qs(url.query, keep_blank_values=True)
    table.params = table.definition.offer.others(given)
    table.offer_to(socket.identity)
    first = not table.loaded
    if table.use(table.definition.offer.read(given)):
        # `load_soon` asks if a browser has joined. A first view that asks is mounted again by the join.
        await (load_now(table) if first else load_soon(table, socket))


async def _on_rows(table: DataTable, name: str, result: Any, socket: Any) -> Halt | None:
    if name != task_name(table):
        return None
    show_late(table, result.result if result.ok else None)
    return Halt()
