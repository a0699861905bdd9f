"""Convert client data to the annotated type with pydantic. Validators are built once per handler.

URLs and forms contain text only, so unions of plain types are tried from left to right: `"5"` is an int for
`int | str`. By default pydantic prefers the type that needs no conversion and would return the text. Unions of models
keep pydantic's default, which compares their fields.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from types import NoneType
from typing import Any, Final, get_origin, get_type_hints

from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import CoreConfig, SchemaValidator

from pyview.binding.params import Shape, members, shape_of
from pyview.binding.signature import (
    MISSING,
    BindingError,
    Parameter,
    Signature,
    SignatureError,
    kind_of,
    marker_in,
    type_name,
)

Fields = tuple[tuple[str, Shape | None], ...]
"""The names that fill a model, each with the shape of its value."""


def fields_of(annotation: Any, repeats: bool) -> Fields:
    """Return the fields of a dataclass, pydantic model or TypedDict, or of all of these in a union.

    Any other type has none. Raises `TypeError` for a field that only the server may fill.
    """
    shapes: dict[str, Shape | None] = {}
    for member in members(annotation):
        model = get_origin(member) or member
        if isinstance(model, type):
            shapes.update((name, shape_of(hint, repeats)) for name, hint in _fields(model))
    return tuple(shapes.items())


def _fields(model: type) -> Iterator[tuple[str, Any]]:
    if is_dataclass(model):
        hints = _client_hints(model)
        yield from ((field.name, hints[field.name]) for field in fields(model) if field.init)
    elif issubclass(model, BaseModel):
        hints = _client_hints(model)
        for name, info in model.model_fields.items():
            yield from ((known_as, hints[name]) for known_as in (name, *_aliases(info.validation_alias)))
    elif is_typed_dict(model):
        yield from _client_hints(model).items()


def is_typed_dict(model: type) -> bool:
    # Not typing.is_typeddict(): before Python 3.12 pydantic requires that of typing_extensions, which is another class.
    return issubclass(model, dict) and hasattr(model, "__required_keys__")


def _client_hints(model: type) -> dict[str, Any]:
    """Return the annotations of a model. Raises `TypeError` for a marker: the client could forge a `Session` field."""
    hints = get_type_hints(model, include_extras=True)
    for name, hint in hints.items():
        if marker_in(hint) is not None:
            raise TypeError(
                f"field `{name}` of {model.__qualname__} is marked to come from the server, but a client fills all "
                "fields of a model. Take it out of the model and declare it as a parameter"
            )
    return hints


def _aliases(alias: str | AliasPath | AliasChoices | None) -> Iterator[str]:
    if isinstance(alias, str):
        yield alias
    elif isinstance(alias, AliasPath):
        yield str(alias.path[0])
    elif isinstance(alias, AliasChoices):
        for choice in alias.choices:
            yield from _aliases(choice)


_MODELS: Final = frozenset({"model", "dataclass", "typed-dict", "definition-ref"})
_DATA: Final = frozenset({"default", "metadata", "expected", "serialization"})
"""Keys of a schema whose values are no schemas."""


def validator_of(adapter: TypeAdapter[Any], config: CoreConfig | None) -> Any:
    """Return pydantic's validator for a type, with its unions tried from left to right."""
    # By default pydantic prefers the member that needs no conversion: `int | str` would keep "5" as text.
    schema = adapter.core_schema
    ordered = _ordered(schema)
    return adapter.validator if ordered is schema else SchemaValidator(ordered, config)


def _ordered(schema: Any) -> Any:
    # Returns the same object if nothing changed, so that most types keep the validator that pydantic has built.
    if isinstance(schema, dict):
        return _ordered_dict(schema)
    if isinstance(schema, list | tuple):
        found = [_ordered(part) for part in schema]
        return type(schema)(found) if _differ(found, schema) else schema
    return schema


def _ordered_dict(schema: dict[str, Any]) -> dict[str, Any]:
    # A pydantic model validates its own fields as its class configures them.
    if schema.get("type") == "model":
        return schema
    parts = {key: value if key in _DATA else _ordered(value) for key, value in schema.items()}
    # Models keep the default mode, which prefers the model with the most fields in the data. From left to
    # right, a model whose fields all have defaults would always win.
    if schema.get("type") == "union" and "mode" not in schema and not any(map(_is_model, schema["choices"])):
        return {**parts, "mode": "left_to_right"}
    return parts if _differ(parts.values(), schema.values()) else schema


def _differ(new: Iterable[Any], old: Iterable[Any]) -> bool:
    return any(one is not other for one, other in zip(new, old, strict=True))


def _is_model(choice: Any) -> bool:
    schema = choice[0] if isinstance(choice, tuple) else choice
    return schema.get("type") in _MODELS or ("schema" in schema and _is_model(schema["schema"]))


