"""Sources of parameters that the client fills, from the payload of an event or the parameters of a URL.

Also detects annotations that expect client data under a reserved name, which the server fills.
"""

import datetime
import decimal
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from types import MappingProxyType, NoneType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    Protocol,
    get_args,
    get_origin,
    runtime_checkable,
)

from pydantic import BaseModel

from pyview.binding.callbacks import Callback, CallContext, ParameterSource, client
from pyview.binding.conversion import Conversion, Fields, conversion_for, dashed, fields_of, is_typed_dict
from pyview.binding.params import Params, members
from pyview.binding.signature import MISSING, Parameter, Signature, SignatureError, read_signature

Absent = Callable[[Any], Any]
"""Returns the value of a parameter that is missing in the client's data, or raises `BindingError`."""


# A Protocol, because `pyview.forms` imports this package.
@runtime_checkable
class BindsClient(Protocol):
    """A class that builds its instances from any client data. A `Form` does: it shows errors instead of refusing."""

    def bind_client(self, annotation: Any, name: str) -> Callable[[Any], Any]:
        """Return a function from client data to the parameter `name: annotation`. Raises `TypeError`."""
        ...


@dataclass(frozen=True, slots=True)
class FormFieldSource:
    """One value, found by its name. `item_id` is also found as `item-id`, which `phx-value-item-id` sends."""

    name: str
    dashed: str
    convert: Conversion
    absent: Absent

    def __call__(self, call: CallContext) -> Any:
        data = call.client
        # A client may send any JSON value as the payload of an event.
        if isinstance(data, dict):
            if self.name in data:
                return self.convert(data[self.name])
            if self.dashed in data:
                return self.convert(data[self.dashed])
        return self.absent(data)


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A dataclass, pydantic model or TypedDict, filled from the values of its `fields`.

    Inputs nested under the parameter's name (`item[qty]` for `item: Item`) fill it as well.
    """

    nested_under: str | None
    fields: Fields
    convert: Conversion
    absent: Absent

    def __call__(self, call: CallContext) -> Any:
        # If both exist, the nested values win: they can only be meant for this parameter.
        nested = find(call.client, self.nested_under) if self.nested_under else MISSING
        picked = self._picked(nested if isinstance(nested, dict) else call.client)
        return self.convert(picked) if picked else self.absent(call.client)

    def _picked(self, data: Any) -> dict[str, Any]:
        """Return the values of the model's fields. A payload also contains `_target`, `value` and others."""
        found = ((name, find(data, name), shape) for name, shape in self.fields)
        return {
            name: shape(value) if shape else value for name, value, shape in found if value is not MISSING
        }


@dataclass(frozen=True, slots=True)
class WholeSource:
    """All of the client's data, converted."""

    convert: Callable[[Any], Any]

    def __call__(self, call: CallContext) -> Any:
        return self.convert(call.client)


def find(data: Any, name: str) -> Any:
    """Return the value of `name`, or of the name with dashes, in a dict; `MISSING` if there is none."""
    if not isinstance(data, dict):
        return MISSING
    value = data.get(name, MISSING)
    return data.get(dashed(name), MISSING) if value is MISSING else value


def named_source(signature: Signature, parameter: Parameter, callback: Callback) -> ParameterSource:
    """Return the source of a parameter that the client fills by its name. Raises `SignatureError`."""
    own = _own_source(signature, parameter)
    if own is not None:
        return own
    fields = _fields(signature, parameter, callback)
    if fields:
        # If a field has the name of the parameter, that name in the data means the field, not nested values.
        name = None if parameter.name in dict(fields) else parameter.name
        return _model(signature, parameter, callback, fields, name)
    convert = conversion_for(signature, parameter, repeats=callback.repeats)
    # A dict parameter without a value of its name receives all of the client's data.
    otherwise = convert if _is_mapping(parameter.annotation) else convert.refuse
    return FormFieldSource(
        parameter.name, dashed(parameter.name), convert, _absent(parameter, convert, otherwise)
    )


def whole_source(signature: Signature, parameter: Parameter, callback: Callback) -> ParameterSource:
    """Return the source of a parameter that receives all of the client's data. Raises `SignatureError`."""
    own = _own_source(signature, parameter)
    if own is not None:
        return own
    if _is_mapping(parameter.annotation):
        return client
    fields = _fields(signature, parameter, callback)
    return (
        _model(signature, parameter, callback, fields, None)
        if fields
        else WholeSource(conversion_for(signature, parameter))
    )


def binds_client(annotation: Any) -> BindsClient | None:
    """Return the class of an annotation if it builds its instances from client data; else None."""
    bare = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    cls = get_origin(bare) or bare
    return cls if isinstance(cls, BindsClient) else None


