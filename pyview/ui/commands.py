"""The command palette as functions. The macros are in `commands.html`."""

from typing import Any

from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import BUTTON, LINK, UI


@component(
    source=UI
    + "{% call ui.command_palette(id, label, empty, on_search, **rest) %}{{ children }}{% endcall %}"
)
def command_palette(
    id: str,
    children: Slot,
    label: str = "Search commands",
    empty: str = "Nothing found.",
    on_search: str | None = None,
    **rest: Any,
) -> None:
    """A search over the actions of an application, with Ctrl+K (pattern Combobox). `on_search` is an event with `q`."""


@component(
    source=UI + "{{ ui.command(text, icon, href, patch, navigate, hint, words, server, **rest) }}",
    include=(*BUTTON, *LINK),
)
def command(
    text: str,
    icon: str | None = None,
    href: str | None = None,
    patch: str | None = None,
    navigate: str | None = None,
    hint: str | None = None,
    words: str = "",
    server: bool = False,
    **rest: Any,
) -> None:
    """An action of the palette, or a link. The browser does not filter one with `server`; `words` are found, too."""
