"""A choice of two or of a few, as functions. The macros are in `switches.html`."""

from collections.abc import Iterable
from typing import Any

from pyview.forms import FormField
from pyview.template.component import component
from pyview.ui.source import INPUT, UI


@component(source=UI + "{{ ui.switch(of, label, help, value, **rest) }}", include=INPUT)
def switch(
    of: FormField | str, label: str | None = None, help: str | None = None, value: Any = None, **rest: Any
) -> None:
    """On or off (pattern Switch)."""


@component(source=UI + "{{ ui.segmented(of, options, label, help, value, **rest) }}", include=INPUT)
def segmented(
    of: FormField | str,
    options: Iterable[Any] | None = None,
    label: str | None = None,
    help: str | None = None,
    value: Any = None,
    **rest: Any,
) -> None:
    """One of a few short choices, all in view (pattern Radio Group)."""
