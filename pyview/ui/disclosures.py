"""Content that unfolds, as functions. The macros are in `disclosures.html`."""

from typing import Any

from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import UI


@component(
    source=UI + "{% call ui.disclosure(title, open, group, **rest) %}{{ children }}{% endcall %}",
    include=("name",),
)
def disclosure(title: str, children: Slot, open: bool = False, group: str | None = None, **rest: Any) -> None:
    """Content that the user unfolds (pattern Disclosure). Of those with the same group, one at most is open."""


@component(source=UI + "{% call ui.accordion(**rest) %}{{ children }}{% endcall %}")
def accordion(children: Slot, **rest: Any) -> None:
    """Disclosures in one frame (pattern Accordion)."""
