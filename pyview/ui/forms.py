"""Forms, inputs and nested fields as functions. The macros are in `forms.html`."""

from collections.abc import Iterable
from typing import Any, Literal

from pyview.forms import Form, FormField, FormPart
from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import BUTTON, FORM, INPUT, UI


@component(source=UI + "{% call ui.form(of, method, **rest) %}{{ children }}{% endcall %}", include=FORM)
def form(of: Form[Any], children: Slot, method: Literal["get", "post"] = "post", **rest: Any) -> None:
    """A form, with its id and the errors of the form as a whole."""


@component(source=UI + "{{ ui.form_errors(of) }}")
def form_errors(of: Form[Any] | FormPart) -> None:
    """The errors of a form as a whole."""


@component(source=UI + "{{ ui.errors(field) }}")
def errors(field: FormField) -> None:
    """The errors of a field."""


@component(source=UI + "{{ ui.label(field, text, **rest) }}")
def label(field: FormField, text: str | None = None, **rest: Any) -> None:
    """The label of a field."""


@component(
    source=UI + "{{ ui.input(field, type, label, help, prompt, options, value, **rest) }}", include=INPUT
)
def input(
    field: FormField | str,
    type: str | None = None,
    label: str | None = None,
    help: str | None = None,
    prompt: str | None = None,
    options: Iterable[Any] | None = None,
    value: Any = None,
    **rest: Any,
) -> None:
    """A field with its label, help and errors. `type` is the type of the input; the default depends on the model.

    Without a form, `field` is the name of the input, and `value` its value.
    """


@component(source=UI + "{% call(part) ui.inputs_for(field) %}{{ children(part) }}{% endcall %}")
def inputs_for(field: FormField, children: Slot) -> None:
    """The nested fields of a model, or of each entry of a list: `children` is a function of the part."""


@component(source=UI + "{{ ui.add_button(field, text, **rest) }}", include=BUTTON)
def add_button(field: FormField, text: str = "Add", **rest: Any) -> None:
    """A button that adds an entry to a list."""


@component(source=UI + "{{ ui.remove_button(part, text, **rest) }}", include=BUTTON)
def remove_button(part: FormPart, text: str = "Remove", **rest: Any) -> None:
    """A button that removes an entry from a list."""


@component(source=UI + "{{ ui.move_button(part, by, text, **rest) }}", include=BUTTON)
def move_button(part: FormPart, by: int, text: str | None = None, **rest: Any) -> None:
    """A button that moves an entry of a list: by -1 up, by 1 down."""
