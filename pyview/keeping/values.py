"""Values of a context as JSON and back: typed by the annotation of their name, else plain JSON values; never pickles.

Forms and change sets are kept as the user's input, and validated again.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, get_args, get_origin

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticUserError
from pydantic_core import PydanticSerializationError

from pyview.background.result import AsyncResult
from pyview.changesets.changesets import ChangeSet
from pyview.forms.form import Form
from pyview.stream import Stream
from pyview.uploads.config import UploadConfig
from pyview.uploads.entry import UploadEntry

_JSON, _FORM, _CHANGES, _TAGGED = "json", "form", "changes", "tagged"
"""Kinds of kept values. Each is stored with its kind: the data of a plain value may look like that of a form."""

_MADE_BY_MOUNT: Final = (AsyncResult, Stream, UploadConfig, UploadEntry)

Adapter: TypeAlias = TypeAdapter[Any] | None
"""Reads and writes the values of a name; None for plain JSON values."""


class Unkeepable(TypeError):
    """A value or an annotation that cannot be kept. Its message is the reason."""


class UnfitValue(ValueError):
    """A kept value does not fit the type that its name has now."""


def is_made_by_mount(value: Any) -> bool:
    """Return True for objects of PyView that `mount` makes again, such as streams and allowed uploads."""
    return isinstance(value, _MADE_BY_MOUNT)


def is_input(value: Any) -> bool:
    """Return True for a form and a change set, which are kept as the user's input."""
    return isinstance(value, Form | ChangeSet)


def tagged(data: Any) -> list[Any]:
    """Return data with the names of its classes, see `TaggedValues`, with its kind."""
    return [_TAGGED, data]


def is_tagged(data: Any) -> bool:
    """Return True for what `tagged` has returned."""
    return bool(data[0] == _TAGGED)


def checked(value: Any, adapter: Adapter) -> Any:
    """Return a value that fits its annotation. Raises `UnfitValue`."""
    try:
        return value if adapter is None else adapter.validate_python(value)
    except ValidationError as error:
        raise _unfit(error) from None


def adapter_of(hint: Any) -> Adapter:
    """Return the adapter of an annotation; None for one without information, such as `Any`, and for a form.

    Raises `Unkeepable`.
    """
    if hint in (Any, object) or any(_is_form(one) for one in _parts(hint)):
        return None
    try:
        return TypeAdapter(hint)
    except (PydanticSchemaGenerationError, PydanticUserError, PydanticUndefinedAnnotation) as error:
        # The rest is about settings of a model, which there is not.
        reason = str(error).partition("\n")[0].partition(". Set `arbitrary")[0]
        raise Unkeepable(f"pydantic cannot read and write values of {_titled(hint)} ({reason})") from None


def encoded(value: Any, adapter: Adapter) -> list[Any]:
    """Return a value as data that `orjson` writes, with its kind. Raises `Unkeepable`."""
    if isinstance(value, Form | ChangeSet):
        return _input_of(value)
    try:
        if adapter is None:
            return [_JSON, orjson.Fragment(_plain_json(value))]
        written = adapter.dump_json(value, round_trip=True, by_alias=True, warnings="error")
        return [_JSON, orjson.Fragment(written)]
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise Unkeepable(f"it does not fit its annotation: {str(error).partition(chr(10))[0]}") from None


def decoded(data: Any, hint: Any, adapter: Adapter, made: Any) -> Any:
    """Return the value of `encoded`. `made` is the value that `mount` has made, which a form is laid over.

    Raises `UnfitValue`.
    """
    # In development there is a third part.
    kind, data = data[:2]
    if kind == _TAGGED:
        raise UnfitValue("it was kept in development")
    if kind != _JSON:
        return _with_input(kind, data, hint, made)
    if adapter is None:
        if isinstance(made, Form | ChangeSet):
            raise UnfitValue("it was no form, and is one now")
        return data
    try:
        return adapter.validate_json(orjson.dumps(data))
    except ValidationError as error:
        raise _unfit(error) from None


