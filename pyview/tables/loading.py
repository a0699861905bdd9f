"""Loading of the rows of a table: at once if the source is quick, in the background if it is slow; the newest wins."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple, Protocol

from pyview.hooks import Stage
from pyview.tables.actions import HasScopes
from pyview.tables.sources.source import Request, TableSource, Window
from pyview.tables.table import DataTable

GRACE: Final = 0.15
"""Seconds that an event waits for its rows. A slower source answers later, and the view goes on meanwhile."""


class TableSocket(Protocol):
    """The part of a socket that a table uses."""

    @property
    def identity(self) -> HasScopes: ...
    def attach_hook(self, name: str, stage: Stage, function: Callable[..., Any]) -> None: ...
    def start_async(self, name: str, job: Any) -> None: ...
    def cancel_async(self, what: str) -> bool: ...
    async def push_patch(self, path: str = "", *, replace: bool = False) -> None: ...
    def download(self, content: Any, *, filename: str | None = None) -> None: ...


class Loaded(NamedTuple):
    """The answer to a request; `request` may be for another page than the one that was asked for."""

    request: Request
    window: Window


async def fetched(source: TableSource, request: Request) -> Loaded:
    """Return the page of a request, or the last page if there is none that far. Raises what the source raises."""
    window = await source.window(request)
    if window.rows or not request.offset:
        return Loaded(request, window)
    # An address may name any page, and rows may have gone.
    exact = replace(request, count=True, count_to=None, limit=1, offset=0)
    counted = (await source.window(exact)).count
    number = counted.number if counted is not None else 0
    last = replace(request, offset=max(-(-number // request.limit) - 1, 0) * request.limit)
    return Loaded(last, await source.window(last))


async def reload_rows(socket: TableSocket, table: DataTable) -> None:
    """Load the page of a table again, with its count and totals, because the source has changed."""
    table.count_again()
    await load_soon(table, socket)


def task_name(table: DataTable) -> str:
    """Return the name of the background task of a table."""
    return f"data_table:{table.name}"


async def load_now(table: DataTable) -> None:
    """Load the rows, and wait for them: for the first page, which is complete when it is sent."""
    try:
        loaded = await fetched(table.definition.source, table.request())
    except Exception as error:
        table.fail(error)
    else:
        table.take(*loaded)


async def load_soon(table: DataTable, socket: TableSocket) -> None:
    """Load the rows. If they do not come soon, the view goes on, and they are shown when they come.

    Rows that are still on their way for an earlier query are dropped.
    """
    loading = asyncio.ensure_future(fetched(table.definition.source, table.request()))
    try:
        await asyncio.wait({loading}, timeout=GRACE)
    except asyncio.CancelledError:
        loading.cancel()
        raise
    if loading.done():
        socket.cancel_async(task_name(table))
        show_loaded(table, loading)
        return
    table.wait()
    socket.start_async(task_name(table), _rest_of(loading))


async def _rest_of(loading: "asyncio.Future[Loaded]") -> Loaded | Exception:
    # A cancelled task cancels what it awaits: the rows of an earlier query are not loaded to the end.
    try:
        return await loading
    except Exception as error:
        return error


def show_loaded(table: DataTable, loading: "asyncio.Future[Loaded]") -> None:
    """Show the result of a task."""
    error = loading.exception()
    if error is None:
        table.take(*loading.result())
    else:
        table.fail(error)


def show_late(table: DataTable, result: Any) -> None:
    """Show the result of a background task: rows, or the error that the source raised."""
    if isinstance(result, Loaded):
        table.take(*result)
    else:
        table.fail(result if isinstance(result, BaseException) else RuntimeError("the rows did not come"))
