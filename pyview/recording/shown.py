"""Values as text for a developer: short, bounded, without secrets, and without running code of the application."""

import dataclasses
import enum
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

import orjson
from pydantic import BaseModel
from pydantic.types import SecretBytes, SecretStr

from pyview.recording.copies import Copy, Reference
from pyview.template.tree.immutable import ATOMS

HIDDEN: Final = "••••"
LONGEST_TEXT: Final = 4096  # characters of a payload or a diff
_LONGEST_ATOM: Final = 200
_MOST_ITEMS: Final = 50
_DEPTH: Final = 6

_SECRET: Final = re.compile(
    r"passw|passphrase|passcode|secret|token|api_?key|private_?key|access_?key|authorization|cookie|credential"
    r"|card_?number|\bcvv|\bpin\b|\botp\b",
    re.IGNORECASE,
)


_PARAMETER: Final = re.compile(r"([?&]([^=&#]+)=)([^&#]*)")


def is_secret(name: Any) -> bool:
    """Return True if the name says that its value is not to be shown."""
    return isinstance(name, str) and _SECRET.search(name.replace("-", "_")) is not None


def children_of(value: Any) -> Iterable[tuple[Any, Any]] | None:
    """Return the names and values inside a value; None for one without any, or that has to stay closed."""
    if type(value) is Copy:
        return value.entries
    cls = type(value)
    if cls in ATOMS or isinstance(value, Reference | enum.Enum | SecretStr | SecretBytes | type):
        return None
    if cls in (tuple, frozenset, list, set):
        return enumerate(value)
    if isinstance(value, tuple) and hasattr(cls, "_fields"):
        return [*zip(cls._fields, value, strict=False)]
    if cls is dict:
        entries: Iterable[tuple[Any, Any]] = value.items()
        return entries
    if isinstance(value, BaseModel):
        return iter(value.__dict__.items())
    return _fields_of(value) if dataclasses.is_dataclass(value) else None


def _fields_of(value: Any) -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(value):
        try:
            yield field.name, object.__getattribute__(value, field.name)
        except AttributeError:
            continue


def printable(text: str) -> str:
    """Return `text` without what UTF-8 cannot write: a browser may send half of a surrogate pair."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def without_secrets(url: str) -> str:
    """Return a URL without the values of secret parameters."""
    return _PARAMETER.sub(lambda found: f"{found[1]}{HIDDEN}" if is_secret(found[2]) else found[0], url)


def summary(value: Any) -> str:
    """Return one line about a value: an atom as it is, of anything else its class and its size."""
    cls = type(value)
    if isinstance(value, SecretStr | SecretBytes):
        return HIDDEN
    if cls is Copy:
        return _sized(value.cls, None if value.is_object else len(value.values))
    if cls is Reference:
        return f"<{value.cls.__qualname__}>"
    if isinstance(value, str | bytes):
        return _cut(value)
    if cls in ATOMS:
        return repr(value)[:_LONGEST_ATOM]
    if isinstance(value, enum.Enum):
        return f"{cls.__qualname__}.{value.name}"
    if isinstance(value, tuple | frozenset | list | dict | set):
        return _sized(cls, len(value))
    return f"<class {value.__qualname__}>" if isinstance(value, type) else f"<{cls.__qualname__}>"


def _cut(value: str | bytes) -> str:
    # Cut first: the `repr` of a large text would cost more than all the rest.
    start = str.__str__(value)[:_LONGEST_ATOM] if isinstance(value, str) else value[:_LONGEST_ATOM]
    return repr(start) + (f"… ({len(value):,})" if len(value) > _LONGEST_ATOM else "")


def _sized(cls: type, size: int | None) -> str:
    return cls.__qualname__ if size is None else f"{cls.__qualname__} ({size})"


def as_json(value: Any) -> str:
    """Return a value as indented JSON, cut at `LONGEST_TEXT`. What is no JSON is described."""
    text = orjson.dumps(_plain(value, _DEPTH), option=orjson.OPT_INDENT_2).decode(errors="replace")
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _plain(value: Any, depth: int) -> Any:
    cls = type(value)
    if cls in (bool, type(None)) or (cls is int and abs(value) < 2**53) or cls is float:
        return value
    if cls is str:
        text = printable(value[:_LONGEST_ATOM])
        return text if len(value) <= _LONGEST_ATOM else f"{text}… ({len(value):,})"
    found = children_of(value)
    if found is None or not depth:
        return summary(value)
    entries = [*islice(found, _MOST_ITEMS + 1)]
    is_list = isinstance(value, list | tuple | set | frozenset) or (cls is Copy and value.keys is None)
    if is_list and not hasattr(cls, "_fields"):
        items = [_plain(each, depth - 1) for _, each in entries[:_MOST_ITEMS]]
        return items if len(entries) <= _MOST_ITEMS else [*items, "…"]
    named = {
        _named(key): HIDDEN if is_secret(key) else _plain(each, depth - 1)
        for key, each in entries[:_MOST_ITEMS]
    }
    return named if len(entries) <= _MOST_ITEMS else {**named, "…": "…"}


def _named(key: Any) -> str:
    return printable(key[:_LONGEST_ATOM]) if type(key) is str else summary(key)
