"""Flash messages as functions. The macros are in `messages.html`."""

from typing import Any

from pyview.template.component import component
from pyview.ui.source import UI


@component(source=UI + "{{ ui.flash_group(flash, leave=leave, **rest) }}")
def flash_group(flash: Any, leave: bool = False, **rest: Any) -> None:
    """The flash messages, and notices about a lost connection. With `leave`, all but errors leave by themselves."""
