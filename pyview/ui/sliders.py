"""Sliders as functions. The macros are in `sliders.html`."""

from typing import Any

from pyview.forms import FormField
from pyview.template.component import component
from pyview.ui.source import INPUT, UI

_RANGE = tuple(name for name in INPUT if name not in ("min", "max", "step"))


@component(
    source=UI + "{{ ui.slider(of, min, max, step, shown, label, help, value, **rest) }}", include=_RANGE
)
def slider(
    of: FormField | str,
    min: float | None = None,
    max: float | None = None,
    step: float | None = None,
    shown: str = "{value}",
    label: str | None = None,
    help: str | None = None,
    value: Any = None,
    **rest: Any,
) -> None:
    """A number that need not be exact, with its value beside it (pattern Slider)."""
