"""Sources of a form's values, model by model: parameters from the browser, and the edited object.

Parameters are untrusted text: only fields of the model are read, and invalid values are left for pydantic to refuse.
For a field that the user has not changed, say `email`, the client adds an empty parameter `_unused_email`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import BaseModel

from pyview.forms.fields import FieldShape, ModelShape, model_shape
from pyview.forms.list_entries import Params, entries_of, names_list

UNUSED_PREFIX: Final = "_unused_"
# A ticked box without a `value` sends "on" (HTML).
TRUE: Final = frozenset({"true", "on", "1", "yes"})
FALSE: Final = frozenset({"false", "off", "0", "no", ""})


@dataclass(frozen=True, slots=True)
class FormSource:
    """Values of one model in a form.

    `params` are the parameters from the browser, None if it sent none. `base` is the edited object. `children` are the
    sources of nested models by field name. `key` identifies an entry of a list, even when it moves.
    """

    params: Params | None = None
    base: BaseModel | None = None
    key: str = ""
    children: Mapping[str, tuple["FormSource", ...]] = field(default_factory=dict)

    @property
    def sent(self) -> Params:
        """The parameters; empty if the browser sent none."""
        return self.params or {}

    def base_value(self, name: str) -> Any:
        """Return the value of a field in the edited object; None without one."""
        return getattr(self.base, name, None)


def source_of(shape: ModelShape, params: Any, base: BaseModel | None, key: str = "") -> FormSource:
    """Return the source of a model, with those of the models nested in it."""
    # A client may send anything in the place of the inputs of a nested model.
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
    # A required nested model is shown empty. A model that requires itself would never end.
    shown = field.required and shape.model not in _required_within(shape)
    return (source_of(shape, None, None),) if shown else ()


def _required_within(shape: ModelShape) -> set[type[BaseModel]]:
    """Return the models that this one requires, directly or through others."""
    found: set[type[BaseModel]] = set()
    pending = [shape]
    while pending:
        for one in pending.pop().fields.values():
            if one.kind == "model" and one.required and one.model is not None and one.model not in found:
                found.add(one.model)
                pending.append(model_shape(one.model))
    return found


def _entries(name: str, shape: ModelShape, params: Params, before: Any) -> tuple[FormSource, ...]:
    items = before if isinstance(before, list | tuple) else ()
    old = [one for one in items if isinstance(one, BaseModel)]
    if not names_list(params, name):
        return tuple(source_of(shape, None, one, str(index)) for index, one in enumerate(old))
    # The key of an entry that existed before is its index in the edited object.
    found = ((entry, key, int(key)) for entry, key in entries_of(params, name, len(old)))
    return tuple(
        source_of(shape, entry, old[index] if index < len(old) else None, key) for entry, key, index in found
    )


def with_entry(source: FormSource, name: str) -> FormSource:
    """Return the source with one more empty entry in a list of models."""
    entries = source.children[name]
    key = str(1 + max((int(entry.key) for entry in entries), default=-1))
    return replace(source, children={**source.children, name: (*entries, FormSource(key=key))})


# Input for pydantic


def data_of(shape: ModelShape, source: FormSource) -> dict[str, Any]:
    """Return the values of a model's fields, by the keys that pydantic expects. Fields without a value are omitted."""
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
        return source.base_value(field.name)
    return _ABSENT if source.params is None else _unsent(field)


def _unsent(field: FieldShape) -> Any:
    # A browser sends nothing for a box that is not ticked, and for a list without a selection.
    return False if field.is_checkbox else [] if field.kind == "values" else _ABSENT


def _nested(field: FieldShape, shape: ModelShape, source: FormSource) -> Any:
    # A nested object without parameters stays as it was.
    children = [
        data_of(shape, child) if child.base is None or child.params is not None else child.base
        for child in source.children[field.name]
    ]
    if field.kind == "models" and (children or names_list(source.sent, field.name)):
        return children
    if children:
        return children[0]
    return _ABSENT if source.base is None else source.base_value(field.name)


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
    """Return the value of an empty input: None if allowed; "" for a text with a default; else absent."""
    if field.optional:
        return None
    return "" if str in field.of.types and not field.info.is_required() else _ABSENT


def _as_bool(sent: Any) -> Any:
    text = sent.lower() if isinstance(sent, str) else None
    return True if text in TRUE else False if text in FALSE else sent


def first(sent: Any) -> Any:
    """Return the first value if the client sent several."""
    return sent[0] if isinstance(sent, list) and sent else sent


def several(sent: Any) -> list[Any]:
    """Return the values as a list, whatever the client sent."""
    if isinstance(sent, Mapping):
        return list(unmarked(sent).values())
    return sent if isinstance(sent, list) else [sent]


def unmarked(sent: Any) -> Any:
    """Return a value without the `_unused_` parameters of the client."""
    if isinstance(sent, Mapping):
        return {key: unmarked(value) for key, value in sent.items() if not key.startswith(UNUSED_PREFIX)}
    return [unmarked(one) for one in sent] if isinstance(sent, list) else sent


def is_used(params: Mapping[str, Any], name: str) -> bool:
    """Return True if the user has changed the field, or any field nested in it."""
    return name in params and f"{UNUSED_PREFIX}{name}" not in params and _is_used_value(params[name])


def _is_used_value(value: Any) -> bool:
    if isinstance(value, Mapping):
        # The client never marks hidden inputs as unused, so `_persistent_id` would count as changed.
        return any(is_used(value, name) for name in value if not name.startswith("_"))
    if isinstance(value, list):
        return not value or any(map(_is_used_value, value))
    return True


def is_all_used(value: Any) -> bool:
    """Return True if the user has changed all fields inside."""
    if isinstance(value, Mapping):
        return all(not name.startswith(UNUSED_PREFIX) and is_all_used(one) for name, one in value.items())
    return all(map(is_all_used, value)) if isinstance(value, list) else True
