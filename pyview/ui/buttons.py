"""Buttons and links as functions. The macros are in `buttons.html`."""

from typing import Any

from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import BUTTON, LINK, UI


@component(
    # `none` for the text of the macro: the text is the body of the call.
    source=UI + "{% call ui.button(none, variant, **rest) %}{{ children or text }}{% endcall %}",
    include=BUTTON,
)
def button(text: str = "", variant: str | None = None, children: Slot = None, **rest: Any) -> None:
    """A button. The style sheet has the variants "primary" and "danger"."""


@component(
    source=UI
    + "{% call ui.link(none, href, patch, navigate, method, replace, confirm, **rest) %}"
    + "{{ children or text }}{% endcall %}",
    include=LINK,
)
def link(
    text: str = "",
    href: str | None = None,
    patch: str | None = None,
    navigate: str | None = None,
    method: str | None = None,
    replace: bool = False,
    confirm: str | None = None,
    children: Slot = None,
    **rest: Any,
) -> None:
    """A link. `patch` and `navigate` go over the socket, `href` loads a page. With a `method` it submits a form."""
