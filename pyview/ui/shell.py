"""The frame of an application as functions. The macros are in `shell.html`."""

from typing import Any

from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import LINK, UI


@component(
    source=UI
    + "{% call ui.shell(id, nav_label, menu, skip, **rest) %}{{ children }}"
    + "{% if brand %}{% call slot('brand') %}{{ brand }}{% endcall %}{% endif %}"
    + "{% call slot('nav') %}{{ nav }}{% endcall %}"
    + "{% if nav_footer %}{% call slot('nav_footer') %}{{ nav_footer }}{% endcall %}{% endif %}"
    + "{% if actions %}{% call slot('actions') %}{{ actions }}{% endcall %}{% endif %}{% endcall %}"
)
def shell(
    children: Slot,
    nav: Slot,
    brand: Slot = None,
    nav_footer: Slot = None,
    actions: Slot = None,
    id: str = "shell",
    nav_label: str = "Main",
    menu: str = "Menu",
    skip: str = "Skip to the content",
    **rest: Any,
) -> None:
    """The frame of an application: a bar, a menu beside the page (on a phone, behind a button), and the page."""


@component(
    source=UI + "{{ ui.nav_link(text, navigate, patch, href, icon, current, count, **rest) }}", include=LINK
)
def nav_link(
    text: str,
    navigate: str | None = None,
    patch: str | None = None,
    href: str | None = None,
    icon: str | None = None,
    current: bool = False,
    count: Any = None,
    **rest: Any,
) -> None:
    """A link in the menu of an application. `current` marks that of this page."""


@component(source=UI + "{{ ui.nav_heading(text) }}")
def nav_heading(text: str) -> None:
    """A heading above some links of the menu."""
