"""Frames around content as functions. The macros are in `cards.html`."""

from typing import Any, Literal

from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import UI


@component(
    source=UI
    + "{% call ui.card(title, level, **rest) %}{{ children }}"
    + "{% if actions %}{% call slot('actions') %}{{ actions }}{% endcall %}{% endif %}"
    + "{% if footer %}{% call slot('footer') %}{{ footer }}{% endcall %}{% endif %}{% endcall %}"
)
def card(
    children: Slot,
    title: str | None = None,
    level: Literal[1, 2, 3, 4] = 2,
    actions: Slot = None,
    footer: Slot = None,
    **rest: Any,
) -> None:
    """A frame around content, with a heading. `actions` stand beside the title, `footer` below a line."""


@component(
    source=UI
    + "{% call ui.empty_state(title, icon, level, **rest) %}{{ children }}"
    + "{% if actions %}{% call slot('actions') %}{{ actions }}{% endcall %}{% endif %}{% endcall %}"
)
def empty_state(
    title: str,
    children: Slot = None,
    icon: str | None = None,
    level: Literal[1, 2, 3, 4] = 2,
    actions: Slot = None,
    **rest: Any,
) -> None:
    """A text in the place of an empty list. `actions`: buttons for what the user can do about it."""
