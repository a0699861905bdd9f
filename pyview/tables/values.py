"""Values of cells as text, and the parts of an address that hold several values."""

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from urllib.parse import unquote

from pyview.tables.columns import Column

_SEPARATORS: Final = str.maketrans({"%": "%25", ",": "%2C", "-": "%2D", "*": "%2A"})


def field_value(row: Any, name: str) -> Any:
    """Return a field of a row: of a mapping, or an attribute."""
    return row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)


def cell_value(row: Any, column: Column) -> Any:
    """Return the value of a cell: the field of that name, or what the column computes from the row."""
    return field_value(row, column.name) if column.value is None else column.value(row)


def cell_text(value: Any, column: Column, yes: str = "Yes", no: str = "No") -> str:
    """Return a value as a user reads it; None is empty."""
    if value is None:
        return ""
    if column.format is not None:
        return column.format.format(value) if isinstance(column.format, str) else str(column.format(value))
    if isinstance(value, bool):
        return yes if value else no
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return str(value)


def plain_text(value: Any) -> str:
    """Return a value as an address or a file holds it: in a form that can be read back; None is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def joined(parts: Iterable[str]) -> str:
    """Return texts as one, separated by commas. `separated` is the inverse, for at least one text."""
    return ",".join(part.translate(_SEPARATORS) for part in parts)


def separated(text: str) -> list[str]:
    """Return the texts that `joined` has joined."""
    return [unquote(part) for part in text.split(",")]


def key_text(values: tuple[Any, ...]) -> str:
    """Return the key of a row as text: its one value, or several joined."""
    texts = [plain_text(value) for value in values]
    return texts[0] if len(texts) == 1 else joined(texts)