def _own_source(signature: Signature, parameter: Parameter) -> ParameterSource | None:
    """Return the source of types that convert all of the client's data themselves; None for other types."""
    if parameter.annotation is Params:
        return WholeSource(_as_params)
    binds = binds_client(parameter.annotation)
    if binds is None:
        return None
    try:
        return WholeSource(binds.bind_client(parameter.annotation, parameter.name))
    except TypeError as error:
        raise SignatureError(signature.where, parameter.name, f"has a wrong annotation: {error}") from None


def _model(
    signature: Signature, parameter: Parameter, callback: Callback, fields: Fields, nested_under: str | None
) -> ModelSource:
    convert = conversion_for(signature, parameter, repeats=callback.repeats, is_model=True)
    return ModelSource(nested_under, fields, convert, _absent(parameter, convert, lambda data: convert({})))


def _absent(parameter: Parameter, convert: Conversion, otherwise: Absent) -> Absent:
    """Return the default, or None if the annotation admits None; else call `otherwise`."""
    if not parameter.required:
        return lambda data: parameter.default
    return (lambda data: None) if convert.optional else otherwise


def _fields(signature: Signature, parameter: Parameter, callback: Callback) -> Fields:
    try:
        return fields_of(parameter.annotation, callback.repeats)
    except (TypeError, NameError) as error:
        problem = f"cannot be filled by a client: {error}"
        raise SignatureError(signature.where, parameter.name, problem) from None


def _is_mapping(annotation: Any) -> bool:
    return (get_origin(annotation) or annotation) in (dict, Mapping)


def _as_params(data: Any) -> Params:
    return Params(data if isinstance(data, dict) else {})


_VALUES: Final = (
    *(str, int, float, complex, bool, bytes, decimal.Decimal, uuid.UUID, Enum),
    *(datetime.date, datetime.time, datetime.timedelta),
)
_COLLECTIONS: Final = (list, tuple, set, frozenset, dict)

_MARKS: Final[Mapping[str, str]] = MappingProxyType({"user": "is_authenticated", "auth": "scopes"})
"""Attributes that distinguish an application's own user and auth classes from models of form data."""

SERVER_VALUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "socket": "the socket of the view",
        "session": "the session",
        "user": "the signed-in user",
        "auth": "the scopes of the signed-in user",
        "url": "the URL of the page, a ParseResult",
        "event": "the name of the event, text",
    }
)
"""Descriptions of the server's values, by reserved name, for error messages."""


class AmbiguousParameter(NamedTuple):
    """The reserved names that a handler declares without an annotation. `where` is its name with file and line."""

    where: str
    names: frozenset[str]


def ambiguous_names(function: Callable[..., Any]) -> AmbiguousParameter:
    """Return the reserved names whose parameters have no annotation: client data may be meant by mistake.

    A handler that also takes `payload` or `params` has none: it reads the client's value there.
    """
    signature = read_signature(function, bound=True)
    reads_all = any(one.name.lstrip("_") in ("payload", "params") for one in signature.parameters)
    bare = (
        one.name
        for one in signature.parameters
        if one.annotation is MISSING and not one.unresolved and not one.marker
    )
    return AmbiguousParameter(
        signature.where, frozenset() if reads_all else frozenset(bare) & SERVER_VALUES.keys()
    )


def mismatched_value(name: str, annotation: Any) -> str | None:
    """Return the description of the server's value for a reserved name if it can never match `annotation`."""
    value = SERVER_VALUES.get(name)
    wanted = [member for member in members(annotation) if member is not NoneType]
    return value if value and wanted and all(_never_matches(name, member) for member in wanted) else None


def is_mapping(annotation: Any) -> bool:
    """Return True for any kind of dict, which a session or the parameters of a URL could be."""
    cls = get_origin(annotation) or annotation
    return isinstance(cls, type) and (issubclass(cls, Mapping) or is_typed_dict(cls))


def _never_matches(name: str, annotation: Any) -> bool:
    if name == "event":
        return annotation is not str and _is_data(annotation)
    if name == "session" and is_mapping(annotation):
        return False
    return _is_data(annotation) and not _has_attribute(annotation, _MARKS.get(name, ""))


def _is_data(annotation: Any) -> bool:
    """Return True for plain data types, as forms and URLs contain them."""
    cls = get_origin(annotation) or annotation
    if cls is Literal:
        return True
    if not isinstance(cls, type):
        return False
    if cls in _COLLECTIONS or cls.__module__ == Collection.__module__ or is_mapping(annotation):
        return True
    return is_dataclass(cls) or issubclass(cls, (*_VALUES, BaseModel))


def _has_attribute(annotation: Any, mark: str) -> bool:
    cls = get_origin(annotation) or annotation
    # A field without a default is no attribute of its class, so hasattr() alone would miss it.
    names = {field.name for field in fields(cls)} if is_dataclass(cls) else set()
    return mark in names | set(getattr(cls, "model_fields", ())) or hasattr(cls, mark or "__no mark__")
