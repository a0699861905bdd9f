"""Frames around inputs as functions: label, help and errors. The macros are in `fields.html`."""

from typing import Any

from pyview.forms import FormField
from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import UI


@component(
    source=UI + "{% call(given) ui.field(of, label, help, **rest) %}{{ children(given) }}{% endcall %}"
)
def field(
    of: FormField | str, children: Slot, label: str | None = None, help: str | None = None, **rest: Any
) -> None:
    """The frame of an input of your own. `children` is a function of the attributes of the input."""


@component(source=UI + "{% call ui.field_group(of, label, help, **rest) %}{{ children }}{% endcall %}")
def field_group(
    of: FormField | str, children: Slot, label: str | None = None, help: str | None = None, **rest: Any
) -> None:
    """The frame of several inputs that are one field, such as radio buttons."""
