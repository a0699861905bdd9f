"""Inputs for fields: the input type for a field's type, the constraints that a browser checks, values as text."""

import datetime
import decimal
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen, MultipleOf
from pydantic import (
    AnyUrl,
    EmailStr,
    FutureDate,
    FutureDatetime,
    NaiveDatetime,
    PastDate,
    PastDatetime,
    SecretBytes,
    SecretStr,
)
from pydantic.fields import FieldInfo

from pyview.forms.fields import FieldShape

Attributes = Mapping[str, str | int | float | bool]

# The first match counts, so subclasses come first: a datetime is a date, and a bool is an int.
_TYPES: Final = (
    (EmailStr, "email"),
    (SecretStr, "password"),
    (SecretBytes, "password"),
    (AnyUrl, "url"),
    # These types of pydantic have no base class. AwareDatetime is absent, because the input has no time zone.
    *((cls, "datetime-local") for cls in (PastDatetime, FutureDatetime, NaiveDatetime)),
    *((cls, "date") for cls in (PastDate, FutureDate)),
    (datetime.datetime, "datetime-local"),
    (datetime.date, "date"),
    (datetime.time, "time"),
    (bool, "checkbox"),
    (int, "number"),
    (float, "number"),
    (decimal.Decimal, "number"),
)


def input_type(field: FieldShape) -> str:
    """Return the `type` of an `<input>`, or "select" for choices."""
    if field.is_checkbox:
        return "checkbox"
    if field.choices:
        return "select"
    found = {_type_of(one) for one in field.of.types}
    return found.pop() if len(found) == 1 else "text"


def _type_of(annotation: Any) -> str:
    if not isinstance(annotation, type):
        return "text"
    return next((name for cls, name in _TYPES if annotation is cls or issubclass(annotation, cls)), "text")


def constraints(field: FieldShape) -> Attributes:
    """Return the attributes that constrain a field: `required`, `min`, `max`, `step`, `maxlength`, `minlength`."""
    # The length of a list counts its items, and must not become the `minlength` of one of them.
    limits = field.of.constraints if field.kind == "values" else field.constraints
    found = _limits(field, _flat(limits))
    # An unticked box is False, a valid bool. `required` would force the user to tick it.
    found.pop("required" if field.is_checkbox and field.of.only is bool else "", None)
    return found


def _limits(field: FieldShape, limits: Iterable[Any]) -> dict[str, str | int | float | bool]:
    kind = input_type(field)
    found: dict[str, str | int | float | bool] = {"required": True} if field.required else {}
    if kind == "number":
        # Without `step`, browsers refuse every number that is not whole.
        found["step"] = 1 if field.of.types == (int,) else "any"
    for limit in limits:
        found.update(_number_limit(limit, whole=field.of.types == (int,)) if kind == "number" else {})
        found.update(_day_limit(limit) if kind in ("date", "datetime-local", "time") else {})
        found.update(_length_limit(limit) if kind in ("text", "email", "url", "password") else {})
    return found


def _flat(limits: Iterable[Any]) -> Iterable[Any]:
    """Yield single constraints; a `Field(...)` or a `StringConstraints` inside `Annotated` holds several."""
    for limit in limits:
        if isinstance(limit, FieldInfo):
            yield from _flat(limit.metadata)
        elif isinstance(limit, GroupedMetadata):
            yield from _flat(limit)
        else:
            yield limit


def _number_limit(limit: Any, *, whole: bool) -> dict[str, str | int | float]:
    # HTML has no exclusive bounds. For whole numbers the next one is the bound; for others the attribute is inclusive,
    # and the model refuses the bound itself.
    if isinstance(limit, Ge):
        return {"min": _number(limit.ge)}
    if isinstance(limit, Gt):
        return {"min": _number(limit.gt, by=1 if whole else 0)}
    if isinstance(limit, Le):
        return {"max": _number(limit.le)}
    if isinstance(limit, Lt):
        return {"max": _number(limit.lt, by=-1 if whole else 0)}
    return {"step": _number(limit.multiple_of)} if isinstance(limit, MultipleOf) else {}


def _number(value: Any, by: int = 0) -> str | int | float:
    # A Decimal becomes text, because a float would round it.
    return value + by if isinstance(value, int | float) else str(value)


def _day_limit(limit: Any) -> dict[str, str]:
    # HTML has no exclusive bounds; these are left to the model.
    bound = getattr(limit, "ge", None), getattr(limit, "le", None)
    names = zip(("min", "max"), bound, strict=True)
    return {name: as_text(day) for name, day in names if isinstance(day, datetime.date | datetime.time)}


def _length_limit(limit: Any) -> dict[str, int]:
    if isinstance(limit, MinLen):
        return {"minlength": limit.min_length}
    return {"maxlength": limit.max_length} if isinstance(limit, MaxLen) else {}


def as_text(value: Any) -> str:
    """Return a value as the text of its input; empty for a secret."""
    if value is None or isinstance(value, SecretStr | SecretBytes):
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        # The input accepts no time zone. Browsers omit seconds that are 0, so this text must too.
        return value.replace(tzinfo=None).isoformat(timespec="auto" if value.second else "minutes")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)
