"""Figures as JSON text: numbers of NumPy and pandas included."""

from typing import Any

import orjson

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def json_of(value: Any) -> bytes:
    """Return JSON text. NaN is null, dates are in ISO format, and what JSON has no form for is its text."""
    return orjson.dumps(value, default=_plain, option=_OPTIONS)


def _plain(value: Any) -> Any:
    # Arrays of objects, series and scalars of NumPy and pandas: each has one of these.
    for name in ("tolist", "to_list", "isoformat", "item"):
        convert = getattr(value, name, None)
        if callable(convert):
            return convert()
    return float(value) if hasattr(value, "__float__") else str(value)