SHOWN_PROBLEMS = 5  # the client chooses the number of invalid fields, so an error must not list all of them
BLANK = ("", [""])
"""The values of an empty input and of an empty URL parameter."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """Converts the client's value of one parameter.

    `validate` is pydantic's lax mode: `"5"` is an int, `"on"` is true. If `optional`, the annotation admits None, which
    an absent or blank field becomes; otherwise a blank field becomes `default`, if there is one. With `from_url`, a
    value that is no text comes from a convertor of the route; it is converted back to text if it does not fit.
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
        """Return the converted value. Raises `BindingError` if it does not fit."""
        shaped = value if self.shape is None else self.shape(value)
        try:
            return self.validate(shaped)
        except ValidationError as error:
            found = _errors(error)
        # Raise outside of the except block: else pydantic's error, which holds the payload, would be the __context__
        # of ours and reach the logs.
        converted = self._lenient(shaped, found)
        if converted is MISSING:
            problems = _problems(found) + self.advice
            raise BindingError(self.handler, self.parameter, self.expected, kind_of(value), problems)
        return converted

    def _lenient(self, shaped: Any, errors: list[Any]) -> Any:
        """Convert a value that pydantic refused: blank values and those of route convertors. `MISSING` if it fails."""
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
        """Return the fields of a model, where each blank one that does not fit is None, or left out if None fails."""
        # A browser sends "" for every empty input, so a number that is left empty would be invalid.
        # None comes first, because it means empty; the default is for a field that refuses None.
        wrong = _by_field(errors)
        blank = [name for name in fields if name in wrong and fields[name] in BLANK]
        still_wrong = _by_field(self._validated({**fields, **dict.fromkeys(blank)})[1]) if blank else {}
        left_out = {name for name in blank if name in still_wrong and not _is_about_text(wrong[name])}
        empty = {name: None for name in blank if name not in still_wrong}
        return {name: value for name, value in {**fields, **empty}.items() if name not in left_out}

    def _validated(self, value: Any) -> tuple[Any, list[Any]]:
        """Return the value and no errors, or `MISSING` and the errors."""
        try:
            return self.validate(value), []
        except ValidationError as error:
            return MISSING, _errors(error)

    def refuse(self, data: Any) -> Any:
        """Raise `BindingError`, because the client's `data` has no value for this parameter."""
        if not isinstance(data, dict):
            raise BindingError(self.handler, self.parameter, self.expected, kind_of(data))
        names = " or ".join(f"`{name}`" for name in dict.fromkeys((self.parameter, dashed(self.parameter))))
        advice = (
            f"; the client sent no value called {names}. If it may be missing, give the parameter a default"
        )
        raise BindingError(self.handler, self.parameter, self.expected, "nothing", advice)


def dashed(name: str) -> str:
    """Return the name with dashes, under which a value may come too: `phx-value-item-id` fills `item_id`."""
    return name.replace("_", "-")


def conversion_for(
    signature: Signature, parameter: Parameter, *, repeats: bool = False, is_model: bool = False
) -> Conversion:
    """Return the conversion of the client's data to `parameter`. For `repeats` see `shape_of`.

    Raises `SignatureError` if pydantic does not support its type.
    """
    annotation = Any if parameter.annotation is MISSING else parameter.annotation
    # JSON payloads contain numbers too: convert these for text parameters. Models have a configuration of their own.
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
    return f". A handler with `{form}` is called even with invalid data, and can show the errors in its page"


def _validator(
    annotation: Any, numbers_to_text: bool, signature: Signature, parameter: Parameter
) -> Callable[[Any], Any]:
    config = ConfigDict(coerce_numbers_to_str=True) if numbers_to_text else None
    core = CoreConfig(coerce_numbers_to_str=True) if numbers_to_text else None
    try:
        validate: Callable[[Any], Any] = validator_of(
            TypeAdapter(annotation, config=config), core
        ).validate_python
    except (
        Exception
    ) as error:  # pydantic calls the application's types for their schemas: they may raise anything
        reason = str(error).partition("\n")[0]
        problem = (
            f"is annotated {type_name(annotation)}, which pydantic cannot create from the client's data. Annotate a "
            "type that pydantic supports, or take the value from the server: by one of the names socket, session, "
            f"user, auth, url, or by Depends(...). pydantic reports: {reason}"
        )
        raise SignatureError(signature.where, parameter.name, problem) from error
    return validate


def _errors(error: ValidationError) -> list[Any]:
    """Return location and type of each error, without the values: these may be secret."""
    return [*error.errors(include_url=False, include_context=False, include_input=False)]


def _is_about_text(error: Any) -> bool:
    """Return True if a text was expected. An empty text is a text, so it is not replaced by a default."""
    return str(error["type"]).startswith("string_")


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_text(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    return value if value is None else str(value)


def _by_field(errors: list[Any]) -> dict[Any, Any]:
    """Return the first error of each field of a model."""
    return {name: each for each in reversed(errors) for name in each["loc"][:1]}


def _problems(found: list[Any]) -> str:
    """Return the errors as text, such as `: 'qty' int_parsing, 'name' missing`."""
    shown = []
    for error in found[:SHOWN_PROBLEMS]:
        # The keys in the path may come from the client, so it is cut.
        path = ".".join(str(part) for part in error["loc"])[:40]
        shown.append(f"{path!r} {error['type']}" if path else error["type"])
    return f": {', '.join(shown)}{', ...' if len(found) > SHOWN_PROBLEMS else ''}"
