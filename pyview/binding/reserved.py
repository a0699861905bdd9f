"""Annotations of reserved names: what the server has there cannot be what the author expects from a form or URL."""

import datetime
import decimal
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import MappingProxyType, NoneType
from typing import Any, Final, Literal, NamedTuple, get_origin

from pydantic import BaseModel

from pyview.binding.models import is_typed_dict
from pyview.binding.shape import members
from pyview.binding.signature import MISSING, read_signature

_VALUES: Final = (
    *(str, int, float, complex, bool, bytes, decimal.Decimal, uuid.UUID, Enum),
    *(datetime.date, datetime.time, datetime.timedelta),
)
_COLLECTIONS: Final = (list, tuple, set, frozenset, dict)

_MARKS: Final[Mapping[str, str]] = MappingProxyType({"user": "is_authenticated", "auth": "scopes"})
"""Attributes of an application's own class that may stand for a reserved name, though its objects are plain data."""

HOLDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "socket": "the socket of the view",
        "session": "the session",
        "user": "the signed-in user",
        "auth": "the scopes of the signed-in user",
        "url": "the address of the page, a ParseResult",
        "event": "the name of the event, text",
    }
)


class Unclear(NamedTuple):
    """The reserved names that a handler asks for without an annotation; `where` is its name, file and line."""

    where: str
    names: frozenset[str]


def unclear_names(function: Callable[..., Any]) -> Unclear:
    """Return the reserved names for which nothing but the name says that the server's value is meant.

    There are none in a handler that takes all that was sent as well: it reads the client's value there.
    """
    signature = read_signature(function, bound=True)
    reads_all = any(one.name.lstrip("_") in ("payload", "params") for one in signature.parameters)
    bare = (
        one.name
        for one in signature.parameters
        if one.annotation is MISSING and not one.unresolved and not one.marker
    )
    return Unclear(signature.where, frozenset() if reads_all else frozenset(bare) & HOLDERS.keys())


def misfit(name: str, annotation: Any) -> str | None:
    """Return what the server has under a reserved name, if that is never what is annotated; else None."""
    holder = HOLDERS.get(name)
    wanted = [member for member in members(annotation) if member is not NoneType]
    return holder if holder and wanted and all(_never(name, member) for member in wanted) else None


def is_mapping(annotation: Any) -> bool:
    """Return whether it is a dict of any kind, which a session or the parameters of a URL could be."""
    cls = get_origin(annotation) or annotation
    return isinstance(cls, type) and (issubclass(cls, Mapping) or is_typed_dict(cls))


def _never(name: str, annotation: Any) -> bool:
    if name == "event":
        return annotation is not str and _is_data(annotation)
    if name == "session" and is_mapping(annotation):
        return False
    return _is_data(annotation) and not _has(annotation, _MARKS.get(name, ""))


def _is_data(annotation: Any) -> bool:
    """Return whether it is plain data, as a form or a URL may bring it."""
    cls = get_origin(annotation) or annotation
    if cls is Literal:
        return True
    if not isinstance(cls, type):
        return False
    if cls in _COLLECTIONS or cls.__module__ == Collection.__module__ or is_mapping(annotation):
        return True
    return is_dataclass(cls) or issubclass(cls, (*_VALUES, BaseModel))


def _has(annotation: Any, mark: str) -> bool:
    cls = get_origin(annotation) or annotation
    names = {field.name for field in fields(cls)} if is_dataclass(cls) else set()
    return mark in names | set(getattr(cls, "model_fields", ())) or hasattr(cls, mark or "__no mark__")
