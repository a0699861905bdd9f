"""The fields of a model as a form sees them: what each is called, and of which kind it is.

What an annotation says once its wrappers are off: the types, whether None is among them, and the constraints.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AliasChoices, AliasPath, BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from pyview.binding.class_cache import cached_on_class

_MANY = (list, set, frozenset, Sequence)


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """`types` without None, which makes it `optional`. `constraints` is the metadata of every `Annotated` in it."""

    types: tuple[Any, ...]
    optional: bool
    constraints: tuple[Any, ...]

    @property
    def only(self) -> Any:
        """The one type it is; None for a choice of several."""
        return self.types[0] if len(self.types) == 1 else None


def unwrap(annotation: Any) -> Unwrapped:
    """Takes off `Annotated`, `| None`, `NewType` and `type X = ...`."""
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
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        else:
            return annotation, constraints


def item_of(annotation: Any) -> Any:
    """The annotation of the items of a list, set or `tuple[X, ...]`; None for what is no such collection."""
    origin, args = get_origin(annotation) or annotation, get_args(annotation)
    if origin is tuple:
        return args[0] if len(args) == 2 and args[1] is Ellipsis else None
    if origin in _MANY:
        return args[0] if args else Any
    return None


def choices_of(annotation: Any) -> tuple[Any, ...]:
    """The values of a `Literal`, the members of an enumeration; none for any other type."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(annotation)
    return ()


def is_model(annotation: Any) -> bool:
    """Whether it is a pydantic model."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


Kind = Literal["value", "values", "model", "models"]


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One field. `key` is the name that pydantic fills it by.

    `of` is what one value of it is: the item's type where the field holds several. `model` is the model of nested
    fields, `choices` are the only values there may be, by the text that a browser sends for each.
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
        """Yes or no: a bool, or a `Literal[True]` that somebody has to agree to."""
        return self.kind == "value" and (self.of.only is bool or choices_of(self.of.only) == (True,))

    @property
    def is_secret(self) -> bool:
        """A text that is never told."""
        return any(one in (SecretStr, SecretBytes) for one in self.of.types)

    @property
    def required(self) -> bool:
        return self.info.is_required() and not self.optional

    @property
    def default(self) -> Any:
        """What stands there before anybody has written anything; None for nothing."""
        if self.info.is_required():
            return None
        try:
            return self.info.get_default(call_default_factory=True)
        except (TypeError, ValueError):  # a factory that wants the other fields, which are not there yet
            return None


@dataclass(frozen=True, slots=True)
class ModelShape:
    """The fields of a model by name, and the names by the keys that pydantic's errors tell."""

    model: type[BaseModel]
    fields: Mapping[str, FieldShape]
    names: Mapping[str, str]


def model_shape(model: type[BaseModel]) -> ModelShape:
    """The shape of a model. Raises `TypeError` for what is no pydantic model."""
    if not is_model(model):
        raise TypeError(f"a form expects a pydantic model class, got {model!r}")
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
        kind=_kind(several=item is not None, nested=nested is not None),
        of=of,
        optional=whole.optional,
        constraints=(*info.metadata, *whole.constraints),
        model=nested,
        choices=_choices(of.types),
    )


def _kind(*, several: bool, nested: bool) -> Kind:
    if nested:
        return "models" if several else "model"
    return "values" if several else "value"


def _choices(types: tuple[Any, ...]) -> Mapping[str, Any]:
    """The choices by their texts, when every one of the types is a list of choices."""
    lists = [choices_of(one) for one in types]
    return {choice_text(one): one for choices in lists for one in choices} if all(lists) else {}


def choice_text(choice: Any) -> str:
    """What a browser sends for a choice."""
    return str(getattr(choice, "value", choice))


def _known_as(field: FieldShape) -> Iterator[str]:
    yield field.name
    yield from _aliases(field.info.validation_alias)


def _aliases(alias: str | AliasPath | AliasChoices | None) -> Iterator[str]:
    if isinstance(alias, str):
        yield alias
    elif isinstance(alias, AliasChoices):
        yield from (one for one in alias.choices if isinstance(one, str))
