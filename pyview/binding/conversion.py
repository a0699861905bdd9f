"""From what a browser sends to what an annotation says, by pydantic, adapted once per handler."""

from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import CoreConfig

from pyview.binding.errors import BindingError, SignatureError, kind_of, type_name
from pyview.binding.shape import Shape, members, shape_of
from pyview.binding.signature import MISSING, Parameter, Signature
from pyview.binding.unions import validator_of

SHOWN_PROBLEMS = 5
BLANK = ("", [""])
"""The values of an empty input, and of an empty parameter of a URL."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """Makes the value of one parameter. `validate` is pydantic's, lax: `"5"` is an int, `"on"` is true.

    `optional`: the annotation admits None, which an absent or blank field becomes. `default` is what a blank field is
    otherwise, where there is one. `from_url`: what is no text was made by a convertor of the route, and is text again
    where nothing else fits.
    """

    handler: str
    parameter: str
    expected: str
    validate: Callable[[Any], Any]
    optional: bool
    shape: Shape | None
    default: Any = MISSING
    from_url: bool = False
    advice: str = ""

    def __call__(self, value: Any) -> Any:
        """Raises `BindingError`."""
        shaped = value if self.shape is None else self.shape(value)
        try:
            return self.validate(shaped)
        except ValidationError as error:
            found = _errors(error)
        # Outside of the except block: pydantic's error holds the payload, and must not travel with ours.
        made = self._otherwise(shaped, found)
        if made is MISSING:
            problems = _problems(found) + self.advice
            raise BindingError(self.handler, self.parameter, self.expected, kind_of(value), problems)
        return made

    def _otherwise(self, shaped: Any, errors: list[Any]) -> Any:
        """Return what a value means that does not fit as it is; `MISSING` for nothing."""
        if shaped in BLANK:
            if self.optional:
                return None
            if self.default is not MISSING and not any(map(_is_about_text, errors)):
                return self.default
        text = _as_text(shaped) if self.from_url else shaped
        if isinstance(text, dict):
            text = self._without_blanks(text, errors)
        return MISSING if text == shaped else self._validated(text)[0]

    def _without_blanks(self, fields: dict[str, Any], errors: list[Any]) -> dict[str, Any]:
        """The fields of a model: what is blank and does not fit is None or, where that does not fit, left out."""
        wrong = _by_field(errors)
        blank = [name for name in fields if name in wrong and fields[name] in BLANK]
        still_wrong = _by_field(self._validated({**fields, **dict.fromkeys(blank)})[1]) if blank else {}
        left_out = {name for name in blank if name in still_wrong and not _is_about_text(wrong[name])}
        empty = {name: None for name in blank if name not in still_wrong}
        return {name: value for name, value in {**fields, **empty}.items() if name not in left_out}

    def _validated(self, value: Any) -> tuple[Any, list[Any]]:
        """The value and no errors, or `MISSING` and the errors."""
        try:
            return self.validate(value), []
        except ValidationError as error:
            return MISSING, _errors(error)

    def refuse(self, data: Any) -> Any:
        """Raises `BindingError`: `data`, all that the client sent, does not hold this parameter."""
        if not isinstance(data, dict):
            raise BindingError(self.handler, self.parameter, self.expected, kind_of(data))
        names = " or ".join(f"`{name}`" for name in dict.fromkeys((self.parameter, dashed(self.parameter))))
        advice = f"; no value is called {names}. If there may be none, give it a default"
        raise BindingError(self.handler, self.parameter, self.expected, "nothing", advice)


def dashed(name: str) -> str:
    """The other name under which a parameter's value may come: `phx-value-item-id` is for `item_id`."""
    return name.replace("_", "-")


def conversion_for(
    signature: Signature, parameter: Parameter, *, repeats: bool = False, is_model: bool = False
) -> Conversion:
    """How `parameter` is made from the client's data; for `repeats` see `Shape`.

    Raises `SignatureError` when pydantic does not know its type.
    """
    annotation = Any if parameter.annotation is MISSING else parameter.annotation
    # Numbers reach text parameters as text: a JSON payload has both. Models bring their own configuration.
    text = not is_model
    return Conversion(
        handler=signature.name,
        parameter=parameter.name,
        expected=type_name(annotation),
        validate=_validator(annotation, text, signature, parameter),
        optional=NoneType in members(annotation),
        shape=None if is_model else shape_of(annotation, repeats),
        default=parameter.default,
        from_url=repeats,
        advice=_form_advice(parameter, annotation) if is_model else "",
    )


def _form_advice(parameter: Parameter, annotation: Any) -> str:
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return ""
    form = f"{parameter.name}: Form[{type_name(annotation)}]"
    return f". A handler with `{form}` is called all the same, and its page can show what does not fit"


def _validator(
    annotation: Any, numbers_to_text: bool, signature: Signature, parameter: Parameter
) -> Callable[[Any], Any]:
    config = ConfigDict(coerce_numbers_to_str=True) if numbers_to_text else None
    core = CoreConfig(coerce_numbers_to_str=True) if numbers_to_text else None
    try:
        validate: Callable[[Any], Any] = validator_of(
            TypeAdapter(annotation, config=config), core
        ).validate_python
    except Exception as error:  # pydantic asks the author's types for their schemas: anything may be raised
        reason = str(error).partition("\n")[0]
        problem = (
            f"is annotated {type_name(annotation)}, which pydantic cannot make from what a browser sends. "
            "Annotate a type that it can, or take the value from the server: by one of the names socket, "
            f"session, user, auth, url, or by Depends(...). Pydantic says: {reason}"
        )
        raise SignatureError(signature.where, parameter.name, problem) from error
    return validate


def _errors(error: ValidationError) -> list[Any]:
    """Where and what, never the values."""
    return [*error.errors(include_url=False, include_context=False, include_input=False)]


def _is_about_text(error: Any) -> bool:
    """Return True if a text was expected. A blank text is a text, so its error stays."""
    return str(error["type"]).startswith("string_")


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_text(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    return value if value is None else str(value)


def _by_field(errors: list[Any]) -> dict[Any, Any]:
    """The first error of each field of a model."""
    return {name: each for each in reversed(errors) for name in each["loc"][:1]}


def _problems(found: list[Any]) -> str:
    """`: 'qty' int_parsing, 'name' missing`"""
    told = [f"{_place(one['loc'])}{one['type']}" for one in found[:SHOWN_PROBLEMS]]
    return f": {', '.join(told)}{', ...' if len(found) > SHOWN_PROBLEMS else ''}"


def _place(location: tuple[int | str, ...]) -> str:
    """A path into the value. Its keys may be the client's own words, so they are cut short."""
    path = ".".join(str(part) for part in location)
    return f"{path[:40]!r} " if path else ""
