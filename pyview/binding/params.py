"""Params: the parameters of a URL or form, in which a name may have several values.

`shape_of` reconciles one value or several in the data with one value or several in an annotation.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, NotRequired, Required, Union, get_args, get_origin


class Params:
    """A read-only view of decoded parameters.

    `params["page"]` is the decoded value: text or a list of texts, a dict for `user[name]`, or the value of the
    convertor for a path parameter. The other methods treat the values of each name as a list of texts; a dict counts as
    an empty list.
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

    __hash__ = None  # type: ignore[assignment]  # compares by content, like a dict

    def __repr__(self) -> str:
        # Without values: they may be secret, and a repr ends up in logs.
        return f"Params({', '.join(self._data)})"

    def get(self, key: str, default: str | None = None) -> str | None:
        """Return the first text of `key`, or `default`."""
        return next(iter(self.getlist(key)), default)

    def getlist(self, key: str) -> list[str]:
        """Return all texts of `key`; an empty list if it is missing."""
        return _texts(self._data.get(key))

    def getone(self, key: str) -> str:
        """Return the only text of `key`. Raises `KeyError` if there is none or more than one."""
        texts = self.getlist(key)
        if len(texts) != 1:
            raise KeyError(f"expected exactly one value for {key!r}, got {len(texts)}")
        return texts[0]

    def has(self, key: str) -> bool:
        return key in self._data

    def keys(self) -> list[str]:
        return list(self._data)

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield `(key, first text)` of every key that has a text."""
        for key in self._data:
            yield from ((key, text) for text in self.getlist(key)[:1])

    def multi_items(self) -> Iterator[tuple[str, str]]:
        """Yield `(key, text)` for every text."""
        for key in self._data:
            yield from ((key, text) for text in self.getlist(key))

    def raw(self) -> dict[str, Any]:
        """Return a copy of the decoded parameters."""
        return dict(self._data)

    def to_flat_dict(self) -> dict[str, Any]:
        """Return the decoded parameters, with lists of one item replaced by the item."""
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
    """Adapts one value or several to what an annotation wants.

    `gathers`: a single value becomes a list of one item. `picks`: the first of several values is taken.
    """

    gathers: bool
    picks: bool

    def __call__(self, value: Any) -> Any:
        if self.gathers and value is not None and not isinstance(value, list | dict):
            return [value]
        if self.picks and isinstance(value, list) and value:
            return value[0]
        return value


def shape_of(annotation: Any, repeats: bool) -> Shape | None:
    """Return the shape of values for `annotation`; None if they need no adaptation.

    With `repeats`, every value comes in a list, because a URL may repeat the name.
    """
    wants = [_is_collection(member) for member in members(annotation) if member is not NoneType]
    shape = Shape(gathers=bool(wants) and all(wants), picks=repeats and not any(wants))
    return shape if shape.gathers or shape.picks else None


def members(annotation: Any) -> tuple[Any, ...]:
    """Return the types of a union, or the one type, without `Annotated`, `Required` and `NotRequired`."""
    origin = get_origin(annotation)
    if origin in (Annotated, Required, NotRequired):
        return members(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return tuple(member for part in get_args(annotation) for member in members(part))
    return (annotation,)


def _is_collection(annotation: Any) -> bool:
    return (get_origin(annotation) or annotation) in COLLECTIONS
