"""Inputs with something beside them, as functions. The macros are in `inputs.html`."""

from typing import Any

from pyview.forms import FormField
from pyview.template.component import component
from pyview.ui.source import INPUT, UI


@component(source=UI + "{{ ui.number_input(of, label, help, value, less, more, **rest) }}", include=INPUT)
def number_input(
    of: FormField | str,
    label: str | None = None,
    help: str | None = None,
    value: Any = None,
    less: str = "Less",
    more: str = "More",
    **rest: Any,
) -> None:
    """A number with buttons that make it smaller and larger (pattern Spinbutton)."""


@component(
    source=UI + "{{ ui.input_group(of, label, help, value, type, icon, prefix, suffix, **rest) }}",
    include=INPUT,
)
def input_group(
    of: FormField | str,
    label: str | None = None,
    help: str | None = None,
    value: Any = None,
    type: str | None = None,
    icon: str | None = None,
    prefix: str | None = None,
    suffix: str | None = None,
    **rest: Any,
) -> None:
    """An input with a text or an icon before or after it, such as a currency or a unit."""


@component(source=UI + "{{ ui.password_input(of, label, help, show, **rest) }}", include=INPUT)
def password_input(
    of: FormField | str,
    label: str | None = None,
    help: str | None = None,
    show: str = "Show the password",
    **rest: Any,
) -> None:
    """A password with a button that shows it (pattern Button, as a toggle)."""


@component(source=UI + "{{ ui.search_input(of, label, help, value, clear, **rest) }}", include=INPUT)
def search_input(
    of: FormField | str,
    label: str | None = None,
    help: str | None = None,
    value: Any = None,
    clear: str = "Clear",
    **rest: Any,
) -> None:
    """A search with a button that clears it."""


@component(source=UI + "{{ ui.color_input(of, label, help, value, **rest) }}", include=INPUT)
def color_input(
    of: FormField | str, label: str | None = None, help: str | None = None, value: Any = None, **rest: Any
) -> None:
    """A colour, as "#1c7c6b"."""


@component(source=UI + "{{ ui.code_input(of, length, label, help, value, **rest) }}", include=INPUT)
def code_input(
    of: FormField | str,
    length: int = 6,
    label: str | None = None,
    help: str | None = None,
    value: Any = None,
    **rest: Any,
) -> None:
    """A code of digits that was sent to the user. Phones fill it in."""


@component(source=UI + "{{ ui.text_area(of, label, help, value, **rest) }}", include=INPUT)
def text_area(
    of: FormField | str, label: str | None = None, help: str | None = None, value: Any = None, **rest: Any
) -> None:
    """A text of several lines that grows with what is typed."""
