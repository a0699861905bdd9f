"""Columns of a table: their declarations, and those that follow from a dataclass, a model or a dict."""

import dataclasses
import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from pyview.words import in_words

Kind: TypeAlias = Literal["text", "number", "date", "datetime", "boolean", "choice", "other"]
"""Kind of the values of a column. It decides the filter, the alignment and the input of an edited cell."""

Total: TypeAlias = Literal["sum", "count", "mean", "min", "max"]

TOTALS: Final[tuple[Total, ...]] = ("sum", "count", "mean", "min", "max")

_KINDS: Final[tuple[tuple[type, Kind], ...]] = (
    # A bool is an int, and a datetime is a date: the subclass comes first.
    (bool, "boolean"),
    (int, "number"),
    (float, "number"),
    (Decimal, "number"),
    (datetime.datetime, "datetime"),
    (datetime.date, "date"),
    (Enum, "choice"),
    (str, "text"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. What is None follows from the source.

    `name` is a field of the rows. `kind` is the kind of its values, and `choices` are those that a "choice" offers.
    A column with `value` is computed in Python from the row: it can be shown and exported, and not sorted or filtered.

    `sortable`, `filterable`, `searchable`, `groupable` and `editable` say what the browser may ask for. `shown=False`
    hides a column until the user chooses it. `exported=False` keeps it out of downloads. `total` is computed by the
    source over all matching rows. `format` is a format string such as "{:,.2f}", or a function of the value.
    """

    name: str
    label: str | None = None
    kind: Kind | None = None
    choices: tuple[Any, ...] | None = None
    value: Callable[[Any], Any] | None = None
    format: str | Callable[[Any], str] | None = None
    sortable: bool = True
    filterable: bool = True
    searchable: bool | None = None
    groupable: bool = False
    editable: bool = False
    shown: bool = True
    exported: bool = True
    total: Total | None = None

    @property
    def title(self) -> str:
        """The label, or the name in words: "unit_price" is "Unit price"."""
        return in_words(self.name) if self.label is None else self.label


def column(name: str, label: str | None = None, **options: Any) -> Column:
    """Return a `Column`; `choices` may be any iterable. Raises `TypeError` for an unknown option."""
    if options.get("choices") is not None:
        options["choices"] = tuple(options["choices"])
    return Column(name, label, **options)


def column_for(name: str, annotation: Any) -> Column:
    """Return the column of a field with this type annotation."""
    kinds = {kind_of(one) for one in _members(annotation)}
    kind = kinds.pop() if len(kinds) == 1 else "other"
    return Column(name, kind=kind, choices=_choices(annotation) if kind == "choice" else None)


def kind_of(annotation: Any) -> Kind:
    """Return the kind of the values of a type; "other" for a type that has no filter."""
    if get_origin(annotation) is Literal:
        return "choice"
    if not isinstance(annotation, type):
        return "other"
    return next((kind for cls, kind in _KINDS if issubclass(annotation, cls)), "other")


def columns_of_type(cls: type) -> tuple[Column, ...]:
    """Return the columns of a dataclass, a pydantic model, a `TypedDict` or a named tuple, in the order of its fields.

    Raises `TypeError` for a class without fields.
    """
    names = _field_names(cls)
    if not names:
        raise TypeError(
            f"{cls.__qualname__} declares no fields: expected a dataclass, a pydantic model, a TypedDict or a named "
            "tuple; or give columns=[...]"
        )
    hints = get_type_hints(cls, include_extras=True)
    return tuple(column_for(name, hints.get(name, object)) for name in names)


def columns_of_rows(rows: Sequence[Any]) -> tuple[Column, ...]:
    """Return the columns of rows by their first one: of its class, or of the values of a dict."""
    if not rows:
        return ()
    first = rows[0]
    if not isinstance(first, Mapping):
        return columns_of_type(type(first))
    return tuple(column_for(str(name), _type_in(rows, name)) for name in first)


def resolved(declared: Iterable[Column | str] | None, derived: Sequence[Column]) -> tuple[Column, ...]:
    """Return the declared columns, with what they leave open taken from the derived ones; those if none is declared.

    Raises `ValueError` for a column that the source does not have, and for a name that is given twice.
    """
    known = {one.name: one for one in derived}
    if declared is None:
        return tuple(_completed(one, one) for one in derived)
    found = [_resolved(one if isinstance(one, Column) else Column(one), known) for one in declared]
    names = [one.name for one in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice or not found:
        raise ValueError(f"columns={names}: expected each column once, and at least one")
    return tuple(found)


def _resolved(declared: Column, known: Mapping[str, Column]) -> Column:
    if declared.total is not None and declared.total not in TOTALS:
        raise ValueError(f"total={declared.total!r} of column {declared.name!r}: expected one of {TOTALS}")
    if declared.value is not None:
        return dataclasses.replace(
            declared,
            kind=declared.kind or "other",
            sortable=False,
            filterable=False,
            searchable=False,
            groupable=False,
            editable=False,
            total=None,
        )
    if known and declared.name not in known:
        raise ValueError(
            f"the source has no column {declared.name!r}: it has {', '.join(sorted(known))}. A computed column needs "
            "value=..."
        )
    return _completed(declared, known.get(declared.name, Column(declared.name)))


def _completed(declared: Column, derived: Column) -> Column:
    kind = declared.kind or ("choice" if declared.choices else derived.kind) or "other"
    searchable = kind == "text" if declared.searchable is None else declared.searchable
    choices = declared.choices or derived.choices
    return dataclasses.replace(
        declared,
        kind=kind,
        choices=choices,
        searchable=searchable and kind in ("text", "choice"),
        # Values of another kind may have no order, and no text that could be compared.
        sortable=declared.sortable and kind != "other",
        filterable=declared.filterable and kind != "other" and (kind != "choice" or bool(choices)),
    )


def _members(annotation: Any) -> tuple[Any, ...]:
    """Return the types of a union without None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return tuple(one for part in get_args(annotation) for one in _members(part) if one is not NoneType)
    return (annotation,)


def _choices(annotation: Any) -> tuple[Any, ...]:
    found: list[Any] = []
    for one in _members(annotation):
        found += get_args(one) if get_origin(one) is Literal else list(one)
    return tuple(found)


def _field_names(cls: type) -> list[str]:
    if dataclasses.is_dataclass(cls):
        return [field.name for field in dataclasses.fields(cls)]
    model_fields = getattr(cls, "__pydantic_fields__", None)
    if model_fields is not None:
        return list(model_fields)
    return list(getattr(cls, "_fields", ()) or getattr(cls, "__annotations__", ()))


def _type_in(rows: Sequence[Mapping[str, Any]], name: Any) -> Any:
    """Return the type of the first value of `name` that is not None, in the first hundred rows."""
    found = (row.get(name) for row in rows[:100])
    return next((type(value) for value in found if value is not None), object)
