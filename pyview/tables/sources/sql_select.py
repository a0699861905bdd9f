"""TableSelect: the select of a table, its columns as expressions, and the key of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy import inspect as inspected
from sqlalchemy.orm import Mapper, aliased
from sqlalchemy.types import Enum as EnumType

from pyview.tables.columns import Column, column_for, kind_of


@dataclass(frozen=True, slots=True)
class TableSelect:
    """A select to which conditions and an order can be added.

    `entity` is the class of the rows of `select(Order)`; None for a select of columns. `types` are the Python types of
    the columns. `never_null` are the columns that the database declares as such.
    """

    statement: Select[Any]
    entity: Any
    expressions: Mapping[str, Any]
    types: Mapping[str, Any]
    columns: tuple[Column, ...]
    key_names: tuple[str, ...]
    never_null: frozenset[str]

    @classmethod
    def of(cls, statement: Any, key: str | Sequence[str] | None) -> "TableSelect":
        """Return the select of a statement. Raises `ValueError` if no key of its rows is known."""
        entity = _entity(statement)
        if entity is None:
            wrapped = statement.subquery()
            return _of_columns(select(*wrapped.c), dict(wrapped.c.items()), key)
        if _is_final(statement):
            # Conditions on a select with a limit or groups go around it.
            entity = aliased(entity, statement.subquery())
            statement = select(entity)
        mapped = _mapped(entity) if isinstance(entity, type) else _read(entity)
        names = _checked_key(key or mapped.key_names, mapped.expressions)
        return cls(
            statement,
            entity,
            mapped.expressions,
            mapped.types,
            mapped.columns,
            names,
            mapped.never_null,
        )

    def column(self, name: str) -> Column:
        """Return a column of the select."""
        return next(one for one in self.columns if one.name == name)

    def stored(self, name: str) -> Any:
        """Return the column of the table in which a value is stored; the expression itself if it is computed."""
        expression = self.expressions[name]
        if self.entity is not None:
            return inspected(self.entity).mapper.column_attrs[name].columns[0]
        return next(iter(expression.base_columns), expression)


def _entity(statement: Any) -> Any:
    described = getattr(statement, "column_descriptions", None) or []
    if len(described) != 1:
        return None
    entity = described[0].get("entity")
    # The entity itself, and not one of its columns.
    return entity if entity is not None and described[0].get("expr") is entity else None


def _is_final(statement: Any) -> bool:
    names = ("_limit_clause", "_offset_clause", "_fetch_clause", "_having_criteria", "_group_by_clauses")
    parts = [getattr(statement, name, None) for name in names]
    return any(part is not None and part != () for part in parts) or bool(statement._distinct)


class _Mapped(NamedTuple):
    """Parts of a `TableSelect` that follow from a mapped class."""

    expressions: Mapping[str, Any]
    types: Mapping[str, Any]
    columns: tuple[Column, ...]
    key_names: tuple[str, ...]
    never_null: frozenset[str]


@lru_cache(200)
def _mapped(entity: type) -> _Mapped:
    # Each page makes its table anew, and to read a class of seven columns takes 70 microseconds.
    return _read(entity)


def _read(entity: Any) -> _Mapped:
    mapper: Mapper[Any] = inspected(entity).mapper
    expressions = {one.key: getattr(entity, one.key) for one in mapper.column_attrs}
    stored = {name: mapper.column_attrs[name].columns[0] for name in expressions}
    never_null = frozenset(name for name, one in stored.items() if not getattr(one, "nullable", True))
    keys = tuple(mapper.get_property_by_column(one).key for one in mapper.primary_key)
    return _Mapped(expressions, *_typed(expressions), keys, never_null)


def _typed(expressions: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[Column, ...]]:
    """Return the types of expressions, and their columns."""
    types = {name: _type_of(one) for name, one in expressions.items()}
    return types, tuple(_column(name, expressions[name], types[name]) for name in expressions)


def _of_columns(
    statement: Any, expressions: Mapping[str, Any], key: str | Sequence[str] | None
) -> TableSelect:
    """Return the select of single columns. Their primary keys are the key by default."""
    primary = tuple(name for name, one in expressions.items() if getattr(one, "primary_key", False))
    names = _checked_key(key or primary, expressions)
    return TableSelect(statement, None, expressions, *_typed(expressions), names, frozenset())


def _checked_key(key: str | Sequence[str], expressions: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the columns of a key. Raises `ValueError` if one is not selected, or if there are none."""
    names = (key,) if isinstance(key, str) else tuple(key)
    if not names or any(name not in expressions for name in names):
        raise ValueError(
            f"rows of this select are identified by {names or 'no column'}: select a primary key, or give key=... with "
            f"one of {', '.join(expressions)}"
        )
    return names


def _type_of(expression: Any) -> Any:
    try:
        return expression.type.python_type
    except NotImplementedError:  # types such as JSON and those of a dialect have none
        return object


def _column(name: str, expression: Any, python_type: Any) -> Column:
    kind = expression.type
    if isinstance(kind, EnumType) and kind.enum_class is None:
        return Column(name, kind="choice", choices=tuple(kind.enums))
    if kind_of(python_type) == "other":
        return Column(name, kind="other")
    return column_for(name, python_type)