def _unfit(error: ValidationError) -> UnfitValue:
    problem = error.errors(include_input=False, include_url=False)[0]["msg"]
    return UnfitValue(f"{error.error_count()} problems, the first: {problem}")


# Plain JSON values


def _plain_json(value: Any) -> bytes:
    """Return a value as JSON. Raises `Unkeepable` for one that JSON does not give back."""
    try:
        _check_plain(value)
        return orjson.dumps(value)
    except (TypeError, RecursionError) as error:
        if isinstance(error, Unkeepable):
            raise
        raise Unkeepable(f"JSON cannot write it ({error})") from None


def _check_plain(value: Any) -> None:
    """Raise `Unkeepable` unless `value` is what JSON gives back: a tuple, for one, would come back as a list."""
    kind = type(value)
    if value is None or kind in (str, bool, int):
        return
    if kind is float and math.isfinite(value):
        return
    if kind is list:
        for each in value:
            _check_plain(each)
    elif kind is dict and all(type(key) is str for key in value):
        for each in value.values():
            _check_plain(each)
    else:
        raise Unkeepable(f"{_titled(kind)} is no JSON value, and its name has no annotation to read it by")


# Forms


def _is_form(hint: Any) -> bool:
    return (get_origin(hint) or hint) in (Form, ChangeSet)


def _parts(hint: Any) -> Iterator[Any]:
    """Yield an annotation and the annotations inside it."""
    yield hint
    if not _is_form(hint):
        for inner in get_args(hint):
            yield from _parts(inner)


def _input_of(value: Form[Any] | ChangeSet[Any]) -> list[Any]:
    if isinstance(value, ChangeSet):
        return [_CHANGES, orjson.Fragment(_plain_json(value.changes))]
    base = None if value.base is None else _json_of(value.base)
    written = orjson.Fragment(_plain_json(value.input))
    return [_FORM, {"input": written, "as": value.as_, "id": value.id, "base": base}]


def _json_of(base: BaseModel) -> orjson.Fragment | None:
    try:
        return orjson.Fragment(base.model_dump_json(round_trip=True, by_alias=True, warnings="error"))
    except (PydanticSerializationError, ValueError):
        return None  # `mount` makes the edited object again


def _with_input(kind: str, data: Mapping[str, Any], hint: Any, made: Any) -> Any:
    """Lay what the user has entered over the form of `mount`, or make the form by its annotation."""
    if kind == _CHANGES:
        empty = made if isinstance(made, ChangeSet) else _empty_change_set(hint)
        return empty.with_changes(data)
    form = made if isinstance(made, Form) else _form_by(hint, data)
    return form if data["input"] is None else form.change(data["input"])


def _empty_change_set(hint: Any) -> ChangeSet[Any]:
    return ChangeSet(_model_in(hint, ChangeSet), {}, {}, False)


def _form_by(hint: Any, data: Mapping[str, Any]) -> Form[Any]:
    model = _model_in(hint, Form)
    try:
        base = None if data["base"] is None else model.model_validate_json(orjson.dumps(data["base"]))
    except ValidationError:
        raise UnfitValue(
            f"the object that the form edits is no valid {model.__qualname__} any more"
        ) from None
    return Form(model, None, as_=data["as"], id=data["id"], base=base)


def _model_in(hint: Any, kind: type) -> type[BaseModel]:
    for one in _parts(hint):
        model = next(iter(get_args(one)), None) if get_origin(one) is kind else None
        if isinstance(model, type) and issubclass(model, BaseModel):
            return model
    raise UnfitValue(
        f"mount has made no {kind.__name__} for it, and its annotation names no model; expected {kind.__name__}[...]"
    )


def _titled(hint: Any) -> str:
    return getattr(hint, "__qualname__", None) or str(hint)
