"""Icons as functions. The macros are in `icons.html`."""

from typing import Any

from pyview.template.component import component
from pyview.ui.source import UI


@component(source=UI + "{{ ui.icon(name, label, **rest) }}")
def icon(name: str, label: str | None = None, **rest: Any) -> None:
    """An icon of Lucide, by its name. Screen readers skip it unless it has a `label`."""
