"""The fields of a model as a form needs them: name, kind, types, constraints and choices.

`unwrap` reduces an annotation to its types, constraints, and whether it admits None.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import AliasChoices, AliasPath, BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from pyview.binding.class_cache import cached_on_class

_MANY = (list, set, frozenset, Sequence)


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """An annotation without its wrappers.

    `types` are its types without None. `optional` is True if it admits None. `constraints` is the metadata of every
    `Annotated` in it.
    """

    types: tuple[Any, ...]
    optional: bool
    constraints: tuple[Any, ...]

    @property
    def only(self) -> Any:
        """The only type, or None for a union of several."""
        return self.types[0] if len(self.types) == 1 else None


def unwrap(annotation: Any) -> Unwrapped:
    """Remove `Annotated`, `| None`, `NewType` and `type X = ...` from an annotation."""
    annotation, constraints = _bare(annotation)
    if get_origin(annotation) not in (Union, UnionType):
        return Unwrapped(() if annotation is NoneType else (annotation,), annotation is NoneType, constraints)
    parts = [unwrap(part) for part in get_args(annotation)]
    return Unwrapped(
        types=tuple(one for part in parts for one in part.types),
        optional=any(part.optional for part in parts),
        constraints=(*constraints, *(one for part in parts for one in part.constraints)),
    )


def _bare(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    constraints: tuple[Any, ...] = ()
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *found = get_args(annotation)
            constraints = (*constraints, *found)
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        # By name: Python 3.11 has no such class, and that of typing_extensions is another one.
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        else:
            return annotation, constraints


def item_of(annotation: Any) -> Any:
    """Return the annotation of the items of a list, set or `tuple[X, ...]`; None for other types."""
    origin, args = get_origin(annotation) or annotation, get_args(annotation)
    if origin is tuple:
        return args[0] if len(args) == 2 and args[1] is Ellipsis else None
    if origin in _MANY:
        return args[0] if args else Any
    return None


def choices_of(annotation: Any) -> tuple[Any, ...]:
    """Return the values of a `Literal` or the members of an enumeration; an empty tuple for other types."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(annotation)
    return ()


def is_model(annotation: Any) -> bool:
    """Return True if the annotation is a class of a pydantic model."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


Kind = Literal["value", "values", "model", "models"]
_KINDS: Final[Mapping[tuple[bool, bool], Kind]] = {
    (False, False): "value",
    (False, True): "values",
    (True, False): "model",
    (True, True): "models",
}
"""The kind of a field by (is a model, holds several)."""


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One field of a model.

    `key` is the name that pydantic fills it by: its alias, or its name. `of` is the type of one value: the type of the
    items if the field holds several. `model` is the model of nested fields. `choices` are the only allowed values, by
    the text that a browser sends for each; empty if any value is allowed.
    """

    name: str
    key: str
    info: FieldInfo
    kind: Kind
    of: Unwrapped
    optional: bool
    constraints: tuple[Any, ...]
    model: type[BaseModel] | None
    choices: Mapping[str, Any]

    @property
    def is_checkbox(self) -> bool:
        """True for a bool, and for `Literal[True]`, a box that must be ticked."""
        return self.kind == "value" and (self.of.only is bool or choices_of(self.of.only) == (True,))

    @property
    def is_secret(self) -> bool:
        """True for a text that is never shown."""
        return any(one in (SecretStr, SecretBytes) for one in self.of.types)

    @property
    def required(self) -> bool:
        # pydantic requires `x: int | None` without a default, but an empty input is None.
        return self.info.is_required() and not self.optional

    @property
    def default(self) -> Any:
        """The initial value of an empty form; None if there is none."""
        if self.info.is_required():
            return None
        try:
            return self.info.get_default(call_default_factory=True)
        except (TypeError, ValueError):  # a factory that takes the validated fields, which do not exist yet
            return None


@dataclass(frozen=True, slots=True)
class ModelShape:
    """The fields of a model by name, and the names by the keys that pydantic uses in the locations of errors."""

    model: type[BaseModel]
    fields: Mapping[str, FieldShape]
    names: Mapping[str, str]


def model_shape(model: type[BaseModel]) -> ModelShape:
    """Return the shape of a model, computed once per class. Raises `TypeError` for anything but a pydantic model."""
    if not is_model(model):
        raise TypeError(
            f"a form expects a pydantic model class, got {model!r}. Derive the class from BaseModel"
        )
    return cached_on_class(model, "form", lambda: _shape(model))


def _shape(model: type[BaseModel]) -> ModelShape:
    fields = {name: _field(name, info) for name, info in model.model_fields.items()}
    keys = ((key, name) for name, field in fields.items() for key in _known_as(field))
    return ModelShape(model, fields, dict(keys))


def _field(name: str, info: FieldInfo) -> FieldShape:
    whole = unwrap(info.annotation)
    item = None if whole.only is None else item_of(whole.only)
    of = whole if item is None else unwrap(item)
    nested = of.only if is_model(of.only) else None
    return FieldShape(
        name=name,
        key=next(_aliases(info.validation_alias), name),
        info=info,
        kind=_KINDS[nested is not None, item is not None],
        of=of,
        optional=whole.optional,
        constraints=(*info.metadata, *whole.constraints),
        model=nested,
        choices=_choices(of.types),
    )


def _choices(types: tuple[Any, ...]) -> Mapping[str, Any]:
    # A union with any other type allows any value, so it has no choices.
    lists = [choices_of(one) for one in types]
    return {choice_text(one): one for choices in lists for one in choices} if all(lists) else {}


def choice_text(choice: Any) -> str:
    """Return the text that a browser sends for a choice."""
    return str(getattr(choice, "value", choice))


def _known_as(field: FieldShape) -> Iterator[str]:
    yield field.name
    yield from _aliases(field.info.validation_alias)


def _aliases(alias: str | AliasPath | AliasChoices | None) -> Iterator[str]:
    if isinstance(alias, str):
        yield alias
    elif isinstance(alias, AliasChoices):
        yield from (one for one in alias.choices if isinstance(one, str))
