"""Params: the parameters of a URL or form, of which each name may have several values.

One value or several: what a URL or form sends, and what an annotation wants.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, NotRequired, Required, Union, get_args, get_origin


class Params:
    """A read-only view of decoded parameters.

    `params["page"]` is the value as it was decoded: text or a list of texts, a dict for `user[name]`, and for
    a part of the path what its convertor made of it. The other methods see each name as a list of texts; a
    dict has none.
    """

    __slots__ = ("_data",)

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def __getitem__(self, key: str) -> Any:
        return self._data[key]

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Params):
            return self._data == other._data
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # compares by content, like the dict within

    def __repr__(self) -> str:
        """Names only: values may be secret."""
        return f"Params({', '.join(self._data)})"

    def get(self, key: str, default: str | None = None) -> str | None:
        """The first text of `key`."""
        return next(iter(self.getlist(key)), default)

    def getlist(self, key: str) -> list[str]:
        """All texts of `key`; none when it is missing."""
        return _texts(self._data.get(key))

    def getone(self, key: str) -> str:
        """The only text of `key`. Raises `KeyError` when there is none, or more than one."""
        texts = self.getlist(key)
        if len(texts) != 1:
            raise KeyError(f"expected exactly one value for {key!r}, got {len(texts)}")
        return texts[0]

    def has(self, key: str) -> bool:
        return key in self._data

    def keys(self) -> list[str]:
        return list(self._data)

    def items(self) -> Iterator[tuple[str, str]]:
        """`(key, first text)` of every key that has one."""
        for key in self._data:
            yield from ((key, text) for text in self.getlist(key)[:1])

    def multi_items(self) -> Iterator[tuple[str, str]]:
        """`(key, text)` for every text."""
        for key in self._data:
            yield from ((key, text) for text in self.getlist(key))

    def raw(self) -> dict[str, Any]:
        """A copy of the decoded parameters."""
        return dict(self._data)

    def to_flat_dict(self) -> dict[str, Any]:
        """The decoded parameters, lists of one item replaced by the item."""
        return {key: _flat(value) for key, value in self._data.items()}


def _texts(value: Any) -> list[str]:
    if value is None or isinstance(value, Mapping):
        return []
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    return [str(value)]


def _flat(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


COLLECTIONS = (list, set, tuple, frozenset)


@dataclass(frozen=True, slots=True)
class Shape:
    """`gathers`: a single value becomes a list of one. `picks`: of several values, the first is meant."""

    gathers: bool
    picks: bool

    def __call__(self, value: Any) -> Any:
        if self.gathers and value is not None and not isinstance(value, list | dict):
            return [value]
        if self.picks and isinstance(value, list) and value:
            return value[0]
        return value


def shape_of(annotation: Any, repeats: bool) -> Shape | None:
    """What to do with a value for `annotation`; None for nothing.

    `repeats`: every value comes in a list, wanted or not, because its name may be repeated.
    """
    wants = [_is_collection(member) for member in members(annotation) if member is not NoneType]
    shape = Shape(gathers=bool(wants) and all(wants), picks=repeats and not any(wants))
    return shape if shape.gathers or shape.picks else None


def members(annotation: Any) -> tuple[Any, ...]:
    """The types of a union, or the one type; what only says something about a type is taken off."""
    origin = get_origin(annotation)
    if origin in (Annotated, Required, NotRequired):
        return members(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return tuple(member for part in get_args(annotation) for member in members(part))
    return (annotation,)


def _is_collection(annotation: Any) -> bool:
    return (get_origin(annotation) or annotation) in COLLECTIONS
