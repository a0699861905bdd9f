"""The parameters that a form has received, written once more, so that another form can be made of them."""

from typing import Any

from pyview.forms.fields import ModelShape, model_shape
from pyview.forms.inputs import input_type
from pyview.forms.list_entries import names_list
from pyview.forms.source import UNUSED_PREFIX, FormSource


def params_of(shape: ModelShape, source: FormSource) -> dict[str, Any] | None:
    """Return parameters of which `source_of` makes this source again; None if the browser sent none.

    Passwords are left out, and names that the model does not have.
    """
    written = dict[str, Any]()
    for field in shape.fields.values():
        if field.model is None:
            if field.name in source.sent and input_type(field) != "password":
                written[field.name] = source.sent[field.name]
        elif field.kind == "models":
            written |= _entries(field.name, model_shape(field.model), source)
        elif source.children[field.name]:
            params = params_of(model_shape(field.model), source.children[field.name][0])
            written |= {} if params is None else {field.name: params}
    unused = {name: value for name, value in source.sent.items() if _is_mark(name, shape)}
    return None if source.params is None and not written else written | unused


def _entries(name: str, shape: ModelShape, source: FormSource) -> dict[str, Any]:
    """Return the entries of a list in their order, each with its key; nothing for a list as it was before."""
    entries = source.children[name]
    added = any(entry.params is None and entry.base is None for entry in entries)
    if not (added or names_list(source.sent, name)):
        return {}
    written = {}
    for place, entry in enumerate(entries):
        params = params_of(shape, entry) or {}
        written[str(place)] = {**params, "_persistent_id": entry.key}
    return {name: written}


def _is_mark(name: str, shape: ModelShape) -> bool:
    return name.startswith(UNUSED_PREFIX) and name.removeprefix(UNUSED_PREFIX) in shape.fields
