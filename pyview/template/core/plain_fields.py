"""Fields without a form: a name and a value in the place of a field of a pydantic model."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pyview.forms import FormField, Option
from pyview.forms.inputs import as_text
from pyview.template.compiler.purity import pure
from pyview.words import in_words

_NO_ID: Final = re.compile(r"[^\w-]+")
_OF_PART: Final = re.compile(r".+\[\d+\]")
_COPIED: Final = ("id", "name", "type", "label", "help", "required", "attrs", "options", "multiple", "errors")


@dataclass(frozen=True)
class PlainField:
    """An input by its name, with what the components read of a `FormField`."""

    id: str
    name: str
    value: str = ""
    values: tuple[str, ...] = ()
    type: str = "text"
    label: str = ""
    help: str = ""
    required: bool = False
    attrs: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    multiple: bool = False
    errors: tuple[str, ...] = ()

    @property
    def checked(self) -> bool:
        return self.value == "true"


AnyField = FormField | PlainField


@pure
def field_of(of: FormField | str, value: Any = None, given: Mapping[str, Any] | None = None) -> AnyField:
    """Return a field of a form as it is; for the name of an input, a field with this name and value.

    `value` replaces the value of a form's field. A list stands for several values. `given` are the attributes of the
    call, of which `id` and `required` count. Raises `TypeError` for anything but a field or a name.
    """
    if isinstance(of, str):
        # The name of an entry of a list is that of no input: `part.name`, if its model has no field `name`.
        if _OF_PART.fullmatch(of):
            raise _no_field(of)
        return _named(of, value, given or {})
    check_is_field(of)
    if value is None:
        return of
    return PlainField(**{name: getattr(of, name) for name in _COPIED}, **_values(value))


def check_is_field(of: object) -> None:
    """Raise `TypeError` for a value that is not a field."""
    if not hasattr(of, "attrs"):
        raise _no_field(of)


def _no_field(got: object) -> TypeError:
    return TypeError(
        "ui.input() and its like expect the name of an input without a form, or a field of a form,"
        f' form.email in Jinja2 or form["email"] in Python; got {got!r:.80}'
    )


def _named(name: str, value: Any, given: Mapping[str, Any]) -> PlainField:
    id = given.get("id") or _NO_ID.sub("_", name).strip("_")
    label, required = in_words(_NO_ID.sub(" ", name)), given.get("required") is True
    return PlainField(id, name, label=label, required=required, **_values(value))


def _values(value: Any) -> dict[str, Any]:
    many = isinstance(value, list | tuple | set | frozenset)
    texts = tuple(as_text(one) for one in (value if many else (value,)))
    return {"value": texts[0] if texts else "", "values": tuple(filter(None, texts))}
