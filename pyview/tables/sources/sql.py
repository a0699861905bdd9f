"""A SQLAlchemy select as the source of a table. The database is asked for each page, never for all rows."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Select, Table, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from pyview.tables.columns import Total
from pyview.tables.query import Sort
from pyview.tables.sources.source import (
    Changed,
    Count,
    Criteria,
    Group,
    Request,
    Window,
    grouped_sort,
)
from pyview.tables.sources.sql_binding import Binding, binding_of
from pyview.tables.sources.sql_filters import LARGEST, condition, search_condition
from pyview.tables.sources.sql_select import TableSelect
from pyview.tables.values import field_value, key_text, separated

T = TypeVar("T")

_AT_ONCE: Final = 500  # keys in one statement
_NO_NULLS_LAST: Final = ("mysql", "mariadb", "mssql")
_FUNCTIONS: Final[Mapping[Total, Callable[[Any], Any]]] = {
    "sum": func.sum,
    "count": func.count,
    "mean": func.avg,
    "min": func.min,
    "max": func.max,
}


class SQLSource:
    """Rows of a select, with its own conditions: search, filters, order and page are added to it.

    `bind` is an engine, a session factory or a session, sync or async; of a session its engine is used, since a table
    outlives the session of a request. The rows are entities for `select(Order)`, else mappings. `key` names the columns
    that identify a row, by default the primary keys among those selected. Sync drivers run in worker threads.

    Raises `ValueError` for a select without a known key, `TypeError` for something that is no bind.
    """

    def __init__(self, statement: Any, bind: Any, *, key: str | Sequence[str] | None = None) -> None:
        self._select = TableSelect.of(statement, key)
        self._bind: Binding = binding_of(bind)
        self.columns = self._select.columns

    @property
    def key_names(self) -> tuple[str, ...]:
        """The columns that identify a row."""
        return self._select.key_names

    def key(self, row: Any) -> str:
        """Return the key of a row as text."""
        return key_text(tuple(field_value(row, name) for name in self.key_names))

    # Reading

    async def window(self, request: Request) -> Window:
        """Return a page of rows."""
        return await self._bind.run(lambda session: self._window(session, request))

    def _window(self, session: Session, request: Request) -> Window:
        matching = self._matching(request.criteria)
        sort = grouped_sort(request.criteria.sort, request.group)
        page = self._ordered(matching, sort, session).limit(request.limit).offset(request.offset)
        rows = self._rows(session, page)
        # A page that is not full is the last one, and tells the number of rows.
        is_last = len(rows) < request.limit and bool(rows or not request.offset)
        return Window(
            rows,
            self._count(session, matching, request.count_to) if request.count and not is_last else None,
            self._totals(session, matching, request.totals) if request.with_totals else None,
            self._groups(session, matching, rows, request),
        )

    def _matching(self, criteria: Criteria) -> Select[Any]:
        found = self._select
        conditions = [
            condition(found.expressions[name], found.column(name), chosen)
            for name, chosen in criteria.filters
        ]
        if criteria.search:
            texts = [found.expressions[name] for name in criteria.searched]
            conditions.append(search_condition(texts, criteria.search))
        return found.statement.where(*conditions)

    def _ordered(self, statement: Select[Any], sort: Sequence[Sort], session: Session) -> Select[Any]:
        dialect = session.get_bind().dialect.name
        keys = [self._select.expressions[name] for name in self.key_names]
        order = [part for one in sort for part in self._order(one, dialect)]
        return statement.order_by(None).order_by(*order, *keys)

    def _order(self, sort: Sort, dialect: str) -> Iterator[Any]:
        expression = self._select.expressions[sort.column]
        order = expression.desc() if sort.descending else expression.asc()
        if sort.column in self._select.never_null:
            yield order  # the database can use an index in any case
        elif dialect in _NO_NULLS_LAST:
            yield case((expression.is_(None), 1), else_=0)
            yield order
        else:
            yield order.nulls_last()

    def _rows(self, session: Session, statement: Any) -> Sequence[Any]:
        result = session.execute(statement)
        return result.scalars().all() if self._select.entity is not None else result.mappings().all()

    def _only(self, statement: Select[Any], *columns: Any) -> Select[Any]:
        return statement.with_only_columns(*columns, maintain_column_froms=True).order_by(None)

    def _count(self, session: Session, matching: Select[Any], at_most: int | None) -> Count:
        if at_most is None:
            return Count(session.scalar(self._only(matching, func.count())) or 0)
        # To count a million rows takes longer than to read a page of them.
        key = self._select.expressions[self.key_names[0]]
        some = self._only(matching, key).limit(at_most + 1).subquery()
        number = session.scalar(select(func.count()).select_from(some)) or 0
        return Count(min(number, at_most), exact=number <= at_most)

    def _totals(
        self, session: Session, matching: Select[Any], wanted: Sequence[tuple[str, Total]]
    ) -> tuple[Any, ...]:
        if not wanted:
            return ()
        return tuple(session.execute(self._only(matching, *self._total_columns(wanted))).one())

    def _total_columns(self, wanted: Sequence[tuple[str, Total]]) -> list[Any]:
        return [_FUNCTIONS[total](self._select.expressions[name]) for name, total in wanted]

    def _groups(
        self, session: Session, matching: Select[Any], rows: Sequence[Any], request: Request
    ) -> tuple[Group, ...]:
        if request.group is None or not rows:
            return ()
        column = self._select.expressions[request.group]
        values = list(dict.fromkeys(field_value(row, request.group) for row in rows))
        among = or_(column.in_([one for one in values if one is not None]), *_is_null(column, values))
        counted = self._only(
            matching.where(among), column, func.count(), *self._total_columns(request.totals)
        )
        found = {
            value: Group(value, number, tuple(totals))
            for value, number, *totals in session.execute(counted.group_by(column))
        }
        return tuple(found[value] for value in values if value in found)

    async def find(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """Return the rows of these keys, as they are now and if the select still has them."""
        return await self._bind.run(lambda session: self._find(session, keys))

    def _find(self, session: Session, keys: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for start in range(0, len(keys), _AT_ONCE):
            wanted = [values for key in keys[start : start + _AT_ONCE] if (values := self._values(key))]
            if wanted:
                rows = self._rows(session, self._select.statement.where(self._is_one_of(wanted)))
                found.update((self.key(row), row) for row in rows)
        return found

    def _values(self, key: str) -> tuple[Any, ...] | None:
        """Return the values of a key; None for a text that is none."""
        texts = [key] if len(self.key_names) == 1 else separated(key)
        if len(texts) != len(self.key_names):
            return None
        try:
            values = tuple(
                TypeAdapter(self._select.types[name]).validate_strings(text)
                for name, text in zip(self.key_names, texts, strict=True)
            )
        except ValidationError:
            return None
        return None if any(isinstance(one, int) and abs(one) > LARGEST for one in values) else values

    def _is_one_of(self, wanted: Sequence[tuple[Any, ...]]) -> Any:
        columns = [self._select.expressions[name] for name in self.key_names]
        if len(columns) == 1:
            return columns[0].in_([values[0] for values in wanted])
        return or_(*(and_(*(c == v for c, v in zip(columns, values, strict=True))) for values in wanted))

    async def keys(self, criteria: Criteria) -> list[str]:
        """Return the keys of all matching rows."""
        columns = [self._select.expressions[name] for name in self.key_names]
        statement = self._only(self._matching(criteria), *columns).order_by(*columns)
        return await self._bind.run(
            lambda session: [key_text(tuple(row)) for row in session.execute(statement)]
        )

    async def batches(self, criteria: Criteria, size: int) -> AsyncIterator[Sequence[Any]]:
        """Yield all matching rows in their order, from one statement, `size` at once."""
        matching = self._matching(criteria)
        as_entities = self._select.entity is not None
        parts = self._bind.partitions(
            lambda session: self._ordered(matching, criteria.sort, session), size, as_entities
        )
        # Closed at once if the reader stops early: an open statement may lock the database.
        async with aclosing(parts):
            async for rows in parts:
                yield rows

    # Writing

    async def save(self, key: str, column: str, old: Any, new: Any) -> Any:
        """Store a value with one UPDATE, unless it is another than `old`. Return the row. Raises `Changed`.

        Raises `TypeError` for a column that is not of the table with the key.
        """
        return await self._bind.run(lambda session: self._save(session, key, column, old, new))

    def _save(self, session: Session, key: str, column: str, old: Any, new: Any) -> Any:
        stored, keys = self._select.stored(column), [self._select.stored(name) for name in self.key_names]
        table = keys[0].table
        if not isinstance(table, Table) or stored.table is not table:
            raise TypeError(
                f"the column {column!r} is not of the table of the key: give save=... to data_table"
            )
        values = self._values(key)
        if values is None:
            raise Changed(None)
        same = and_(*(one == value for one, value in zip(keys, values, strict=True)))
        # The old value is a condition of the UPDATE itself, so no change of another user is lost in between.
        changed: Any = session.execute(
            update(table).where(same, stored.is_not_distinct_from(old)).values({stored: new})
        )
        is_stored = changed.rowcount == 1
        session.commit() if is_stored else session.rollback()
        row = self._find(session, [key]).get(key)
        if not is_stored or row is None:
            raise Changed(row)
        return row


def _is_null(column: Any, values: Sequence[Any]) -> list[Any]:
    return [column.is_(None)] if None in values else []
