"""Tooltips as functions. The macros are in `tooltips.html`."""

from typing import Any, Literal

from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import UI


@component(source=UI + "{% call(tip) ui.tooltip(id, text, side, **rest) %}{{ children(tip) }}{% endcall %}")
def tooltip(id: str, text: str, children: Slot, side: Literal["top", "bottom"] = "top", **rest: Any) -> None:
    """A short text beside an element (pattern Tooltip). `children` is a function of the id, for `aria-describedby`."""
