"""Values without an annotation as JSON, with the names of their classes: what development keeps. Never pickles.

A class is found among those that are imported already. It is a dataclass, a pydantic model, an enum, a named tuple, or
a plain value of the standard library, such as a date.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from typing import Any, Final, cast

import orjson
from pydantic import BaseModel, ConfigDict, PydanticSchemaGenerationError, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from pyview.keeping.values import UnfitValue, Unkeepable

_TAG: Final = "$"
_COLLECTIONS: Final[dict[str, Callable[[Any], Any]]] = {"tuple": tuple, "set": set, "frozenset": frozenset}
_PLAIN_MODULES: Final = ("datetime", "decimal", "fractions", "ipaddress", "pathlib", "uuid", "zoneinfo")
_BYTES: Final = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


class TaggedValues:
    """Writes and reads such values. It holds the adapters of their classes."""

    def __init__(self) -> None:
        self._adapters: dict[type, TypeAdapter[Any]] = {}

    def encode(self, value: Any) -> Any:
        """Return a value as data that JSON writes. Raises `Unkeepable`."""
        try:
            return orjson.Fragment(orjson.dumps(self._written(value)))
        except (RecursionError, TypeError) as error:
            if isinstance(error, Unkeepable):
                raise
            raise Unkeepable(f"JSON cannot write it ({error})") from None

    def decode(self, data: Any) -> Any:
        """Return the value of `encode`. Raises `UnfitValue` if its class has changed or is gone."""
        if isinstance(data, list):
            return [self.decode(each) for each in data]
        if not isinstance(data, dict):
            return data
        if _TAG not in data:
            return {name: self.decode(each) for name, each in data.items()}
        tag, content = data[_TAG], data["v"]
        if tag in _COLLECTIONS:
            return _COLLECTIONS[tag](self.decode(each) for each in content)
        if tag == "dict":
            return {self.decode(key): self.decode(each) for key, each in content}
        return self._object(_class_at(tag), content)

    # Writing

    def _written(self, value: Any) -> Any:
        kind = type(value)
        if value is None or kind in (bool, int, str) or (kind is float and math.isfinite(value)):
            return value
        if kind is list:
            return [self._written(each) for each in value]
        if kind is dict:
            return self._dict(value)
        if kind.__name__ in _COLLECTIONS and kind.__module__ == "builtins":
            return {_TAG: kind.__name__, "v": [self._written(each) for each in value]}
        return {_TAG: _path_of(kind), "v": self._content(value, kind)}

    def _dict(self, value: dict[Any, Any]) -> Any:
        if _TAG not in value and all(type(key) is str for key in value):
            return {name: self._written(each) for name, each in value.items()}
        return {_TAG: "dict", "v": [[self._written(key), self._written(each)] for key, each in value.items()]}

    def _content(self, value: Any, kind: type) -> Any:
        # The session of an ORM does not know a copy of its objects.
        if hasattr(value, "_sa_instance_state"):
            raise Unkeepable("it belongs to the session of a database")
        if is_dataclass(kind):
            return {name: self._written(each) for name, each in _attributes(value).items()}
        if hasattr(kind, "_fields") and isinstance(value, tuple):
            return [self._written(each) for each in value]
        if not (
            issubclass(kind, BaseModel | Enum)
            or kind is bytes
            or kind.__module__.split(".")[0] in _PLAIN_MODULES
        ):
            raise Unkeepable(f"no values of {kind.__qualname__} are kept")
        return self._by_adapter(value, kind)

    def _by_adapter(self, value: Any, kind: type) -> Any:
        adapter = self._adapter(kind)
        try:
            written = adapter.dump_json(value, round_trip=True, by_alias=True, warnings="error")
            same = bool(adapter.validate_json(written) == value)
        except (PydanticSerializationError, ValueError, RecursionError) as error:
            raise Unkeepable(str(error).partition("\n")[0]) from None
        if not same:
            raise Unkeepable("JSON does not give it back as it was")
        return orjson.Fragment(written)

    # Reading

    def _object(self, kind: type, content: Any) -> Any:
        if is_dataclass(kind):
            return self._data_object(kind, content)
        if hasattr(kind, "_fields"):
            return self._named_tuple(kind, content)
        try:
            return self._adapter(kind).validate_json(orjson.dumps(content))
        except (ValidationError, Unkeepable):
            raise UnfitValue(f"it is no valid {kind.__qualname__} any more") from None

    def _data_object(self, kind: type, content: dict[str, Any]) -> Any:
        made: Any = object.__new__(kind)
        known = {each.name: each for each in fields(cast(Any, kind))}
        for name, each in known.items():
            value = self.decode(content[name]) if name in content else _default(kind, each)
            object.__setattr__(made, name, value)
        for name in content.keys() - known.keys() if hasattr(made, "__dict__") else ():
            made.__dict__[name] = self.decode(content[name])
        return made

    def _named_tuple(self, kind: Any, content: list[Any]) -> Any:
        if len(content) != len(kind._fields):
            raise UnfitValue(f"{kind.__qualname__} has other fields now")
        return kind(*(self.decode(each) for each in content))

    def _adapter(self, kind: type) -> TypeAdapter[Any]:
        if kind not in self._adapters:
            try:
                self._adapters[kind] = TypeAdapter(kind, config=_BYTES if kind is bytes else None)
            except PydanticSchemaGenerationError:
                raise Unkeepable(f"pydantic cannot read and write values of {kind.__qualname__}") from None
        return self._adapters[kind]


def _attributes(value: Any) -> dict[str, Any]:
    named = {each.name: getattr(value, each.name) for each in fields(value) if hasattr(value, each.name)}
    return {**named, **getattr(value, "__dict__", {})}


def _default(kind: type, field: Field[Any]) -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    raise UnfitValue(f"{kind.__qualname__} has a new field, {field.name!r}")


def _path_of(kind: type) -> str:
    if "<" in kind.__qualname__:
        raise Unkeepable(f"{kind.__qualname__} is a class inside a function")
    return f"{kind.__module__}:{kind.__qualname__}"


def _class_at(path: str) -> type:
    module, _, name = path.partition(":")
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, type):
        raise UnfitValue(f"the class {path} is not there any more")
    return found
