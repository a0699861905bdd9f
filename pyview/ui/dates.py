"""A range of days as a function. The macro is in `dates.html`."""

from collections.abc import Sequence
from typing import Any

from pyview.forms import FormField
from pyview.template.component import component
from pyview.ui.source import UI


@component(
    source=UI + "{{ ui.date_range(first, last, label, help, labels, presets, min, max, value, **rest) }}"
)
def date_range(
    first: FormField | str,
    last: FormField | str,
    label: str,
    help: str = "",
    labels: tuple[str, str] = ("From", "To"),
    presets: Sequence[Any] = (),
    min: Any = None,
    max: Any = None,
    value: tuple[Any, Any] = (None, None),
    **rest: Any,
) -> None:
    """The first and the last day of a range, with buttons for common ranges.

    A preset is a name such as "last_7_days", a pair of a name and a text, or a text with the first and the last day.
    """
