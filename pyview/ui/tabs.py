"""Tabs as functions. The macros are in `tabs.html`."""

from typing import Any

from pyview.template.component import component
from pyview.template.declared.declaration import SlotEntry
from pyview.ui.source import UI


class Tab(SlotEntry):
    """A tab of `tabs`: its name, its label, and as content its panel."""

    name: str
    label: str


@component(
    source=UI
    + "{% call ui.tabs(id, label, selected, on_select, **rest) %}{% for each in tab %}"
    + "{% call slot('tab', name=each.name, label=each.label) %}{{ each() }}{% endcall %}"
    + "{% endfor %}{% endcall %}"
)
def tabs(
    id: str,
    label: str,
    tab: list[Tab],
    selected: str | None = None,
    on_select: str | None = None,
    **rest: Any,
) -> None:
    """Tabs (pattern Tabs). The browser holds which is chosen, or the server if there is an event `on_select`."""
