"""CSV and Excel files from rows, for `socket.download`."""

import csv
import io
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

from anyio import to_thread

Rows: TypeAlias = Iterable[Any] | AsyncIterable[Any]
"""Mappings, sequences, or objects with attributes: dataclasses, models, named tuples."""

Columns: TypeAlias = Sequence[str] | Mapping[str, str]
"""Names of the columns; or a mapping from the name to the heading."""

_BATCH: Final = 500  # rows that are written at once
_MOST_EXACT: Final = (
    1e15  # Excel keeps 15 digits of a number; a longer one, such as an account number, is a text
)
# A spreadsheet program takes these for the beginning of a formula (OWASP, CSV injection).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


async def csv_file(
    rows: Rows,
    columns: Columns | None = None,
    *,
    delimiter: str = ",",
    bom: bool = True,
    formulas: bool = False,
) -> AsyncIterator[bytes]:
    """Yield a CSV file in UTF-8, some hundred rows at a time.

    Without `columns`, the columns are those of the first row: its keys, or its fields. Dates are written as ISO 8601,
    None as an empty cell. `bom` writes a byte order mark, without which Excel reads UTF-8 wrongly. A text that a
    spreadsheet program would run as a formula gets an apostrophe before it, unless `formulas` is true. Rows of a plain
    iterable are read in a worker thread, because a query may block. Raises `TypeError` for rows without names of
    columns.
    """
    yield b"\xef\xbb\xbf" if bom else b""
    names: list[str] | None = None
    async for batch in _batches(rows):
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter)
        if names is None:
            names, headings = _columns(columns, batch[0])
            writer.writerow([_cell(heading, formulas) for heading in headings])
        writer.writerows([_cell(value, formulas) for value in _values(row, names)] for row in batch)
        yield text.getvalue().encode("utf-8", "replace")
    if names is None and columns is not None:
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerow(_columns(columns, ())[1])
        yield text.getvalue().encode()


def xlsx_file(
    rows: Iterable[Any], columns: Columns | None = None, *, sheet: str = "Sheet1"
) -> Callable[[], Iterable[bytes]]:
    """Return a function that makes an Excel file, for `socket.download`; it runs in a worker thread.

    Numbers, dates and truth values are cells of their type; all other values are texts, never formulas. The first line
    has the headings and stays in view. Needs the extra `xlsx`. Raises `ModuleNotFoundError` without it.
    """
    return partial(_written, _xlsxwriter(), rows, columns, sheet)


def _xlsxwriter() -> Any:
    try:
        return import_module("xlsxwriter")
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "xlsx_file() needs the package xlsxwriter: pip install 'pyview-live[xlsx]'", name="xlsxwriter"
        ) from None


def _written(xlsxwriter: Any, rows: Iterable[Any], columns: Columns | None, sheet: str) -> Iterable[bytes]:
    with tempfile.TemporaryDirectory(prefix="pyview-xlsx-") as folder:
        path = Path(folder) / "file.xlsx"
        # `constant_memory` writes each row to the disk at once.
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "default_date_format": "yyyy-mm-dd",
            "remove_timezone": True,
            "tmpdir": folder,
        }
        with xlsxwriter.Workbook(str(path), options) as book:
            _write_sheet(book, book.add_worksheet(sheet), rows, columns)
        with path.open("rb") as file:
            while part := file.read(256 * 1024):
                yield part


def _write_sheet(book: Any, page: Any, rows: Iterable[Any], columns: Columns | None) -> None:
    bold = book.add_format({"bold": True})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    page.freeze_panes(1, 0)
    names: list[str] | None = None
    for line, row in enumerate(rows, 1):
        if names is None:
            names, headings = _columns(columns, row)
            page.write_row(0, 0, headings, bold)
        for column, value in enumerate(_values(row, names)):
            _write(page, line, column, value, moment)
    if names is None and columns is not None:
        page.write_row(0, 0, _columns(columns, ())[1], bold)


def _write(page: Any, line: int, column: int, value: Any, moment: Any) -> None:
    if isinstance(value, bool):
        page.write_boolean(line, column, value)
    elif isinstance(value, int | float | Decimal) and abs(float(value)) < _MOST_EXACT:
        page.write_number(line, column, value)
    elif isinstance(value, datetime):
        page.write_datetime(line, column, value, moment)
    elif isinstance(value, date | time):
        page.write_datetime(line, column, value)
    elif value is not None:
        page.write_string(line, column, str(value)[:32_767])  # the most that a cell can hold


# Rows


def _columns(columns: Columns | None, row: Any) -> tuple[list[str], list[str]]:
    """Return the names of the columns, and their headings."""
    if isinstance(columns, Mapping):
        return list(columns), [str(heading) for heading in columns.values()]
    if columns is not None:
        return list(columns), list(columns)
    names = _names(row)
    return names, names


def _names(row: Any) -> list[str]:
    if isinstance(row, Mapping):
        return [str(key) for key in row]
    for attribute in ("_fields", "__dataclass_fields__"):
        if hasattr(row, attribute):
            return list(getattr(row, attribute))
    if hasattr(type(row), "model_fields"):
        return list(type(row).model_fields)
    raise TypeError(
        f"a row is a {type(row).__name__}, whose columns are not known: pass columns=[...] with their names"
    )


def _values(row: Any, names: Sequence[str]) -> Iterable[Any]:
    if isinstance(row, Mapping):
        return [row.get(name) for name in names]
    if isinstance(row, Sequence) and not hasattr(row, "_fields"):
        return row
    return [getattr(row, name) for name in names]


def _cell(value: Any, formulas: bool) -> Any:
    if isinstance(value, str):
        return f"'{value}" if not formulas and value.startswith(_FORMULA) else value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value


async def _batches(rows: Rows) -> AsyncIterator[list[Any]]:
    if not isinstance(rows, AsyncIterable):
        iterator = iter(rows)
        while batch := await to_thread.run_sync(lambda: list(islice(iterator, _BATCH))):
            yield batch
        return
    batch = []
    async for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
