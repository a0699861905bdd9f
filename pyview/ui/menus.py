"""Menus of actions as functions. The macros are in `menus.html`."""

from typing import Any

from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import BUTTON, LINK, UI


@component(
    source=UI + "{% call ui.menu(id, label, icon, variant, **rest) %}{{ children }}{% endcall %}",
    include=BUTTON,
)
def menu(
    id: str, label: str, children: Slot, icon: str | None = None, variant: str | None = None, **rest: Any
) -> None:
    """A button that opens a menu (pattern Menu Button). With an icon, the label is for screen readers."""


@component(
    source=UI + "{{ ui.menu_item(text, icon, href, patch, navigate, method, confirm, danger, **rest) }}",
    include=(*BUTTON, *LINK),
)
def menu_item(
    text: str,
    icon: str | None = None,
    href: str | None = None,
    patch: str | None = None,
    navigate: str | None = None,
    method: str | None = None,
    confirm: str | None = None,
    danger: bool = False,
    **rest: Any,
) -> None:
    """An item of a menu: an action, or a link with `href`, `patch` or `navigate`."""
