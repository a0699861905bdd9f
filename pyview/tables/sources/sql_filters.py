"""Search and filters as conditions of SQL."""

import datetime
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import String, and_, cast, false, or_, true

from pyview.tables.columns import Column
from pyview.tables.filters import Between, Contains, Filter, Is, OneOf, chosen_values, day_bounds

_SMALLEST: Final = -(2**63)
LARGEST: Final = 2**63 - 1
"""The largest integer of a database. Drivers refuse a larger one."""


def search_condition(expressions: Sequence[Any], text: str) -> Any:
    """Return the condition that one of the expressions contains the text."""
    return or_(false(), *(_contains(one, text) for one in expressions))


def condition(expression: Any, column: Column, chosen: Filter) -> Any:
    """Return the condition of a filter."""
    match chosen:
        case Contains(text):
            return _contains(expression, text)
        case Is(value):
            return expression == (true() if value else false())
        case OneOf():
            return expression.in_(_values(expression, column, chosen))
        case Between():
            return _between(expression, chosen)


def _contains(expression: Any, text: str) -> Any:
    as_text = expression if isinstance(expression.type, String) else cast(expression, String)
    return as_text.icontains(text, autoescape=True)


def _values(expression: Any, column: Column, chosen: OneOf) -> list[Any]:
    # The choices that the application declares may be texts, for a column of another type.
    return chosen_values(column, chosen) or list(chosen.texts)


def _between(expression: Any, chosen: Between) -> Any:
    kind = _python_type(expression)
    if issubclass(kind, datetime.datetime):
        start, end = day_bounds(chosen, datetime.UTC if getattr(expression.type, "timezone", False) else None)
        return and_(
            expression.is_not(None),
            true() if start is None else expression >= start,
            true() if end is None else expression < end,
        )
    low, high = _bounds(chosen, kind)
    if low is _TOO_LARGE or high is _TOO_LARGE:
        return false()
    return and_(
        expression.is_not(None),
        true() if low is None else expression >= low,
        true() if high is None else expression <= high,
    )


class _TooLarge:
    """No value of the column can be within the range."""


_TOO_LARGE: Final = _TooLarge()


def _bounds(chosen: Between, kind: type) -> tuple[Any, Any]:
    """Return the bounds as values of the column's type. Drivers refuse others, such as 1.5 for an integer."""
    low, high = chosen.low, chosen.high
    if issubclass(kind, int):
        low = None if low is None else math.ceil(low)  # type: ignore[arg-type]  # a number, as the column
        high = None if high is None else math.floor(high)  # type: ignore[arg-type]
        if (low is not None and low > LARGEST) or (high is not None and high < _SMALLEST):
            return _TOO_LARGE, _TOO_LARGE
        return (
            None if low is None or low < _SMALLEST else low,
            None if high is None or high > LARGEST else high,
        )
    if issubclass(kind, Decimal):
        return tuple(None if one is None else Decimal(str(one)) for one in (low, high))  # type: ignore[return-value]
    return low, high


def _python_type(expression: Any) -> type:
    try:
        found: type = expression.type.python_type
    except NotImplementedError:
        return object
    return found
