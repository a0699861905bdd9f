"""Flash messages as functions. The macros are in `messages.html`."""

from typing import Any

from pyview.template.component import component
from pyview.ui.source import UI


@component(source=UI + "{{ ui.flash_group(flash, **rest) }}")
def flash_group(flash: Any, **rest: Any) -> None:
    """The flash messages, and notices about a lost connection."""
