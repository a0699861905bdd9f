"""From what a browser sends to what an annotation says, by pydantic, adapted once per handler."""

from collections.abc import Callable
from dataclasses import dataclass
from types import NoneType
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from pyview.binding.errors import BindingError, SignatureError, kind_of, type_name
from pyview.binding.shape import Shape, members, shape_of
from pyview.binding.signature import MISSING, Parameter, Signature

SHOWN_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Conversion:
    """Makes the value of one parameter. `validate` is pydantic's, lax: `"5"` is an int, `"on"` is true.

    `optional`: the annotation admits None, which an absent or blank field becomes.
    """

    handler: str
    parameter: str
    expected: str
    validate: Callable[[Any], Any]
    optional: bool
    shape: Shape | None
    advice: str = ""

    def __call__(self, value: Any) -> Any:
        """Raises `BindingError`."""
        shaped = value if self.shape is None else self.shape(value)
        try:
            return self.validate(shaped)
        except ValidationError as error:
            problems = _problems(error)
        if self.optional and shaped == "":
            return None
        # Outside of the except block: pydantic's error holds the payload, and must not travel with ours.
        raise BindingError(
            self.handler, self.parameter, self.expected, kind_of(value), problems + self.advice
        )

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
    config = None if is_model else ConfigDict(coerce_numbers_to_str=True)
    return Conversion(
        handler=signature.name,
        parameter=parameter.name,
        expected=type_name(annotation),
        validate=_validator(annotation, config, signature, parameter),
        optional=NoneType in members(annotation),
        shape=shape_of(annotation, repeats),
        advice=_form_advice(parameter, annotation) if is_model else "",
    )


def _form_advice(parameter: Parameter, annotation: Any) -> str:
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return ""
    form = f"{parameter.name}: Form[{type_name(annotation)}]"
    return f". A handler with `{form}` is called all the same, and its page can show what does not fit"


def _validator(
    annotation: Any, config: ConfigDict | None, signature: Signature, parameter: Parameter
) -> Callable[[Any], Any]:
    try:
        return TypeAdapter(annotation, config=config).validator.validate_python
    except Exception as error:  # pydantic asks the author's types for their schemas: anything may be raised
        reason = str(error).partition("\n")[0]
        problem = (
            f"is annotated {type_name(annotation)}, which pydantic cannot make from what a browser sends. "
            "Annotate a type that it can, or take the value from the server: by one of the names socket, "
            f"session, user, auth, url, or by Depends(...). Pydantic says: {reason}"
        )
        raise SignatureError(signature.where, parameter.name, problem) from error


def _problems(error: ValidationError) -> str:
    """Where and what, never the values: `: 'qty' int_parsing, 'name' missing`."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    told = [f"{_place(one['loc'])}{one['type']}" for one in found[:SHOWN_PROBLEMS]]
    return f": {', '.join(told)}{', ...' if len(found) > SHOWN_PROBLEMS else ''}"


def _place(location: tuple[int | str, ...]) -> str:
    """A path into the value. Its keys may be the client's own words, so they are cut short."""
    path = ".".join(str(part) for part in location)
    return f"{path[:40]!r} " if path else ""
