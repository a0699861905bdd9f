"""What a form is filled from, model by model: what a browser sent, and the object that was there before.

Everything that a browser sends is text, and none of it is trusted: only the fields of the model are read, and what
does not fit them is left for the validation to refuse.

What somebody has touched: the client marks the other fields with an empty twin, `_unused_email` beside `email`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import BaseModel

from pyview.forms.fields import FieldShape, ModelShape, model_shape
from pyview.forms.list_entries import Params, entries_of, names_list

TRUE: Final = frozenset({"true", "on", "1", "yes"})
FALSE: Final = frozenset({"false", "off", "0", "no", ""})


@dataclass(frozen=True, slots=True)
class FormSource:
    """One model's part of a form.

    `params` is what a browser sent for it, None when nobody sent anything; `base` is the object that was there before.
    `children` are the parts of its nested models. `key` tells an entry of a list from the others, wherever it moves.
    """

    params: Params | None = None
    base: BaseModel | None = None
    key: str = ""
    children: Mapping[str, tuple["FormSource", ...]] = field(default_factory=dict)

    @property
    def sent(self) -> Params:
        """What a browser sent, if anything."""
        return self.params or {}

    def before(self, name: str) -> Any:
        return getattr(self.base, name, None)


def source_of(shape: ModelShape, params: Any, base: BaseModel | None, key: str = "") -> FormSource:
    """The part of a model, and those of the models in it."""
    sent = params if isinstance(params, Mapping) else None
    children = {
        one.name: _children(one, model_shape(one.model), sent, base)
        for one in shape.fields.values()
        if one.model is not None
    }
    return FormSource(sent, base, key, children)


def _children(
    field: FieldShape, shape: ModelShape, params: Params | None, base: BaseModel | None
) -> tuple[FormSource, ...]:
    before = field.default if base is None else getattr(base, field.name, None)
    if field.kind == "models":
        return _entries(field.name, shape, params or {}, before)
    sent = None if params is None else params.get(field.name)
    if isinstance(sent, Mapping):
        return (source_of(shape, sent, before if isinstance(before, BaseModel) else None),)
    if isinstance(before, BaseModel):
        return (source_of(shape, None, before),)
    # What must be there is shown empty. A model that requires itself would have no end.
    shown = field.required and shape.model not in _required_within(shape)
    return (source_of(shape, None, None),) if shown else ()


def _required_within(shape: ModelShape) -> set[type[BaseModel]]:
    """The models that cannot be without being nested in this one."""
    found: set[type[BaseModel]] = set()
    left = [shape]
    while left:
        for one in left.pop().fields.values():
            if one.kind == "model" and one.required and one.model is not None and one.model not in found:
                found.add(one.model)
                left.append(model_shape(one.model))
    return found


def _entries(name: str, shape: ModelShape, params: Params, before: Any) -> tuple[FormSource, ...]:
    items = before if isinstance(before, list | tuple) else ()
    old = [one for one in items if isinstance(one, BaseModel)]
    if not names_list(params, name):
        return tuple(source_of(shape, None, one, str(place)) for place, one in enumerate(old))
    found = entries_of(params, name, len(old))
    return tuple(source_of(shape, entry, _at(old, key), key) for entry, key in found)


def with_entry(source: FormSource, name: str) -> FormSource:
    """The part with one more empty entry in a list of models."""
    entries = source.children[name]
    key = str(1 + max((int(entry.key) for entry in entries), default=-1))
    return replace(source, children={**source.children, name: (*entries, FormSource(key=key))})


def _at(old: list[BaseModel], key: str) -> BaseModel | None:
    """The object that an entry began as: its key is the place that this had."""
    place = int(key)
    return old[place] if place < len(old) else None


# What pydantic is asked to validate


def data_of(shape: ModelShape, source: FormSource) -> dict[str, Any]:
    """The model's fields by the keys that pydantic fills them by; a field that nobody gave is left out."""
    found = ((one.key, _value(one, source)) for one in shape.fields.values())
    return {key: value for key, value in found if value is not _ABSENT}


class _Absent:
    __slots__ = ()


_ABSENT: Final = _Absent()


def _value(field: FieldShape, source: FormSource) -> Any:
    if field.model is not None:
        return _nested(field, model_shape(field.model), source)
    if field.name in source.sent:
        return _given(field, source.sent[field.name])
    if source.base is not None:
        return source.before(field.name)
    return _ABSENT if source.params is None else _unsent(field)


def _unsent(field: FieldShape) -> Any:
    """A browser sends nothing for a box that is not ticked, and for a list of which nothing is chosen."""
    return False if field.is_checkbox else [] if field.kind == "values" else _ABSENT


def _nested(field: FieldShape, shape: ModelShape, source: FormSource) -> Any:
    children = [_child(shape, child) for child in source.children[field.name]]
    if field.kind == "models" and (children or names_list(source.sent, field.name)):
        return children
    if children:
        return children[0]
    return _ABSENT if source.base is None else source.before(field.name)


def _child(shape: ModelShape, source: FormSource) -> Any:
    """A nested object as it was before, where nobody sent anything for it."""
    return data_of(shape, source) if source.base is None or source.params is not None else source.base


def _given(field: FieldShape, sent: Any) -> Any:
    if field.kind == "values":
        return [_one(field, text) for text in several(sent) if text != ""]
    one = first(sent)
    if field.is_checkbox:
        return _as_bool(one)
    return _blank(field) if one == "" else _one(field, one)


def _one(field: FieldShape, sent: Any) -> Any:
    return field.choices.get(sent, sent) if isinstance(sent, str) and field.choices else unmarked(sent)


def _blank(field: FieldShape) -> Any:
    """An empty input: None where that may be, else as if there were no input; a text that may be empty is."""
    if field.optional:
        return None
    return "" if str in field.of.types and not field.info.is_required() else _ABSENT


def _as_bool(sent: Any) -> Any:
    text = sent.lower() if isinstance(sent, str) else None
    return True if text in TRUE else False if text in FALSE else sent


def first(sent: Any) -> Any:
    """One value, where a browser may have sent several."""
    return sent[0] if isinstance(sent, list) and sent else sent


def several(sent: Any) -> list[Any]:
    if isinstance(sent, Mapping):
        return list(unmarked(sent).values())
    return sent if isinstance(sent, list) else [sent]


def unmarked(sent: Any) -> Any:
    """A value without the marks that the client puts beside fields nobody has touched."""
    if isinstance(sent, Mapping):
        return {key: unmarked(value) for key, value in sent.items() if not key.startswith("_unused_")}
    return [unmarked(one) for one in sent] if isinstance(sent, list) else sent


PREFIX = "_unused_"


def is_used(params: Mapping[str, Any], name: str) -> bool:
    """Whether the field was sent and has no mark, or any of the fields in it has none."""
    return name in params and f"{PREFIX}{name}" not in params and _is_used_value(params[name])


def _is_used_value(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(is_used(value, name) for name in value if not name.startswith("_"))
    if isinstance(value, list):
        return not value or any(map(_is_used_value, value))
    return True


def is_all_used(value: Any) -> bool:
    """Whether nothing in it has a mark."""
    if isinstance(value, Mapping):
        return all(not name.startswith(PREFIX) and is_all_used(one) for name, one in value.items())
    return all(map(is_all_used, value)) if isinstance(value, list) else True
