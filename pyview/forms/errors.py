"""Problems of a form: pydantic's errors by the paths of a form's fields, and their texts for users."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from pyview.forms.fields import FieldShape, ModelShape, model_shape

Path = tuple[str | int, ...]


class FieldError(ValueError):
    """Error of one field, raised in a validator of the whole model.

    `raise FieldError("confirmation", "The passwords differ.")` in `@model_validator(mode="after")`. `path` is the name
    of a field of that model, with dots for nested models: `"address.city"`, `"addresses.0.city"`.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of a form.

    `path` is the location: names of fields and indexes of list entries. `type` is pydantic's error type, such as
    `missing` or `string_too_short`, and `context` its details, such as `{"min_length": 2}`; see
    https://docs.pydantic.dev/latest/errors/validation_errors/. `message` is the text of pydantic; or, if `is_custom`,
    that of the application, from a validator or from `Form.with_error`.
    """

    path: Path
    type: str
    message: str
    context: Mapping[str, Any] = field(default_factory=dict)
    is_custom: bool = False


# A secret is a text, but pydantic reports its length with the error types of collections.
_SECRETS: Final = {"too_short": "string_too_short", "too_long": "string_too_long"}

Messages = Mapping[str, str] | Callable[[Problem], str | None]
"""Texts for problems: a mapping from error types to texts, with details in braces; or a function from problem to text.

A function returns None to fall back to the default text. The key `"email.missing"` is for one field, `"email.*"` for
all errors that pydantic reports for it. Keys omit the indexes of lists.
"""

UNTICKED: Final = "unticked"
"""Error type of a required checkbox that is not ticked, for which pydantic reports `literal_error`."""

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
"""The default texts, by error type."""


def problem_text(problem: Problem, messages: Messages | None) -> str:
    """Return the text for a problem: from `messages`, else the application's own, else ENGLISH, else pydantic's."""
    text = _from(messages, problem)
    if text or problem.is_custom:
        return text or problem.message
    return _formatted(ENGLISH.get(problem.type), problem) or problem.message


def _from(messages: Messages | None, problem: Problem) -> str | None:
    if messages is None:
        return None
    if not isinstance(messages, Mapping):
        return messages(problem)
    name = ".".join(part for part in problem.path if isinstance(part, str))
    catch_all = () if problem.is_custom else (f"{name}.*",)
    keys = (f"{name}.{problem.type}", *catch_all, problem.type)
    return _formatted(next((messages[key] for key in keys if key in messages), None), problem)


def _formatted(text: str | None, problem: Problem) -> str | None:
    """Return `text` with the details filled in; unchanged if it names details that the problem does not have."""
    try:
        return text and text.format_map(problem.context)
    except (KeyError, ValueError, IndexError, AttributeError):
        return text


def problems_of(error: ValidationError, shape: ModelShape) -> tuple[Problem, ...]:
    """Return pydantic's errors, each with the path of its field."""
    # Without the inputs: a problem must not hold a password.
    found = (_problem(one, shape) for one in error.errors(include_url=False, include_input=False))
    # A union reports the same error for the same field once per member.
    return tuple({(one.path, one.message): one for one in found}.values())


def _problem(error: Mapping[str, Any], shape: ModelShape) -> Problem:
    path, field = _walk(error["loc"], shape)
    context = error.get("ctx", {})
    cause = context.get("error")
    if field is not None and field.is_checkbox and error["type"] == "literal_error":
        return Problem(path, UNTICKED, error["msg"], context)
    if isinstance(cause, FieldError):
        path = (*path, *dotted(cause.path))
    kind = (
        _SECRETS.get(error["type"], error["type"]) if field is not None and field.is_secret else error["type"]
    )
    # The exception of a validator: its text is meant for users.
    custom = str(cause) if isinstance(cause, Exception) else None
    return Problem(path, kind, custom or error["msg"], context, custom is not None)


def dotted(path: str) -> Path:
    """Split a path such as `"addresses.0.city"` into names and indexes."""
    return tuple(int(part) if part.isdecimal() else part for part in path.split(".") if part)


def _walk(location: tuple[int | str, ...], shape: ModelShape) -> tuple[Path, FieldShape | None]:
    """Return the path of fields in the location of an error, and the last of these fields.

    pydantic appends other things to the location, such as the member of a union; these are dropped.
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
