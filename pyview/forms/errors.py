"""What does not fit, and where: pydantic's errors by the paths of a form's fields, and words for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from pyview.forms.fields import FieldShape, ModelShape, model_shape

Path = tuple[str | int, ...]


class FieldError(ValueError):
    """Raised in a model's validator, says which field is to blame.

    `raise FieldError("confirmation", "is another password")` in `@model_validator(mode="after")`. `path` is the name
    of a field of that model, with dots for what is nested: `"address.city"`, `"addresses.0.city"`.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not fit.

    `type` is pydantic's name for it, such as `missing` or `string_too_short`, and `context` its details, such as
    `{"min_length": 2}`; see https://docs.pydantic.dev/latest/errors/validation_errors/. `path` are the names of the
    fields that lead to it. `message` says it in pydantic's words, or in those of the model's author.
    """

    path: Path
    type: str
    message: str
    context: Mapping[str, Any] = field(default_factory=dict)
    is_custom: bool = False


# A secret is a text, but pydantic counts its items.
_SECRETS: Final = {"too_short": "string_too_short", "too_long": "string_too_long"}

Messages = Mapping[str, str] | Callable[[Problem], str | None]
"""Words for problems: texts by type, with the details in braces, or a function; None leaves it to the next one.

The key `"email.missing"` is for one field, `"email.*"` for whatever pydantic finds wrong with it. Indexes of lists are
left out.
"""

UNTICKED: Final = "unticked"
"""The type of the problem that a box is not ticked which has to be; pydantic calls it `literal_error`."""

ENGLISH: Final[Mapping[str, str]] = {
    "missing": "Please fill this in.",
    UNTICKED: "Please tick this.",
    "string_too_short": "At least {min_length} characters, please.",
    "string_too_long": "At most {max_length} characters, please.",
    "too_short": "At least {min_length}, please.",
    "too_long": "At most {max_length}, please.",
    "string_pattern_mismatch": "This does not have the right form.",
    "int_parsing": "A whole number, please.",
    "int_from_float": "A whole number, please.",
    "int_parsing_size": "This number is too long.",
    "float_parsing": "A number, please.",
    "decimal_parsing": "A number, please.",
    "greater_than": "More than {gt}, please.",
    "greater_than_equal": "{ge} or more, please.",
    "less_than": "Less than {lt}, please.",
    "less_than_equal": "{le} or less, please.",
    "multiple_of": "A multiple of {multiple_of}, please.",
    "literal_error": "Please choose one.",
    "enum": "Please choose one.",
    "bool_parsing": "Yes or no, please.",
    "date_parsing": "A date, please.",
    "date_from_datetime_parsing": "A date, please.",
    "date_from_datetime_inexact": "A date, please.",
    "date_past": "A day in the past, please.",
    "date_future": "A day in the future, please.",
    "datetime_parsing": "A date and a time, please.",
    "datetime_from_date_parsing": "A date and a time, please.",
    "datetime_past": "A time in the past, please.",
    "datetime_future": "A time in the future, please.",
    "time_parsing": "A time, please.",
    "url_parsing": "A web address, please: https://...",
    "url_scheme": "A web address, please: https://...",
    "uuid_parsing": "This is not an identifier.",
}
"""What a form says unless it is given other words."""


def in_words(problem: Problem, messages: Messages | None) -> str:
    """The text for a problem: that of `messages`, else the author's own, else ours, else pydantic's."""
    return (
        _from(messages, problem)
        or _own(problem)
        or _filled(ENGLISH.get(problem.type), problem)
        or problem.message
    )


def _own(problem: Problem) -> str | None:
    return problem.message if problem.is_custom else None


def _from(messages: Messages | None, problem: Problem) -> str | None:
    if messages is None:
        return None
    if not isinstance(messages, Mapping):
        return messages(problem)
    name = ".".join(part for part in problem.path if isinstance(part, str))
    catch_all = () if problem.is_custom else (f"{name}.*",)
    keys = (f"{name}.{problem.type}", *catch_all, problem.type)
    return _filled(next((messages[key] for key in keys if key in messages), None), problem)


def _filled(text: str | None, problem: Problem) -> str | None:
    """`text` with the details in the place of their names; as it is, when it names others."""
    try:
        return text and text.format_map(problem.context)
    except (KeyError, ValueError, IndexError, AttributeError):
        return text


def problems_of(error: ValidationError, shape: ModelShape) -> tuple[Problem, ...]:
    """What pydantic found, each at the field that it is about."""
    found = (_problem(one, shape) for one in error.errors(include_url=False, include_input=False))
    # A union tells the same of the same field once for each of its members.
    return tuple({(one.path, one.message): one for one in found}.values())


def _problem(error: Mapping[str, Any], shape: ModelShape) -> Problem:
    place, field = _walk(error["loc"], shape)
    context = error.get("ctx", {})
    cause = context.get("error")
    if field is not None and field.is_checkbox and error["type"] == "literal_error":
        return Problem(place, UNTICKED, error["msg"], context)
    if isinstance(cause, FieldError):
        place = (*place, *dotted(cause.path))
    kind = (
        _SECRETS.get(error["type"], error["type"]) if field is not None and field.is_secret else error["type"]
    )
    told = str(cause) if isinstance(cause, Exception) else None
    return Problem(place, kind, told or error["msg"], context, told is not None)


def dotted(path: str) -> Path:
    """`"addresses.0.city"` as the names and indexes it consists of."""
    return tuple(int(part) if part.isdecimal() else part for part in path.split(".") if part)


def _walk(location: tuple[int | str, ...], shape: ModelShape) -> tuple[Path, FieldShape | None]:
    """The part of an error's location that names fields, and the last of them.

    What pydantic adds to it, such as the member of a union, ends it.
    """
    known: ModelShape | None = shape
    field: FieldShape | None = None
    path: list[str | int] = []
    for part in location:
        if isinstance(part, int) and field is not None and field.kind in ("models", "values"):
            path.append(part)
        elif known is not None and part in known.names:
            field = known.fields[known.names[str(part)]]
            known = None if field.model is None else model_shape(field.model)
            path.append(field.name)
        else:
            break
    return tuple(path), field
