"""The source that fits what the application gives. SQLAlchemy and Narwhals are extras, and imported only here."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from pyview.tables.sources.rows import RowsSource
from pyview.tables.sources.source import TableSource

_FRAMES: Final = ("pandas", "polars", "pyarrow", "modin", "cudf", "narwhals", "duckdb", "ibis", "dask")


def source_of(given: Any, *, key: str | Sequence[str] | None, bind: Any) -> TableSource:
    """Return the source of a list, a function, a select, a data frame; a `TableSource` as it is.

    Raises `TypeError` for anything else, `ValueError` for rows without their key, `RuntimeError` without the extra.
    """
    library = type(given).__module__.partition(".")[0]
    if library == "sqlalchemy":
        return _made("pyview.tables.sources.sql", "SQLSource", "sqlalchemy", given, bind, key=key)
    if library in _FRAMES:
        return _made("pyview.tables.sources.frames", "FrameSource", "narwhals", given, key=key)
    if isinstance(given, TableSource):
        return given
    if (isinstance(given, Sequence) and not isinstance(given, str | bytes)) or callable(given):
        return RowsSource(given, key="id" if key is None else key)
    raise TypeError(
        f"data_table got a {type(given).__name__} as its source: expected a list of rows, a function that returns one, "
        "a SQLAlchemy select, a data frame, or a TableSource"
    )


def _made(module: str, name: str, needs: str, *args: Any, **kwargs: Any) -> TableSource:
    try:
        found = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        raise RuntimeError(
            f"a table of this source needs {needs}, and {error.name} is not installed: "
            "pip install 'pyview-live[tables]'"
        ) from error
    made: TableSource = found(*args, **kwargs)
    return made
