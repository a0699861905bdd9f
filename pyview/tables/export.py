"""Downloads of a table: all matching rows in their order, with the columns that the user sees, as CSV or Parquet."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import Enum
from importlib import import_module
from tempfile import SpooledTemporaryFile
from types import MappingProxyType
from typing import IO, Any, Final

from pyview.downloads import csv_file
from pyview.tables.columns import Column
from pyview.tables.definition import Definition
from pyview.tables.query import TableQuery
from pyview.tables.values import cell_value
from pyview.threads import in_thread

BATCH: Final = 1_000
_PART: Final = 256 * 1024
_IN_MEMORY: Final = 1024 * 1024  # a larger file goes to the disk


async def exported(definition: Definition, query: TableQuery, format: str) -> AsyncIterator[bytes]:
    """Yield the file of all rows that match the query.

    It is written to a temporary file first: the source is read as fast as it can, and a slow browser does not hold a
    transaction of the database open. Raises what the source raises, `RuntimeError` if Parquet needs another package.
    """
    columns = [one for one in definition.shown_columns(query) if one.exported]
    with SpooledTemporaryFile(_IN_MEMORY, prefix="pyview-table-") as file:
        async with _closing(definition.source.batches(definition.criteria(query), BATCH)) as batches:
            await WRITERS[format](file, _rows(batches, columns), columns, definition)
        await in_thread(file.seek, 0)
        while part := await in_thread(file.read, _PART):
            yield part


@asynccontextmanager
async def _closing(batches: AsyncIterator[Sequence[Any]]) -> AsyncIterator[AsyncIterator[Sequence[Any]]]:
    """Close an iterator at the end, also if a browser goes away: it may hold a transaction."""
    try:
        yield batches
    finally:
        if isinstance(batches, AsyncGenerator):
            await batches.aclose()


async def _rows(
    batches: AsyncIterator[Sequence[Any]], columns: Sequence[Column]
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield batches of rows as dicts of their columns."""
    async for batch in batches:
        yield [{one.name: _plain(cell_value(row, one)) for one in columns} for row in batch]
        await asyncio.sleep(0)  # other pages have their turn between the batches of a source that never waits


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


async def _write_csv(
    file: IO[bytes],
    rows: AsyncIterator[list[dict[str, Any]]],
    columns: Sequence[Column],
    definition: Definition,
) -> None:
    headings = {one.name: one.title for one in columns}
    # One by one, as `csv_file` takes them: it makes batches of its own.
    single = (row async for batch in rows for row in batch)
    async for part in csv_file(single, headings, formulas=not definition.csv_guard):
        await in_thread(file.write, part)


async def _write_parquet(
    file: IO[bytes],
    rows: AsyncIterator[list[dict[str, Any]]],
    columns: Sequence[Column],
    definition: Definition,
) -> None:
    polars = polars_for_parquet()
    # Columns take a tenth of the memory of rows. The types of the columns are known after the last batch.
    frames = [await in_thread(_frame, polars, batch, columns) async for batch in rows]
    empty = polars.DataFrame({one.name: [] for one in columns})
    whole = polars.concat(frames, how="vertical_relaxed") if frames else empty
    await in_thread(whole.write_parquet, file)


def polars_for_parquet() -> Any:
    """Return the package that writes Parquet. Raises `RuntimeError` if it is not installed."""
    try:
        return import_module("polars")
    except ModuleNotFoundError as error:
        raise RuntimeError(
            "a table with exports=['parquet'] needs Polars: pip install 'pyview-live[parquet]'"
        ) from error


def _frame(polars: Any, rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> Any:
    found = {one.name: [_typed(row[one.name], one) for row in rows] for one in columns}
    return polars.DataFrame(found, infer_schema_length=None, strict=False)


def _typed(value: Any, column: Column) -> Any:
    as_text = column.kind in ("text", "choice", "other")
    return str(value) if as_text and value is not None else value


WRITERS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {"csv": _write_csv, "parquet": _write_parquet}
)
"""The formats of downloads."""
